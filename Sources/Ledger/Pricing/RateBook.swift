public import Money

/// One day's exchange rate, as a source published it.
public struct RateEntry: Sendable, Equatable, Codable {
    /// The day the quote is for.
    public var date: CivilDate
    /// Reais for a dollar when the market buys.
    public var buy: ExchangeRate
    /// Reais for a dollar when the market sells; the one that conversions use.
    public var sell: ExchangeRate
    /// Who published it; `ptax` is the Banco Central.
    public var source: String
    /// When it was published, if the source says so.
    public var publishedAt: Instant?

    /// A day's rate.
    public init(
        date: CivilDate, buy: ExchangeRate, sell: ExchangeRate, source: String = RateEntry.ptax,
        publishedAt: Instant? = nil
    ) {
        self.date = date
        self.buy = buy
        self.sell = sell
        self.source = source
        self.publishedAt = publishedAt
    }

    /// The Banco Central's closing rate.
    public static let ptax = "ptax"
}

/// Which day's rate converts the usage of a local day.
public enum RateRule: Sendable, Hashable, CustomStringConvertible {
    /// The newest quote before the day: always known already when the day begins. The default.
    case previousBusinessDay
    /// The day's own quote, or the newest before it where the day has none.
    case sameDay
    /// The newest quote of the day's month or before.
    case monthClose
    /// The mean of the quotes of the days of the month, rounded half-even to 10⁻⁸.
    case monthAverage
    /// A contract's rate.
    case fixed(ExchangeRate)

    /// The rule that a setting names: `previous-business-day`, `same-day`, `month-close`,
    /// `month-average` or `fixed:5.40`; nil for any other text.
    public init?(_ text: String) {
        switch text {
        case "previous-business-day": self = .previousBusinessDay
        case "same-day": self = .sameDay
        case "month-close": self = .monthClose
        case "month-average": self = .monthAverage
        default:
            guard text.hasPrefix("fixed:"), let rate = try? ExchangeRate(text.dropFirst(6)) else {
                return nil
            }
            self = .fixed(rate)
        }
    }

    /// The name as settings and statements write it.
    public var description: String {
        switch self {
        case .previousBusinessDay: "previous-business-day"
        case .sameDay: "same-day"
        case .monthClose: "month-close"
        case .monthAverage: "month-average"
        case .fixed(let rate): "fixed:\(rate.text)"
        }
    }
}

/// The rate that converts a day's usage, and how sure it is.
public struct AppliedRate: Sendable, Hashable {
    /// Reais for a dollar.
    public var rate: ExchangeRate
    /// The day of the quote; nil when no quote stands behind the rate.
    public var date: CivilDate?
    /// Who published it.
    public var source: String
    /// How sure it is.
    public var status: Status

    /// How sure a rate is.
    public enum Status: String, Sendable, Hashable, Codable {
        /// The rule's own quote; nothing that arrives later changes it.
        case final
        /// The newest quote that is known, while a newer one may be missing (*defasada*): none came
        /// after it yet, or the next came later than holidays explain.
        case stale
        /// No quote at all: the last resort (*provisória*), corrected when a rate arrives.
        case provisional
    }
}

/// Every exchange rate that was recorded.
///
/// ```swift
/// let applied = rates.rate(for: day, rule: .previousBusinessDay)
/// ```
/// The Banco Central's quote goes before any other source's for the same day; of one source's
/// quotes for a day the one recorded last counts. Cost of a look-up: a binary search.
public struct RateBook: Sendable {
    /// What stands in while no rate is known at all: 5.00, always flagged provisional.
    public static let lastResort = ExchangeRate(units: 500_000_000)

    /// A quote and when it became known.
    public struct Known: Sendable, Equatable {
        /// The fact.
        public let entry: RateEntry
        /// The record that holds it.
        public let sequence: SequenceNumber
    }

    private var all: [Known] = []
    private var byDate: [Known] = []

    /// An empty book.
    public init() {}

    /// Adds what a record says.
    public mutating func record(_ entry: RateEntry, at sequence: SequenceNumber) {
        let known = Known(entry: entry, sequence: sequence)
        all.append(known)
        let place = firstIndex(notBefore: entry.date)
        if place < byDate.count, byDate[place].entry.date == entry.date {
            if Self.replaces(known, byDate[place]) { byDate[place] = known }
        } else {
            byDate.insert(known, at: place)
        }
    }

    /// The book as it was known when the log ended at `sequence`.
    public func knownBy(_ sequence: SequenceNumber) -> RateBook {
        var book = RateBook()
        for known in all where known.sequence <= sequence {
            book.record(known.entry, at: known.sequence)
        }
        return book
    }

    /// True when a quote of a day or one before it became known after a record.
    public func changed(after sequence: SequenceNumber, notAfter day: CivilDate) -> Bool {
        all.contains { $0.sequence > sequence && $0.entry.date <= day }
    }

    /// The quote of a day that counts, or nil.
    public func quote(on date: CivilDate) -> Known? {
        let place = firstIndex(notBefore: date)
        return place < byDate.count && byDate[place].entry.date == date ? byDate[place] : nil
    }

    /// The quote of one source for a day, the one recorded last.
    public func quote(on date: CivilDate, source: String) -> Known? {
        all.filter { $0.entry.date == date && $0.entry.source == source }
            .max { $0.sequence < $1.sequence }
    }

    /// The newest quote on or before a day, or nil.
    public func newest(notAfter date: CivilDate) -> Known? {
        let place = firstIndex(notBefore: date.adding(days: 1))
        return place > 0 ? byDate[place - 1] : nil
    }

    /// The newest quote of all.
    public var newest: Known? { byDate.last }
    /// How many days have a quote.
    public var count: Int { byDate.count }

    /// The rate that converts the usage of a local day.
    public func rate(for day: CivilDate, rule: RateRule) -> AppliedRate {
        if case .fixed(let rate) = rule {
            return AppliedRate(rate: rate, date: nil, source: "contract", status: .final)
        }
        if case .monthAverage = rule, let average = average(of: day.month) { return average }
        guard let target = target(of: rule, for: day), let known = newest(notAfter: target) else {
            return AppliedRate(
                rate: Self.lastResort, date: nil, source: "last resort", status: .provisional)
        }
        return AppliedRate(
            rate: known.entry.sell, date: known.entry.date, source: known.entry.source,
            status: isFinal(known.entry.date, target: target) ? .final : .stale)
    }

    /// The days after the quote that ``rate(for:rule:)`` takes on which another one may be missing;
    /// nil where the rate is final, and where there is no quote at all.
    public func doubtfulDays(for day: CivilDate, rule: RateRule) -> ClosedRange<CivilDate>? {
        guard rate(for: day, rule: rule).status == .stale, let target = target(of: rule, for: day)
        else { return nil }
        if case .monthAverage = rule, let gap = gap(in: day.month) { return gap }
        guard let known = newest(notAfter: target) else { return nil }
        let next = next(after: target)
        return known.entry.date.adding(days: 1)...(next?.adding(days: -1) ?? target)
    }

    /// The last day whose quote a rule can take for a day of usage; nil where it takes none.
    private func target(of rule: RateRule, for day: CivilDate) -> CivilDate? {
        switch rule {
        case .fixed: nil
        case .previousBusinessDay: day.adding(days: -1)
        case .sameDay: day
        case .monthClose, .monthAverage: day.month.lastDay
        }
    }

    /// The mean of a month's quotes; nil while it has none.
    private func average(of month: CivilMonth) -> AppliedRate? {
        let quotes = quotes(of: month)
        guard let last = quotes.last else { return nil }
        let sum = quotes.reduce(Int128(0)) { $0 + Int128($1.entry.sell.units) }
        let mean = Rounding.halfEven.divide(sum, by: Int128(quotes.count))
        let isWhole =
            gap(in: month) == nil && isFinal(last.entry.date, target: month.lastDay)
        return AppliedRate(
            rate: ExchangeRate(units: Int64(clamping: mean)), date: last.entry.date,
            source: last.entry.source, status: isWhole ? .final : .stale)
    }

    private func quotes(of month: CivilMonth) -> ArraySlice<Known> {
        byDate[firstIndex(notBefore: month.firstDay)..<firstIndex(notBefore: month.next.firstDay)]
    }

    /// The first days of a month, before its last quote, on which quotes are missing for sure. A
    /// book that begins in the month is taken to begin on its first day.
    private func gap(in month: CivilMonth) -> ClosedRange<CivilDate>? {
        let first = month.firstDay
        var before = newest(notAfter: first.adding(days: -1))?.entry.date ?? first.adding(days: -1)
        for quote in quotes(of: month) {
            let date = quote.entry.date
            let missing = max(before.adding(days: 1), first)
            if date.dayNumber - before.dayNumber > Self.longestGap,
                Self.hasWeekday(from: missing, to: date.adding(days: -1))
            {
                return missing...date.adding(days: -1)
            }
            before = date
        }
        return nil
    }

    /// The most days from one quote to the next: Carnival, and Easter beside Tiradentes, keep a
    /// Friday and the next Wednesday, or a Thursday and the next Tuesday, apart. Of the Banco
    /// Central's quotes from 2021 to 2025 no two are further apart; where they are, some are
    /// missing.
    public static let longestGap = 5

    /// A quote is the last word for `target` when a newer quote is known so soon after it that none
    /// can come in between any more, or when only weekend days lie between.
    private func isFinal(_ date: CivilDate, target: CivilDate) -> Bool {
        if let next = next(after: target), next.dayNumber - date.dayNumber <= Self.longestGap {
            return true
        }
        return !Self.hasWeekday(from: date.adding(days: 1), to: target)
    }

    /// The day of the first quote after a day; nil while there is none.
    private func next(after day: CivilDate) -> CivilDate? {
        let place = firstIndex(notBefore: day.adding(days: 1))
        return place < byDate.count ? byDate[place].entry.date : nil
    }

    private static func hasWeekday(from first: CivilDate, to last: CivilDate) -> Bool {
        var day = first
        while day <= last {
            if day.weekday < 6 { return true }
            day = day.adding(days: 1)
        }
        return false
    }

    private func firstIndex(notBefore date: CivilDate) -> Int {
        var low = 0
        var high = byDate.count
        while low < high {
            let middle = (low + high) / 2
            if byDate[middle].entry.date < date { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func replaces(_ new: Known, _ old: Known) -> Bool {
        let newIsOfficial = new.entry.source == RateEntry.ptax
        let oldIsOfficial = old.entry.source == RateEntry.ptax
        return newIsOfficial == oldIsOfficial ? new.sequence > old.sequence : newIsOfficial
    }
}
