import Money
import TestSupport
import Testing

struct `Decimal text` {
    @Test(arguments: [
        ("0", 6, "0"), ("-0", 6, "0"), ("+0.0", 0, "0"), ("0e50", 6, "0"), ("0e-50", 0, "0"),
        ("2.5", 6, "2500000"), ("2.50", 6, "2500000"), ("002.500", 1, "25"), (".5", 1, "5"),
        ("+7", 0, "7"), ("-7", 0, "-7"), ("-0.000001", 6, "-1"), ("1e-06", 6, "1"),
        ("1.5e-07", 12, "150000"), ("1.5E-07", 12, "150000"), ("1.5e3", 0, "1500"),
        ("1.5e+3", 0, "1500"), ("1500e-3", 1, "15"), ("1.230000000000000", 2, "123"),
        ("1e38", 0, "100000000000000000000000000000000000000"),
        ("170141183460469231731687303715884105727", 0, "170141183460469231731687303715884105727"),
        ("-170141183460469231731687303715884105727", 0, "-170141183460469231731687303715884105727"),
        ("1701411834604692317.31687303715884105727", 20, "170141183460469231731687303715884105727"),
    ])
    func `is read as the integer it names`(text: String, decimals: Int, units: String) throws {
        #expect(try DecimalText.parse(text, decimals: decimals) == #require(Int128(units)))
    }

    @Test(arguments: [
        "", " ", "-", "+", ".", "-.", "1.", "1.e5", "e5", "1e", "1e+", "1e-", "1,5", "1.5.5", "1 ",
        " 1", "0x10", "1_000", "١", "½", "NaN", "nan", "Infinity", "-inf", "--1", "+-1", "1e5.0",
        "1.5f", "$1", "1\u{0}", "1\n", "𝟏",
        String(repeating: "0", count: 81),
    ])
    func `that is no number is refused as such`(text: String) {
        #expect(throws: MoneyError.notADecimal(String(text.prefix(80)))) {
            try DecimalText.parse(text, decimals: 6)
        }
    }

    @Test(arguments: [
        ("0.0000001", 6), ("1.5", 0), ("1e-1", 0), ("123.456", 2), ("1e-100", 20),
        ("1e-99999999999", 20),
        ("-0.001", 2), ("0.10000000000000000555", 19),
        // The float 0.1 with all its digits: more than an Int128 holds, and still a number.
        ("0.1000000000000000055511151231257827021181583404541015625", 6),
    ])
    func `with more digits than the unit holds is refused, not rounded`(
        text: String, decimals: Int
    ) {
        #expect(throws: MoneyError.tooPrecise(text, decimals: decimals)) {
            try DecimalText.parse(text, decimals: decimals)
        }
    }

    @Test(arguments: [
        ("170141183460469231731687303715884105728", 0), ("1e39", 0), ("1e999999999999", 0),
        ("1e100", 20),
        ("1701411834604692317.31687303715884105728", 20), ("2e38", 0), ("9e37", 1),
        ("99999999999999999999999999999999999999999999999999", 0),
    ])
    func `that does not fit is an overflow`(text: String, decimals: Int) {
        #expect(throws: MoneyError.overflow(text)) {
            try DecimalText.parse(text, decimals: decimals)
        }
    }

    @Test func `keeps zeros at the end that say nothing, however many`() throws {
        let text = "1." + String(repeating: "0", count: 60)
        #expect(try DecimalText.parse(text, decimals: 6) == 1_000_000)
        let zeros = String(repeating: "0", count: 60) + "1.5"
        #expect(try DecimalText.parse(zeros, decimals: 1) == 15)
    }

    @Test(
        arguments: [
            (0, 0, 0, "0"), (0, 6, 0, "0"), (0, 6, 2, "0.00"), (5, 0, 0, "5"), (5, 1, 0, "0.5"),
            (-5, 3, 0, "-0.005"), (2_500_000, 6, 0, "2.5"), (2_500_000, 6, 2, "2.50"),
            (2_000_000, 6, 2, "2.00"), (75_000, 6, 2, "0.075"), (-123_400, 2, 0, "-1234"),
            (100, 2, 2, "1.00"), (1, 20, 0, "0.00000000000000000001"),
        ] as [(Int128, Int, Int, String)])
    func `is written short and whole`(
        value: Int128, decimals: Int, minimum: Int, text: String
    ) {
        #expect(
            DecimalText.format(value, decimals: decimals, minimumDecimals: minimum) == text)
    }

    @Test func `holds the extremes`() {
        #expect(
            DecimalText.format(.max, decimals: 20) == "1701411834604692317.31687303715884105727")
        #expect(
            DecimalText.format(.min, decimals: 20) == "-1701411834604692317.31687303715884105728")
    }

    @Test func `comes back as the same integer for random values`() throws {
        try withSeed { random in
            for _ in 0..<20_000 {
                let value = random.anyInt128()
                let decimals = random.int(0...20)
                let minimum = random.int(0...decimals)
                let text = DecimalText.format(value, decimals: decimals, minimumDecimals: minimum)
                guard value != .min else { continue }
                try #require(try DecimalText.parse(text, decimals: decimals) == value, "\(text)")
                try #require(!text.contains("e"))
            }
        }
    }

    @Test func `never traps on random bytes`() throws {
        try withSeed { random in
            let letters = Array("0123456789.eE+-0000 x")
            for _ in 0..<20_000 {
                let text = String((0..<random.int(0...90)).map { _ in random.pick(letters) })
                _ = try? DecimalText.parse(text, decimals: random.int(0...20))
            }
        }
    }
}
