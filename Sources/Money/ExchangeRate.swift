/// Reais for one dollar, as an integer in 10⁻⁸.
///
/// The Banco Central publishes PTAX with four or five decimals; eight leave room for contract
/// rates.
/// ```swift
/// try ExchangeRate("5.688").units      // 568_800_000
/// ```
@frozen public struct ExchangeRate: Hashable, Comparable, Sendable {
    /// The rate in 10⁻⁸ BRL per USD.
    public var units: Int64

    /// A rate of that many 10⁻⁸ BRL per USD.
    @inlinable public init(units: Int64) { self.units = units }

    /// The rate that a decimal text names. Throws for zero, a negative number, or more than eight
    /// decimals.
    public init(_ text: some StringProtocol) throws(MoneyError) {
        let value = try DecimalText.parse(text, decimals: 8)
        guard value >= 0 else { throw .negative(String(text)) }
        guard value > 0 else { throw .zero(String(text)) }
        guard let units = Int64(exactly: value) else { throw .overflow(String(text)) }
        self.units = units
    }

    /// The digits, at least four decimals as the Banco Central shows them: `5.6880`.
    public var text: String { DecimalText.format(Int128(units), decimals: 8, minimumDecimals: 4) }

    /// Orders by value.
    @inlinable public static func < (left: ExchangeRate, right: ExchangeRate) -> Bool {
        left.units < right.units
    }
}
