// Figures of others, with more digits than a unit holds.

import Money
import TestSupport
import Testing

struct `Decimal text that is rounded` {
    @Test(arguments: [
        ("2.5", 6, "2500000"), ("1.2000000000000002e-05", 12, "12000000"),
        ("0.011519999999999999", 12, "11520000000"), ("5e-13", 12, "0"), ("1.5e-12", 12, "2"),
        ("2.5e-12", 12, "2"), ("2.50000000000000000000001e-12", 12, "3"), ("-2.5e-12", 12, "-2"),
        ("-3.5e-12", 12, "-4"), ("9e-13", 12, "1"), ("4.9e-13", 12, "0"), ("5e-20", 12, "0"),
        ("0E-6176", 12, "0"), ("1e-6176", 12, "0"),
        ("0.000004500000000000000000000000000000000", 12, "4500000"),
        ("0.1000000000000000055511151231257827021181583404541015625", 6, "100000"),
        ("123456.7890123456789012345678901234567890", 12, "123456789012345679"),
        (".0000000000005", 12, "0"), ("+.00000000000051", 12, "1"), ("12.0", 0, "12"),
        ("12.5", 0, "12"), ("13.5", 0, "14"), ("15e-1", 0, "2"),
    ])
    func `is the nearest step, an exact half the even one`(
        text: String, decimals: Int, units: String
    ) throws {
        #expect(
            try DecimalText.parse(text, decimals: decimals, rounding: .halfEven)
                == #require(Int128(units)))
    }

    @Test(arguments: ["", "NaN", "1,5", "0x1", "1e", "Infinity"])
    func `is refused where it is no number`(text: String) {
        #expect(throws: MoneyError.notADecimal(text)) {
            try DecimalText.parse(text, decimals: 6, rounding: .halfEven)
        }
    }

    @Test func `agrees with the exact reading and one rounding, at random`() throws {
        var random = SeededRandom(seed: 20_261_121)
        for _ in 0..<2_000 {
            let units = Int128(random.int(Int64.min...Int64.max))
            let text = DecimalText.format(units, decimals: 18)
            for rounding in Rounding.allCases {
                #expect(
                    try DecimalText.parse(text, decimals: 12, rounding: rounding)
                        == rounding.divide(units, byPowerOfTen: 6),
                    "\(text) \(rounding)")
            }
        }
    }
}
