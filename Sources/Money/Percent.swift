/// A share such as a mark-up or a tax rate: percent with at most four decimals, as an integer.
///
/// ```swift
/// let tax = try Percent("3.5")        // units 35_000
/// tax.text                            // "3.5"
/// ```
/// One unit is a millionth of the whole, so that three shares multiplied still fit beside an
/// ``Amount`` when a line is rounded.
public struct Percent: Hashable, Comparable, Sendable {
    /// Millionths: 1 % is 10,000.
    public var units: Int64

    /// A share of that many millionths.
    public init(units: Int64) { self.units = units }

    /// The share that a decimal text names, such as `12.5` for 12.5 %. Throws when it has more than
    /// four decimals or does not fit.
    public init(_ text: some StringProtocol) throws(MoneyError) {
        let parsed = try DecimalText.parse(text, decimals: 4)
        guard let units = Int64(exactly: parsed) else { throw .overflow("the percentage") }
        self.units = units
    }

    /// The whole: 100 %.
    public static let whole = Percent(units: 1_000_000)
    /// Nothing: 0 %.
    public static let zero = Percent(units: 0)

    /// Percent without trailing zeros, such as `12.5`.
    public var text: String { DecimalText.format(Int128(units), decimals: 4) }

    /// Orders by value.
    public static func < (left: Percent, right: Percent) -> Bool { left.units < right.units }
}
