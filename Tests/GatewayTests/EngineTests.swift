import Foundation
import Gateway
import Journal
import Ledger
import Money
import Providers
import Synchronization
import TestSupport
import Testing

// Calls through the engine with a provider in memory: what is charged, refused, cut and recorded.
@Suite struct `A call through the gateway` {
    static let now = Instant(seconds: 1_790_000_000)

    struct Bench {
        let journal: Journal
        let engine: GatewayEngine
        let upstream: ScriptedUpstream
        let settings: GatewaySettings
        let key: KeyRecord

        func call(_ more: String = "", text: Int = 40, model: String = "p/m") -> GatewayCall {
            let content = String(repeating: "a", count: text)
            let body =
                #"{"model":"\#(model)","messages":[{"role":"user","content":"\#(content)"}]\#(more)}"#
            return GatewayCall(.chatCompletions, body: Array(body.utf8), key: key)
        }

        func usage() throws -> [UsageEvent] {
            var events: [UsageEvent] = []
            try journal.read(after: .zero) { head, payload in
                if head.kind == .usageRecorded {
                    events.append(
                        try UsageCodec.decode(
                            payload, version: head.version, occurredAt: head.occurredAt))
                }
                return true
            }
            return events
        }
    }

    /// A gateway with input at 1.00 and output at 2.00 dollars a million.
    static func with(
        _ script: ScriptedUpstream.Script = ScriptedUpstream.Script(),
        budgets: [(Budget.Unit, String)] = [], above: UInt64 = 0,
        change: (inout GatewaySettings) -> Void = { _ in },
        clock: @escaping @Sendable () -> Instant = { now },
        whenAsked: @escaping @Sendable () async -> Void = {},
        _ body: (Bench) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("razao-gateway-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let journal = try Journal.create(at: folder) { now }
        var prices = PriceSet()
        prices[.input] = try UnitPrice("1.00")
        prices[.output] = try UnitPrice("2.00")
        let (text, key) = try AccessKeys.make(client: "acme")
        var events: [ControlEvent] = [
            .clientRegistered(ClientRecord(id: "acme")), .keyIssued(key),
            .priceSet(
                PriceEntry(
                    provider: "p", model: "m", effectiveFrom: Instant(seconds: 0), prices: prices)),
        ]
        for (unit, limit) in budgets {
            events.append(
                .budgetSet(
                    try Budget(
                        client: "acme", unit: unit, limit: limit, period: .monthly, stops: true)))
        }
        let facts = events
        _ = try Worker { try journal.record(facts, by: "test") }.wait()
        let upstream = ScriptedUpstream(script, whenAsked: whenAsked)
        var settings = GatewaySettings()
        settings.providers["p"] = GatewaySettings.Provider(
            settings: try ProviderSettings(
                name: "p", dialect: .openAI, baseURL: "http://127.0.0.1:9/v1"), key: nil)
        change(&settings)
        let engine = GatewayEngine(
            journal: journal, upstream: upstream, settings: settings, clock: clock)
        let found = (try engine.key(of: text), try engine.key(of: text + "x"))
        #expect(found.0 == key && found.1 == nil)
        try await body(
            Bench(
                journal: journal, engine: engine, upstream: upstream, settings: settings, key: key))
        #expect(try journal.openHolds().isEmpty)
        #expect(try journal.verify().isSound)
        #expect(engine.counts.inFlight == 0 && engine.counts.aboveHold == above)
        journal.close()
    }

    static func text(_ answer: GatewayAnswer) async throws -> (Int, String) {
        switch answer {
        case .whole(let status, _, let body): return (status, String(decoding: body, as: UTF8.self))
        case .recorded(_, let events): return (200, String(decoding: events, as: UTF8.self))
        case .stream(_, let live):
            let bytes = Mutex<[UInt8]>([])
            await live.relay { chunk in bytes.withLock { $0 += chunk } }
            return (200, String(decoding: bytes.withLock { $0 }, as: UTF8.self))
        }
    }

    @Test func `is charged what the provider says, streamed or not`() async throws {
        try await Self.with { bench in
            for more in ["", #","stream":true"#] {
                let answer = await bench.engine.answer(bench.call(more))
                if case .whole(_, let headers, _) = answer {
                    let cost = headers.first { $0.name == "x-razao-cost-usd" }?.value
                    #expect(cost == "0.00009")
                }
                let (status, text) = try await Self.text(answer)
                #expect(status == 200 && text.contains("xxxx"), "\(text)")
            }
            let events = try bench.usage()
            #expect(
                events.map(\.tokens)
                    == Array(repeating: TokenCounts(input: 10, output: 40), count: 2))
            #expect(events.allSatisfy { $0.outcome == .succeeded && $0.usageSource == .provider })
            #expect(events.allSatisfy { $0.key == bench.key.id && $0.model == "m" })
        }
    }

    @Test func `hides the usage that the caller did not ask for, and shows cost where it did`()
        async throws
    {
        try await Self.with { bench in
            let plain = try await Self.text(bench.engine.answer(bench.call(#","stream":true"#)))
            #expect(!plain.1.contains("prompt_tokens") && plain.1.hasSuffix("data: [DONE]\n\n"))
            let asked = try await Self.text(
                bench.engine.answer(
                    bench.call(#","stream":true,"stream_options":{"include_usage":true}"#)))
            #expect(asked.1.contains("prompt_tokens") && asked.1.contains(#""cost_usd":0.00009"#))
            #expect(asked.1.contains(#""cost_brl":0.00045"#))
        }
    }

    @Test func `keeps the settings that it came with when others are used`() async throws {
        try await Self.with { bench in
            let before = bench.engine.settings
            guard
                case .stream(_, let live) = await bench.engine.answer(
                    bench.call(#","stream":true"#))
            else {
                Issue.record("it does not stream")
                return
            }
            var later = before
            later.providers = [:]
            bench.engine.use(later)
            let bytes = Mutex<[UInt8]>([])
            await live.relay { chunk in bytes.withLock { $0 += chunk } }
            let text = String(decoding: bytes.withLock { $0 }, as: UTF8.self)
            #expect(text.hasSuffix("data: [DONE]\n\n"))
            let (status, _) = try await Self.text(bench.engine.answer(bench.call()))
            #expect(status == 404)
            #expect(bench.engine.counts.answered == 1)
        }
    }

    @Test func `is refused in words when a budget has no room, and leaves no trace`()
        async throws
    {
        try await Self.with(budgets: [(.usd, "0.00001")]) { bench in
            let (status, text) = try await Self.text(bench.engine.answer(bench.call()))
            #expect(status == 402)
            #expect(text.contains("budget_exceeded") && text.contains("usd-monthly"), "\(text)")
            #expect(try bench.usage().isEmpty)
            #expect(bench.upstream.bill.withLock { $0.calls } == 0)
        }
        try await Self.with(budgets: [(.tokens, "50")]) { bench in
            let (status, _) = try await Self.text(bench.engine.answer(bench.call()))
            #expect(status == 429)
        }
    }

    @Test(arguments: [true, false])
    func `is cut at the limit and never passes it`(isStreamed: Bool) async throws {
        // Room for the input and some 300 bytes of output; the provider would make 4,000.
        try await Self.with(
            ScriptedUpstream.Script(output: 1_000, keepsLimit: false), budgets: [(.usd, "0.0008")],
            change: { $0.providers["p"]?.keepsOutputLimit = false }
        ) { bench in
            let more = isStreamed ? #","stream":true"# : ""
            let (status, text) = try await Self.text(bench.engine.answer(bench.call(more)))
            #expect(status == 200)
            #expect(text.contains(#""finish_reason":"length""#), "\(text.suffix(300))")
            let event = try #require(try bench.usage().first)
            #expect(event.outcome == .cutAtLimit && event.usageSource == .estimated)
            let status2 = try #require(try bench.journal.budgets(at: Self.now).first)
            #expect(status2.balance.settled <= status2.budget.limit)
            let billed = bench.upstream.bill.withLock { $0 }
            #expect(billed.input + 2 * billed.output <= 800, "\(billed)")
            #expect(billed.output > 40)
        }
    }

    @Test func `of a provider that ignores its limit is cut all the same`() async throws {
        try await Self.with(
            ScriptedUpstream.Script(output: 500, keepsLimit: false), budgets: [(.usd, "0.0010")],
            change: { $0.providers["p"]?.keepsOutputLimit = false }
        ) { bench in
            let call = bench.call(#","max_tokens":20"#)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask { _ = try? await Self.text(bench.engine.answer(call)) }
                }
            }
            let billed = bench.upstream.bill.withLock { $0 }
            #expect(billed.input + 2 * billed.output <= 1_000 && billed.calls > 0, "\(billed)")
        }
    }

    @Test func `that fails is recorded, costs nothing and gives its hold back`() async throws {
        for (script, expected) in [
            (ScriptedUpstream.Script(status: 429), 429),
            (ScriptedUpstream.Script(status: 500), 502),
            (
                ScriptedUpstream.Script(failure: UpstreamFailure(.unreachable, "refused")), 502
            ),
            (ScriptedUpstream.Script(failure: UpstreamFailure(.timedOut, "late")), 504),
        ] {
            try await Self.with(script, budgets: [(.usd, "1")]) { bench in
                let (status, text) = try await Self.text(bench.engine.answer(bench.call()))
                #expect(status == expected, "\(text)")
                let event = try #require(try bench.usage().first)
                #expect(event.outcome == .failed && event.tokens.isEmpty)
                // Who took the request and was late may bill it.
                #expect(event.usageSource == (expected == 504 ? .missing : .provider))
                let balance = try #require(try bench.journal.budgets(at: Self.now).first).balance
                #expect(balance.settled == 0 && balance.held == 0)
            }
        }
    }

    @Test func `whose stream breaks says so to the caller and keeps the usage unknown`()
        async throws
    {
        try await Self.with(ScriptedUpstream.Script(breaksAfter: 5)) { bench in
            let (_, text) = try await Self.text(bench.engine.answer(bench.call(#","stream":true"#)))
            #expect(text.contains("xxxx") && text.contains(#""error""#), "\(text)")
            let event = try #require(try bench.usage().first)
            #expect(event.outcome == .failed && event.usageSource == .missing)
            let (status, _) = try await Self.text(bench.engine.answer(bench.call()))
            #expect(status == 502)
        }
        try await Self.with(ScriptedUpstream.Script(tellsUsage: false)) { bench in
            _ = try await Self.text(bench.engine.answer(bench.call()))
            let event = try #require(try bench.usage().first)
            #expect(event.outcome == .succeeded && event.usageSource == .missing)
            #expect(bench.engine.counts.missingUsage == 1)
        }
    }

    @Test(arguments: [true, false])
    func `whose caller goes away is still recorded`(drains: Bool) async throws {
        struct Gone: Error {}
        try await Self.with(change: { $0.drainsAbandoned = drains }) { bench in
            guard
                case .stream(_, let live) = await bench.engine.answer(
                    bench.call(#","stream":true"#))
            else {
                Issue.record("no stream")
                return
            }
            let count = Mutex(0)
            await live.relay { _ in
                if count.withLock({
                    $0 += 1; return $0 > 3
                }) {
                    throw Gone()
                }
            }
            let event = try #require(try bench.usage().first)
            #expect(event.outcome == .cancelled)
            #expect(event.usageSource == (drains ? .provider : .estimated))
            if drains { #expect(event.tokens == TokenCounts(input: 10, output: 40)) }
        }
    }

    @Test func `that nobody comes to read ends in the log by itself`() async throws {
        try await Self.with { bench in
            do {
                let answer = await bench.engine.answer(bench.call(#","stream":true"#))
                guard case .stream = answer else {
                    Issue.record("no stream")
                    return
                }
            }
            for _ in 0..<500 where try bench.usage().isEmpty {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try bench.usage().first?.outcome == .abandoned)
        }
    }

    @Test func `needs a model that somebody answers, and a price where money stops`()
        async throws
    {
        try await Self.with(budgets: [(.brl, "10")]) { bench in
            #expect(
                try await Self.text(bench.engine.answer(bench.call(model: "nobody"))).0 == 404)
            let unpriced = try await Self.text(bench.engine.answer(bench.call(model: "p/other")))
            #expect(unpriced.0 == 402 && unpriced.1.contains("unpriced_model"))
            var broken = bench.call()
            broken.body = Array("{".utf8)
            #expect(try await Self.text(bench.engine.answer(broken)).0 == 400)
        }
    }

    @Test func `answered under a name without a price is charged as what was asked for`()
        async throws
    {
        try await Self.with(
            ScriptedUpstream.Script(model: "m-2026-01-01"), budgets: [(.usd, "1")]
        ) { bench in
            _ = try await Self.text(bench.engine.answer(bench.call()))
            let event = try #require(try bench.usage().first)
            #expect(event.model == "m" && event.tags["model_answered"] == "m-2026-01-01")
            let balance = try #require(try bench.journal.budgets(at: Self.now).first).balance
            #expect(balance.settled == (try Amount<USD>("0.00009")).units)
        }
    }

    /// The provider's own bill is the judge, not the ledger alone.
    @Test(arguments: [1, 10, 100, 1_000], [true, false])
    func `in great number never spends above the limit`(
        callers: Int, isStreamed: Bool
    ) async throws {
        try await Self.with(
            ScriptedUpstream.Script(output: 50),
            budgets: [(.usd, "0.0100"), (.tokens, "9000"), (.brl, "0.06")],
            // On a busy machine a thousand take their time.
            change: { $0.patience = .seconds(300) }
        ) { bench in
            let more = #","max_tokens":50"# + (isStreamed ? #","stream":true"# : "")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<callers {
                    group.addTask {
                        for _ in 0..<max(1, 400 / callers) {
                            _ = try? await Self.text(bench.engine.answer(bench.call(more)))
                        }
                    }
                }
            }
            let billed = bench.upstream.bill.withLock { $0 }
            let spent = billed.input + 2 * billed.output
            #expect(spent <= 10_000, "\(billed)")
            #expect(billed.input + billed.output <= 9_000)
            let share = max(spent * 100 / 10_000, (billed.input + billed.output) * 100 / 9_000)
            print(
                "\(callers) callers, streamed \(isStreamed): \(billed.calls) calls, "
                    + "\(share) % of the tightest budget used")
            #expect(share >= 95)
            for status in try bench.journal.budgets(at: Self.now) {
                #expect(status.balance.settled <= status.budget.limit)
            }
        }
    }
}
