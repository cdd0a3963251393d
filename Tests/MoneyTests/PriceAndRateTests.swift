import Money
import TestSupport
import Testing

struct `Unit prices` {
    @Test(arguments: [
        ("2.50", 2_500_000, "2.50"), ("0", 0, "0.00"), ("0.075", 75_000, "0.075"),
        ("0.000001", 1, "0.000001"), ("60", 60_000_000, "60.00"), ("1.5e-1", 150_000, "0.15"),
        ("9223372036854.775807", Int64.max, "9223372036854.775807"),
    ])
    func `are millionths of a dollar a million`(text: String, units: Int64, shown: String) throws {
        let price = try UnitPrice(text)
        #expect(price.units == units)
        #expect(price.text == shown)
        #expect(try UnitPrice(shown) == price)
    }

    @Test(arguments: [
        ("-0.01", MoneyError.negative("-0.01")), ("-1", .negative("-1")),
        ("0.0000001", .tooPrecise("0.0000001", decimals: 6)),
        ("9223372036854.775808", .overflow("9223372036854.775808")), ("free", .notADecimal("free")),
    ])
    func `outside their limits are refused`(text: String, error: MoneyError) {
        #expect(throws: error) { try UnitPrice(text) }
    }

    @Test(arguments: [
        ("2.5e-06", 2_500_000), ("0.0000025", 2_500_000), ("1e-12", 1), ("0", 0),
        ("1.5e-07", 150_000),
    ])
    func `come per token from price feeds`(text: String, units: Int64) throws {
        #expect(try UnitPrice(perToken: text).units == units)
    }

    @Test func `times tokens are the exact product, or an error when it does not fit`() throws {
        try withSeed { random in
            for _ in 0..<5_000 {
                let tokens = random.anyInt128()
                let price = UnitPrice(units: random.int(0...Int64.max) >> random.int(0...62))
                let (product, overflow) = tokens.multipliedReportingOverflow(
                    by: Int128(price.units))
                let cost = try? price.cost(ofTokens: tokens)
                try #require(cost?.units == (overflow ? nil : product))
            }
        }
    }

    @Test func `below a picodollar a token are refused`() {
        #expect(throws: MoneyError.tooPrecise("1e-13", decimals: 12)) {
            try UnitPrice(perToken: "1e-13")
        }
        #expect(throws: MoneyError.negative("-1e-06")) { try UnitPrice(perToken: "-1e-06") }
    }

    @Test func `come back from their text for random units`() throws {
        try withSeed { random in
            for _ in 0..<5_000 {
                let price = UnitPrice(units: random.next().magnitudeWithin(Int64.max, &random))
                try #require(try UnitPrice(price.text) == price, "\(price.text)")
            }
        }
    }
}

struct `Exchange rates` {
    @Test(arguments: [
        ("5.688", 568_800_000, "5.6880"), ("5.00000001", 500_000_001, "5.00000001"),
        ("0.00000001", 1, "0.00000001"),
        ("92233720368.54775807", Int64.max, "92233720368.54775807"),
    ])
    func `are hundred-millionths of a real`(text: String, units: Int64, shown: String) throws {
        let rate = try ExchangeRate(text)
        #expect(rate.units == units)
        #expect(rate.text == shown)
        #expect(try ExchangeRate(shown) == rate)
    }

    @Test(arguments: [
        ("0", MoneyError.zero("0")), ("0.000", .zero("0.000")), ("-5", .negative("-5")),
        ("5.000000001", .tooPrecise("5.000000001", decimals: 8)),
        ("92233720368.54775808", .overflow("92233720368.54775808")), ("5,43", .notADecimal("5,43")),
    ])
    func `outside their limits are refused`(text: String, error: MoneyError) {
        #expect(throws: error) { try ExchangeRate(text) }
    }
}

extension UInt64 {
    /// Random bits cut to a random width, so that small numbers come as often as large ones.
    func magnitudeWithin(_ limit: Int64, _ random: inout SeededRandom) -> Int64 {
        Int64(self >> UInt64(random.int(1...63))) & limit
    }
}
