/// One model's prices over time, for pricing sums instead of single calls.
///
/// A sum of calls can be priced at once when one price holds for all of them: for the whole extent
/// of time and for every input size in the class. Where that is not so, the answer is `varies` and
/// the caller looks at finer sums, in the end at the calls themselves.
public struct PriceTimeline: Sendable {
    /// What is known about the price of an extent.
    public enum Answer: Sendable, Equatable {
        /// One set of prices holds throughout.
        case constant(PriceSet)
        /// No price is in effect anywhere in the extent.
        case unpriced
        /// More than one answer; look closer.
        case varies
    }

    private let entries: [PriceEntry]

    /// The timeline of a model in a book.
    public init(_ book: PriceBook, _ key: PriceBook.Key) {
        var newest: [PriceEntry] = []
        for known in book.history(key) {
            // Of equal dates only the newest knowledge can ever be in effect.
            if newest.last?.effectiveFrom == known.entry.effectiveFrom { newest.removeLast() }
            newest.append(known.entry)
        }
        entries = newest
    }

    /// The price of every call in `extent` whose input falls in the class.
    public func answer(in extent: Range<Instant>, size: InputSizeClass) -> Answer {
        let first = entries.lastIndex { $0.effectiveFrom <= extent.lowerBound }
        let next = entries.index(after: first ?? -1)
        if next < entries.count, entries[next].effectiveFrom < extent.upperBound {
            return changesNothing(from: first, to: extent.upperBound)
                ? answer(first, in: extent, size: size) : .varies
        }
        return answer(first, in: extent, size: size)
    }

    /// From when to when the same entry counts as at an instant; nil where hours of the day matter.
    ///
    /// What ``answer(in:size:)`` says of one extent within it holds for all others within it.
    public func stretch(around instant: Instant) -> Range<Instant>? {
        let first = entries.lastIndex { $0.effectiveFrom <= instant }
        let next = entries.index(after: first ?? -1)
        if let first, !entries[first].windows.isEmpty { return nil }
        let start = first.map { entries[$0].effectiveFrom } ?? .distantPast
        let end = next < entries.count ? entries[next].effectiveFrom : .distantFuture
        return start..<end
    }

    private func answer(_ index: Int?, in extent: Range<Instant>, size: InputSizeClass) -> Answer {
        guard let index else { return .unpriced }
        let entry = entries[index]
        if !entry.windows.isEmpty, Self.hasEdge(entry.windows, inside: extent) { return .varies }
        let minute = extent.lowerBound.minuteOfDay
        let prices = entry.prices(minuteOfDay: minute, inputTokens: size.smallest)
        // Above each threshold inside the class other prices begin, though the ends may be equal.
        for tier in entry.sizes where size.isParted(byThreshold: UInt64(tier.above)) {
            let above = entry.prices(minuteOfDay: minute, inputTokens: UInt64(tier.above) + 1)
            if above != prices { return .varies }
        }
        return .constant(prices)
    }

    /// True when a window begins or ends inside the extent, so that it may hold two prices.
    private static func hasEdge(
        _ windows: [PriceEntry.Window], inside extent: Range<Instant>
    ) -> Bool {
        guard !extent.isEmpty else { return false }
        let first = extent.lowerBound
        // Edges lie on whole seconds, so one is inside when it is not after the last second begun.
        let length = Instant(nanoseconds: extent.upperBound.nanoseconds - 1).seconds - first.seconds
        guard length < 3_600 else { return true }
        let minute = first.minuteOfDay
        let second = first.seconds - first.seconds.dividedDown(by: 60) * 60
        for window in windows {
            for edge in [window.fromMinute, window.toMinute % 1440] {
                let distance = (edge - minute + 1440) % 1440
                if distance > 0, Int64(distance) * 60 <= length + second { return true }
            }
        }
        return false
    }

    /// True when every entry that begins inside the extent says the same as the one before it.
    private func changesNothing(from first: Int?, to end: Instant) -> Bool {
        guard let first else { return false }
        var index = first + 1
        while index < entries.count, entries[index].effectiveFrom < end {
            if !entries[index].hasSamePrices(as: entries[first]) { return false }
            index += 1
        }
        return true
    }
}

/// Calls grouped by the size of their input, at the thresholds that providers' price lists use.
///
/// Class 0 holds inputs up to 32,000 tokens, class 1 up to 128,000, and so on; a threshold of a
/// price list that is one of these parts no class.
public struct InputSizeClass: Hashable, Comparable, Sendable {
    /// The class, 0 to 6.
    public let rawValue: UInt8

    /// The upper ends of the classes, in input tokens.
    public static let boundaries: [UInt64] = [32_000, 128_000, 200_000, 256_000, 272_000, 512_000]

    /// The class of that number, or nil when there is none.
    public init?(rawValue: UInt8) {
        guard Int(rawValue) <= Self.boundaries.count else { return nil }
        self.rawValue = rawValue
    }

    /// The class that holds inputs of that size.
    @inlinable public init(inputTokens: UInt64) {
        // Nearly every call is small: one comparison.
        if inputTokens <= 32_000 {
            self.init(known: 0)
        } else {
            self.init(known: Self.search(inputTokens))
        }
    }

    @usableFromInline init(known: UInt8) { rawValue = known }

    @usableFromInline static func search(_ inputTokens: UInt64) -> UInt8 {
        UInt8(boundaries.count { inputTokens > $0 })
    }

    /// The smallest input in the class.
    public var smallest: UInt64 {
        rawValue == 0 ? 0 : Self.boundaries[Int(rawValue) - 1] + 1
    }

    /// The largest input in the class.
    public var largest: UInt64 {
        Int(rawValue) < Self.boundaries.count ? Self.boundaries[Int(rawValue)] : .max
    }

    /// True when some inputs of the class are above the threshold and some are not.
    func isParted(byThreshold threshold: UInt64) -> Bool {
        threshold >= smallest && threshold < largest
    }

    /// Orders by size.
    public static func < (left: InputSizeClass, right: InputSizeClass) -> Bool {
        left.rawValue < right.rawValue
    }
}
