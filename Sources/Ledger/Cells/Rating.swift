/// Where finer sums come from when one price does not hold for a whole cell.
public protocol CellSource {
    /// The hour cells of a day cell.
    func hours(of day: CellKey, _ body: (CellKey, UsageCell) throws -> Void) throws
    /// The single calls of an hour cell; those that were taken back come again as reversals.
    func calls(
        of hour: CellKey, _ body: (Instant, TokenCounts, _ isReversal: Bool) throws -> Void
    ) throws
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
    private var stretches: [Stretch] = []

    /// Where one answer holds for a numbered model and a size class.
    private struct Stretch {
        var start = Instant.distantFuture
        var end = Instant.distantPast
        var answer = PriceTimeline.Answer.varies
    }

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
        try source.calls(of: key) { instant, tokens, isReversal in
            let sign: UInt64 = isReversal ? .max : 1
            let prices = book.prices(price, at: instant, inputTokens: tokens.totalInput)
            var sums = InlineArray<13, UInt64>(repeating: 0)
            for usageClass in UsageClass.allCases {
                sums[Int(usageClass.rawValue)] = UInt64(tokens[usageClass]) &* sign
            }
            Self.add(
                Charge(prices: prices, calls: tokens.isEmpty ? 0 : sign, tokens: sums), to: &parts)
        }
        return parts
    }

    /// What is known about the price of a whole cell, by the number that a ``CellKeyReader`` gave
    /// its model. Cost: some nanoseconds while the model's prices stay the same.
    public mutating func answer(
        model number: Int, of reader: CellKeyReader, in extent: Range<Instant>
    ) -> PriceTimeline.Answer {
        let place = number * 7 + Int(reader.size.rawValue)
        if place >= stretches.count {
            stretches += Array(repeating: Stretch(), count: place + 1 - stretches.count)
        }
        if stretches[place].start <= extent.lowerBound, extent.upperBound <= stretches[place].end {
            return stretches[place].answer
        }
        let timeline = timeline(of: reader.models[number])
        let answer = timeline.answer(in: extent, size: reader.size)
        if let found = timeline.stretch(around: extent.lowerBound),
            extent.upperBound <= found.upperBound
        {
            stretches[place] = Stretch(
                start: found.lowerBound, end: found.upperBound, answer: answer)
        }
        return answer
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
            parts[index].calls &+= part.calls
            for usageClass in 0..<13 {
                parts[index].tokens[usageClass] &+= part.tokens[usageClass]
            }
        } else {
            parts.append(part)
        }
    }
}
