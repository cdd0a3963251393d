import Curl
import Gateway
import Journal
import Ledger
import Money
import TestSupport
import Testing

@testable import Server

// Many calls at a limit, through sockets, with a provider that counts by a rule of its own. Its own
// bill is the judge, beside the ledger.
@Suite struct `A hard limit` {
    typealias Gate = `The gateway on a port`

    /// Posts a body many times at once; the statuses, sorted.
    static func post(
        _ count: Int, _ path: String, _ body: String, to place: Gate.Place
    ) async -> [Int] {
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<count {
                group.addTask {
                    let answer = try? await place.post(path, body, key: place.keys["acme"])
                    return answer?.status ?? 0
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted()
        }
    }

    static func mock(_ settings: [(MockSetting, String)]) throws -> MockBehavior {
        var behavior = MockBehavior()
        for (setting, value) in settings { try behavior.set(setting, to: value) }
        return behavior
    }

    /// Every budget with what was settled of it; none is passed.
    static func settled(_ place: Gate.Place) throws -> [String] {
        try place.journal.budgets(at: SystemClock.now()).map { status in
            let amount = DecimalText.format(
                status.balance.settled, decimals: status.budget.unit.decimals)
            #expect(status.balance.settled <= status.budget.limit, "\(amount)")
            return amount
        }
    }

    static let surfaces: [(path: String, model: String, more: String)] = [
        ("/v1/chat/completions", "gpt-4o", ""),
        ("/v1/chat/completions", "gpt-4o", #","stream":true"#),
        ("/v1/chat/completions", "claude-sonnet-4-5", ""),
        ("/v1/messages", "claude-sonnet-4-5", #","stream":true"#),
    ]

    /// 300,000 tokens of input at 0.40 and 1,000 of output at 30.00 a million are 0.15 dollars. The
    /// text's bytes would be 0.48, so that the provider has to count.
    @Test(arguments: surfaces)
    func `of three large calls answers three of five`(
        surface: (path: String, model: String, more: String)
    ) async throws {
        try await Gate.with(
            limits: [(.usd, "0.45")], prices: ("0.40", "30.00"),
            try Self.mock([(.outputTokens, "1000"), (.chunkTokens, "100")]),
            maximumBodyBytes: 4 << 20
        ) { place in
            let text = String(repeating: "abc ", count: 300_000)
            let body =
                #"{"model":"\#(surface.model)","max_tokens":1000\#(surface.more),"#
                + #""messages":[{"role":"user","content":"\#(text)"}]}"#
            let statuses = await Self.post(5, surface.path, body, to: place)
            #expect(statuses == [200, 200, 200, 402, 402])
            #expect(try Self.settled(place) == ["0.45"])
            let billed = try await place.billed()
            #expect(billed.answered == 3 && billed.input == 900_000 && billed.output == 3_000)
            #expect(place.engine.counts.aboveHold == 0)
        }
    }

    @Test func `refuses in words what nobody counts, and makes it alone where that is allowed`()
        async throws
    {
        let text = String(repeating: "abc ", count: 300_000)
        let body =
            #"{"model":"gpt-4o","max_tokens":1000,"messages":[{"role":"user","content":"\#(text)"}]}"#
        for allows in [false, true] {
            try await Gate.with(
                limits: [(.usd, "0.45")], prices: ("0.40", "30.00"),
                try Self.mock([(.outputTokens, "1000"), (.chunkTokens, "100")]),
                maximumBodyBytes: 4 << 20,
                change: {
                    $0.providers["openai"]?.counts = false
                    $0.admission.allowsUncounted = allows
                }
            ) { place in
                guard allows else {
                    let answer = try await place.post(
                        "/v1/chat/completions", body, key: place.keys["acme"])
                    let words = String(decoding: answer.body, as: UTF8.self)
                    #expect(answer.status == 402 && words.contains("nobody counts"), "\(words)")
                    #expect(try place.usage().isEmpty)
                    return
                }
                let statuses = await Self.post(5, "/v1/chat/completions", body, to: place)
                // Alone each time: the bound that each goes by is all that is left.
                #expect(statuses.first == 200 && statuses.last == 402, "\(statuses)")
                _ = try Self.settled(place)
            }
        }
    }

    /// 90,000 tokens of output are 0.18 dollars; five such answers fit, and what is left is shared.
    @Test(arguments: ["", #","stream":true"#])
    func `bounds runaway answers to what is left`(more: String) async throws {
        try await Gate.with(
            limits: [(.usd, "1.00")],
            try Self.mock([(.outputTokens, "2000000"), (.chunkTokens, "10000")])
        ) { place in
            let body =
                #"{"model":"gpt-4o","max_tokens":90000\#(more),"#
                + #""messages":[{"role":"user","content":"go on"}]}"#
            let statuses = await Self.post(100, "/v1/chat/completions", body, to: place)
            #expect(Set(statuses).isSubset(of: [200, 402]))
            let whole = try place.usage().filter { $0.tokens[.output] == 90_000 }
            #expect(whole.count == 5)
            let billed = try await place.billed()
            #expect(billed.input + 2 * billed.output <= 1_000_000, "\(billed)")
            print("100 runaway answers: \(try Self.settled(place)) of 1.00 dollars")
            #expect(place.engine.counts.aboveHold == 0)
        }
    }

    /// Each of three budgets is the tightest once.
    @Test(arguments: [
        [(Budget.Unit.tokens, "3000"), (.brl, "0.10"), (.usd, "0.02")],
        [(.tokens, "9000"), (.brl, "0.02"), (.usd, "0.02")],
        [(.tokens, "9000"), (.brl, "0.10"), (.usd, "0.004")],
    ])
    func `holds in three units at once`(limits: [(Budget.Unit, String)]) async throws {
        try await Gate.with(limits: limits, try Self.mock([(.outputTokens, "60")])) { place in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    let surface = Self.surfaces[number % 4]
                    let body =
                        #"{"model":"\#(surface.model)","max_tokens":60\#(surface.more),"#
                        + #""messages":[{"role":"user","content":"Olá, Razão"}]}"#
                    group.addTask {
                        for _ in 0..<3 {
                            _ = try? await place.post(
                                surface.path, body, key: place.keys["acme"])
                        }
                    }
                }
            }
            let settled = try Self.settled(place)
            let shares = try place.journal.budgets(at: SystemClock.now()).map {
                $0.balance.settled * 100 / $0.budget.limit
            }
            print("three units at once: \(settled), \(shares) %")
            #expect((shares.max() ?? 0) >= 90)
            #expect(place.engine.counts.aboveHold == 0)
        }
    }

    /// The sure bound of a text is its bytes, and here it is no more than sure.
    @Test func `holds where every byte is a token`() async throws {
        try await Gate.with(
            limits: [(.usd, "0.0200"), (.tokens, "15000")],
            try Self.mock([(.bytesPerToken, "1"), (.outputTokens, "200")])
        ) { place in
            let text = String(repeating: "ção\u{1F642}", count: 30)
            for more in ["", #","stream":true"#] {
                let body =
                    #"{"model":"gpt-4o"\#(more),"#
                    + #""messages":[{"role":"user","content":"\#(text)"}]}"#
                _ = await Self.post(60, "/v1/chat/completions", body, to: place)
            }
            let billed = try await place.billed()
            #expect(billed.input + 2 * billed.output <= 20_000, "\(billed)")
            #expect(billed.input + billed.output <= 15_000 && billed.answered > 20)
            _ = try Self.settled(place)
            #expect(place.engine.counts.aboveHold == 0)
        }
    }
}
