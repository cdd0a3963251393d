import Foundation
import Money
import TestSupport
import Testing

@testable import Ledger

/// The genai book, its entries, and its own rule for which model a name means.
private struct GenAIBook {
    let providers: [String: JSONValue]
    let prices: PriceBook
    let contents: PriceFileContents

    static let shared: GenAIBook? = {
        guard let data = SharedData.unzipped("llm-prices-genai/data_v2.json.gz"),
            let contents = try? PriceFile.parse(data, format: .genai),
            let list = (try? JSONValue(parsing: Array(data)))?.elements
        else { return nil }
        let pairs = list.compactMap { provider in provider["id"]?.text.map { ($0, provider) } }
        return GenAIBook(
            providers: Dictionary(pairs) { $1 }, prices: LiteLLMHistory.book(contents.entries),
            contents: contents)
    }()

    /// The first model whose rule matches, in the provider's list or in those it falls back to.
    func find(_ provider: String, _ name: String) -> (provider: String, model: JSONValue)? {
        let own = providers[provider]
        let others = (own?["fallback_model_providers"]?.elements ?? []).compactMap(\.text)
        for id in [provider] + others {
            let models = providers[id]?["models"]?.elements ?? []
            if let model = models.first(where: { Self.matches($0["match"], name) }) {
                return (id, model)
            }
        }
        return nil
    }

    private static func matches(_ rule: JSONValue?, _ name: String) -> Bool {
        guard let member = rule?.members?.first else { return false }
        let text = member.value.text ?? ""
        switch member.name {
        case "equals": return name == text
        case "starts_with": return name.hasPrefix(text)
        case "ends_with": return name.hasSuffix(text)
        case "contains": return name.contains(text)
        case "regex": return name.range(of: text, options: .regularExpression) != nil
        case "or": return member.value.elements?.contains { matches($0, name) } ?? false
        case "and": return member.value.elements?.allSatisfy { matches($0, name) } ?? false
        default: return false
        }
    }
}

@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct `The real genai book` {
    @Test func `its models become entries or are accounted for`() throws {
        let book = try #require(GenAIBook.shared)
        let entries = book.contents.entries
        let models = Set(entries.filter { $0.aliasOf == nil }.map { "\($0.provider)/\($0.model)" })
        let reasons = Dictionary(grouping: book.contents.skipped, by: \.reason).mapValues(\.count)
        print(
            "genai: \(models.count) models in \(entries.filter { $0.aliasOf == nil }.count) "
                + "entries, \(entries.count { $0.aliasOf != nil }) aliases, skipped \(reasons), "
                + "\(book.contents.notes.count) notes")
        #expect(models.count + book.contents.skipped.count == 1_466)
        #expect(entries.count { !$0.windows.isEmpty } == 2)
        let doubts = PriceSanity.check(entries, against: PriceBook())
        print("genai doubts: \(doubts.count) of \(entries.count)")
        for doubt in doubts { print("  \(doubt.rule): \(doubt)") }
        #expect(doubts.count < 60)
    }

    @Test func `the listed prices of real calls come out exactly`() throws {
        let book = try #require(GenAIBook.shared)
        let data = try #require(
            SharedData.unzipped("llm-prices-genai/usage_price_cases.jsonl.gz"))
        let instant = try Instant("2025-11-06T12:00:00Z")
        var cases = 0
        var rows = 0
        var compared = 0
        var skipped: [String: Int] = [:]
        var total = Amount<USD>.zero
        for line in data.split(separator: 0x0A) {
            let item = try JSONValue(parsing: Array(line))
            cases += 1
            let name = try #require(item["model"]?.text)
            for row in item["priced"]?.elements ?? [] {
                rows += 1
                let listed = try Self.listed(row)
                try total.add(listed)
                switch try Self.cost(row, name, book, instant) {
                case .skipped(let reason): skipped[reason, default: 0] += 1
                case .cost(let cost):
                    compared += 1
                    #expect(cost == listed, "\(name): \(row)")
                }
            }
        }
        print("genai cases: \(cases), rows \(rows), compared \(compared), skipped \(skipped)")
        #expect(cases == 649 && rows == 1_744)
        #expect(total.text == "15.2944305824")
        #expect(compared > 1_500)
        #expect(compared + skipped.values.reduce(0, +) == rows)
    }

    private enum Outcome {
        case cost(Amount<USD>)
        case skipped(String)
    }

    private static func listed(_ row: JSONValue) throws -> Amount<USD> {
        let input = try Amount<USD>(row["input_price_usd"]?.numberText ?? "0")
        return try input.adding(try Amount<USD>(row["output_price_usd"]?.numberText ?? "0"))
    }

    private static func cost(
        _ row: JSONValue, _ name: String, _ book: GenAIBook, _ instant: Instant
    ) throws -> Outcome {
        guard let provider = row["provider"]?.text,
            let found = book.find(provider, name) ?? book.find(provider, name.lowercased()),
            let model = found.model["id"]?.text
        else { return .skipped("no rule matches the name") }
        let tokens: TokenCounts
        switch try classes(row["usage"], found.model) {
        case .failure(let reason): return .skipped(reason.text)
        case .success(let counts): tokens = counts
        }
        let key = PriceBook.Key(provider: found.provider, model: model)
        guard let prices = book.prices.prices(key, at: instant, inputTokens: tokens.totalInput)
        else { return .skipped("the model has no price by token") }
        var sum = Amount<USD>.zero
        for usageClass in UsageClass.tokens where tokens[usageClass] > 0 {
            // In this book a missing price means that the class is not charged.
            guard let price = prices.effective(usageClass) else { continue }
            try sum.add(try price.cost(ofTokens: Int128(tokens[usageClass])))
        }
        return .cost(sum)
    }

    private struct Reason: Error {
        let text: String
    }

    /// The book's usage, in which cached and audio tokens are part of the input and reasoning is
    /// part of the output, as classes that do not overlap.
    private static func classes(_ usage: JSONValue?, _ model: JSONValue) throws -> Result<
        TokenCounts, Reason
    > {
        func count(_ name: String) throws -> UInt32 {
            guard let text = usage?[name]?.numberText else { return 0 }
            return try #require(UInt32(text))
        }
        let all = model["prices"].map { "\($0)" } ?? ""
        for (unit, price) in [
            ("input_video_tokens", "input_video_mtok"),
            ("cache_audio_read_tokens", "cache_audio_read_mtok"),
            ("cache_image_read_tokens", "cache_image_read_mtok"),
        ] where try count(unit) > 0 && all.contains(price) {
            return .failure(Reason(text: "\(unit) have a price of their own"))
        }
        var tokens = TokenCounts()
        tokens[.cacheRead] = try count("cache_read_tokens")
        tokens[.cacheWrite1h] = try count("cache_write_1h_tokens")
        tokens[.cacheWrite5m] = try count("cache_write_tokens") - tokens[.cacheWrite1h]
        tokens[.inputAudio] = try count("input_audio_tokens")
        tokens[.inputImage] =
            try count("input_image_tokens") - (try count("cache_image_read_tokens"))
        let inside = tokens.totalInput
        guard UInt64(try count("input_tokens")) >= inside else {
            return .failure(Reason(text: "the parts of the input are more than the whole"))
        }
        tokens[.input] = UInt32(UInt64(try count("input_tokens")) - inside)
        tokens[.reasoning] = try count("output_reasoning_tokens")
        tokens[.outputAudio] = try count("output_audio_tokens")
        tokens[.outputImage] = try count("output_image_tokens")
        let outside = tokens[.reasoning] + tokens[.outputAudio] + tokens[.outputImage]
        guard try count("output_tokens") >= outside else {
            return .failure(Reason(text: "the parts of the output are more than the whole"))
        }
        tokens[.output] = try count("output_tokens") - outside
        return .success(tokens)
    }

    @Test(
        arguments: [
            ("deepseek/deepseek-chat", "2025-11-06T00:29:59.999999999Z", 10, "0.135"),
            ("deepseek/deepseek-chat", "2025-11-06T00:30:00Z", 10, "0.27"),
            ("deepseek/deepseek-chat", "2025-11-06T16:29:59.999999999Z", 10, "0.27"),
            ("deepseek/deepseek-chat", "2025-11-06T16:30:00Z", 10, "0.135"),
            ("deepseek/deepseek-reasoner", "2025-11-06T12:00:00Z", 10, "0.55"),
            ("anthropic/claude-opus-4-6", "2026-03-12T23:59:59.999999999Z", 199_999, "5.00"),
            ("anthropic/claude-opus-4-6", "2026-03-12T23:59:59.999999999Z", 200_000, "5.00"),
            ("anthropic/claude-opus-4-6", "2026-03-12T23:59:59.999999999Z", 200_001, "10.00"),
            ("anthropic/claude-opus-4-6", "2026-03-13T00:00:00Z", 200_001, "5.00"),
            ("openai/o3", "2025-06-09T23:59:59.999999999Z", 10, "10.00"),
            ("openai/o3", "2025-06-10T00:00:00Z", 10, "2.00"),
            ("openai/gpt-5.6-luna", "2026-07-30T00:00:00Z", 272_000, "0.20"),
            ("openai/gpt-5.6-luna", "2026-07-30T00:00:00Z", 272_001, "0.40"),
            ("openai/gpt-5.6-luna", "2026-07-29T00:00:00Z", 272_001, "2.00"),
            ("google/gemini-3.6-flash", "2026-12-31T23:59:59Z", 10, "0.75"),
            ("google/gemini-3.6-flash", "2027-01-01T00:00:00Z", 10, "1.50"),
            ("anthropic/claude-3-5-haiku-latest", "1999-12-31T23:59:59Z", 10, "none"),
        ] as [(String, String, UInt64, String)])
    func `dates, hours and sizes change the price at their edge`(
        name: String, at: String, input: UInt64, expected: String
    ) throws {
        let book = try #require(GenAIBook.shared)
        let parts = name.split(separator: "/")
        let key = PriceBook.Key(provider: String(parts[0]), model: String(parts[1]))
        let prices = book.prices.prices(key, at: try Instant(at), inputTokens: input)
        #expect((prices?[.input]?.text ?? "none") == expected)
    }
}
