import Foundation
import Gateway
import Journal
import Ledger
import Synchronization
import Testing

// Answers that come at the turn of a period, break off late or are no stream.
@Suite struct `An answer out of the ordinary` {
    typealias Call = `A call through the gateway`
    typealias Script = ScriptedUpstream.Script

    @Test func `counts in the period that it ended in`() async throws {
        // The first of October begins at three in the morning, UTC, where the client is.
        let before = try Instant("2026-10-01T02:59:59.5Z")
        let after = try Instant("2026-10-01T03:00:00Z")
        let time = Mutex(before)
        for more in ["", #","stream":true"#] {
            time.withLock { $0 = before }
            try await Call.with(
                budgets: [(.tokens, "100000"), (.usd, "1")], clock: { time.withLock { $0 } },
                whenAsked: { time.withLock { $0 = after } }
            ) { bench in
                _ = try await Call.text(bench.engine.answer(bench.call(more)))
                let event = try #require(try bench.usage().first)
                #expect(event.occurredAt == after && event.tokens.totalTokens == 50)
                for (instant, tokens) in [(before, 0), (after, 50)] {
                    let budgets = try bench.journal.budgets(of: "acme", at: instant)
                    let counted = budgets.first { $0.budget.unit == .tokens }
                    #expect(counted?.balance.settled == Int128(tokens), "\(instant)")
                    #expect(budgets.allSatisfy { $0.balance.held == 0 })
                }
            }
        }
    }

    @Test func `that breaks off behind its last word has ended well`() async throws {
        // 40 words, the end and the usage; the mark of the end is missing.
        try await Call.with(Script(breaksAfter: 42)) { bench in
            for more in ["", #","stream":true"#] {
                let (status, text) = try await Call.text(bench.engine.answer(bench.call(more)))
                #expect(status == 200 && !text.contains(#""error""#), "\(text)")
            }
            for event in try bench.usage() {
                #expect(event.outcome == .succeeded && event.tokens.totalTokens == 50)
            }
            #expect(bench.engine.counts.answered == 2)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `ends at its mark, whatever becomes of the connection`() async throws {
        // Who waits for it waits for ever.
        let isOver = Flag()
        defer { isOver.set() }
        try await Call.with(Script(lingersUntil: { isOver.isSet })) { bench in
            for more in ["", #","stream":true"#] {
                let (status, text) = try await Call.text(bench.engine.answer(bench.call(more)))
                #expect(status == 200 && !text.contains(#""error""#), "\(text)")
            }
            #expect(try bench.usage().map(\.outcome) == [.succeeded, .succeeded])
        }
    }

    static let whole =
        #"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"#
        + #""message":{"role":"assistant","content":"Oi"},"finish_reason":"stop"}],"usage":{"#
        + #""prompt_tokens":10,"completion_tokens":3,"total_tokens":13}}"#

    @Test func `that is no stream is told for what it is, and charged`() async throws {
        try await Call.with(Script(type: "application/json", body: Self.whole)) { bench in
            let (status, text) = try await Call.text(bench.engine.answer(bench.call()))
            #expect(status == 200 && text.contains("Oi") && text.contains("cost_usd"))
            let (failed, words) = try await Call.text(
                bench.engine.answer(bench.call(#","stream":true"#)))
            #expect(failed == 502 && words.contains("answered whole"), "\(words)")
            #expect(try bench.usage().map(\.tokens.totalTokens) == [13, 13])
        }
        try await Call.with(Script(type: "text/html; charset=utf-8", body: "<p>Oi</p>")) { bench in
            for more in ["", #","stream":true"#] {
                let (status, text) = try await Call.text(bench.engine.answer(bench.call(more)))
                #expect(status == 502 && !text.contains("<p>"), "\(text)")
            }
            #expect(try bench.usage().allSatisfy { $0.outcome == .failed })
        }
    }
}

private final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}
