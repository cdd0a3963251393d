public import Money

/// A bound on what a client uses in a period.
///
/// One that stops is a *limite*; one that only warns is an *orçamento*. The words stay apart.
public struct Budget: Sendable, Equatable, Codable {
    /// The client.
    public var client: String
    /// The name within the client; `brl-monthly` where none is given.
    public var id: String
    /// What is counted.
    public var unit: Unit
    /// The bound, as an exact integer in the unit's smallest step.
    public var limit: Int128
    /// How often it renews.
    public var period: Period
    /// Percentages at which to warn, ascending.
    public var alerts: [Int]
    /// True when reaching the limit stops the client.
    public var stops: Bool

    /// What a budget counts.
    public enum Unit: String, Sendable, Codable, CaseIterable {
        case tokens, brl, usd

        /// Decimals of the exact integer that amounts of this unit are kept in.
        public var decimals: Int {
            switch self {
            case .tokens: 0
            case .brl: BRL.decimals
            case .usd: USD.decimals
            }
        }
    }

    /// How often a budget renews, in the client's time zone; weeks begin on Monday.
    public enum Period: String, Sendable, Codable, CaseIterable {
        case daily, weekly, monthly

        /// The days of the period that holds a day, first and first of the next.
        public func days(around day: CivilDate) -> Range<CivilDate> {
            switch self {
            case .daily: return day..<day.adding(days: 1)
            case .weekly:
                let monday = day.adding(days: 1 - day.weekday)
                return monday..<monday.adding(days: 7)
            case .monthly: return day.month.firstDay..<day.month.next.firstDay
            }
        }
    }

    /// A budget of a client. Throws when limit or alerts make no sense.
    public init(
        client: String, id: String? = nil, unit: Unit, limit: String, period: Period,
        alerts: [Int] = Budget.defaultAlerts, stops: Bool = false
    ) throws {
        self.client = client
        self.id = id ?? "\(unit.rawValue)-\(period.rawValue)"
        self.unit = unit
        self.limit = try DecimalText.parse(limit, decimals: unit.decimals)
        self.period = period
        self.alerts = alerts.sorted()
        self.stops = stops
        guard self.limit > 0 else {
            throw EventError(field: "limit", reason: "is \(limit); give more than zero")
        }
        for alert in alerts where !Self.thresholds.contains(alert) {
            throw EventError(
                field: "alerts", reason: "hold \(alert); give percentages from 1 to 1000")
        }
        try UsageEvent.checkName(self.id, "budget", EventLimits.client)
    }

    /// 80, 90 and 100 percent.
    public static let defaultAlerts = [80, 90, 100]

    private enum CodingKeys: String, CodingKey {
        case client, id, unit, limit, period, alerts, stops
    }

    /// Decodes a stored budget.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let unit = try values.decode(Unit.self, forKey: .unit)
        try self.init(
            client: values.decode(String.self, forKey: .client),
            id: values.decode(String.self, forKey: .id), unit: unit,
            limit: values.decode(String.self, forKey: .limit),
            period: values.decode(Period.self, forKey: .period),
            alerts: values.decode([Int].self, forKey: .alerts),
            stops: values.decode(Bool.self, forKey: .stops))
    }

    /// Encodes the limit as decimal text.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(client, forKey: .client)
        try values.encode(id, forKey: .id)
        try values.encode(unit, forKey: .unit)
        try values.encode(
            DecimalText.format(limit, decimals: unit.decimals), forKey: .limit)
        try values.encode(period, forKey: .period)
        try values.encode(alerts, forKey: .alerts)
        try values.encode(stops, forKey: .stops)
    }
}

/// What a client used of one budget in one period.
public struct BudgetBalance: Sendable, Equatable {
    /// Used and recorded, in the unit's smallest step.
    public var settled: Int128 = 0
    /// Set aside for calls in flight.
    public var held: Int128 = 0
    /// Calls counted.
    public var calls: UInt64 = 0
    /// Calls whose cost is unknown because the book has no price.
    public var unpricedCalls: UInt64 = 0

    /// Nothing used.
    public init() {}

    /// Takes back what one call used. Throws when the sum does not fit.
    public mutating func reverse(_ amount: Int128, unpriced: UInt64) throws(MoneyError) {
        let (sum, overflow) = settled.subtractingReportingOverflow(amount)
        if overflow { throw .overflow("the balance of a budget") }
        settled = sum
        calls &-= 1
        unpricedCalls &-= unpriced
    }

    /// Adds what calls used. Throws when the sum does not fit.
    public mutating func settle(
        _ amount: Int128, calls: UInt64 = 1, unpriced: UInt64 = 0
    ) throws(MoneyError) {
        let (sum, overflow) = settled.addingReportingOverflow(amount)
        if overflow { throw .overflow("the balance of a budget") }
        settled = sum
        self.calls += calls
        unpricedCalls += unpriced
    }
}
