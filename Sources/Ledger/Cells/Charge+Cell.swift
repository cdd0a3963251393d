// A cell that one set of prices holds for, as a charge.

extension Charge {
    /// A whole cell at one set of prices.
    public init(prices: PriceSet?, cell: UsageCell) {
        self.init(prices: prices, calls: cell.callsWithUsage, tokens: cell.tokens)
    }
}
