public import Money

/// Calls of one cell, or a part of it, that one set of prices holds for.
public struct Charge: Sendable {
    /// The prices; nil where the book has none: unpriced.
    public var prices: PriceSet?
    /// How many calls with a known consumption that is not zero.
    public var calls: UInt64
    /// What they consumed.
    public var tokens: InlineArray<13, UInt64>

    init(prices: PriceSet?, calls: UInt64, tokens: InlineArray<13, UInt64>) {
        self.prices = prices
        self.calls = calls
        self.tokens = tokens
    }

    /// What the calls cost, exactly; classes without a price add nothing and are listed as
    /// unpriced.
    public func cost() throws(MoneyError) -> Amount<USD> { try cost { _, _ in } }

    /// The same; tells what was consumed of classes without a price.
    public func cost(
        unpriced: (UsageClass, UInt64) -> Void
    ) throws(MoneyError) -> Amount<USD> {
        var sum = Amount<USD>.zero
        for index in 0..<13 where tokens[index] > 0 {
            guard let usageClass = UsageClass(rawValue: UInt8(index)) else { continue }
            guard let price = prices?.effective(usageClass) else {
                unpriced(usageClass, tokens[index])
                continue
            }
            try sum.add(price.cost(ofTokens: Int128(tokens[index])))
        }
        return sum
    }
}

extension Charge {
    /// A whole cell at one set of prices.
    public init(prices: PriceSet?, cell: UsageCell) {
        self.init(prices: prices, calls: cell.callsWithUsage, tokens: cell.tokens)
    }

    /// One call at one set of prices.
    public init(prices: PriceSet?, tokens: TokenCounts) {
        var sums = InlineArray<13, UInt64>(repeating: 0)
        for usageClass in UsageClass.allCases {
            sums[Int(usageClass.rawValue)] = UInt64(tokens[usageClass])
        }
        self.init(prices: prices, calls: tokens.isEmpty ? 0 : 1, tokens: sums)
    }
}
