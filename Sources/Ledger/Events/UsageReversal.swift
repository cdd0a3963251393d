import Foundation

/// A call that is taken back: it was recorded, and from now on no figure counts it.
///
/// The record carries the call's own bytes, so that whoever folds it needs nothing else:
/// ```text
/// 0  u8 version of the call's bytes    1  0    2  u16 length of the JSON (little-endian)
/// 4  JSON: {"by":…,"event":{"id":…,"reason":…,"sequence":…}}    then the call's payload
/// ```
/// Its instant is the call's. A call is reversed once; a correction is a reversal and a new call in
/// one transaction.
public struct UsageReversal: Sendable, Equatable, Codable {
    /// The id of the call.
    public var id: String
    /// The record that holds the call.
    public var sequence: UInt64
    /// Why, in one line.
    public var reason: String

    /// A reversal of one recorded call.
    public init(id: EventID, sequence: SequenceNumber, reason: String) {
        self.id = id.description
        self.sequence = sequence.rawValue
        self.reason = reason
    }

    /// The version that this program writes.
    public static let version: UInt8 = 1
    private static let prefixSize = 4

    private struct Envelope: Codable {
        let by: String
        let event: UsageReversal
    }

    /// Throws what is wrong with it.
    public func check() throws(EventError) {
        try UsageEvent.checkName(reason, "reason", EventLimits.text)
        guard EventID(id) != nil else {
            throw EventError(field: "id", reason: "\"\(id)\" is no event id")
        }
    }

    /// The event that takes a call back. `usage` and `version` are the call's stored payload and
    /// its version. Throws when the reason or the name of who did it cannot be kept.
    public func event(
        id: EventID, usage: [UInt8], version: UInt8, occurredAt: Instant, by actor: String
    ) throws -> NewEvent {
        try check()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = Array(try encoder.encode(Envelope(by: actor, event: self)))
        guard let length = UInt16(exactly: json.count) else {
            throw EventError(field: "by", reason: "is too long; shorten it")
        }
        var writer = ByteWriter(capacity: Self.prefixSize + json.count + usage.count)
        writer.append(version)
        writer.append(UInt8(0))
        writer.append(length)
        writer.append(contentsOf: json)
        writer.append(contentsOf: usage)
        return NewEvent(
            kind: .usageReversed, version: Self.version, id: id, occurredAt: occurredAt,
            payload: writer.bytes)
    }

    /// What a record's payload says, and who said it.
    public static func decode(
        _ payload: RawSpan, version: UInt8
    ) throws(CodecError) -> (reversal: UsageReversal, by: String) {
        let start = try usage(in: payload, version: version).start
        let json = try payload.bytes(prefixSize, start - prefixSize)
        do {
            let envelope = try JSONDecoder().decode(Envelope.self, from: Data(json))
            return (envelope.event, envelope.by)
        } catch {
            throw .badValue("reversal (\(error))")
        }
    }

    /// Where the call's bytes begin in a record's payload, and their version.
    static func usage(
        in payload: RawSpan, version: UInt8
    ) throws(CodecError) -> (start: Int, version: UInt8) {
        guard version == Self.version else {
            throw .unknownVersion(kind: EventKind.usageReversed.rawValue, version: version)
        }
        let length: UInt16 = try payload.load(2)
        let start = prefixSize + Int(length)
        guard start < payload.byteCount else { throw .truncated }
        return (start, try payload.load(0))
    }
}

/// The call in a record that counts calls: one that was recorded, or one that was taken back.
public struct UsagePart: Sendable, Equatable {
    /// Where the call's bytes lie in the payload.
    public let range: Range<Int>
    /// Their version.
    public let version: UInt8
    /// True when the call is taken back: everything it counted is subtracted.
    public let isReversal: Bool
}

extension EventKind {
    /// True for records that count calls, up or down.
    public var isUsage: Bool { self == .usageRecorded || self == .usageReversed }
}

extension RecordHead {
    /// The call that a record of usage counts. Cost: nothing for a recorded call.
    public func usagePart(of payload: RawSpan) throws(CodecError) -> UsagePart {
        if kind == .usageRecorded {
            return UsagePart(
                range: 0..<payload.byteCount, version: version, isReversal: false)
        }
        return try reversedPart(of: payload)
    }

    private func reversedPart(of payload: RawSpan) throws(CodecError) -> UsagePart {
        guard kind == .usageReversed else { throw .badValue("kind (it is no usage)") }
        let (start, version) = try UsageReversal.usage(in: payload, version: version)
        return UsagePart(
            range: start..<payload.byteCount, version: version, isReversal: true)
    }
}
