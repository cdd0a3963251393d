import Money
import TestSupport
import Testing

struct `Amounts` {
    @Test func `follow the example of their documentation`() throws {
        let cost = try UnitPrice("2.50").cost(ofTokens: 1_000)
        #expect(cost.text == "0.0025")
        #expect(try cost.converted(at: ExchangeRate("5.4321")).text == "0.01358025")
    }

    @Test func `that do not fit throw and stay as they were`() throws {
        var most = Amount<USD>(units: .max)
        let least = Amount<USD>(units: .min)
        let one = Amount<USD>(units: 1)
        #expect(throws: MoneyError.self) { try most.adding(one) }
        #expect(throws: MoneyError.self) { try least.subtracting(one) }
        #expect(throws: MoneyError.self) { try Amount<USD>.zero.subtracting(least) }
        #expect(throws: MoneyError.self) { try most.add(one) }
        #expect(most.units == .max)
        #expect(throws: MoneyError.self) { try most.converted(at: ExchangeRate(units: 2)) }
        #expect(throws: MoneyError.self) { try least.converted(at: ExchangeRate(units: .max)) }
        #expect(throws: MoneyError.self) { try UnitPrice(units: 2).cost(ofTokens: .max) }
        #expect(throws: MoneyError.self) { try UnitPrice(units: .max).cost(ofTokens: .min) }
    }

    @Test func `print an error that says what to do`() {
        let errors: [MoneyError] = [
            .notADecimal("x"), .tooPrecise("1.5", decimals: 0), .overflow("the sum"),
            .negative("-1"), .zero("0"),
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        for error in errors { #expect(error.description.count > 20) }
    }

    static let referee = """
        import sys
        from decimal import *
        getcontext().prec = 120
        LIMIT = 2**127
        modes = (ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_DOWN)
        for line in sys.stdin:
            tokens, price, rate = line.split()
            usd = Decimal(tokens) * Decimal(price) / 10**6
            brl = usd * Decimal(rate)
            units = [int(usd * 10**12), int(brl * 10**20)]
            if usd * 10**12 != units[0] or brl * 10**20 != units[1]: sys.exit("not exact")
            out = []
            for value, whole in ((usd, units[0]), (brl, units[1])):
                if not -LIMIT <= whole < LIMIT: out.append("overflow"); continue
                cents = [int((value * 100).to_integral_value(rounding=m)) for m in modes]
                out.append(",".join([str(whole)] + [str(c) for c in cents]))
            print(" ".join(out))
        """

    @Test(.enabled(if: Python.isAvailable, "python3 is not on this machine"))
    func `equal Python's decimal in every digit for twenty thousand random calls`() throws {
        try withSeed { random in
            var input = ""
            var ours: [String] = []
            for _ in 0..<20_000 {
                // Widths vary, so that some costs are below a centavo and some overflow.
                let tokens = Int128(random.next() >> UInt64(random.int(0...63)))
                let sign: Int128 = random.once(in: 5) ? -1 : 1
                let price = UnitPrice(units: random.next().magnitudeWithin(.max, &random))
                let rate = ExchangeRate(units: max(1, random.next().magnitudeWithin(.max, &random)))
                input += "\(sign * tokens) \(price.text) \(rate.text)\n"
                let usd = try? price.cost(ofTokens: sign * tokens)
                let brl = try? usd?.converted(at: rate)
                ours.append("\(Self.shown(usd)) \(Self.shown(brl))")
            }
            let theirs = try Python.lines(Self.referee, input: input)
            try #require(theirs.count == ours.count)
            var overflows = 0
            for (line, pair) in zip(input.split(separator: "\n"), zip(ours, theirs)) {
                try #require(pair.0 == pair.1, "\(line)")
                if pair.0.contains("overflow") { overflows += 1 }
            }
            #expect(overflows > 0 && overflows < ours.count / 2)
        }
    }

    private static func shown<C>(_ amount: Amount<C>?) -> String {
        guard let amount else { return "overflow" }
        let modes: [Rounding] = [.halfEven, .halfUp, .truncate]
        return ([amount.units] + modes.map { amount.cents($0) }).map(String.init)
            .joined(separator: ",")
    }
}
