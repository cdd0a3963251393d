// Random amounts through mark-ups, charges por fora and por dentro, and rounding, beside what
// Python's fractions make of them (Tests/Independent/amounts.py).

import Foundation
import Money
import TestSupport
import Testing

@testable import Ledger

@Suite(.enabled(if: Python.isAvailable, "python3 is not there"))
struct `Random amounts` {
    /// Lines of each of two runs, which go side by side: a million in all with
    /// `RAZAO_TEST_WHOLE=1`.
    static let count =
        ProcessInfo.processInfo.environment["RAZAO_TEST_WHOLE"] == "1" ? 500_000 : 20_000
    static let atOnce = 20_000

    @Test(arguments: [1, 2])
    func `come out of every rounding as fractions say, ties and signs too`(run: Int) throws {
        try withSeed { random in
            var ties = 0
            for start in stride(from: 0, to: Self.count, by: Self.atOnce) {
                let count = min(Self.atOnce, Self.count - start)
                var text = ""
                for number in 0..<count {
                    text +=
                        number % 4 == 0 ? Self.share(&random) : try Self.stretch(&random)
                }
                let said = try Python.lines(Self.script, input: text)
                let words = try #require(said.last).split(separator: " ")
                try #require(words.count == 6, "\(said)")
                try #require(words[0] == "\(count)" && words[2] == "0", "\(said)")
                ties += try #require(Int(words[4]))
            }
            // They do not come about by chance in numbers worth a test.
            try #require(ties > Self.count / 10, "only \(ties) ties in \(Self.count) lines")
        }
    }

    /// The computation of `Tests/Independent/amounts.py`.
    private static let script: String = {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Independent/amounts.py")
        return (try? String(contentsOf: path, encoding: .utf8)) ?? "raise SystemExit('no script')"
    }()

    // MARK: A share of an integer

    private static func share(_ random: inout SeededRandom) -> String {
        let mode = random.pick(Rounding.allCases)
        var value = random.anyInt128()
        var numerator = random.anyInt128()
        var denominator = max(1, random.anyInt128().magnitude >> 1)
        if random.once(in: 3) {
            // An odd number of halves.
            denominator = UInt128(random.int(1...1_000_000_000) as UInt64) * 2
            value = Int128(denominator / 2) * Int128(random.int(-999_999...999_999) * 2 + 1)
            numerator = random.pick([1, -1, 3, 7])
        }
        let divisor = Int128(clamping: denominator)
        let result = mode.multiply(value, by: numerator, over: divisor)
        let shown = result.map { "\($0)" } ?? "-"
        return "r \(mode.rawValue) \(value) \(numerator) \(divisor) \(shown)\n"
    }

    // MARK: A stretch of days

    private static func stretch(_ random: inout SeededRandom) throws -> String {
        let mode = random.pick(Rounding.allCases)
        let terms = charges(&random)
        let rules = try ChargeRules(terms)
        let markup = Int128(random.pick([0, 0, random.int(-1_000_000...2_000_000), 100_000_000]))
        var cost = money(&random)
        var listed = random.once(in: 3) ? money(&random) : 0
        // An odd number of half centavos of one of the shares, where integers allow that.
        let odd = Int128(random.int(-99_999...99_999) * 2 + 1)
        if let share = rules.charges.randomElement(using: &random)?.share, random.once(in: 2) {
            (cost, listed) = (0, odd * halfCent * share.denominator / share.numerator)
        } else if markup != 0, random.once(in: 2) {
            cost = odd * halfCent * 1_000_000 / markup
        }
        let base = StretchAmount(units: cost * (1_000_000 + markup) + listed * 1_000_000)
        var text = "s \(mode.rawValue) \(cost) \(listed) \(markup)"
        for item in rules.charges { text += " \(word(item.term))" }
        text += " = "
        let marked = StretchAmount(units: cost * 1_000_000)
        text += try figures(marked, whole, part(markup), mode)
        for item in rules.charges {
            text += " " + (try figures(base, item.gross, item.share, mode))
        }
        return text + "\n"
    }

    /// In 10⁻²⁰ BRL.
    private static let halfCent: Int128 = 500_000_000_000_000_000
    private static let whole = ChargeRules.Ratio(numerator: 1, denominator: 1)

    private static func part(_ markup: Int128) -> ChargeRules.Ratio {
        ChargeRules.Ratio(numerator: markup, denominator: 1_000_000)
    }

    private static func figures(
        _ base: StretchAmount, _ gross: ChargeRules.Ratio, _ share: ChargeRules.Ratio,
        _ mode: Rounding
    ) throws -> String {
        let amount = try LineAmount(base, share, mode)
        let due = try LineAmount(base, gross, mode).exact
        return "\(due.units) \(amount.cents) \(amount.exact.units)"
    }

    /// Up to two surcharges and three taxes; those por dentro of a tier leave something.
    private static func charges(_ random: inout SeededRandom) -> [ChargeTerm] {
        var terms: [ChargeTerm] = []
        for (tier, most) in [(ChargeTerm.Tier.surcharge, 2), (.tax, 3)] {
            for number in 0..<random.int(0...most) {
                let mode = random.pick(ChargeTerm.Mode.allCases)
                let rates: [Int64] = [
                    5_000, 10_000, 20_000, 50_000, 125_000, 200_000, 35_000, 43_800,
                    random.int(1...330_000), mode == .addOn ? random.int(1...3_000_000) : 1,
                ]
                terms.append(
                    ChargeTerm(
                        name: "\(number)", tier: tier, mode: mode,
                        effect: random.once(in: 4) ? .informative : .charged,
                        percent: Percent(units: random.pick(rates))))
            }
        }
        return terms
    }

    private static func word(_ term: ChargeTerm) -> String {
        [
            term.tier == .tax ? "t" : "s", term.mode == .grossUp ? "g" : "a",
            term.effect == .charged ? "c" : "i", "\(term.percent.units)",
        ].joined(separator: ",")
    }

    /// Up to a hundred million reais, as likely small as large; now and then negative, as a month
    /// may be whose calls were taken back.
    private static func money(_ random: inout SeededRandom) -> Int128 {
        let size = Int128(random.next() >> random.int(0...63))
        let units = size * Int128(random.int(1...500_000_000))
        return random.once(in: 5) ? -units : units
    }
}
