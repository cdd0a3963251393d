public import Money

/// What a cell costs: its charges added up, in both currencies.
public struct CellCost: Sendable, Equatable {
    /// The exact cost in USD.
    public var usd = Amount<USD>.zero
    /// The exact cost in BRL at the day's rate.
    public var brl = Amount<BRL>.zero
    /// Calls with usage that the book has no price for.
    public var unpricedCalls: UInt64 = 0

    /// Nothing.
    public init() {}

    /// The cost of charges of one day at that day's rate.
    public init(_ charges: [Charge], rate: ExchangeRate) throws(MoneyError) {
        for charge in charges {
            try usd.add(charge.cost())
            if charge.prices == nil { unpricedCalls += charge.calls }
        }
        brl = try usd.converted(at: rate)
    }

    /// The cost of one charge of a day at that day's rate.
    public init(_ charge: Charge, rate: ExchangeRate) throws(MoneyError) {
        usd = try charge.cost()
        if charge.prices == nil { unpricedCalls = charge.calls }
        brl = try usd.converted(at: rate)
    }

    /// Adds another cost.
    public mutating func add(_ other: CellCost) throws(MoneyError) {
        try usd.add(other.usd)
        try brl.add(other.brl)
        unpricedCalls += other.unpricedCalls
    }

    /// The amount that a budget of a unit counts, for a cell of those tokens.
    public func amount(in unit: Budget.Unit, tokens cell: UsageCell) -> Int128 {
        switch unit {
        case .tokens: UsageClass.tokens.reduce(0) { $0 + Int128(cell[$1]) }
        case .usd: usd.units
        case .brl: brl.units
        }
    }
}
