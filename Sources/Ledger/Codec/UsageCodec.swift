/// The stored form of a ``UsageEvent``: fixed fields first, then the four names that make the
/// view's key, then only the counts that are not zero, then the rest.
///
/// ```text
///  0  operation                    8  length of model (answered) 16  u16 length of tags
///  1  usage source | outcome << 4  9  length of service tier     18  u16 length of sealed field
///  2  flags                       10  length of model requested  20  u16 length of provider usage
///  3  attempt                     11  length of conversation     22  u16 zero
///  4  u16 which counts follow     12  length of key              24  client, provider, model, tier
///  6  length of client            13  length of request id           u32 for each count
///  7  length of provider          14  length of fallback reason      u32 latency, u32 first token
///                                 15  zero                           16 hold, 16 end user, texts
/// ```
/// All integers are little-endian. ``UsageFacts`` reads it without copying; golden files in
/// Fixtures hold every version ever written.
public enum UsageCodec {
    /// The version that this program writes.
    public static let version: UInt8 = 1

    static let fixedSize = 24

    struct Flags {
        static let wasCached: UInt8 = 1
        static let wasFallback: UInt8 = 2
        static let hasLatency: UInt8 = 4
        static let hasFirstToken: UInt8 = 8
        static let hasHold: UInt8 = 16
        static let hasEndUser: UInt8 = 32
    }

    /// The bytes of a checked event. Throws what ``UsageEvent/check()`` throws.
    public static func encode(_ event: UsageEvent) throws(EventError) -> [UInt8] {
        try event.check()
        let tags = try TagText.encode(event.tags)
        let asked = event.modelRequested ?? ""
        let requested = asked.isSame(as: event.model) ? "" : asked
        var flags: UInt8 = 0
        if event.wasCached { flags |= Flags.wasCached }
        if event.wasFallback { flags |= Flags.wasFallback }
        if event.latencyMilliseconds != nil { flags |= Flags.hasLatency }
        if event.timeToFirstTokenMilliseconds != nil { flags |= Flags.hasFirstToken }
        if event.hold != nil { flags |= Flags.hasHold }
        if event.endUser != nil { flags |= Flags.hasEndUser }
        var present: UInt16 = 0
        for usageClass in UsageClass.allCases where event.tokens[usageClass] != 0 {
            present |= 1 << UInt16(usageClass.rawValue)
        }
        var writer = ByteWriter(capacity: 192)
        writer.append(event.operation.rawValue)
        writer.append(event.usageSource.rawValue | event.outcome.rawValue << 4)
        writer.append(flags)
        writer.append(event.attempt)
        writer.append(present)
        // The bounds checked above keep every length within its byte.
        for text in [event.client, event.provider, event.model, event.serviceTier, requested] {
            writer.append(UInt8(text.utf8.count))
        }
        for text in [event.conversation, event.key, event.requestID, event.fallbackReason] {
            writer.append(UInt8(text?.utf8.count ?? 0))
        }
        writer.append(UInt8(0))
        writer.append(UInt16(tags.utf8.count))
        writer.append(UInt16(0))
        writer.append(UInt16(event.providerUsage?.utf8.count ?? 0))
        writer.append(UInt16(0))
        for text in [event.client, event.provider, event.model, event.serviceTier] {
            writer.append(text: text)
        }
        for usageClass in UsageClass.allCases where event.tokens[usageClass] != 0 {
            writer.append(event.tokens[usageClass])
        }
        if let latency = event.latencyMilliseconds { writer.append(latency) }
        if let first = event.timeToFirstTokenMilliseconds { writer.append(first) }
        if let hold = event.hold {
            writer.appendBigEndian(hold.high)
            writer.appendBigEndian(hold.low)
        }
        if let user = event.endUser {
            writer.appendBigEndian(user.high)
            writer.appendBigEndian(user.low)
        }
        writer.append(text: requested)
        for text in [event.conversation, event.key, event.requestID, event.fallbackReason] {
            if let text { writer.append(text: text) }
        }
        writer.append(text: tags)
        if let usage = event.providerUsage { writer.append(text: usage) }
        return writer.bytes
    }

    /// The event that a payload holds. Throws when the bytes were not written by ``encode(_:)``.
    public static func decode(
        _ payload: RawSpan, version: UInt8, occurredAt: Instant
    ) throws(CodecError) -> UsageEvent {
        let facts = try UsageFacts(payload, version: version)
        var event = UsageEvent(
            client: try payload.text(fixedSize, facts.clientLength),
            provider: try payload.text(facts.providerOffset, facts.providerLength),
            model: try payload.text(facts.modelOffset, facts.modelLength), occurredAt: occurredAt)
        event.serviceTier = try payload.text(facts.tierOffset, facts.tierLength)
        guard let operation = UsageEvent.Operation(rawValue: try payload.load(0)) else {
            throw .badValue("operation")
        }
        event.operation = operation
        event.usageSource = facts.usageSource
        event.outcome = facts.outcome
        event.wasCached = facts.wasCached
        event.wasFallback = facts.wasFallback
        event.attempt = try payload.load(3)
        event.tokens = try facts.tokens(payload)
        event.latencyMilliseconds = try facts.latency(payload)
        event.timeToFirstTokenMilliseconds = try facts.timeToFirstToken(payload)
        var offset = facts.afterCounts
        if facts.flags & Flags.hasLatency != 0 { offset += 4 }
        if facts.flags & Flags.hasFirstToken != 0 { offset += 4 }
        if facts.flags & Flags.hasHold != 0 {
            event.hold = EventID(
                high: try payload.loadBigEndian(offset), low: try payload.loadBigEndian(offset + 8))
            offset += 16
        }
        if facts.flags & Flags.hasEndUser != 0 {
            event.endUser = EndUserPseudonym(
                high: try payload.loadBigEndian(offset), low: try payload.loadBigEndian(offset + 8))
            offset += 16
        }
        func next(_ lengthOffset: Int) throws(CodecError) -> String? {
            let length = Int(try payload.load(lengthOffset, as: UInt8.self))
            defer { offset += length }
            return length == 0 ? nil : try payload.text(offset, length)
        }
        event.modelRequested = try next(10)
        event.conversation = try next(11)
        event.key = try next(12)
        event.requestID = try next(13)
        event.fallbackReason = try next(14)
        let tags = Int(try payload.load(16, as: UInt16.self))
        let sealed = Int(try payload.load(18, as: UInt16.self))
        let usage = Int(try payload.load(20, as: UInt16.self))
        event.tags = try TagText.decode(try payload.text(offset, tags))
        if usage > 0 { event.providerUsage = try payload.text(offset + tags + sealed, usage) }
        guard offset + tags + sealed + usage == payload.byteCount else { throw .badValue("length") }
        return event
    }
}

/// Tags as one line of text: pairs in the order of their names, each byte-exact, unit-separated.
enum TagText {
    private static let separator: Character = "\u{1F}"

    static func encode(_ tags: [String: String]) throws(EventError) -> String {
        guard !tags.isEmpty else { return "" }
        var parts: [String] = []
        for (name, value) in tags.sorted(by: { $0.key < $1.key }) {
            try UsageEvent.checkName(name, "tags", EventLimits.text)
            if !value.isEmpty { try UsageEvent.checkName(value, "tags.\(name)", EventLimits.tags) }
            parts.append(name)
            parts.append(value)
        }
        let text = parts.joined(separator: String(separator))
        guard text.utf8.count <= EventLimits.tags else {
            throw EventError(
                field: "tags", reason: "are longer than \(EventLimits.tags) bytes; give fewer")
        }
        return text
    }

    static func decode(_ text: String) throws(CodecError) -> [String: String] {
        guard !text.isEmpty else { return [:] }
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count % 2 == 0 else { throw .badValue("tags") }
        var tags: [String: String] = [:]
        for index in stride(from: 0, to: parts.count, by: 2) {
            tags[String(parts[index])] = String(parts[index + 1])
        }
        return tags
    }
}
