import Foundation
import Testing

@testable import Ledger

struct `Calls written as JSON lines` {
    @Test func `the order of members is fixed and what says nothing is left out`() {
        var event = UsageEvent(
            client: "acme", provider: "openai", model: "gpt-4o",
            occurredAt: Instant(seconds: 1_700_000_000))
        event.tokens = TokenCounts(input: 12, output: 34)
        event.tags = ["b": "2\"", "a": "1"]
        #expect(
            UsageJSONLine.render(event, id: EventID(high: 1, low: 2))
                == #"{"id":"00000000-0000-0001-0000-000000000002","#
                + #""occurred_at":"2023-11-14T22:13:20Z","client":"acme","provider":"openai","#
                + #""model":"gpt-4o","operation":"chat","tokens":{"input":12,"output":34},"#
                + #""usage_source":"provider","outcome":"succeeded","tags":{"a":"1","b":"2\""}}"#)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `any event comes back exactly as it was written`(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let reader = UsageJSONLine()
        for step in 0..<300 {
            let event = Self.event(&random)
            let id = EventID(high: random.next(), low: random.next())
            let line = UsageJSONLine.render(event, id: id)
            let call = try reader.parse(Data(line.utf8), now: Instant(seconds: 2_000_000_000))
            #expect(call.event == event, "seed \(seed), step \(step): \(line)")
            #expect(call.givenID.flatMap { EventID($0) } == id)
            #expect(call.endUser == event.endUser?.description)
            // The stored form keeps the same.
            let stored = try UsageCodec.encode(event)
            let back = try UsageCodec.decode(
                unsafe stored.span.bytes, version: UsageCodec.version, occurredAt: event.occurredAt)
            #expect(back == event)
        }
    }

    static func event(_ random: inout Seeded) -> UsageEvent {
        let texts = ["a", "é/ü 日本", "q\"\\/", "p:no", "x y", "🦜"]
        func text(_ random: inout Seeded) -> String { texts.randomElement(using: &random) ?? "" }
        func maybe(_ random: inout Seeded) -> String? {
            Bool.random(using: &random) ? text(&random) : nil
        }
        var event = UsageEvent(
            client: text(&random), provider: text(&random), model: text(&random),
            occurredAt: Instant(
                nanoseconds: .random(in: 0...1_900_000_000_000_000_000, using: &random)))
        event.modelRequested = maybe(&random)
        if event.modelRequested == event.model { event.modelRequested = nil }
        event.operation = UsageEvent.Operation.allCases.randomElement(using: &random) ?? .chat
        event.serviceTier = ["", "flex", "batch"].randomElement(using: &random) ?? ""
        event.usageSource =
            UsageEvent.UsageSource.allCases.randomElement(using: &random) ?? .missing
        event.outcome = UsageEvent.Outcome.allCases.randomElement(using: &random) ?? .failed
        if event.usageSource != .missing {
            for usageClass in UsageClass.allCases where Bool.random(using: &random) {
                event.tokens[usageClass] = .random(in: 0...(.max), using: &random)
            }
        }
        event.wasCached = Bool.random(using: &random)
        event.wasFallback = Bool.random(using: &random)
        event.fallbackReason = maybe(&random)
        if Bool.random(using: &random) {
            event.latencyMilliseconds = .random(in: 0...(.max), using: &random)
        }
        if Bool.random(using: &random) { event.timeToFirstTokenMilliseconds = 0 }
        event.attempt = .random(in: 0...255, using: &random)
        event.key = maybe(&random)
        event.conversation = maybe(&random)
        event.requestID = maybe(&random)
        if Bool.random(using: &random) {
            event.endUser = EndUserPseudonym(high: random.next(), low: random.next())
            event.hold = EventID(high: random.next(), low: random.next())
        }
        if Bool.random(using: &random) { event.tags = [text(&random): "", "n": text(&random)] }
        if Bool.random(using: &random) { event.providerUsage = "{\"a\":[1,2],\"b\":\"\n\"}" }
        return event
    }
}

/// A small generator whose runs can be repeated (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
