/// The identity of an event: 16 bytes, kept for ever, so that nothing is counted twice.
///
/// A UUIDv7 made before the provider is called, a UUID given by the sender, or derived from an
/// import's source and row. Ids that begin with time keep the index's writes together.
@frozen public struct EventID: Hashable, Comparable, Sendable {
    /// The first eight bytes, big-endian.
    public var high: UInt64
    /// The last eight bytes, big-endian.
    public var low: UInt64

    /// The id of those two halves.
    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits.
    public init(version7At instant: Instant, random: (UInt64, UInt64)) {
        let milliseconds = UInt64(clamping: instant.nanoseconds / 1_000_000)
        self.high = milliseconds << 16 | 0x7000 | random.0 & 0x0FFF
        self.low = random.1 & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// The id that a UUID text names (`8-4-4-4-12` hexadecimal digits), or nil.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(37))
        guard bytes.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in bytes.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// Orders by bytes.
    @inlinable public static func < (left: EventID, right: EventID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension EventID: CustomStringConvertible {
    /// The UUID form, lower case.
    public var description: String {
        let digits = Self.hex(high) + Self.hex(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// The place of a record in the log: 1 for the first, without gaps.
@frozen public struct SequenceNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number; 0 stands for "before the first record".
    public var rawValue: UInt64

    /// The number as given.
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Before the first record.
    @inlinable public static var zero: SequenceNumber { SequenceNumber(0) }
    /// The record after this one.
    @inlinable public var next: SequenceNumber { SequenceNumber(rawValue + 1) }

    /// Orders by place.
    @inlinable public static func < (left: SequenceNumber, right: SequenceNumber) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The number in decimal digits.
    public var description: String { String(rawValue) }
}
