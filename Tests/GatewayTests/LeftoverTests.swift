import Foundation
import Gateway
import Journal
import Ledger
import Money
import Providers
import Testing

// Calls that a gateway had in flight when it was killed, as the next one finds them.
@Suite struct `A call that was left open` {
    typealias Bench = `A call through the gateway`

    /// Sets aside 100 tokens, and leaves it at that.
    static func leave(_ count: Int, in bench: Bench.Bench) async throws -> [EventID] {
        var ids: [EventID] = []
        for index in 0..<count {
            let at = Instant(seconds: Bench.now.nanoseconds / 1_000_000_000 + Int64(index))
            let hold = Hold(
                id: SystemClock.newID(at: at), client: "acme", at: at, tokens: 100,
                usd: try Amount<USD>("0.0001"))
            #expect(try await bench.journal.hold(hold) == .granted)
            ids.append(hold.id)
        }
        return ids
    }

    @Test(arguments: [1, 600]) func `is recorded as abandoned, once, its usage unknown`(
        count: Int
    ) async throws {
        try await Bench.with(budgets: [(.tokens, "1000000")]) { bench in
            let ids = Set(try await Self.leave(count, in: bench))
            let ended = try await bench.engine.endLeftovers(.abandon)
            #expect(Set(ended.map(\.id)) == ids && ended.allSatisfy { $0.client == "acme" })
            #expect(try await bench.engine.endLeftovers(.abandon).isEmpty)
            let events = try bench.usage()
            #expect(events.count == count && Set(events.compactMap(\.hold)) == ids)
            #expect(events.allSatisfy { $0.outcome == .abandoned && $0.usageSource == .missing })
            #expect(events.allSatisfy { $0.tokens.isEmpty && $0.provider == "unknown" })
            let budget = try #require(try bench.journal.budgets(at: Bench.now).first)
            #expect(budget.balance.held == 0 && budget.balance.settled == 0)
        }
    }

    @Test func `is given back without a trace where the settings say so`() async throws {
        try await Bench.with(budgets: [(.tokens, "1000")]) { bench in
            _ = try await Self.leave(3, in: bench)
            #expect(try await bench.engine.endLeftovers(.release).count == 3)
            #expect(try bench.usage().isEmpty)
            let budget = try #require(try bench.journal.budgets(at: Bench.now).first)
            #expect(budget.balance.held == 0)
        }
    }
}
