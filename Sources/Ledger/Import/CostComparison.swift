public import Money

/// What a call cost according to another system, beside what it costs here.
///
/// ```swift
/// let compared = try CostComparison(call, recorded, state: state, day: day)
/// compared.verdict                            // .different
/// compared.usdDifference?.text                // ours less theirs: "-0.0000125"
/// ```
/// Ours is the price book's at the call's instant, and the rate of the client's local day by the
/// rule in effect. Both sides are compared at as many decimals as the other system keeps.
public struct CostComparison: Sendable {
    /// What came of it.
    public enum Verdict: Sendable, CaseIterable {
        /// The same, in every currency that was recorded.
        case equal
        /// Another cost.
        case different
        /// We have no price for it, so nothing can be compared.
        case unpriced
        /// Nobody knows what it consumed.
        case unknownUsage
        /// No cost was recorded.
        case unrecorded
    }

    /// The client's local day.
    public let day: CivilDate
    /// Provider and model.
    public let model: String
    /// What was recorded.
    public let recorded: RecordedCost
    /// What it costs here, exactly.
    public let ours: CellCost
    /// The rate of the day.
    public let rate: ExchangeRate
    /// Whether that rate is the last word on the day.
    public let rateStatus: AppliedRate.Status
    /// What came of it.
    public let verdict: Verdict
    /// Ours less theirs in dollars; nil where either is not known.
    public let usdDifference: Amount<USD>?
    /// Ours less theirs in reais; nil where either is not known.
    public let brlDifference: Amount<BRL>?

    /// As many decimals as are compared unless the other system keeps fewer.
    public static let decimals = 12

    /// A call's comparison, at so many decimals of both currencies.
    public init(
        _ call: UsageEvent, _ recorded: RecordedCost?, state: LedgerState, day: CivilDate,
        decimals: Int = CostComparison.decimals
    ) throws(MoneyError) {
        self.day = day
        model = "\(call.provider)/\(call.model)"
        self.recorded = recorded ?? RecordedCost()
        let applied = state.rate(of: call.client, on: day)
        (rate, rateStatus) = (applied.rate, applied.status)
        let prices = state.prices.prices(
            PriceBook.Key(
                provider: call.provider, model: call.model, serviceTier: call.serviceTier),
            at: call.occurredAt, inputTokens: call.tokens.totalInput)
        let isFree = call.wasCached || (call.tokens.isEmpty && call.usageSource != .missing)
        ours =
            isFree
            ? CellCost() : try CellCost(Charge(prices: prices, tokens: call.tokens), rate: rate)
        let known: Verdict? =
            if self.recorded.isEmpty {
                .unrecorded
            } else if isFree {
                nil
            } else if call.usageSource == .missing {
                .unknownUsage
            } else if prices == nil {
                .unpriced
            } else {
                nil
            }
        if let known {
            verdict = known
            usdDifference = nil
            brlDifference = nil
            return
        }
        usdDifference = try Self.difference(ours.usd, self.recorded.usd, decimals)
        // Who recorded no reais gets his dollars at our rate.
        let reais = try usdDifference?.converted(at: rate)
        brlDifference = try Self.difference(ours.brl, self.recorded.brl, decimals) ?? reais
        let isSame = usdDifference?.units ?? 0 == 0 && brlDifference?.units ?? 0 == 0
        verdict = isSame ? .equal : .different
    }

    /// Zero where both are the same at so many decimals, else the exact difference.
    private static func difference<C: Currency>(
        _ ours: Amount<C>, _ theirs: Amount<C>?, _ decimals: Int
    ) throws(MoneyError) -> Amount<C>? {
        guard let theirs else { return nil }
        let power = max(0, C.decimals - decimals)
        let isSame =
            Rounding.halfEven.divide(ours.units, byPowerOfTen: power)
            == Rounding.halfEven.divide(theirs.units, byPowerOfTen: power)
        return isSame ? .zero : try ours.subtracting(theirs)
    }
}

/// Many comparisons added up: how many of each kind, and where the differences are.
public struct CostComparisonSummary: Sendable {
    /// The differences of one day and model.
    public struct Group: Sendable {
        /// The client's local day.
        public let day: CivilDate
        /// Provider and model; empty for all that were too many to be told apart.
        public let model: String
        /// Calls that differ.
        public var calls: UInt64 = 0
        /// What was recorded, where it was.
        public var recorded = Amount<USD>.zero
        /// What they cost here.
        public var ours = Amount<USD>.zero
        /// Ours less theirs.
        public var usd = Amount<USD>.zero
        /// Ours less theirs.
        public var brl = Amount<BRL>.zero
    }

    private struct Place: Hashable {
        let day: CivilDate
        let model: String
    }

    /// The most groups that are told apart.
    static let maximumGroups = 20_000

    private var counts: [CostComparison.Verdict: UInt64] = [:]
    private var groups: [Place: Group] = [:]
    /// The sum of the differences in dollars.
    public private(set) var usd = Amount<USD>.zero
    /// The sum of the differences in reais.
    public private(set) var brl = Amount<BRL>.zero
    /// The greatest difference of a call in dollars, either way.
    public private(set) var greatest = Amount<USD>.zero

    /// Differences in reais at a rate that is stale or provisional, so that they may still change.
    public private(set) var doubtfulRates: UInt64 = 0

    /// Nothing compared yet.
    public init() {}

    /// How many calls came out so.
    public func count(_ verdict: CostComparison.Verdict) -> UInt64 { counts[verdict] ?? 0 }

    /// How many calls had a cost recorded.
    public var recorded: UInt64 { counts.values.reduce(0, +) - count(.unrecorded) }

    /// Adds a comparison.
    public mutating func add(_ one: CostComparison) throws(MoneyError) {
        counts[one.verdict, default: 0] += 1
        guard one.verdict == .different else { return }
        if one.rateStatus != .final { doubtfulRates += 1 }
        let (usd, brl) = (one.usdDifference ?? .zero, one.brlDifference ?? .zero)
        try self.usd.add(usd)
        try self.brl.add(brl)
        greatest = max(greatest, Amount(units: abs(usd.units)))
        var place = Place(day: one.day, model: one.model)
        if groups[place] == nil, groups.count >= Self.maximumGroups {
            place = Place(day: one.day, model: "")
        }
        var group = groups[place] ?? Group(day: place.day, model: place.model)
        group.calls += 1
        try group.recorded.add(one.recorded.usd ?? .zero)
        try group.ours.add(one.ours.usd)
        try group.usd.add(usd)
        try group.brl.add(brl)
        groups[place] = group
    }

    /// The days and models with the largest differences, in dollars first.
    public func largest(_ count: Int) -> [Group] {
        let ordered = groups.values.sorted { left, right in
            if left.usd.units.magnitude != right.usd.units.magnitude {
                return left.usd.units.magnitude > right.usd.units.magnitude
            }
            if left.brl.units.magnitude != right.brl.units.magnitude {
                return left.brl.units.magnitude > right.brl.units.magnitude
            }
            return (left.day, left.model) < (right.day, right.model)
        }
        return Array(ordered.prefix(count))
    }

    /// How many days and models differ.
    public var groupCount: Int { groups.count }
}
