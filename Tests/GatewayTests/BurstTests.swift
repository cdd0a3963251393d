import Gateway
import Journal
import Ledger
import Providers
import Testing

// Answers that come faster than slices can be renewed.
@Suite struct `An answer that comes at once` {
    typealias Bench = `A call through the gateway`

    static let limits: [(Budget.Unit, String)] = [
        (.usd, "0.0050"), (.brl, "0.0250"), (.tokens, "2500"),
    ]

    @Test(arguments: limits, ["", #","stream":true"#])
    func `passes no limit, since the provider is told what can be paid for`(
        limit: (Budget.Unit, String), more: String
    ) async throws {
        let script = ScriptedUpstream.Script(output: 5_000, isBurst: true)
        try await Bench.with(script, budgets: [limit]) { bench in
            let (status, text) = try await Bench.text(bench.engine.answer(bench.call(more)))
            #expect(status == 200, "\(text.suffix(300))")
            let event = try #require(try bench.usage().first)
            #expect(event.outcome == .succeeded && event.usageSource == .provider)
            let budget = try #require(try bench.journal.budgets(at: Bench.now).first)
            #expect(budget.balance.settled <= budget.budget.limit)
            #expect(budget.balance.settled * 100 >= budget.budget.limit * 90)
        }
    }

    @Test func `is not cut short where its client has room`() async throws {
        let script = ScriptedUpstream.Script(output: 5_000, isBurst: true)
        try await Bench.with(script, budgets: [(.usd, "1")]) { bench in
            _ = try await Bench.text(bench.engine.answer(bench.call()))
            #expect(try bench.usage().first?.tokens == TokenCounts(input: 10, output: 5_000))
        }
    }
}
