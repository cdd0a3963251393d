import Money

/// A threshold of a budget that was reached in a period: the body of `alert.raised`.
///
/// Raised once for a budget, a period and a threshold, whatever becomes of limit and balance
/// afterwards. What it says is what held when it was raised; amounts are exact.
public struct Alert: Sendable, Equatable, Codable {
    /// The client.
    public var client: String
    /// The budget's id within the client.
    public var budget: String
    /// What the budget counts.
    public var unit: Budget.Unit
    /// How often the budget renews.
    public var period: Budget.Period
    /// The period's first local day.
    public var firstDay: CivilDate
    /// The percentage of the limit that was reached.
    public var threshold: Int
    /// The higher threshold that was raised with it or before it, where there is one: that one is
    /// told, and this one is only written down.
    public var coveredBy: Int?
    /// True when the budget stops its client at the limit.
    public var stops: Bool
    /// What was used and recorded, in the unit's smallest step.
    public var settled: Int128
    /// The limit, in the unit's smallest step.
    public var limit: Int128
    /// The last record of the log that the balance knew of.
    public var seen: UInt64

    /// An alert of a budget in the period that begins on a day.
    public init(
        _ budget: Budget, firstDay: CivilDate, _ due: DueAlert, settled: Int128,
        seen: SequenceNumber
    ) {
        client = budget.client
        self.budget = budget.id
        unit = budget.unit
        period = budget.period
        self.firstDay = firstDay
        threshold = due.threshold
        coveredBy = due.coveredBy
        stops = budget.stops
        self.settled = settled
        limit = budget.limit
        self.seen = seen.rawValue
    }

    /// The days of the period.
    public var days: Range<CivilDate> { period.days(around: firstDay) }

    /// What was used as an exact decimal in the budget's unit.
    public var settledText: String { DecimalText.format(settled, decimals: unit.decimals) }

    /// The limit as an exact decimal in the budget's unit.
    public var limitText: String { DecimalText.format(limit, decimals: unit.decimals) }

    /// Whole percent used, rounded down.
    public var percentUsed: Int128 { settled / limit * 100 + settled % limit * 100 / limit }

    /// What makes it the one alert that it is, as a text: its id in the log is made of it.
    ///
    /// Unit and period are part of it because a budget may be set anew under its name, to count
    /// something else; its limit is not, so that a changed limit repeats nothing.
    public var identity: String {
        "alert \(client) \(budget) \(unit.rawValue) \(period.rawValue) \(firstDay) \(threshold)"
    }

    /// Throws unless it can be part of the log.
    public func check() throws(EventError) {
        try ClientRecord(id: client).check()
        try UsageEvent.checkName(budget, "budget", EventLimits.client)
        guard Budget.thresholds.contains(threshold), coveredBy.map({ $0 > threshold }) ?? true
        else {
            throw EventError(field: "threshold", reason: "is \(threshold); it must be 1 to 1000")
        }
        guard limit > 0, firstDay == days.lowerBound else {
            throw EventError(
                field: "first_day", reason: "\(firstDay) begins no \(period.rawValue) period")
        }
    }

    private enum CodingKeys: String, CodingKey {
        case client, budget, unit, period, firstDay, threshold, coveredBy, stops, settled, limit,
            seen
    }

    /// Decodes a stored alert.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        client = try values.decode(String.self, forKey: .client)
        budget = try values.decode(String.self, forKey: .budget)
        unit = try values.decode(Budget.Unit.self, forKey: .unit)
        period = try values.decode(Budget.Period.self, forKey: .period)
        firstDay = try values.decode(CivilDate.self, forKey: .firstDay)
        threshold = try values.decode(Int.self, forKey: .threshold)
        coveredBy = try values.decodeIfPresent(Int.self, forKey: .coveredBy)
        stops = try values.decode(Bool.self, forKey: .stops)
        let decimals = unit.decimals
        settled = try DecimalText.parse(
            values.decode(String.self, forKey: .settled), decimals: decimals)
        limit = try DecimalText.parse(
            values.decode(String.self, forKey: .limit), decimals: decimals)
        seen = try values.decode(UInt64.self, forKey: .seen)
    }

    /// Encodes amounts as exact decimal text.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(client, forKey: .client)
        try values.encode(budget, forKey: .budget)
        try values.encode(unit, forKey: .unit)
        try values.encode(period, forKey: .period)
        try values.encode(firstDay, forKey: .firstDay)
        try values.encode(threshold, forKey: .threshold)
        try values.encodeIfPresent(coveredBy, forKey: .coveredBy)
        try values.encode(stops, forKey: .stops)
        try values.encode(settledText, forKey: .settled)
        try values.encode(limitText, forKey: .limit)
        try values.encode(seen, forKey: .seen)
    }
}

/// A threshold that is reached and was not raised in its period.
public struct DueAlert: Sendable, Equatable {
    /// The percentage.
    public let threshold: Int
    /// The highest threshold that was reached, where this is a lower one.
    public let coveredBy: Int?

    /// A threshold that is due.
    public init(threshold: Int, coveredBy: Int? = nil) {
        self.threshold = threshold
        self.coveredBy = coveredBy
    }
}

extension Budget {
    /// What a threshold may be, in percent of the limit.
    public static let thresholds = 1...1_000

    /// The thresholds to raise now, ascending: those that are reached by what was settled, and were
    /// not raised in this period.
    ///
    /// Where one call passes several, each is raised, and all but the highest say that it covers
    /// them: history is complete, and people are told once. The same holds for a threshold that
    /// lies below one that was raised before.
    public func alertsDue(settled: Int128, raised: Set<Int>) -> [DueAlert] {
        let reached = Set(alerts).filter { isReached($0, by: settled) }
        let due = reached.subtracting(raised).sorted()
        let highest = max(due.last ?? 0, raised.intersection(alerts).max() ?? 0)
        return due.map { DueAlert(threshold: $0, coveredBy: $0 < highest ? highest : nil) }
    }

    /// True where an amount is that percentage of the limit or more; exact, whatever the amounts.
    func isReached(_ threshold: Int, by settled: Int128) -> Bool {
        let used = settled.multipliedFullWidth(by: 100)
        let bound = limit.multipliedFullWidth(by: Int128(threshold))
        return (used.high, used.low) >= (bound.high, bound.low)
    }
}
