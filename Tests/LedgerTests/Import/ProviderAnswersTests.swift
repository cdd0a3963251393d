import Foundation
import TestSupport
import Testing

@testable import Ledger

@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct `Recorded answers of providers` {
    private struct Answer: Decodable {
        struct Expected: Decodable {
            let input_uncached: Int
            let cache_read: Int
            let cache_write: Int
            let cache_write_1h: Int
            let output: Int
            let reasoning: Int
        }
        let file: String
        let api: String
        let usage_missing: Bool
        let expected: Expected?
    }

    @Test func `every answer's token classes fit an event, add up and survive storing`() throws {
        let data = try #require(SharedData.data("provider-responses/index.jsonl"))
        var answers = 0
        var withUsage = 0
        var sum: UInt64 = 0
        var contradictory: [String] = []
        let reader = UsageJSONLine()
        for line in data.split(separator: 0x0A) {
            let answer = try JSONDecoder().decode(Answer.self, from: Data(line))
            answers += 1
            var event = UsageEvent(
                client: "acme", provider: answer.api, model: answer.file,
                occurredAt: Instant(seconds: 1_750_000_000))
            if let expected = answer.expected, !answer.usage_missing {
                withUsage += 1
                event.tokens = try Self.tokens(expected)
                let total =
                    expected.input_uncached + expected.cache_read + expected.cache_write
                    + expected.output
                #expect(event.tokens.totalTokens == UInt64(total), "\(answer.file)")
                sum += event.tokens.totalTokens
                if event.tokens[.input] != expected.input_uncached
                    || event.tokens[.reasoning] != expected.reasoning
                {
                    contradictory.append(answer.file)
                }
            } else {
                event.usageSource = .missing
            }
            let stored = try UsageCodec.encode(event)
            let back = try UsageCodec.decode(
                unsafe stored.span.bytes, version: UsageCodec.version, occurredAt: event.occurredAt)
            #expect(back == event, "\(answer.file)")
            let written = UsageJSONLine.render(event, id: EventID(high: 1, low: UInt64(answers)))
            #expect(try reader.parse(Data(written.utf8), now: event.occurredAt).event == event)
        }
        print("answers: \(answers), with usage \(withUsage)")
        #expect(answers == 525)
        #expect(sum == 359_227 + 242_219 + 32_250 + 88_187)
        // One reports more read and written than there was, one more reasoning than output.
        #expect(contradictory == ["openrouter-chat/009.sse", "openrouter-chat/026.json"])
    }

    /// The classes, cut down where a provider contradicts itself, so that the totals it bills hold.
    private static func tokens(_ expected: Answer.Expected) throws -> TokenCounts {
        var rest = expected.input_uncached + expected.cache_read + expected.cache_write
        func take(_ wanted: Int) throws -> UInt32 {
            let count = min(wanted, rest)
            rest -= count
            return try #require(UInt32(exactly: count))
        }
        var tokens = TokenCounts()
        tokens[.cacheRead] = try take(expected.cache_read)
        // A write whose life is not told is the short one, which every provider has.
        tokens[.cacheWrite1h] = try take(expected.cache_write_1h)
        tokens[.cacheWrite5m] = try take(expected.cache_write - expected.cache_write_1h)
        tokens[.input] = try #require(UInt32(exactly: rest))
        let reasoning = min(expected.reasoning, expected.output)
        tokens[.reasoning] = try #require(UInt32(exactly: reasoning))
        tokens[.output] = try #require(UInt32(exactly: expected.output - reasoning))
        return tokens
    }
}
