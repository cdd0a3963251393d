/// Reais as a client is charged them, kept in 10⁻²⁶ BRL: 10⁻²⁰ BRL times a share of 10⁻⁶, with
/// nothing rounded.
public enum ChargedBRL: Currency {
    /// `BRL`.
    public static var code: String { "BRL" }
    /// 26.
    public static var decimals: Int { 26 }
}

/// Reais that are charged for a dollar of cost: the rate and a mark-up on it, in 10⁻¹⁴.
///
/// ```swift
/// let factor = try ChargeFactor(rate: ExchangeRate("5.40"), markup: Percent("20"))
/// try cost.charged(at: factor).text            // "6.48" for a dollar
/// ```
@frozen public struct ChargeFactor: Hashable, Sendable {
    /// The factor in 10⁻¹⁴ BRL per USD.
    public var units: Int64

    /// The factor `rate × (1 + markup)`, exactly. Throws when it does not fit.
    public init(rate: ExchangeRate, markup: Percent) throws(MoneyError) {
        let (whole, first) = Percent.whole.units.addingReportingOverflow(markup.units)
        let (product, second) = rate.units.multipliedReportingOverflow(by: whole)
        if first || second { throw .overflow("the rate with its mark-up") }
        units = product
    }
}

extension Amount where C == USD {
    /// What is charged for the cost, exact: 10⁻¹² × 10⁻¹⁴ = 10⁻²⁶.
    @inlinable public func charged(at factor: ChargeFactor) throws(MoneyError)
        -> Amount<ChargedBRL>
    {
        guard let product = units.multiplied(byWord: factor.units) else {
            throw .overflow("the amount charged in BRL")
        }
        return Amount<ChargedBRL>(units: product)
    }
}
