public import Money

/// How surcharges and taxes are worked out on what a stretch of days came to.
///
/// Surcharges come first, then taxes on what that gives. Within each tier the charges *por dentro*
/// are part of their own base: together they make `gross = base ÷ (1 − Σ their rates)`. Charges
/// *por fora* are due on that gross, which is what is asked for before them; so both have the same
/// base, the gross of their tier. Informative charges are worked out the same way and move nothing.
///
/// ```swift
/// let rules = try ChargeRules(terms)
/// let tax = rules.charges[0].amount(on: base)          // centavos and twenty decimals
/// ```
/// Everything is a ratio of integers on the base, so a line is rounded once.
public struct ChargeRules: Sendable, Equatable {
    /// A charge and what it is as a part of the stretch's base.
    public struct Item: Sendable, Equatable {
        /// What was agreed.
        public let term: ChargeTerm
        /// The charge's own base, as a ratio of the stretch's.
        let gross: Ratio
        /// The charge, as a ratio of the stretch's base.
        let share: Ratio

        /// The charge on an amount of reais, rounded once to centavos. Throws when it does not fit.
        public func cents(
            on base: Amount<BRL>, _ rounding: Rounding
        ) throws(MoneyError) -> Int128 {
            let (units, overflow) = base.units.multipliedReportingOverflow(
                by: StretchAmount.perExact)
            if overflow { throw .overflow("the base of a charge") }
            return try LineAmount(StretchAmount(units: units), share, rounding).cents
        }
    }

    /// Two integers for one exact factor.
    struct Ratio: Sendable, Equatable {
        var numerator: Int128
        var denominator: Int128
    }

    /// Surcharges, then taxes, each by name.
    public let charges: [Item]

    /// The rules of some terms. Throws when charges *por dentro* of a tier take up the whole price.
    public init(_ terms: [ChargeTerm]) throws(StatementError) {
        let whole = Int128(Percent.whole.units)
        var base = Ratio(numerator: 1, denominator: 1)
        var charges: [Item] = []
        for tier in ChargeTerm.Tier.allCases {
            let due = terms.filter { $0.tier == tier && $0.effect == .charged }
            let inside = Self.sum(due.filter { $0.mode == .grossUp })
            let onTop = Self.sum(due.filter { $0.mode == .addOn })
            guard inside < whole else {
                throw .chargesTakeAll(
                    due.filter { $0.mode == .grossUp }.map(\.name),
                    Percent(units: Int64(clamping: inside)).text)
            }
            let gross = Ratio(
                numerator: base.numerator * whole, denominator: base.denominator * (whole - inside))
            for term in terms where term.tier == tier {
                let rate = Int128(term.percent.units)
                // Not by way of the gross: a whole less in both keeps the integers small.
                charges.append(
                    Item(
                        term: term, gross: gross,
                        share: Ratio(
                            numerator: base.numerator * rate, denominator: gross.denominator)))
            }
            base = Ratio(
                numerator: base.numerator * (whole + onTop), denominator: gross.denominator)
        }
        self.charges = charges
    }

    private static func sum(_ terms: [ChargeTerm]) -> Int128 {
        terms.reduce(0) { $0 + Int128($1.percent.units) }
    }
}

/// What a stretch of days came to, in 10⁻²⁶ BRL: 10⁻²⁰ BRL times the millionths of a mark-up.
struct StretchAmount {
    var units: Int128

    /// 10⁻²⁶ BRL in 10⁻²⁰ BRL.
    static let perExact: Int128 = 1_000_000
    /// 10⁻²⁶ BRL in a centavo.
    static let perCent: Int128 = 1_000_000_000_000_000_000_000_000
}

/// An amount as a statement's line has it: rounded once, and all its digits.
struct LineAmount {
    /// Centavos.
    var cents: Int128
    /// Half-even to 10⁻²⁰ BRL where there are more digits.
    var exact: Amount<BRL>

    /// A ratio of an amount.
    init(
        _ amount: StretchAmount, _ ratio: ChargeRules.Ratio, _ rounding: Rounding
    ) throws(MoneyError) {
        guard
            let cents = rounding.multiply(
                amount.units, by: ratio.numerator,
                over: ratio.denominator * StretchAmount.perCent),
            let exact = Rounding.halfEven.multiply(
                amount.units, by: ratio.numerator,
                over: ratio.denominator * StretchAmount.perExact)
        else { throw .overflow("a charge in BRL") }
        self.cents = cents
        self.exact = Amount(units: exact)
    }
}

/// Why a statement cannot be made.
public enum StatementError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Charges *por dentro* whose rates come to the whole price or more.
    case chargesTakeAll([String], String)
    /// A frozen document that this program cannot read.
    case unreadable(String)

    /// The sentence that is shown to a person.
    public var description: String {
        switch self {
        case .chargesTakeAll(let names, let percent):
            "\(names.joined(separator: ", ")) por dentro come to \(percent) % and leave nothing "
                + "for the price; lower them with \"razao terms set\""
        case .unreadable(let detail):
            "a closed statement cannot be read (\(detail)); use the version of the program that "
                + "closed it, or a later one"
        }
    }
}
