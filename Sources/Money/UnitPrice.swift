/// What one token costs, as an integer in 10⁻¹² USD.
///
/// Prices are written in USD per million tokens with at most six decimals, and
/// USD 0.000001 per million is 10⁻¹² USD per token: text and integer are the same digits.
/// ```swift
/// let price = try UnitPrice("2.50")
/// price.units                                   // 2_500_000
/// try price.cost(ofTokens: 3).text              // "0.0000075"
/// ```
@frozen public struct UnitPrice: Hashable, Comparable, Sendable {
    /// Picodollars per token.
    public var units: Int64

    /// A price of that many 10⁻¹² USD per token.
    @inlinable public init(units: Int64) { self.units = units }

    /// The price that `text` names in USD per million tokens.
    ///
    /// Throws for a negative number, more than six decimals, or more than USD 9.2 million a
    /// million.
    public init(_ text: some StringProtocol) throws(MoneyError) {
        let value = try DecimalText.parse(text, decimals: 6)
        guard value >= 0 else { throw .negative(String(text)) }
        guard let units = Int64(exactly: value) else { throw .overflow(String(text)) }
        self.units = units
    }

    /// The price that `text` names in USD per single token, as price feeds such as LiteLLM's write
    /// it.
    public init(perToken text: some StringProtocol) throws(MoneyError) {
        let value = try DecimalText.parse(text, decimals: 12)
        guard value >= 0 else { throw .negative(String(text)) }
        guard let units = Int64(exactly: value) else { throw .overflow(String(text)) }
        self.units = units
    }

    /// USD per million tokens, at least two decimals: `2.50`, `0.075`, `0.0036`.
    public var text: String { DecimalText.format(Int128(units), decimals: 6, minimumDecimals: 2) }

    /// Tokens times price, exact.
    @inlinable public func cost(ofTokens tokens: Int128) throws(MoneyError) -> Amount<USD> {
        guard let product = tokens.multiplied(byWord: units) else {
            throw .overflow("tokens times price")
        }
        return Amount<USD>(units: product)
    }

    /// Orders by value.
    @inlinable public static func < (left: UnitPrice, right: UnitPrice) -> Bool {
        left.units < right.units
    }
}
