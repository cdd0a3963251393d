import Ledger
import Money
import TestSupport
import Testing

/// A book from a table: `<sequence> <model>[:tier] <date of effect> <input price>`, or
/// `<sequence> <name> -> <model>` for an alias.
func book(_ table: String) throws -> PriceBook {
    var book = PriceBook()
    for line in table.split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        let sequence = SequenceNumber(try #require(UInt64(words[0])))
        let name = words[1].split(separator: ":").map(String.init)
        if words[2] == "->" {
            book.record(
                PriceEntry(
                    provider: "p", model: name[0], effectiveFrom: Instant(nanoseconds: 0),
                    aliasOf: words[3]), at: sequence)
            continue
        }
        let from = words[2].contains("T") ? words[2] : words[2] + "T00:00:00Z"
        book.record(
            PriceEntry(
                provider: "p", model: name[0], serviceTier: name.count > 1 ? name[1] : "",
                effectiveFrom: try Instant(from), prices: try prices(words[3], "9")), at: sequence)
    }
    return book
}

/// The input price that a book answers, `-` for unpriced.
func inputPrice(
    _ book: PriceBook, _ model: String, at text: String, provider: String = "p"
) throws -> String {
    let name = model.split(separator: ":").map(String.init)
    let key = PriceBook.Key(
        provider: provider, model: name[0], serviceTier: name.count > 1 ? name[1] : "")
    let instant = try Instant(text.contains("T") ? text : text + "T00:00:00Z")
    return book.prices(key, at: instant, inputTokens: 10)?[.input]?.text ?? "-"
}

struct `The price book` {
    static let twoAxes = """
        5 m 2024-01-01 1.00
        6 m 2024-03-01 3.00
        7 m 2024-01-01 1.10
        9 m 2024-02-01 2.00
        12 m 2024-03-01 3.30
        """

    /// What is asked, what is known, what is answered.
    @Test(arguments: [
        ("2023-12-31T23:59:59.999999999Z", 99, "-"), ("2024-01-01", 99, "1.10"),
        ("2024-01-31T23:59:59.999999999Z", 99, "1.10"), ("2024-02-01", 99, "2.00"),
        ("2024-02-29", 99, "2.00"), ("2024-03-01", 99, "3.30"), ("2030-01-01", 99, "3.30"),
        ("2024-01-01", 4, "-"), ("2024-01-01", 5, "1.00"), ("2024-01-01", 6, "1.00"),
        ("2024-01-01", 7, "1.10"), ("2024-02-15", 5, "1.00"), ("2024-02-15", 7, "1.10"),
        ("2024-02-15", 8, "1.10"), ("2024-02-15", 9, "2.00"), ("2024-03-01", 5, "1.00"),
        ("2024-03-01", 6, "3.00"), ("2024-03-01", 11, "3.00"), ("2024-03-01", 12, "3.30"),
    ])
    func `answers by date of effect and by what was known`(
        at instant: String, known: UInt64, price: String
    ) throws {
        let book = try book(Self.twoAxes).knownBy(SequenceNumber(known))
        #expect(try inputPrice(book, "m", at: instant) == price)
    }

    @Test func `does not depend on the order in which records are folded`() throws {
        try withSeed { random in
            var lines = Self.twoAxes.split(separator: "\n")
            for _ in 0..<50 {
                lines.shuffle(using: &random)
                let shuffled = try book(lines.joined(separator: "\n"))
                let key = PriceBook.Key(provider: "p", model: "m")
                try #require(try shuffled.history(key) == book(Self.twoAxes).history(key))
            }
        }
    }

    @Test(arguments: [
        ("gpt-4o", "2.50"), ("gpt-4O", "-"), ("gpt-4", "-"), ("gpt-4o-mini", "-"), ("gpt-4o ", "-"),
        ("gpt", "-"), ("gpt-4o-2024-08-06", "2.50"), ("gpt-4o:batch", "1.25"), ("gpt-4o:flex", "-"),
        ("gpt-4o-2024-08-06:batch", "1.25"), ("latest", "-"), ("nothing", "-"), ("own", "7.00"),
    ])
    func `matches exactly or by an alias, never by nearness`(model: String, price: String) throws {
        let book = try book(
            """
            1 gpt-4o 2024-01-01 2.50
            2 gpt-4o:batch 2024-01-01 1.25
            3 gpt-4o-2024-08-06 -> gpt-4o
            4 latest -> gone
            5 own -> gpt-4o
            6 own 2024-01-01 7.00
            """)
        #expect(try inputPrice(book, model, at: "2024-06-01") == price)
        #expect(try inputPrice(book, model, at: "2024-06-01", provider: "q") == "-")
    }

    @Test func `follows the newest alias, and the one that was known then`() throws {
        let book = try book(
            """
            1 a 2024-01-01 1.00
            2 b 2024-01-01 2.00
            3 latest -> a
            5 latest -> b
            7 latest 2024-01-01 7.00
            """)
        for (known, price) in [
            (2, "-"), (3, "1.00"), (4, "1.00"), (5, "2.00"), (6, "2.00"), (7, "7.00"),
        ] {
            let then = book.knownBy(SequenceNumber(UInt64(known)))
            #expect(try inputPrice(then, "latest", at: "2024-06-01") == price, "known by \(known)")
        }
        #expect(book.knownBy(SequenceNumber(2)).aliasNames.isEmpty)
        #expect(book.knownBy(SequenceNumber(4)).aliasNames.map(\.target) == ["a"])
        #expect(book.knownBy(SequenceNumber(6)).keys.map(\.model) == ["a", "b"])
    }

    @Test func `names the same bytes only the same`() throws {
        // Two ways to write é, equal as text to a reader and yet two names in a provider's feed.
        let book = try book("1 caf\u{E9} 2024-01-01 1.00")
        #expect(try inputPrice(book, "caf\u{E9}", at: "2024-06-01") == "1.00")
        #expect(try inputPrice(book, "cafe\u{301}", at: "2024-06-01") == "-")
    }

    @Test(
        arguments: [
            (60, 10, "1.00"), (60, 128_000, "1.00"), (60, 128_001, "2.00"), (60, 200_000, "2.00"),
            (60, 200_001, "3.00"), (60, UInt64.max, "3.00"), (990, 10, "0.50"), (989, 10, "1.00"),
            (1_439, 10, "0.50"), (29, 10, "0.50"), (30, 10, "1.00"), (990, 300_000, "0.50"),
        ] as [(Int, UInt64, String)])
    func `prices by input size and by the hour, over midnight`(
        minute: Int, input: UInt64, price: String
    ) throws {
        let entry = PriceEntry(
            provider: "p", model: "m", effectiveFrom: Instant(nanoseconds: 0),
            prices: try prices("1.00", "1"),
            sizes: [
                .init(above: 200_000, prices: try prices("3.00", "1")),
                .init(above: 128_000, prices: try prices("2.00", "1")),
            ], windows: [.init(fromMinute: 990, toMinute: 30, prices: try prices("0.50", "1"))])
        #expect(entry.prices(minuteOfDay: minute, inputTokens: input)[.input]?.text == price)
        var book = PriceBook()
        book.record(entry, at: SequenceNumber(1))
        let instant = Instant(seconds: 1_700_006_400 + Int64(minute) * 60 + 59)
        let answer = book.prices(
            PriceBook.Key(provider: "p", model: "m"), at: instant, inputTokens: input)
        #expect(answer?[.input]?.text == price)
    }

    @Test func `falls back from a class to the one that stands in, and no further`() throws {
        var set = try prices("2.50", "10.00")
        let input = try UnitPrice("2.50")
        let output = try UnitPrice("10.00")
        for usageClass in UsageClass.tokens {
            #expect(set.effective(usageClass) == (usageClass.isInput ? input : output))
        }
        for unit in [UsageClass.webSearch, .seconds, .images] {
            #expect(set.effective(unit) == nil)
        }
        set[.cacheWrite5m] = try UnitPrice("3.75")
        #expect(try set.effective(.cacheWrite1h) == UnitPrice("3.75"))
        set[.cacheRead] = UnitPrice(units: 0)
        #expect(set.effective(.cacheRead)?.units == 0)
        set[.cacheRead] = nil
        #expect(set.effective(.cacheRead) == input)
        #expect(PriceSet().isEmpty && PriceSet().effective(.reasoning) == nil && !set.isEmpty)
    }

    static let faults: [(field: String, change: @Sendable (inout PriceEntry) -> Void)] = [
        ("provider", { $0.provider = "" }), ("model", { $0.model = "\n" }),
        ("prices", { $0.prices = PriceSet() }), ("alias_of", { $0.aliasOf = "m" }),
        ("hours", { $0.windows = [.init(fromMinute: 60, toMinute: 60, prices: PriceSet())] }),
        ("hours", { $0.windows = [.init(fromMinute: 1_440, toMinute: 60, prices: PriceSet())] }),
        ("hours", { $0.windows = [.init(fromMinute: 0, toMinute: 1_441, prices: PriceSet())] }),
        ("hours", { $0.windows = [.init(fromMinute: -1, toMinute: 60, prices: PriceSet())] }),
    ]

    @Test(arguments: faults.indices) func `refuses entries that make no sense`(index: Int) throws {
        var entry = PriceEntry(
            provider: "p", model: "m", effectiveFrom: Instant(nanoseconds: 0),
            prices: try prices("1", "1"))
        try entry.check()
        Self.faults[index].change(&entry)
        let error = #expect(throws: EventError.self) { try entry.check() }
        #expect(error?.field == Self.faults[index].field)
    }
}
