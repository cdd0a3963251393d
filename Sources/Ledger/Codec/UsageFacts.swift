/// What folding needs of a stored usage event, read in place: no text is made, nothing is copied.
///
/// ```swift
/// let facts = try UsageFacts(payload, version: 1)
/// facts.dimensions          // where client, provider, model and tier lie in the payload
/// ```
/// Cost: a dozen loads.
public struct UsageFacts: Sendable {
    /// How the call ended.
    public let outcome: UsageEvent.Outcome
    /// How the consumption is known.
    public let usageSource: UsageEvent.UsageSource
    /// Length of the client's id, which begins at ``dimensionsOffset``.
    public let clientLength: Int
    /// Length of the provider's name, which follows.
    public let providerLength: Int
    /// Length of the model's name, which follows.
    public let modelLength: Int
    /// Length of the service tier, which follows.
    public let tierLength: Int
    let flags: UInt8
    let present: UInt16

    /// Reads the fixed fields of a payload.
    @inlinable public init(_ payload: RawSpan, version: UInt8) throws(CodecError) {
        try self.init(checked: payload, version: version)
    }

    @usableFromInline init(checked payload: RawSpan, version: UInt8) throws(CodecError) {
        guard version == UsageCodec.version else {
            throw .unknownVersion(kind: 1, version: version)
        }
        let head: UInt64 = try payload.load(0)
        let states = UInt8(truncatingIfNeeded: head >> 8)
        guard let source = UsageEvent.UsageSource(rawValue: states & 15),
            let outcome = UsageEvent.Outcome(rawValue: states >> 4)
        else { throw .badValue("outcome") }
        self.outcome = outcome
        self.usageSource = source
        flags = UInt8(truncatingIfNeeded: head >> 16)
        present = UInt16(truncatingIfNeeded: head >> 32)
        clientLength = Int(UInt8(truncatingIfNeeded: head >> 48))
        providerLength = Int(UInt8(truncatingIfNeeded: head >> 56))
        let more: UInt16 = try payload.load(8)
        modelLength = Int(more & 0xFF)
        tierLength = Int(more >> 8)
        guard afterCounts <= payload.byteCount, clientLength > 0 else { throw .truncated }
    }

    /// Where the four names begin.
    public static var dimensionsOffset: Int { UsageCodec.fixedSize }
    /// Where the provider's name begins.
    public var providerOffset: Int { UsageCodec.fixedSize + clientLength }
    /// Where the model's name begins.
    public var modelOffset: Int { providerOffset + providerLength }
    /// Where the service tier begins.
    public var tierOffset: Int { modelOffset + modelLength }
    /// The bytes of the four names together.
    public var dimensionsLength: Int { clientLength + providerLength + modelLength + tierLength }
    /// The four lengths in one number, so that equal names mean equal bytes and equal lengths.
    public var dimensionsShape: UInt32 {
        UInt32(clientLength) | UInt32(providerLength) << 8 | UInt32(modelLength) << 16
            | UInt32(tierLength) << 24
    }
    /// True when the response cache answered.
    public var wasCached: Bool { flags & UsageCodec.Flags.wasCached != 0 }
    /// True when another model than the first choice answered.
    public var wasFallback: Bool { flags & UsageCodec.Flags.wasFallback != 0 }
    /// True when the call settles a hold.
    public var hasHold: Bool { flags & UsageCodec.Flags.hasHold != 0 }

    var afterNames: Int { UsageCodec.fixedSize + dimensionsLength }
    var afterCounts: Int { afterNames + present.nonzeroBitCount * 4 }

    /// The counts of all classes.
    public func tokens(_ payload: RawSpan) throws(CodecError) -> TokenCounts {
        var counts = TokenCounts()
        var offset = afterNames
        var rest = present
        guard rest < 1 << 13 else { throw .badValue("counts") }
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            counts.counts[index] = try payload.load(offset)
            offset += 4
            rest &= rest - 1
        }
        return counts
    }

    /// From request to end, in milliseconds, if known.
    public func latency(_ payload: RawSpan) throws(CodecError) -> UInt32? {
        flags & UsageCodec.Flags.hasLatency == 0 ? nil : try payload.load(afterCounts)
    }

    /// From request to the first token, in milliseconds, if known.
    public func timeToFirstToken(_ payload: RawSpan) throws(CodecError) -> UInt32? {
        guard flags & UsageCodec.Flags.hasFirstToken != 0 else { return nil }
        let latency = flags & UsageCodec.Flags.hasLatency != 0 ? 4 : 0
        return try payload.load(afterCounts + latency)
    }

    /// The hold that the call settles.
    public func hold(_ payload: RawSpan) throws(CodecError) -> EventID? {
        guard hasHold else { return nil }
        let latency = flags & UsageCodec.Flags.hasLatency != 0 ? 4 : 0
        let first = flags & UsageCodec.Flags.hasFirstToken != 0 ? 4 : 0
        let offset = afterCounts + latency + first
        return EventID(
            high: try payload.loadBigEndian(offset), low: try payload.loadBigEndian(offset + 8))
    }

    /// True when client, provider, model and tier are those of a cell.
    public func matches(_ key: CellKey, _ payload: RawSpan) -> Bool {
        Self.isEqual(payload, Self.dimensionsOffset, clientLength, key.client)
            && Self.isEqual(payload, providerOffset, providerLength, key.provider)
            && Self.isEqual(payload, modelOffset, modelLength, key.model)
            && Self.isEqual(payload, tierOffset, tierLength, key.serviceTier)
    }

    /// True when the call is a client's.
    public func isOf(client: String, _ payload: RawSpan) -> Bool {
        Self.isEqual(payload, Self.dimensionsOffset, clientLength, client)
    }

    private static func isEqual(
        _ payload: RawSpan, _ offset: Int, _ length: Int, _ text: String
    ) -> Bool {
        guard text.utf8.count == length, offset + length <= payload.byteCount else { return false }
        var place = offset
        for byte in text.utf8 {
            guard (try? payload.load(place, as: UInt8.self)) == byte else { return false }
            place += 1
        }
        return true
    }
}
