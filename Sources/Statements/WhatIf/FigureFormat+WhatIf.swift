public import Ledger
public import Money

// Figures of a comparison for people: what is partly unknown is a lower bound, and a difference of
// which one side is unknown is no figure.

extension FigureFormat {
    /// What is charged, in reais: `R$ 1.234,56`.
    public func brl(_ amount: Amount<ChargedBRL>) -> String { brl(Self.text(amount)) }

    /// The same without the symbol, for a column that says it.
    public func decimal(_ amount: Amount<ChargedBRL>) -> String {
        decimal(Self.text(amount), decimals: 2...2)
    }

    /// The text, as a lower bound where a part of so many calls has no price; `none` where no call
    /// has one.
    public func known(
        _ text: String, _ figures: ScenarioFigures, calls: UInt64, none: String
    ) -> String {
        guard figures.isPartial else { return text }
        return figures.unpricedCalls >= calls ? none : "≥ \(text)"
    }

    /// The difference in what is charged, of the two amounts as they are shown: `R$ 0,04` between
    /// 0,22 and 0,26. Nil where it is unknown.
    public func difference(_ pair: ScenarioPair) throws(MoneyError) -> String? {
        guard let exact = try pair.brlDifference() else { return nil }
        let cents = pair.after.brl.cents(.halfEven) - pair.before.brl.cents(.halfEven)
        // Less than a centavo, or two halves of one that meet: the exact difference is there.
        return cents == 0 ? brl(exact) : brl(DecimalText.format(cents, decimals: 2))
    }

    /// An amount that a budget of money counts, with cents: `US$ 61,48`.
    public func amount(_ value: Int128, of budget: Budget) -> String {
        let text = DecimalText.format(value, decimals: budget.unit.decimals)
        return budget.unit == .usd ? usd(text, decimals: 2) : brl(text)
    }

    /// The days of a budget's period: `24/10/2026`, `12/10 – 18/10/2026`, `10/2026`.
    public func period(_ days: Range<CivilDate>, _ period: Budget.Period) -> String {
        let last = days.upperBound.adding(days: -1)
        return switch period {
        case .daily: date(last)
        case .weekly: "\(shortDate(days.lowerBound)) – \(date(last))"
        case .monthly: shortMonth(last.month)
        }
    }

    /// `10/2026`; in English `2026-10`.
    func shortMonth(_ month: CivilMonth) -> String {
        language == .portuguese
            ? String(date(month.firstDay).dropFirst(3)) : month.description
    }

    /// The change in what is charged in percent: `-24,7%`; a dash where there is none to be told.
    public func percent(_ pair: ScenarioPair) throws(MoneyError) -> String {
        guard let tenths = try pair.percentTenths() else { return "–" }
        let isHidden = tenths == 0 && pair.before.brl != pair.after.brl
        let least = pair.after.brl < pair.before.brl ? "-0.01" : "0.01"
        return decimal(
            isHidden ? least : DecimalText.format(tenths, decimals: 1), decimals: 1...1) + "%"
    }

    /// Rounded once to centavos; what is not zero stays something that is not zero.
    private static func text(_ amount: Amount<ChargedBRL>) -> String {
        let cents = amount.cents(.halfEven)
        guard cents == 0, amount.units != 0 else { return DecimalText.format(cents, decimals: 2) }
        return amount.units < 0 ? "-0.001" : "0.001"
    }
}
