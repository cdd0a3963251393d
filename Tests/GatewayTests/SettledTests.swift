import Ledger
import Testing

@testable import Gateway

// Whose usage was recorded, for who watches budgets: told once, bounded, and not lost.
@Suite struct `Clients whose usage was recorded` {
    @Test func `are told once, and noted anew`() {
        let clients = SettledClients()
        #expect(clients.take() == .nobody)
        for client in ["a", "b", "a"] { clients.note(client) }
        #expect(clients.take() == .these(["a", "b"]))
        #expect(clients.take() == .nobody)
        clients.note("c")
        clients.put(back: .these(["a"]))
        clients.put(back: .nobody)
        #expect(clients.take() == .these(["a", "c"]))
    }

    @Test func `are all of them beyond a bound`() {
        let clients = SettledClients()
        for number in 0..<SettledClients.maximumClients { clients.note("\(number)") }
        guard case .these(let some) = clients.take() else {
            Issue.record("the bound is reached too early")
            return
        }
        #expect(some.count == SettledClients.maximumClients)
        clients.put(back: .these(some))
        clients.note("one more")
        clients.note("x")
        #expect(clients.take() == .many)
        clients.put(back: .many)
        clients.note("x")
        #expect(clients.take() == .many)
        #expect(clients.take() == .nobody)
    }

    @Test func `are those of calls that are in the log, and of no others`() async throws {
        try await `A call through the gateway`.with(budgets: [(.tokens, "3000")]) { bench in
            #expect(bench.engine.settled.take() == .nobody)
            _ = await bench.engine.answer(bench.call())
            #expect(bench.engine.settled.take() == .these(["acme"]))
            _ = await bench.engine.answer(bench.call(text: 90_000))
            let usage = try bench.usage()
            #expect(usage.count == 1)
            #expect(bench.engine.settled.take() == .nobody)
        }
    }
}
