public import Money

/// What another system said that a call cost.
///
/// Such figures are mostly made in binary fractions. They are read digit by digit and brought to
/// the ledger's steps, half-even; they are compared with our cost and never become one.
public struct RecordedCost: Sendable, Equatable {
    /// The cost in dollars, to 10⁻¹² USD.
    public var usd: Amount<USD>?
    /// The cost in reais, to 10⁻²⁰ BRL.
    public var brl: Amount<BRL>?
    /// The rate that it was converted at.
    public var rate: ExchangeRate?

    /// A cost of those figures.
    public init(
        usd: Amount<USD>? = nil, brl: Amount<BRL>? = nil, rate: ExchangeRate? = nil
    ) {
        self.usd = usd
        self.brl = brl
        self.rate = rate
    }

    /// True when nothing was recorded.
    public var isEmpty: Bool { usd == nil && brl == nil }
}
