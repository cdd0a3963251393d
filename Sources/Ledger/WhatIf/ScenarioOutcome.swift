public import Money

/// What usage comes to on one side of a comparison.
@frozen public struct ScenarioFigures: Sendable, Equatable {
    /// The exact cost in USD.
    public var usd = Amount<USD>.zero
    /// What is charged in reais: cost × rate × (1 + mark-up), exact.
    public var brl = Amount<ChargedBRL>.zero
    /// Calls that the book has no price for.
    public var unpricedCalls: UInt64 = 0
    /// Tokens and units without a price, those of ``unpricedCalls`` and those of classes that a
    /// model has no price for; in no sum.
    public var unpricedQuantity: UInt64 = 0

    /// Nothing.
    public init() {}

    /// True when a part of the usage has no price, so that the sums are less than the truth.
    public var isPartial: Bool { unpricedQuantity > 0 }

    /// Adds others.
    public mutating func add(_ other: ScenarioFigures) throws(MoneyError) {
        try usd.add(other.usd)
        try brl.add(other.brl)
        unpricedCalls += other.unpricedCalls
        unpricedQuantity += other.unpricedQuantity
    }
}

/// The same usage on both sides.
public struct ScenarioPair: Sendable, Equatable {
    /// Calls that were charged.
    public var calls: UInt64 = 0
    /// What they come to now.
    public var before = ScenarioFigures()
    /// What they would come to.
    public var after = ScenarioFigures()
    /// False when some usage has a price on one side only: then the difference is unknown.
    public var isComparable = true

    /// Nothing on both sides.
    public init() {}

    /// True when the two sides are not the same.
    public var isChanged: Bool { before != after }

    /// Adds another pair.
    public mutating func add(_ other: ScenarioPair) throws(MoneyError) {
        calls += other.calls
        try before.add(other.before)
        try after.add(other.after)
        isComparable = isComparable && other.isComparable
    }

    /// The difference in USD; nil where it is unknown.
    public func usdDifference() throws(MoneyError) -> Amount<USD>? {
        isComparable ? try after.usd.subtracting(before.usd) : nil
    }

    /// The difference in what is charged; nil where it is unknown.
    public func brlDifference() throws(MoneyError) -> Amount<ChargedBRL>? {
        isComparable ? try after.brl.subtracting(before.brl) : nil
    }

    /// The difference in what is charged in percent of what is charged now, to a tenth of a
    /// percent, half-even; nil where it is unknown or nothing is charged now.
    public func percentTenths() throws(MoneyError) -> Int128? {
        guard let difference = try brlDifference(), before.brl.units > 0 else { return nil }
        var part = difference.units
        var whole = before.brl.units
        // The digits that are let go are thirty places behind those that are shown.
        while part.magnitude > Int128.max.magnitude / 1_000 {
            part /= 10
            whole /= 10
        }
        return whole > 0 ? Rounding.halfEven.divide(part * 1_000, by: whole) : nil
    }
}

/// One client's month, or one model of it, on both sides.
public struct ScenarioRow: Sendable, Comparable {
    /// The client.
    public let client: String
    /// The local month.
    public let month: CivilMonth
    /// Provider and model that were used; nil when all models are summed.
    public let model: PriceBook.Key?
    /// What it comes to.
    public let pair: ScenarioPair

    /// A row of those sums.
    public init(client: String, month: CivilMonth, model: PriceBook.Key?, pair: ScenarioPair) {
        self.client = client
        self.month = month
        self.model = model
        self.pair = pair
    }

    /// Orders by client, month and model.
    public static func < (left: ScenarioRow, right: ScenarioRow) -> Bool {
        if !left.client.isSame(as: right.client) { return left.client.precedes(right.client) }
        if left.month != right.month { return left.month < right.month }
        guard let first = left.model, let second = right.model else { return false }
        return first < second
    }
}

/// All usage of one month or of one client on both sides.
public struct ScenarioSum: Sendable, Equatable {
    /// The month as `yyyy-mm`, or the client.
    public let name: String
    /// What it comes to.
    public let pair: ScenarioPair

    /// A sum under its name.
    public init(name: String, pair: ScenarioPair) {
        self.name = name
        self.pair = pair
    }
}

/// A budget that stops in one period, where it would not have stopped as it did.
public struct ScenarioBudget: Sendable, Equatable {
    /// What would be different.
    public enum Effect: String, Sendable, CaseIterable {
        /// It did not reach its limit and would have.
        case stops
        /// It reached its limit and would not have.
        case runsOn = "runs-on"
        /// It would have reached its limit on an earlier day.
        case stopsEarlier = "stops-earlier"
        /// It would have reached its limit on a later day.
        case stopsLater = "stops-later"
    }

    /// The budget.
    public let budget: Budget
    /// The period's first local day and the first day of the next period.
    public let days: Range<CivilDate>
    /// What the whole period comes to now, in the unit's smallest step.
    public let before: Int128
    /// What it would come to.
    public let after: Int128
    /// The first day at whose end the limit is reached now.
    public let reachedBefore: CivilDate?
    /// The first day at whose end the limit would be reached.
    public let reachedAfter: CivilDate?
    /// True when a part of the period's usage has no price on one of the sides.
    public let isPartial: Bool

    /// A period of a budget on both sides.
    public init(
        budget: Budget, days: Range<CivilDate>, before: Int128, after: Int128,
        reachedBefore: CivilDate?, reachedAfter: CivilDate?, isPartial: Bool
    ) {
        self.budget = budget
        self.days = days
        self.before = before
        self.after = after
        self.reachedBefore = reachedBefore
        self.reachedAfter = reachedAfter
        self.isPartial = isPartial
    }

    /// What would be different; nil where the limit is reached on the same day or on none.
    public var effect: Effect? {
        switch (reachedBefore, reachedAfter) {
        case (nil, nil): nil
        case (nil, _?): .stops
        case (_?, nil): .runsOn
        case (let before?, let after?):
            before == after ? nil : after < before ? .stopsEarlier : .stopsLater
        }
    }
}

/// Usage that the scenario has no price for.
public struct ScenarioGap: Sendable, Equatable {
    /// Provider, model and tier that were used.
    public let model: PriceBook.Key
    /// The model whose prices were looked for; nil where it is ``model`` itself.
    public let pricedAs: PriceBook.Key?
    /// The class that has no price; nil where the model has none at all.
    public let usageClass: UsageClass?
    /// How many tokens or units.
    public let quantity: UInt64

    /// A gap in the prices.
    public init(
        model: PriceBook.Key, pricedAs: PriceBook.Key?, usageClass: UsageClass?, quantity: UInt64
    ) {
        self.model = model
        self.pricedAs = pricedAs
        self.usageClass = usageClass
        self.quantity = quantity
    }
}

/// What a scenario comes to, beside what is charged now.
public struct ScenarioOutcome: Sendable, Equatable {
    /// What would be different.
    public var scenario: Scenario
    /// The only client that was looked at; nil for all.
    public var client: String?
    /// The first local day that was looked at, or nil.
    public var from: CivilDate?
    /// The last local day that was looked at, or nil.
    public var to: CivilDate?
    /// The rule of conversion now, of clients that have none of their own.
    public var rateRule: RateRule
    /// True when another rule converts some of the usage now: one that was agreed with a client, or
    /// for other days.
    public var hasOtherRules = false
    /// Clients with usage whose prices in reais are agreed: they are compared by cost all the same.
    public var listPriceClients: [String] = []
    /// True when rows are of single models.
    public var isByModel: Bool
    /// Groups that would change, by client, month and model.
    public var rows: [ScenarioRow] = []
    /// How many groups would not change.
    public var unchangedCount = 0
    /// Their sum.
    public var unchanged = ScenarioPair()
    /// The sum of everything that was looked at.
    public var total = ScenarioPair()
    /// Each month with usage, changed or not, in order.
    public var months: [ScenarioSum] = []
    /// Each client with usage, changed or not, in order.
    public var clients: [ScenarioSum] = []
    /// Budgets that would have stopped or would not have, in whole periods, by client, id and
    /// period.
    public var budgets: [ScenarioBudget] = []
    /// What the scenario has no price for.
    public var gaps: [ScenarioGap] = []
    /// Calls whose consumption nobody knows; in no sum.
    public var unknownUsageCalls: UInt64 = 0
    /// Models that the scenario names and that no call was made to.
    public var unusedModels: [PriceBook.Key] = []
    /// Local days on which the last resort stands in for a rate, now or in the scenario.
    public var provisionalDays = 0

    /// An outcome of no usage.
    public init(
        scenario: Scenario, client: String? = nil, from: CivilDate? = nil, to: CivilDate? = nil,
        rateRule: RateRule, isByModel: Bool
    ) {
        self.scenario = scenario
        self.client = client
        self.from = from
        self.to = to
        self.rateRule = rateRule
        self.isByModel = isByModel
    }
}
