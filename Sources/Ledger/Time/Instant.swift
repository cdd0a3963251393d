/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// ```swift
/// let instant = try Instant("2023-11-16T18:17:03.9799600Z")
/// instant.description                                  // "2023-11-16T18:17:03.97996Z"
/// ```
/// Integers all the way: a trace with seven fraction digits keeps all of them.
@frozen public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the epoch; reaches from 1677 to 2262.
    public var nanoseconds: Int64

    /// The instant at that many nanoseconds since the epoch.
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The instant at that many whole seconds since the epoch. Seconds beyond 2262 are clamped.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        self.nanoseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since the epoch, rounded towards the past.
    @inlinable public var seconds: Int64 {
        let quotient = nanoseconds / 1_000_000_000
        return nanoseconds < 0 && nanoseconds % 1_000_000_000 != 0 ? quotient - 1 : quotient
    }

    /// Orders by time.
    @inlinable public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The earliest instant that can be named.
    public static var distantPast: Instant { Instant(nanoseconds: .min) }
    /// The latest instant that can be named.
    public static var distantFuture: Instant { Instant(nanoseconds: .max) }
}

/// Why a text is no instant or no date.
public struct TimeTextError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The sentence that is shown to a person.
    public let description: String

    init(_ description: String) { self.description = description }
}

extension Instant {
    /// Reads RFC 3339: `2026-11-20T15:04:05Z`, with up to nine fraction digits and `Z` or `±hh:mm`.
    ///
    /// A text without zone is refused: guessing one would move calls to another day.
    public init(_ text: some StringProtocol) throws(TimeTextError) {
        let bytes = Array(text.utf8.prefix(48))
        func fail(_ what: String) -> TimeTextError {
            TimeTextError(
                "\"\(text.prefix(48))\" \(what); write an instant like 2026-11-20T15:04:05Z")
        }
        guard bytes.count >= 19, let year = Self.number(bytes, 0, 4), bytes[4] == 0x2D,
            let month = Self.number(bytes, 5, 2), bytes[7] == 0x2D,
            let day = Self.number(bytes, 8, 2),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") || bytes[10] == 0x20,
            let hour = Self.number(bytes, 11, 2), bytes[13] == 0x3A,
            let minute = Self.number(bytes, 14, 2), bytes[16] == 0x3A,
            let second = Self.number(bytes, 17, 2)
        else { throw fail("is not an instant") }
        guard let date = CivilDate(year: year, month: month, day: day), hour < 24, minute < 60,
            second < 60
        else { throw fail("names a date or time that does not exist") }
        guard year >= 1970, year < 2200 else { throw fail("is outside the years 1970 to 2199") }
        var index = 19
        var fraction: Int64 = 0
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            var scale: Int64 = 100_000_000
            let first = index
            while index < bytes.count, let digit = Self.digit(bytes[index]) {
                guard index - first < 9 else { throw fail("has more than nine fraction digits") }
                fraction += Int64(digit) * scale
                scale /= 10
                index += 1
            }
            guard index > first else { throw fail("is not an instant") }
        }
        guard index < bytes.count else { throw fail("has no zone") }
        var offset = 0
        if bytes[index] == UInt8(ascii: "Z") || bytes[index] == UInt8(ascii: "z") {
            index += 1
        } else {
            guard bytes[index] == 0x2B || bytes[index] == 0x2D, bytes.count >= index + 6,
                let hours = Self.number(bytes, index + 1, 2), bytes[index + 3] == 0x3A,
                let minutes = Self.number(bytes, index + 4, 2), hours < 24, minutes < 60
            else { throw fail("has no zone") }
            offset = (hours * 60 + minutes) * (bytes[index] == 0x2D ? -60 : 60)
            index += 6
        }
        guard index == bytes.count, text.utf8.count == bytes.count else {
            throw fail("goes on after the zone")
        }
        let seconds =
            Int64(date.dayNumber) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
        self.nanoseconds = seconds * 1_000_000_000 + fraction
    }

    private static func digit(_ byte: UInt8) -> Int? {
        byte >= 0x30 && byte <= 0x39 ? Int(byte) - 0x30 : nil
    }

    private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for index in start..<start + count {
            guard let digit = digit(bytes[index]) else { return nil }
            value = value * 10 + digit
        }
        return value
    }
}

extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC, with as many fraction digits as are needed and no more.
    public var description: String {
        let second = seconds
        let day = second.dividedDown(by: 86_400)
        let time = second - day * 86_400
        let date = CivilDate(dayNumber: Int32(clamping: day))
        var text = "\(date)T\(pad(time / 3600)):\(pad(time / 60 % 60)):\(pad(time % 60))"
        var fraction = nanoseconds.subtractingReportingOverflow(
            second.multipliedReportingOverflow(by: 1_000_000_000).partialValue
        ).partialValue
        if fraction > 0 {
            var digits = 9
            while fraction % 10 == 0 {
                fraction /= 10
                digits -= 1
            }
            let shown = String(fraction)
            text += "." + String(repeating: "0", count: digits - shown.count) + shown
        }
        return text + "Z"
    }
}

extension Instant: Codable {
    /// Decodes RFC 3339 text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self = try Instant(container.decode(String.self))
        } catch let error as TimeTextError {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: error.description)
        }
    }

    /// Encodes RFC 3339 text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Two digits.
func pad(_ value: some BinaryInteger) -> String { value < 10 ? "0\(value)" : "\(value)" }

extension FixedWidthInteger {
    /// Division that rounds towards minus infinity, for a positive divisor.
    @inlinable func dividedDown(by divisor: Self) -> Self {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
