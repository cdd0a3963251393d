import Ledger
import TestSupport
import Testing

/// The event of a payload that stands in an array.
func decoded(_ bytes: [UInt8], at instant: Instant, version: UInt8 = 1) throws -> UsageEvent {
    try lending(bytes) { try UsageCodec.decode($0, version: version, occurredAt: instant) }
}

struct `The usage codec` {
    /// Every field at its longest and largest.
    static func maximal() -> UsageEvent {
        func text(_ count: Int) -> String { String(repeating: "ã", count: count / 2) }
        var event = UsageEvent(
            client: text(64), provider: text(64), model: text(200),
            occurredAt: Instant(nanoseconds: .max))
        event.modelRequested = String(repeating: "m", count: 200)
        event.operation = .other
        event.serviceTier = text(32)
        for usageClass in UsageClass.allCases { event.tokens[usageClass] = .max }
        event.usageSource = .estimated
        event.outcome = .abandoned
        event.wasCached = true
        event.wasFallback = true
        event.fallbackReason = text(200)
        event.latencyMilliseconds = .max
        event.timeToFirstTokenMilliseconds = .max
        event.attempt = .max
        event.key = text(200)
        event.conversation = text(200)
        event.requestID = text(200)
        event.endUser = EndUserPseudonym(high: .max, low: .max)
        event.hold = EventID(high: .max, low: .max)
        // 1,024 bytes with the separators between names and values.
        event.tags = ["a": text(500), "b": text(500), "c": String(repeating: "x", count: 16)]
        event.providerUsage = text(2_048)
        return event
    }

    @Test func `returns the emptiest and the fullest event`() throws {
        let least = UsageEvent(
            client: "c", provider: "p", model: "m", occurredAt: Instant(nanoseconds: 0))
        for event in [least, Self.maximal()] {
            let bytes = try UsageCodec.encode(event)
            #expect(try decoded(bytes, at: event.occurredAt) == event)
        }
        #expect(try UsageCodec.encode(least).count == 27)
    }

    @Test func `returns random events and writes them the same again`() throws {
        try withSeed { random in
            for _ in 0..<5_000 {
                let event = UsageEvent.random(using: &random)
                let bytes = try UsageCodec.encode(event)
                let back = try decoded(bytes, at: event.occurredAt)
                try #require(back == event)
                try #require(try UsageCodec.encode(back) == bytes)
            }
        }
    }

    @Test func `refuses a record cut anywhere`() throws {
        try withSeed { random in
            var events = [Self.maximal()]
            for _ in 0..<40 { events.append(.random(using: &random)) }
            for event in events {
                let bytes = try UsageCodec.encode(event)
                for count in 0..<bytes.count {
                    #expect(throws: CodecError.self) {
                        try decoded(Array(bytes.prefix(count)), at: event.occurredAt)
                    }
                }
                #expect(throws: CodecError.self) { try decoded(bytes + [0], at: event.occurredAt) }
            }
        }
    }

    @Test func `never crashes on random or damaged bytes`() throws {
        try withSeed { random in
            let whole = try UsageCodec.encode(Self.maximal())
            for round in 0..<50_000 {
                var bytes: [UInt8]
                if round % 2 == 0 {
                    bytes = random.bytes(random.int(0...400))
                    // A plausible outcome lets more of the reader run.
                    if bytes.count > 1 { bytes[1] = random.int(0...4) << 4 | random.int(0...2) }
                } else {
                    bytes = whole
                    for _ in 0...random.int(0...4) {
                        bytes[random.int(0...23)] = UInt8(truncatingIfNeeded: random.next())
                    }
                }
                lending(bytes) { span in
                    guard let facts = try? UsageFacts(span, version: 1) else { return }
                    _ = try? facts.tokens(span)
                    _ = try? facts.latency(span)
                    _ = try? facts.timeToFirstToken(span)
                    _ = try? facts.hold(span)
                }
                _ = try? decoded(bytes, at: Instant(nanoseconds: 0))
            }
        }
    }

    @Test func `reads facts in place as it reads the whole`() throws {
        try withSeed { random in
            for _ in 0..<2_000 {
                let event = UsageEvent.random(using: &random)
                let bytes = try UsageCodec.encode(event)
                try lending(bytes) { try agree(UsageFacts($0, version: 1), $0, event) }
            }
        }
    }

    private func agree(_ facts: UsageFacts, _ span: RawSpan, _ event: UsageEvent) throws {
        try #require(facts.outcome == event.outcome)
        try #require(facts.usageSource == event.usageSource)
        try #require(facts.wasCached == event.wasCached)
        try #require(facts.wasFallback == event.wasFallback)
        try #require(facts.hasHold == (event.hold != nil))
        let hold = try facts.hold(span)
        let tokens = try facts.tokens(span)
        let latency = try facts.latency(span)
        let first = try facts.timeToFirstToken(span)
        try #require(hold == event.hold && tokens == event.tokens)
        try #require(latency == event.latencyMilliseconds)
        try #require(first == event.timeToFirstTokenMilliseconds)
        let all = try span.text(UsageFacts.dimensionsOffset, facts.dimensionsLength)
        try #require(all == event.client + event.provider + event.model + event.serviceTier)
        let provider = try span.text(facts.providerOffset, facts.providerLength)
        let model = try span.text(facts.modelOffset, facts.modelLength)
        let tier = try span.text(facts.tierOffset, facts.tierLength)
        try #require([provider, model, tier] == [event.provider, event.model, event.serviceTier])
    }

    @Test(arguments: [0, 2, 255] as [UInt8])
    func `does not read versions it does not know`(version: UInt8) throws {
        let bytes = try UsageCodec.encode(.sample())
        #expect(throws: CodecError.unknownVersion(kind: 1, version: version)) {
            try decoded(bytes, at: Instant(nanoseconds: 0), version: version)
        }
    }
}

struct `Events` {
    static let faults: [(field: String, change: @Sendable (inout UsageEvent) -> Void)] = [
        ("client", { $0.client = "" }), ("client", { $0.client = "a\u{0}b" }),
        ("client", { $0.client = String(repeating: "c", count: 65) }),
        ("provider", { $0.provider = "" }), ("provider", { $0.provider = "p\u{7F}" }),
        ("model", { $0.model = "" }), ("model", { $0.model = String(repeating: "ã", count: 101) }),
        ("model_requested", { $0.modelRequested = "" }),
        ("service_tier", { $0.serviceTier = String(repeating: "t", count: 33) }),
        ("conversation", { $0.conversation = "a\nb" }), ("key", { $0.key = "" }),
        ("request_id", { $0.requestID = String(repeating: "r", count: 201) }),
        ("fallback_reason", { $0.fallbackReason = "\t" }),
        ("provider_usage", { $0.providerUsage = String(repeating: "u", count: 2_049) }),
        ("usage_source", { $0.usageSource = .missing }), ("tags", { $0.tags = ["": "x"] }),
        ("tags.a", { $0.tags = ["a": "\u{1F}"] }),
        (
            "tags",
            {
                $0.tags = [
                    "a": String(repeating: "x", count: 600),
                    "b": String(repeating: "x", count: 600),
                ]
            }
        ),
    ]

    @Test(arguments: faults.indices)
    func `are refused with the field at fault`(index: Int) {
        var event = UsageEvent.sample()
        Self.faults[index].change(&event)
        let error = #expect(throws: EventError.self) { try UsageCodec.encode(event) }
        #expect(error?.field == Self.faults[index].field)
    }

    @Test(arguments: [
        ("standard", ""), ("Default", ""), ("AUTO", ""), ("on_demand", ""), ("", ""),
        ("Priority", "priority"), ("batch", "batch"), ("flex", "flex"),
    ])
    func `have one name for the standard tier`(tier: String, kept: String) {
        #expect(ServiceTier.normalized(tier) == kept)
    }
}
