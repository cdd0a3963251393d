import Money
import TestSupport
import Testing

struct `What is charged` {
    @Test(arguments: [
        ("1", "5.40", "0", "5.4"), ("1", "5.40", "20", "6.48"), ("1", "5.40", "-100", "0"),
        ("0.000000000001", "0.00000001", "0.0001", "0.00000000000000000001000001"),
        ("-2", "5", "10", "-11"), ("123456.789", "5.4321", "12.5", "754458.3264677625"),
    ])
    func `is cost times rate times one and the mark-up`(
        usd: String, rate: String, markup: String, charged: String
    ) throws {
        let factor = try ChargeFactor(rate: ExchangeRate(rate), markup: Percent(markup))
        let cost = try Amount<USD>(usd)
        let found = try cost.charged(at: factor)
        #expect(found == (try Amount<ChargedBRL>(charged)))
        // The same in two steps.
        let brl = try cost.converted(at: ExchangeRate(rate))
        #expect(found.units == brl.units * Int128(1_000_000 + (try Percent(markup)).units))
    }

    @Test func `keeps every digit, or says that it does not fit`() throws {
        try withSeed { random in
            for _ in 0..<2_000 {
                let cost = Amount<USD>(units: random.anyInt128())
                let rate = ExchangeRate(units: random.int(1...1_000_000_000_000))
                let markup = Percent(units: random.int(-1_000_000...5_000_000))
                let factor = try ChargeFactor(rate: rate, markup: markup)
                let (first, one) = cost.units.multipliedReportingOverflow(by: Int128(rate.units))
                let (second, two) = first.multipliedReportingOverflow(
                    by: Int128(1_000_000 + markup.units))
                if one || two {
                    // Both factors at once may fit where one by one they do not: never a wrong one.
                    guard let found = try? cost.charged(at: factor) else { continue }
                    try #require(found.units / Int128(factor.units) == cost.units)
                } else {
                    try #require(try cost.charged(at: factor).units == second)
                }
            }
        }
        #expect(throws: MoneyError.self) {
            try ChargeFactor(rate: ExchangeRate(units: .max), markup: .zero)
        }
        #expect(throws: MoneyError.self) {
            try Amount<USD>(units: .max).charged(
                at: ChargeFactor(rate: ExchangeRate("5"), markup: .zero))
        }
    }
}
