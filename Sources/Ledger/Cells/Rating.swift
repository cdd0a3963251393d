public import Money

/// Calls of one cell, or a part of it, that one set of prices holds for.
public struct Charge: Sendable {
    /// The prices; nil where the book has none: unpriced.
    public var prices: PriceSet?
    /// How many calls with a known consumption that is not zero.
    public var calls: UInt64
    /// What they consumed.
    public var tokens: InlineArray<13, UInt64>

    init(prices: PriceSet?, calls: UInt64, tokens: InlineArray<13, UInt64>) {
        self.prices = prices
        self.calls = calls
        self.tokens = tokens
    }

    /// What the calls cost, exactly; classes without a price add nothing and are listed as
    /// unpriced.
    public func cost() throws(MoneyError) -> Amount<USD> {
        var sum = Amount<USD>.zero
        guard let prices else { return sum }
        for usageClass in UsageClass.allCases {
            let count = tokens[Int(usageClass.rawValue)]
            guard count > 0, let price = prices.effective(usageClass) else { continue }
            try sum.add(price.cost(ofTokens: Int128(count)))
        }
        return sum
    }
}

/// Where finer sums come from when one price does not hold for a whole cell.
public protocol CellSource {
    /// The hour cells of a day cell.
    func hours(of day: CellKey, _ body: (CellKey, UsageCell) throws -> Void) throws
    /// The single calls of an hour cell.
    func calls(of hour: CellKey, _ body: (Instant, TokenCounts) throws -> Void) throws
}

/// Puts prices to cells.
///
/// ```swift
/// var rating = Rating(book: prices)
/// for charge in try rating.charges(for: key, cell, calendar: calendar, source: views) { … }
/// ```
/// A day is priced at once where one price holds for all of it; else by its hours; else by its
/// calls. The result is the same as pricing every call alone. Cost: one look-up a cell while keys
/// come in order.
public struct Rating {
    private let book: PriceBook
    private var timelines: [PriceBook.Key: PriceTimeline] = [:]
    private var lastKey: PriceBook.Key?
    private var lastTimeline: PriceTimeline?

    /// Rates by a book.
    public init(book: PriceBook) { self.book = book }

    /// The cell in parts of constant price.
    public mutating func charges(
        for key: CellKey, _ cell: UsageCell, calendar: ClientCalendar, source: some CellSource
    ) throws -> [Charge] {
        let extent =
            key.slot == CellKey.wholeDay
            ? calendar.interval(of: key.day) : calendar.interval(of: key.day, slot: key.slot)
        let timeline = timeline(of: key.price)
        switch timeline.answer(in: extent, size: key.size) {
        case .constant(let prices):
            return [Charge(prices: prices, calls: cell.callsWithUsage, tokens: cell.tokens)]
        case .unpriced:
            return [Charge(prices: nil, calls: cell.callsWithUsage, tokens: cell.tokens)]
        case .varies: break
        }
        var parts: [Charge] = []
        if key.slot == CellKey.wholeDay {
            var hours: [(CellKey, UsageCell)] = []
            try source.hours(of: key) { hours.append(($0, $1)) }
            for (hour, cell) in hours {
                for part in try charges(for: hour, cell, calendar: calendar, source: source) {
                    Self.add(part, to: &parts)
                }
            }
            return parts
        }
        let book = book
        let price = key.price
        try source.calls(of: key) { instant, tokens in
            let prices = book.prices(price, at: instant, inputTokens: tokens.totalInput)
            var sums = InlineArray<13, UInt64>(repeating: 0)
            for usageClass in UsageClass.allCases {
                sums[Int(usageClass.rawValue)] = UInt64(tokens[usageClass])
            }
            Self.add(
                Charge(prices: prices, calls: tokens.isEmpty ? 0 : 1, tokens: sums), to: &parts)
        }
        return parts
    }

    private mutating func timeline(of key: PriceBook.Key) -> PriceTimeline {
        if key == lastKey, let lastTimeline { return lastTimeline }
        let timeline = timelines[key] ?? PriceTimeline(book, key)
        timelines[key] = timeline
        lastKey = key
        lastTimeline = timeline
        return timeline
    }

    private static func add(_ part: Charge, to parts: inout [Charge]) {
        if let index = parts.firstIndex(where: { $0.prices == part.prices }) {
            parts[index].calls += part.calls
            for usageClass in 0..<13 { parts[index].tokens[usageClass] += part.tokens[usageClass] }
        } else {
            parts.append(part)
        }
    }
}
