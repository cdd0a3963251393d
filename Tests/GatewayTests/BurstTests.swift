import Gateway
import Journal
import Ledger
import Providers
import Synchronization
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
            #expect(event.outcome == .cutAtLimit && event.usageSource == .provider)
            for _ in 0..<10 { _ = try await Bench.text(bench.engine.answer(bench.call(more))) }
            let budget = try #require(try bench.journal.budgets(at: Bench.now).first)
            #expect(budget.balance.settled <= budget.budget.limit)
            #expect(budget.balance.settled * 100 >= budget.budget.limit * 90)
        }
    }

    /// Each alone would fit, and all are there at once: what is held is all that they can cost.
    @Test(arguments: limits, ["", #","stream":true"#])
    func `passes no limit in company either`(
        limit: (Budget.Unit, String), more: String
    ) async throws {
        let script = ScriptedUpstream.Script(output: 5_000, isBurst: true)
        try await Bench.with(script, budgets: [limit]) { bench in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        _ = try? await Bench.text(bench.engine.answer(bench.call(more)))
                    }
                }
            }
            let billed = bench.upstream.bill.withLock { $0 }
            let budget = try #require(try bench.journal.budgets(at: Bench.now).first)
            #expect(budget.balance.settled <= budget.budget.limit)
            // The provider's own bill: 1 a token of input and 2 of output, of 5,000 and 5 reais.
            let spent = billed.input + 2 * billed.output
            #expect(limit.0 == .tokens ? billed.input + billed.output <= 2_500 : spent <= 5_000)
            #expect(billed.calls > 1)
            let share = budget.balance.settled * 100 / budget.budget.limit
            print("50 answers at once, \(limit.1) \(limit.0): \(share) % used")
            #expect(share >= 85)
        }
    }

    /// Nothing bounds what such a provider bills; what nobody pays for does not leave.
    @Test(arguments: ["", #","stream":true"#])
    func `of a provider that keeps no limit is held back and recorded`(more: String) async throws {
        let script = ScriptedUpstream.Script(output: 5_000, keepsLimit: false, isBurst: true)
        try await Bench.with(
            script, budgets: [(.usd, "0.0050")], above: 1,
            change: { $0.providers["p"]?.keepsOutputLimit = false }
        ) { bench in
            let (status, text) = try await Bench.text(bench.engine.answer(bench.call(more)))
            #expect(status == (more.isEmpty ? 402 : 200))
            #expect(text.contains("budget_exceeded") && !text.contains("xxxx"), "\(text)")
            let event = try #require(try bench.usage().first)
            #expect(event.outcome == .cutAtLimit && event.usageSource == .provider)
            #expect(event.tokens == TokenCounts(input: 10, output: 5_000))
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
