/// A day of the calendar, without a zone: days since 1970-01-01 in the proleptic Gregorian
/// calendar.
///
/// ```swift
/// CivilDate("2026-03-05")?.weekday        // 4, a Thursday (Monday is 1)
/// ```
@frozen public struct CivilDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public var dayNumber: Int32

    /// The date that many days after 1970-01-01.
    @inlinable public init(dayNumber: Int32) { self.dayNumber = dayNumber }

    /// The date, or nil when the calendar has no such day.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, year >= 1, year <= 9999,
            day <= Self.length(ofMonth: month, year: year)
        else { return nil }
        self.init(knownYear: year, month: month, day: day)
    }

    /// The date of a year and month that are known to exist, in any year.
    init(knownYear year: Int, month: Int, day: Int) {
        // Years start in March here, so that the leap day is the last of its year.
        let shifted = month > 2 ? year : year - 1
        let era = shifted.dividedDown(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.dayNumber = Int32(clamping: era * 146_097 + dayOfEra - 719_468)
    }

    /// The date that `yyyy-mm-dd` names, or nil.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2,
            parts[2].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Year, month and day.
    public var components: (year: Int, month: Int, day: Int) {
        let days = Int(dayNumber) + 719_468
        let era = days.dividedDown(by: 146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// Monday is 1, Sunday is 7.
    public var weekday: Int {
        Int((Int64(dayNumber) + 3) - (Int64(dayNumber) + 3).dividedDown(by: 7) * 7) + 1
    }

    /// The date that many days later, or earlier for a negative count.
    public func adding(days: Int) -> CivilDate {
        CivilDate(dayNumber: Int32(clamping: Int(dayNumber) + days))
    }

    /// The month that holds this day.
    public var month: CivilMonth {
        let (year, month, _) = components
        return CivilMonth(index: year * 12 + month - 1)
    }

    /// `yyyy-mm-dd`.
    public var description: String {
        let (year, month, day) = components
        let digits = String(year)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            + "-\(pad(month))-\(pad(day))"
    }

    /// Orders by time.
    @inlinable public static func < (left: CivilDate, right: CivilDate) -> Bool {
        left.dayNumber < right.dayNumber
    }

    static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// A month of the calendar, without a zone.
@frozen public struct CivilMonth: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// `year × 12 + month − 1`, so that months count on without gaps.
    public var index: Int

    /// The month at that index.
    @inlinable public init(index: Int) { self.index = index }

    /// The month that `yyyy-mm` names, or nil when there is none.
    public init?(_ text: some StringProtocol) {
        guard let date = CivilDate("\(text)-01") else { return nil }
        self = date.month
    }

    /// The year.
    public var year: Int { index.dividedDown(by: 12) }
    /// The month, 1 to 12.
    public var month: Int { index - year * 12 + 1 }
    /// The month after this one.
    public var next: CivilMonth { CivilMonth(index: index + 1) }
    /// The month before this one.
    public var previous: CivilMonth { CivilMonth(index: index - 1) }

    /// The first day.
    public var firstDay: CivilDate { CivilDate(knownYear: year, month: month, day: 1) }

    /// The last day.
    public var lastDay: CivilDate { next.firstDay.adding(days: -1) }

    /// `yyyy-mm`.
    public var description: String { String(firstDay.description.prefix(7)) }

    /// Orders by time.
    @inlinable public static func < (left: CivilMonth, right: CivilMonth) -> Bool {
        left.index < right.index
    }
}

extension CivilDate: Codable {
    /// Decodes `yyyy-mm-dd`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let date = CivilDate(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\"\(text)\" is not a date; write it like 2026-11-20")
        }
        self = date
    }

    /// Encodes `yyyy-mm-dd`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
