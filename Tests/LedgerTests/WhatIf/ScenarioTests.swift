import Ledger
import Money
import TestSupport
import Testing

struct `A scenario` {
    static let table = """
        1 a 2024-01-01 1
        2 a 2024-06-01 2
        3 b 2024-03-01 5
        4 b:batch 2024-03-01 4
        5 short -> a
        6 a:batch 2024-01-01 0.5
        """

    static func key(_ model: String) -> PriceBook.Key {
        PriceBook.Key(provider: "p", model: model)
    }

    static func swap(_ from: String, _ to: String) -> ModelSwap {
        ModelSwap(from: key(from), to: key(to))
    }

    static func lasting(
        _ model: String, _ price: String, from: Instant = .distantPast, tier: String = ""
    ) throws -> PriceEntry {
        PriceEntry(
            provider: "p", model: model, serviceTier: tier, effectiveFrom: from,
            prices: try prices(price, "9"))
    }

    /// What a scenario makes of the input price of a model on a day; `-` for unpriced.
    func then(_ scenario: Scenario, _ model: String, _ day: String) throws -> String {
        let known = try book(Self.table)
        try scenario.check(against: known)
        let then = scenario.book(from: known, after: SequenceNumber(100))
        return try inputPrice(then, model, at: day)
    }

    @Test(arguments: [
        // The other model's price of that day, in that tier.
        ("a", "2024-02-01", "-"), ("a", "2024-04-01", "5.00"), ("a", "2024-07-01", "5.00"),
        ("a:batch", "2024-04-01", "4.00"), ("short", "2024-04-01", "5.00"),
        // What is not swapped stays.
        ("b", "2024-04-01", "5.00"),
    ])
    func `prices a swapped model and its aliases as the other`(
        model: String, day: String, price: String
    ) throws {
        var scenario = Scenario()
        scenario.swaps = [Self.swap("a", "b")]
        #expect(try then(scenario, model, day) == price)
    }

    @Test func `leaves a tier unpriced that the other model has no price for`() throws {
        var scenario = Scenario()
        scenario.lastingPrices = [try Self.lasting("c", "7")]
        scenario.swaps = [Self.swap("a", "c")]
        #expect(try then(scenario, "a", "2024-02-01") == "7.00")
        #expect(try then(scenario, "a:batch", "2024-02-01") == "-")
        #expect(try then(scenario, "short", "2024-02-01") == "7.00")
    }

    @Test func `swaps only an alias where the alias is named, and two models for each other`()
        throws
    {
        var scenario = Scenario()
        scenario.swaps = [Self.swap("short", "b")]
        #expect(try then(scenario, "short", "2024-04-01") == "5.00")
        #expect(try then(scenario, "a", "2024-04-01") == "1.00")
        scenario.swaps = [Self.swap("a", "b"), Self.swap("b", "a")]
        #expect(try then(scenario, "a", "2024-07-01") == "5.00")
        #expect(try then(scenario, "b", "2024-07-01") == "2.00")
        #expect(try then(scenario, "b", "2024-02-01") == "1.00")
    }

    @Test(arguments: [
        ("a", "", "2023-01-01", "7.00"), ("a", "", "2024-07-01", "7.00"),
        ("a:batch", "", "2024-07-01", "0.50"), ("short", "", "2024-07-01", "7.00"),
        ("a", "2024-03-01", "2024-02-01", "1.00"), ("a", "2024-03-01", "2024-07-01", "7.00"),
    ])
    func `has lasting prices that no later known price replaces`(
        model: String, from: String, day: String, price: String
    ) throws {
        var scenario = Scenario()
        let start = from.isEmpty ? .distantPast : try Instant(from + "T00:00:00Z")
        scenario.lastingPrices = [try Self.lasting("a", "7", from: start)]
        #expect(try then(scenario, model, day) == price)
    }

    @Test func `gives an alias prices of its own from a day on, and its model's before`() throws {
        var scenario = Scenario()
        scenario.lastingPrices = [
            try Self.lasting("short", "7", from: Instant("2024-07-01T00:00:00Z"))
        ]
        #expect(try then(scenario, "short", "2024-02-01") == "1.00")
        #expect(try then(scenario, "short", "2024-06-15") == "2.00")
        #expect(try then(scenario, "short", "2024-08-01") == "7.00")
        #expect(try then(scenario, "a", "2024-08-01") == "2.00")
    }

    @Test func `takes a file's prices as if they were recorded`() throws {
        var scenario = Scenario()
        scenario.entries = [try Self.lasting("a", "7", from: Instant("2024-03-01T00:00:00Z"))]
        #expect(try then(scenario, "a", "2024-02-01") == "1.00")
        #expect(try then(scenario, "a", "2024-05-01") == "7.00")
        // Known, and of a later date.
        #expect(try then(scenario, "a", "2024-07-01") == "2.00")
    }

    @Test(arguments: [
        (Scenario(), "nothing would be different"),
        (with { $0.swaps = [swap("a", "nowhere")] }, "p/nowhere has no price"),
        (with { $0.swaps = [swap("a", "a")] }, "own place"),
        (with { $0.swaps = [swap("a", "b"), swap("a", "short")] }, "twice"),
        (with { $0.markup = Percent(units: -1_000_001) }, "markup"),
        (
            with {
                $0.lastingPrices = [
                    PriceEntry(provider: "p", model: "a", effectiveFrom: .distantPast)
                ]
            }, "prices"
        ),
    ])
    func `that makes no sense is refused in a sentence`(scenario: Scenario, says: String) throws {
        let known = try book(Self.table)
        let error = #expect(throws: EventError.self) { try scenario.check(against: known) }
        #expect(error?.description.contains(says) == true, "\(String(describing: error))")
    }

    static func with(_ change: (inout Scenario) -> Void) -> Scenario {
        var scenario = Scenario()
        change(&scenario)
        return scenario
    }

    @Test(
        arguments: [
            ("100", "75.3", "-24.7"), ("100", "100.04", "0.0"), ("100", "100.05", "0.0"),
            ("100", "100.15", "0.2"), ("3", "4", "33.3"), ("1", "1001", "100000.0"),
            ("0", "5", nil), ("1000000000000", "1500000000000", "50.0"),
        ] as [(String, String, String?)])
    func `says a change in tenths of a percent`(before: String, after: String, text: String?) throws
    {
        var pair = ScenarioPair()
        pair.before.brl = try Amount(before)
        pair.after.brl = try Amount(after)
        #expect(
            try pair.percentTenths().map { DecimalText.format($0, decimals: 1, minimumDecimals: 1) }
                == text)
        pair.isComparable = false
        #expect(try pair.percentTenths() == nil)
        #expect(try pair.brlDifference() == nil)
    }
}
