import Foundation
import Gateway
import Journal
import Ledger
import Synchronization
import TestSupport
import Testing

// A client is removed while a call of it is under way.
@Suite struct `A call of a client that is removed` {
    /// Removes the client of a bench that is made later.
    private final class Remover: Sendable {
        private let journal = Mutex<Journal?>(nil)

        func use(_ journal: Journal) { self.journal.withLock { $0 = journal } }

        func run() {
            guard let journal = journal.withLock({ $0 }) else { return }
            _ = try? Worker {
                try journal.record([.clientRemoved(ClientRemoval(client: "acme"))], by: "test")
            }.wait()
        }
    }

    @Test(arguments: ["", #","stream":true"#])
    func `ends as it would have and is recorded, and the next one is refused`(
        more: String
    ) async throws {
        let remover = Remover()
        try await `A call through the gateway`.with(
            budgets: [(.tokens, "100000")], whenAsked: { remover.run() }
        ) { bench in
            remover.use(bench.journal)
            let (status, text) = try await `A call through the gateway`.text(
                bench.engine.answer(bench.call(more)))
            #expect(status == 200 && text.contains("xxxx"))
            #expect(try bench.journal.state().clients["acme"]?.removedAt != nil)
            let calls = try bench.usage()
            #expect(calls.map(\.outcome) == [.succeeded])
            #expect(calls.first?.tokens.totalTokens == 50)
            // Who still has the key's record is told so; the key itself opens nothing.
            let (next, _) = try await `A call through the gateway`.text(
                bench.engine.answer(bench.call(more)))
            #expect(next == 403)
            #expect(try bench.journal.state().keys.open(hash: bench.key.hash) == nil)
            #expect(bench.upstream.bill.withLock { $0.calls } == 1)
            #expect(try bench.usage().count == 1)
        }
    }
}
