import Ledger
import Money
import TestSupport
import Testing

struct `Rating of cells` {
    /// Tokens by class and price; nil stands for unpriced.
    struct Share: Hashable {
        let usageClass: UsageClass
        let price: UnitPrice?
    }

    /// Random calls of one model within the two days over which the random books change.
    static func randomEvents(_ random: inout SeededRandom, count: Int) -> [UsageEvent] {
        (0..<count).map { _ in
            let at = Instant(
                nanoseconds: (`A price timeline`.start + random.int(-6...54) * 3_600)
                    * 1_000_000_000 + random.int(0...3_599_999_999_999))
            var event = UsageEvent.sample(provider: "p", model: "m", at: at)
            let sizes: [UInt32] = [0, 10_000, 20_000, 32_000, 128_000, 150_000, 200_000, 600_000]
            event.tokens[.input] = random.pick(sizes) + random.int(0...1)
            event.tokens[.output] = random.int(0...5_000)
            if random.once(in: 3) { event.tokens[.cacheRead] = random.int(0...100) }
            if random.once(in: 5) { event.tokens[.webSearch] = random.int(0...3) }
            return event
        }
    }

    @Test func `of days, hours and calls equals pricing every call alone`() throws {
        try withSeed { random in
            var descended = 0
            for _ in 0..<60 {
                let book = try `A price timeline`.randomBook(&random)
                let zone = random.pick(["America/Sao_Paulo", "UTC", "Asia/Kolkata"])
                let calendar = ClientCalendar(zone: try .named(zone))
                let events = Self.randomEvents(&random, count: 60)
                let source = MemoryCells(events, calendar: calendar)
                var expected: [Share: UInt64] = [:]
                var exact = Amount<USD>.zero
                var unpriced: UInt64 = 0
                for event in events {
                    let prices = book.prices(
                        source.key(of: event).price, at: event.occurredAt,
                        inputTokens: event.tokens.totalInput)
                    if prices == nil, !event.tokens.isEmpty { unpriced += 1 }
                    for usageClass in UsageClass.allCases where event.tokens[usageClass] > 0 {
                        let price = prices?.effective(usageClass)
                        let share = Share(usageClass: usageClass, price: price)
                        expected[share, default: 0] += UInt64(event.tokens[usageClass])
                        if let price {
                            try exact.add(price.cost(ofTokens: Int128(event.tokens[usageClass])))
                        }
                    }
                }
                for wholeDays in [true, false] {
                    var rating = Rating(book: book)
                    var found: [Share: UInt64] = [:]
                    var sum = Amount<USD>.zero
                    var calls: UInt64 = 0
                    var without: UInt64 = 0
                    for (key, cell) in source.cells(wholeDays: wholeDays) {
                        let charges = try rating.charges(
                            for: key, cell, calendar: calendar, source: source)
                        if charges.count > 1 { descended += 1 }
                        for charge in charges {
                            calls += charge.calls
                            if charge.prices == nil { without += charge.calls }
                            try sum.add(charge.cost())
                            for usageClass in UsageClass.allCases {
                                let count = charge.tokens[Int(usageClass.rawValue)]
                                guard count > 0 else { continue }
                                let share = Share(
                                    usageClass: usageClass,
                                    price: charge.prices?.effective(usageClass))
                                found[share, default: 0] += count
                            }
                        }
                    }
                    try #require(sum == exact)
                    try #require(found == expected)
                    try #require(
                        calls == events.count { !$0.tokens.isEmpty } && without == unpriced)
                }
            }
            try #require(descended > 100, "the books change often enough to look closer")
        }
    }

    @Test func `that does not fit is an error for the one who asked`() throws {
        var book = PriceBook()
        var set = PriceSet()
        for usageClass in UsageClass.allCases { set[usageClass] = UnitPrice(units: .max) }
        book.record(
            PriceEntry(
                provider: "p", model: "m", effectiveFrom: .distantPast, prices: set),
            at: SequenceNumber(1))
        let source = MemoryCells([], calendar: ClientCalendar(zone: .utc))
        let key = source.key(of: .sample(provider: "p", model: "m"))
        var cell = UsageCell()
        for index in 0..<13 { cell.tokens[index] = .max }
        var rating = Rating(book: book)
        let charges = try rating.charges(
            for: key, cell, calendar: ClientCalendar(zone: .utc), source: source)
        #expect(charges.count == 1)
        #expect(throws: MoneyError.self) { try charges.first?.cost() }
    }
}
