/// What an event in the log is about.
///
/// The raw value is the first byte of every record and is never given to another kind.
public enum EventKind: UInt8, Sendable, CaseIterable {
    case usageRecorded = 1
    case usageReversed = 2
    case priceSet = 3
    case rateRecorded = 4
    case clientRegistered = 5
    case clientUpdated = 6
    case keyIssued = 7
    case keyRevoked = 8
    case budgetSet = 9
    case budgetRemoved = 10
    case clientPaused = 11
    case clientResumed = 12
    case alertRaised = 13
    case monthClosed = 14
    case adjustmentRecorded = 15
    case subjectErased = 16
    case settingsChanged = 17
    case modelDescribed = 18
    case issuerSet = 19
    case termsSet = 20
    case clientRemoved = 21

    /// The dotted name in exports, such as `usage.recorded`.
    public var name: String {
        var name = ""
        for character in "\(self)" {
            if character.isUppercase { name += "." }
            name += character.lowercased()
        }
        return name
    }
}

/// An event that is to be appended; the log gives it its sequence number.
public struct NewEvent: Sendable, Equatable {
    /// What it is about.
    public let kind: EventKind
    /// The version of the payload's form.
    public let version: UInt8
    /// Its identity, for ever.
    public let id: EventID
    /// When it happened.
    public let occurredAt: Instant
    /// The encoded body.
    public let payload: [UInt8]
    /// True when the payload was made here of a checked event, so that it need not be read back.
    package let isChecked: Bool

    /// An event of those parts.
    public init(
        kind: EventKind, version: UInt8, id: EventID, occurredAt: Instant, payload: [UInt8]
    ) {
        self.init(
            kind: kind, version: version, id: id, occurredAt: occurredAt, payload: payload,
            isChecked: false)
    }

    private init(
        kind: EventKind, version: UInt8, id: EventID, occurredAt: Instant, payload: [UInt8],
        isChecked: Bool
    ) {
        self.kind = kind
        self.version = version
        self.id = id
        self.occurredAt = occurredAt
        self.payload = payload
        self.isChecked = isChecked
    }

    /// Equal in everything that is stored.
    public static func == (left: NewEvent, right: NewEvent) -> Bool {
        left.kind == right.kind && left.version == right.version && left.id == right.id
            && left.occurredAt == right.occurredAt && left.payload == right.payload
    }

    /// A usage event under an id. Throws what is wrong with it.
    public init(_ event: UsageEvent, id: EventID) throws(EventError) {
        self.init(
            kind: .usageRecorded, version: UsageCodec.version, id: id, occurredAt: event.occurredAt,
            payload: try UsageCodec.encode(event), isChecked: true)
    }
}

/// The head of a stored record, read in place.
///
/// ```text
///  0  kind    1  version    2  u16 flags    4  u32 payload length    8  u64 sequence
/// 16  16 bytes event id    32  i64 recorded at, ns    40  i64 occurred at, ns    48  payload
///     then 32 bytes chain: SHA-256 of the previous record's chain and all bytes before it
///     then u32 CRC32C of everything before
/// ```
/// Integers are little-endian, the id is as it is.
public struct RecordHead: Sendable, Equatable {
    /// What the record is about.
    public let kind: EventKind
    /// The version of the payload's form.
    public let version: UInt8
    /// Its place in the log.
    public let sequence: SequenceNumber
    /// Its identity.
    public let id: EventID
    /// When the log took it.
    public let recordedAt: Instant
    /// When it happened.
    public let occurredAt: Instant
    /// How many bytes the payload has.
    public let payloadLength: Int

    /// Bytes before the payload.
    public static let size = 48
    /// Bytes of the chain value.
    public static let chainSize = 32
    /// Bytes after the payload.
    public static let tailSize = chainSize + 4

    /// The head that an event gets at a place of the log; it is recorded when it happened, until
    /// the log says otherwise.
    package init(_ event: NewEvent, sequence: SequenceNumber) {
        kind = event.kind
        version = event.version
        self.sequence = sequence
        id = event.id
        recordedAt = event.occurredAt
        occurredAt = event.occurredAt
        payloadLength = event.payload.count
    }

    /// Reads the head of a stored record. Throws when lengths or kind cannot be right; the checksum
    /// is compared only by ``verifyChecksum(_:)``.
    public init(_ record: RawSpan) throws(CodecError) {
        let first: UInt64 = try record.load(0)
        guard let kind = EventKind(rawValue: UInt8(truncatingIfNeeded: first)) else {
            throw .unknownVersion(
                kind: UInt8(truncatingIfNeeded: first),
                version: UInt8(truncatingIfNeeded: first >> 8))
        }
        self.kind = kind
        version = UInt8(truncatingIfNeeded: first >> 8)
        payloadLength = Int(first >> 32)
        guard record.byteCount == Self.size + payloadLength + Self.tailSize else {
            throw .truncated
        }
        sequence = SequenceNumber(try record.load(8))
        id = EventID(high: try record.loadBigEndian(16), low: try record.loadBigEndian(24))
        recordedAt = Instant(nanoseconds: try record.load(32))
        occurredAt = Instant(nanoseconds: try record.load(40))
    }

    /// Throws ``CodecError/checksum`` unless the record's last four bytes match the rest.
    public static func verifyChecksum(_ record: RawSpan) throws(CodecError) {
        guard record.byteCount >= size + tailSize else { throw .truncated }
        let body = record.byteCount - 4
        let stored: UInt32 = try record.load(body)
        guard CRC32C.checksum(record, count: body) == stored else { throw .checksum }
    }

    /// Where the payload lies.
    public var payloadRange: Range<Int> { Self.size..<Self.size + payloadLength }
    /// Where the chain value lies.
    public var chainRange: Range<Int> {
        Self.size + payloadLength..<Self.size + payloadLength + Self.chainSize
    }

    /// The bytes of a record up to its payload's end: what chain and checksum are computed over.
    public static func encodeHead(
        _ event: NewEvent, sequence: SequenceNumber, recordedAt: Instant
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: size + event.payload.count + tailSize)
        encodeHead(event, sequence: sequence, recordedAt: recordedAt, into: &writer)
        return writer.bytes
    }

    /// Appends the bytes of a record up to its payload's end.
    public static func encodeHead(
        _ event: NewEvent, sequence: SequenceNumber, recordedAt: Instant,
        into writer: inout ByteWriter
    ) {
        let length = UInt64(UInt32(event.payload.count))
        let shape = UInt64(event.kind.rawValue) | UInt64(event.version) << 8 | length << 32
        writer.append(atMost: size) { output in
            unsafe output.append(shape.littleEndian, as: UInt64.self)
            unsafe output.append(sequence.rawValue.littleEndian, as: UInt64.self)
            unsafe output.append(event.id.high.bigEndian, as: UInt64.self)
            unsafe output.append(event.id.low.bigEndian, as: UInt64.self)
            unsafe output.append(recordedAt.nanoseconds.littleEndian, as: Int64.self)
            unsafe output.append(event.occurredAt.nanoseconds.littleEndian, as: Int64.self)
        }
        writer.append(contentsOf: event.payload)
    }
}
