import Money
import TestSupport
import Testing

struct `Rounding to centavos` {
    /// value, divisor, then half-even, half-up, truncated.
    static let table: [(Int128, Int128, Int128, Int128, Int128)] = [
        (0, 10, 0, 0, 0), (4, 10, 0, 0, 0), (5, 10, 0, 1, 0), (6, 10, 1, 1, 0), (9, 10, 1, 1, 0),
        (10, 10, 1, 1, 1), (14, 10, 1, 1, 1), (15, 10, 2, 2, 1), (16, 10, 2, 2, 1),
        (25, 10, 2, 3, 2), (35, 10, 4, 4, 3), (45, 10, 4, 5, 4), (55, 10, 6, 6, 5),
        (-4, 10, 0, 0, 0), (-5, 10, 0, -1, 0), (-6, 10, -1, -1, 0), (-15, 10, -2, -2, -1),
        (-25, 10, -2, -3, -2), (-35, 10, -4, -4, -3), (1, 1, 1, 1, 1), (-1, 1, -1, -1, -1),
        (1, 2, 0, 1, 0), (3, 2, 2, 2, 1), (1, 3, 0, 0, 0), (2, 3, 1, 1, 0), (-2, 3, -1, -1, 0),
        (.max, 1, .max, .max, .max), (.min, 1, .min, .min, .min),
        (.max, .max, 1, 1, 1), (.min, .max, -1, -1, -1), (.max - 1, .max, 1, 1, 0),
        (.max, 2, 1 << 126, 1 << 126, (1 << 126) - 1),
        (.min, 2, -(1 << 126), -(1 << 126), -(1 << 126)),
    ]

    @Test(arguments: table)
    func `follows its rule at ties, signs and extremes`(
        row: (value: Int128, divisor: Int128, even: Int128, up: Int128, down: Int128)
    ) {
        #expect(Rounding.halfEven.divide(row.value, by: row.divisor) == row.even)
        #expect(Rounding.halfUp.divide(row.value, by: row.divisor) == row.up)
        #expect(Rounding.truncate.divide(row.value, by: row.divisor) == row.down)
    }

    @Test func `of every tie goes to the even, away from zero, or towards it`() {
        for whole: Int128 in -500...500 {
            for power in 1...20 {
                var step: Int128 = 1
                for _ in 0..<power { step *= 10 }
                let tie = whole * step + (whole < 0 ? -step / 2 : step / 2)
                let away = whole < 0 ? whole - 1 : whole + 1
                #expect(
                    Rounding.halfEven.divide(tie, byPowerOfTen: power)
                        == (whole % 2 == 0 ? whole : away))
                #expect(Rounding.halfUp.divide(tie, byPowerOfTen: power) == away)
                #expect(Rounding.truncate.divide(tie, byPowerOfTen: power) == whole)
                // One step beside the tie, every nearest rule agrees.
                let below = tie - (whole < 0 ? -1 : 1)
                if power > 1 {
                    #expect(Rounding.halfEven.divide(below, byPowerOfTen: power) == whole)
                    #expect(Rounding.halfUp.divide(below, byPowerOfTen: power) == whole)
                }
            }
        }
    }

    @Test func `by the largest power of ten does not trap`() {
        for mode in Rounding.allCases {
            #expect(mode.divide(.max, byPowerOfTen: 38) == (mode == .truncate ? 1 : 2))
            #expect(mode.divide(.min, byPowerOfTen: 38) == (mode == .truncate ? -1 : -2))
            #expect(mode.divide(7, byPowerOfTen: 0) == 7)
        }
    }

    @Test func `has names for settings and statements`() {
        #expect(Rounding(rawValue: "half-even") == .halfEven)
        #expect(Rounding(rawValue: "half-up") == .halfUp)
        #expect(Rounding(rawValue: "truncate") == .truncate)
    }
}
