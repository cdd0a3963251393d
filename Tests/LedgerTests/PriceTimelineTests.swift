import Ledger
import Money
import TestSupport
import Testing

struct `A price timeline` {
    static let key = PriceBook.Key(provider: "p", model: "m")
    static let start: Int64 = 1_700_006_400

    /// A book of a few entries within two days, with few distinct prices, so that neighbours are
    /// often equal.
    static func randomBook(_ random: inout SeededRandom) throws -> PriceBook {
        var book = PriceBook()
        func set(_ random: inout SeededRandom) throws -> PriceSet {
            try prices("\(random.int(1...2))", "1")
        }
        for sequence in 1...random.int(1...5) {
            var at = start + random.int(0...48) * 3_600
            if random.once(in: 4) { at += random.int(0...3_599) }
            var entry = PriceEntry(
                provider: "p", model: "m", effectiveFrom: Instant(seconds: at),
                prices: try set(&random))
            if random.once(in: 8) { entry.effectiveFrom.nanoseconds += random.int(1...999_999_999) }
            if random.once(in: 3) {
                let above =
                    [10_000, 20_000, 32_000, 128_000, 150_000, 200_000, 600_000] as [UInt32]
                for threshold in above where random.once(in: 3) {
                    entry.sizes.append(.init(above: threshold, prices: try set(&random)))
                }
            }
            if random.once(in: 3) {
                for _ in 0..<random.int(1...2) {
                    let from = random.int(0...23) * 60 + (random.once(in: 3) ? 30 : 0)
                    let to = (from + random.int(1...1_439)) % 1_440
                    entry.windows.append(
                        .init(fromMinute: from, toMinute: to, prices: try set(&random)))
                }
            }
            book.record(entry, at: SequenceNumber(UInt64(sequence)))
        }
        return book
    }

    /// An hour, a day or any stretch.
    static func randomExtent(_ random: inout SeededRandom) -> Range<Instant> {
        let hour = Instant(seconds: start + random.int(-3...50) * 3_600)
        switch random.int(0...3) {
        case 0: return hour..<Instant(seconds: hour.seconds + 3_600)
        case 1: return hour..<Instant(seconds: hour.seconds + 86_400)
        case 2:
            let from = hour.seconds + random.int(0...3_599)
            return Instant(seconds: from)..<Instant(seconds: from + random.int(1...3_700))
        default:
            let from = hour.nanoseconds + random.int(0...3_599_999_999_999)
            return Instant(
                nanoseconds: from)..<Instant(nanoseconds: from + random.int(1...3_700_000_000_000))
        }
    }

    /// Every price in the extent: it can change only at an entry or at the edge of a minute, and
    /// only just above a threshold.
    static func allPrices(
        _ book: PriceBook, _ extent: Range<Instant>, _ size: InputSizeClass
    ) -> [PriceSet?] {
        var instants = [extent.lowerBound, Instant(nanoseconds: extent.upperBound.nanoseconds - 1)]
        instants += book.history(key).map(\.entry.effectiveFrom)
        // All edges of the books above lie on half hours.
        let first = extent.lowerBound.seconds / 1_800
        instants += (first...extent.upperBound.seconds / 1_800).map { Instant(seconds: $0 * 1_800) }
        var inputs = [size.smallest, size.largest]
        for known in book.history(key) {
            for tier in known.entry.sizes {
                inputs += [UInt64(tier.above), UInt64(tier.above) + 1]
            }
        }
        var found: [PriceSet?] = []
        for instant in instants where extent.contains(instant) {
            for input in inputs where input >= size.smallest && input <= size.largest {
                let prices = book.prices(key, at: instant, inputTokens: input)
                if !found.contains(prices) { found.append(prices) }
            }
        }
        return found
    }

    @Test func `agrees with looking everywhere, and says varies for nothing only sometimes`() throws
    {
        try withSeed { random in
            var varies = 0
            var forNothing = 0
            for _ in 0..<400 {
                let book = try Self.randomBook(&random)
                let timeline = PriceTimeline(book, Self.key)
                for _ in 0..<25 {
                    let extent = Self.randomExtent(&random)
                    let size = try #require(InputSizeClass(rawValue: random.int(0...6)))
                    let all = Self.allPrices(book, extent, size)
                    switch timeline.answer(in: extent, size: size) {
                    case .constant(let prices): try #require(all == [prices], "\(extent)")
                    case .unpriced: try #require(all == [nil], "\(extent)")
                    case .varies:
                        varies += 1
                        if all.count == 1 { forNothing += 1 }
                    }
                }
            }
            // `varies` is always safe and only costs a closer look; it must stay the exception
            // where one price holds, or cells would be of no use.
            try #require(varies > 1_000 && forNothing * 2 < varies, "\(forNothing) of \(varies)")
        }
    }

    @Test func `looks no closer at an hour than it must`() throws {
        try withSeed { random in
            var asked = 0
            for _ in 0..<400 {
                let book = try Self.randomBook(&random)
                let timeline = PriceTimeline(book, Self.key)
                for hour in -2...50 {
                    let from = Self.start + Int64(hour) * 3_600
                    let extent = Instant(seconds: from)..<Instant(seconds: from + 3_600)
                    guard
                        !book.history(Self.key).contains(where: {
                            extent.contains($0.entry.effectiveFrom)
                        })
                    else { continue }
                    let size = InputSizeClass(inputTokens: 300_000)
                    let all = Self.allPrices(book, extent, size)
                    guard all.count == 1 else { continue }
                    let windows = book.entry(Self.key, at: extent.lowerBound)?.entry.windows ?? []
                    guard windows.isEmpty else { continue }
                    asked += 1
                    try #require(timeline.answer(in: extent, size: size) != .varies)
                }
            }
            try #require(asked > 1_000)
        }
    }

    @Test func `sees a tier inside a class even where both ends cost the same`() throws {
        var book = PriceBook()
        let cheap = try prices("1", "1")
        book.record(
            PriceEntry(
                provider: "p", model: "m", effectiveFrom: Instant(seconds: 0), prices: cheap,
                sizes: [
                    .init(above: 10_000, prices: try prices("2", "1")),
                    .init(above: 20_000, prices: cheap),
                ]), at: SequenceNumber(1))
        let timeline = PriceTimeline(book, Self.key)
        let extent = Instant(seconds: 3_600)..<Instant(seconds: 7_200)
        #expect(timeline.answer(in: extent, size: InputSizeClass(inputTokens: 0)) == .varies)
        #expect(
            timeline.answer(in: extent, size: InputSizeClass(inputTokens: 32_001))
                == .constant(cheap))
    }

    @Test(
        arguments: [
            // The extent in nanoseconds around a window's beginning at 01:00:00; true for varies.
            (-1_000_000_000, 0, false), (-1, 0, false), (-1, 1, true), (0, 1, false),
            (-60, 1, true),
            (-1_500_000_000, 1, true), (-1_500_000_000, 0, false), (-59_999_999_999, 1, true),
            (-60_000_000_000, 1, true), (-61_000_000_000, 1, true), (0, 3_600_000_000_000, false),
            (0, 3_600_000_000_001, true), (-3_540_000_000_000, 1_000_000_000, true),
        ] as [(Int64, Int64, Bool)])
    func `sees a window's edge to the nanosecond`(from: Int64, to: Int64, varies: Bool) throws {
        var book = PriceBook()
        book.record(
            PriceEntry(
                provider: "p", model: "m", effectiveFrom: .distantPast,
                prices: try prices("1", "1"),
                windows: [.init(fromMinute: 60, toMinute: 120, prices: try prices("2", "1"))]),
            at: SequenceNumber(1))
        let edge = Self.start * 1_000_000_000 + 3_600_000_000_000
        let extent = Instant(nanoseconds: edge + from)..<Instant(nanoseconds: edge + to)
        let answer = PriceTimeline(book, Self.key)
            .answer(in: extent, size: InputSizeClass(inputTokens: 1))
        #expect((answer == .varies) == varies)
    }

    @Test func `answers for all of time`() throws {
        let all = Instant.distantPast..<Instant.distantFuture
        let size = InputSizeClass(inputTokens: 1)
        #expect(PriceTimeline(PriceBook(), Self.key).answer(in: all, size: size) == .unpriced)
        try withSeed { random in
            for _ in 0..<50 {
                let book = try Self.randomBook(&random)
                try #require(PriceTimeline(book, Self.key).answer(in: all, size: size) == .varies)
            }
        }
        var windowed = PriceBook()
        windowed.record(
            PriceEntry(
                provider: "p", model: "m", effectiveFrom: .distantPast,
                prices: try prices("1", "1"),
                windows: [.init(fromMinute: 0, toMinute: 60, prices: try prices("2", "1"))]),
            at: SequenceNumber(1))
        #expect(PriceTimeline(windowed, Self.key).answer(in: all, size: size) == .varies)
    }

    @Test func `says the same of all extents within one stretch`() throws {
        try withSeed { random in
            for _ in 0..<3_000 {
                let timeline = PriceTimeline(try Self.randomBook(&random), Self.key)
                let extent = Self.randomExtent(&random)
                guard let stretch = timeline.stretch(around: extent.lowerBound) else { continue }
                try #require(stretch.contains(extent.lowerBound))
                let other = Self.randomExtent(&random)
                guard extent.upperBound <= stretch.upperBound,
                    other.lowerBound >= stretch.lowerBound, other.upperBound <= stretch.upperBound
                else { continue }
                let size = InputSizeClass(inputTokens: random.pick([0, 50_000, 150_000, 600_000]))
                try #require(
                    timeline.answer(in: extent, size: size)
                        == timeline.answer(in: other, size: size))
            }
        }
    }
}

struct `Input size classes` {
    @Test(
        arguments: [
            (0, 0), (32_000, 0), (32_001, 1), (128_000, 1), (128_001, 2), (200_000, 2),
            (200_001, 3),
            (256_000, 3), (256_001, 4), (272_000, 4), (272_001, 5), (512_000, 5), (512_001, 6),
            (.max, 6),
        ] as [(UInt64, UInt8)])
    func `hold inputs up to their boundary`(input: UInt64, raw: UInt8) throws {
        let size = InputSizeClass(inputTokens: input)
        #expect(size.rawValue == raw)
        #expect((size.smallest...size.largest).contains(input))
        #expect(InputSizeClass(rawValue: raw) == size)
    }

    @Test func `follow each other without gap and end at six`() throws {
        for raw: UInt8 in 0..<6 {
            let size = try #require(InputSizeClass(rawValue: raw))
            let next = try #require(InputSizeClass(rawValue: raw + 1))
            #expect(size.largest + 1 == next.smallest && size < next)
        }
        #expect(InputSizeClass(rawValue: 7) == nil && InputSizeClass(rawValue: 255) == nil)
    }
}
