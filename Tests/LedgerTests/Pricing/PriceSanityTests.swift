import Foundation
import Money
import TestSupport
import Testing

@testable import Ledger

struct `Doubts about prices` {
    static func entry(
        _ provider: String, _ model: String, _ prices: [UsageClass: String], at second: Int64 = 0
    ) throws -> PriceEntry {
        var set = PriceSet()
        for (usageClass, text) in prices { set[usageClass] = try UnitPrice(text) }
        return PriceEntry(
            provider: provider, model: model, effectiveFrom: Instant(seconds: second), prices: set)
    }

    /// The six models that a new ledger begins with.
    static func seeds() throws -> PriceBook {
        LiteLLMHistory.book([
            try entry("openai", "gpt-4o", [.input: "2.50", .output: "10.00"]),
            try entry("openai", "gpt-4o-mini", [.input: "0.15", .output: "0.60"]),
            try entry("groq", "llama-3.3-70b-versatile", [.input: "0.59", .output: "0.79"]),
            try entry("anthropic", "claude-3-5-sonnet-20241022", [.input: "3", .output: "15"]),
            try entry("anthropic", "claude-3-opus-20240229", [.input: "15", .output: "75"]),
            try entry("gemini", "gemini-2.0-flash-exp", [.input: "0", .output: "0"]),
        ])
    }

    static func rules(_ entries: [PriceEntry], _ book: PriceBook = PriceBook()) -> [String] {
        PriceSanity.check(entries, against: book).map { $0.rule.rawValue }
    }

    @Test(
        arguments: [
            ([.input: "1", .output: "15"], ["ratio"]),
            ([.input: "1", .output: "14.999999"], []),
            ([.input: "15", .output: "1"], ["ratio"]),
            ([.input: "0", .output: "400"], []),
            ([.input: "100", .output: "500"], []),
            ([.input: "100.000001", .output: "500"], ["bound"]),
            ([.input: "100", .output: "500.000001"], ["bound"]),
            ([.input: "1", .cacheRead: "1"], ["cacheRead"]),
            ([.input: "1", .cacheRead: "0.999999"], []),
            ([.input: "0", .cacheRead: "0"], []),
        ] as [([UsageClass: String], [String])])
    func `figures that no model has are doubted alone`(
        prices: [UsageClass: String], expected: [String]
    ) throws {
        #expect(Self.rules([try Self.entry("p", "m", prices)]) == expected)
    }

    @Test(
        arguments: [
            ("1", "9.999999", []), ("1", "10", ["change"]), ("10", "1", ["change"]),
            ("10", "1.000001", []), ("1", "0", ["change"]), ("0", "1", []), ("1", "1", []),
        ] as [(String, String, [String])])
    func `changes by a factor of ten are doubted, either way`(
        before: String, after: String, expected: [String]
    ) throws {
        let old = try Self.entry("p", "m", [.input: before])
        let new = try Self.entry("p", "m", [.input: after], at: 10)
        #expect(Self.rules([old, new]) == expected)
        #expect(Self.rules([new], LiteLLMHistory.book([old])) == expected)
    }

    @Test func `a new model is compared with the dearest of a provider that has twenty`() throws {
        let known = try (1...20).map {
            try Self.entry("p", "m\($0)", [.input: "1", .output: "2"])
        }
        let dear = try Self.entry("p", "d", [.input: "10.000001", .output: "20"])
        let fair = try Self.entry("p", "d", [.input: "10", .output: "20"])
        #expect(Self.rules([dear], LiteLLMHistory.book(known)) == ["dearest"])
        #expect(Self.rules([fair], LiteLLMHistory.book(known)) == [])
        #expect(Self.rules([dear], LiteLLMHistory.book(Array(known.prefix(19)))) == [])
    }

    @Test func `a doubt is one sentence with the figures and the way on`() throws {
        let doubts = PriceSanity.check(
            [try Self.entry("openai", "gpt-4o", [.input: "0.25", .output: "10"], at: 10)],
            against: try Self.seeds())
        #expect(
            doubts.map(\.description) == [
                "openai/gpt-4o from 1970-01-01T00:00:10Z: input goes from USD 2.50 to 0.25 a "
                    + "million, by a factor of 10; check the figure and take it with --force if "
                    + "it is right",
                "openai/gpt-4o from 1970-01-01T00:00:10Z: input at USD 0.25 and output at USD "
                    + "10.00 a million are a factor of 40 apart; check the figure and take it "
                    + "with --force if it is right",
            ])
    }

    @Test func `the three faults that the feed really had are doubted`() throws {
        let seeds = try Self.seeds()
        let empty = PriceBook()
        // Input 3 instead of 30, alone and as a change.
        let gpt4 = try Self.entry("openai", "gpt-4", [.input: "3", .output: "60"], at: 10)
        let right = try Self.entry("openai", "gpt-4", [.input: "30", .output: "60"])
        #expect(Self.rules([gpt4], seeds) == ["ratio"])
        #expect(Self.rules([gpt4], LiteLLMHistory.book([right])).contains("change"))
        // A thousand times too high when it was added.
        let gemini = try Self.entry(
            "gemini", "gemini-2.0-flash", [.input: "150", .output: "600", .inputAudio: "1000"])
        #expect(Self.rules([gemini], seeds).contains("bound"))
        #expect(Self.rules([gemini], empty).contains("bound"))
        // Reading the cache as dear as input.
        let haiku = try Self.entry(
            "anthropic", "claude-3-5-haiku-20241022",
            [.input: "0.8", .output: "4", .cacheRead: "0.8"])
        #expect(Self.rules([haiku], seeds) == ["cacheRead"])
    }
}

@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct `Doubts about the real feed` {
    @Test func `the faults in the dated events are caught and few others`() throws {
        let events = try #require(LiteLLMHistory.events)
        let doubts = PriceSanity.check(events.entries, against: PriceBook())
        let entries = Set(doubts.map(\.index))
        let counts = Dictionary(grouping: doubts, by: \.rule).mapValues(\.count)
        print("doubts: \(entries.count) of \(events.entries.count) entries, \(counts)")
        func caught(_ provider: String, _ model: String, _ at: String) -> Bool {
            entries.contains { index in
                let entry = events.entries[index]
                return entry.provider == provider && entry.model == model
                    && entry.effectiveFrom.description.hasPrefix(at)
            }
        }
        #expect(caught("gemini", "gemini-2.0-flash", "2025-02-07T00:16:54"))
        #expect(caught("anthropic", "claude-3-5-haiku-20241022", "2025-02-28"))
        // No event names gpt-4's provider; its figures as the feed had them stand above.
        #expect(entries.count < events.entries.count / 10)
        // The real cut of gpt-4o goes through.
        #expect(!caught("openai", "gpt-4o", "2024"))
    }

    @Test func `whole books raise few doubts`() throws {
        for path in LiteLLMHistory.snapshots.suffix(9) {
            let data = try #require(SharedData.unzipped(path))
            let contents = try PriceFile.parse(
                data, format: .litellm, effectiveFrom: try LiteLLMHistory.instant(path))
            let doubts = PriceSanity.check(
                contents.entries, against: try `Doubts about prices`.seeds())
            let counts = Dictionary(grouping: doubts, by: \.rule).mapValues(\.count)
            print("doubts in \(path): \(doubts.count) of \(contents.entries.count), \(counts)")
            #expect(doubts.count * 20 < contents.entries.count)
        }
    }
}
