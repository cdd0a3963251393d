public import Money

/// One client's budgets that stop, watched over the days of its usage under two sets of terms.
///
/// ```swift
/// var watch = BudgetWatch(state.budgets["acme"] ?? [], asked: days)
/// try watch.add(day, before: cost, after: other)          // days in order, each once
/// let changed = try watch.finish()
/// ```
/// The budgets are those of today. They count cost, so no mark-up; budgets of tokens are left out,
/// since no price changes them. A limit counts as reached on the first day at whose end the
/// period's sum is not below it. Cost of a day: a few additions for each budget.
public struct BudgetWatch: Sendable {
    /// What a day's usage costs on one side.
    public struct DayCost: Sendable, Equatable {
        /// In dollars.
        public var usd = Amount<USD>.zero
        /// In reais, without mark-up.
        public var brl = Amount<BRL>.zero
        /// True when a part of the usage has no price.
        public var isPartial = false

        /// No cost.
        public init() {}
    }

    private struct Track {
        let budget: Budget
        var days: Range<CivilDate>
        var before: Int128 = 0
        var after: Int128 = 0
        var reachedBefore: CivilDate?
        var reachedAfter: CivilDate?
        var isPartial = false
    }

    private var tracks: [Track]
    private let asked: Range<CivilDate>
    private var found: [ScenarioBudget] = []

    /// Watches those of the budgets that stop and count money, in every period that has one of the
    /// asked days.
    public init(_ budgets: [Budget], asked: Range<CivilDate>) {
        self.asked = asked
        let nowhere = CivilDate(dayNumber: .min)
        tracks = budgets.filter(Self.watches).map {
            Track(budget: $0, days: nowhere..<nowhere)
        }
    }

    /// True for a budget that stops and counts money.
    public static func watches(_ budget: Budget) -> Bool { budget.stops && budget.unit != .tokens }

    /// True when there is nothing to watch.
    public var isEmpty: Bool { tracks.isEmpty }

    /// Counts a day's usage.
    public mutating func add(
        _ day: CivilDate, before: DayCost, after: DayCost
    ) throws(MoneyError) {
        for index in tracks.indices {
            if !tracks[index].days.contains(day) {
                close(index)
                tracks[index] = Track(
                    budget: tracks[index].budget,
                    days: tracks[index].budget.period.days(around: day))
            }
            let isDollars = tracks[index].budget.unit == .usd
            try Self.add(
                isDollars ? before.usd.units : before.brl.units, to: &tracks[index].before)
            try Self.add(isDollars ? after.usd.units : after.brl.units, to: &tracks[index].after)
            let limit = tracks[index].budget.limit
            if tracks[index].reachedBefore == nil, tracks[index].before >= limit {
                tracks[index].reachedBefore = day
            }
            if tracks[index].reachedAfter == nil, tracks[index].after >= limit {
                tracks[index].reachedAfter = day
            }
            tracks[index].isPartial =
                tracks[index].isPartial || before.isPartial || after.isPartial
        }
    }

    /// The periods in which something would be different, by budget and time.
    public mutating func finish() -> [ScenarioBudget] {
        for index in tracks.indices { close(index) }
        let result = found.sorted {
            $0.budget.id == $1.budget.id
                ? $0.days.lowerBound < $1.days.lowerBound : $0.budget.id.precedes($1.budget.id)
        }
        tracks = []
        found = []
        return result
    }

    private mutating func close(_ index: Int) {
        let track = tracks[index]
        guard track.days.overlaps(asked) else { return }
        let period = ScenarioBudget(
            budget: track.budget, days: track.days, before: track.before, after: track.after,
            reachedBefore: track.reachedBefore, reachedAfter: track.reachedAfter,
            isPartial: track.isPartial)
        if period.effect != nil { found.append(period) }
    }

    private static func add(_ amount: Int128, to sum: inout Int128) throws(MoneyError) {
        let (result, overflow) = sum.addingReportingOverflow(amount)
        if overflow { throw .overflow("the balance of a budget") }
        sum = result
    }
}
