import LMDB
public import Ledger

/// A budget with what was used of it in one period.
public struct BudgetStatus: Sendable {
    /// The budget.
    public let budget: Budget
    /// The period's first local day and the first day of the next period.
    public let days: Range<CivilDate>
    /// When the next period begins.
    public let renewsAt: Instant
    /// What was used and what is held.
    public let balance: BudgetBalance

    /// What is left; below zero when more was used than the limit.
    public var remaining: Int128 { budget.limit - balance.settled - balance.held }
    /// Whole percent used, rounded down.
    public var percentUsed: Int128 { balance.settled * 100 / budget.limit }
    /// True when the budget stops and nothing is left.
    public var isExhausted: Bool { budget.stops && remaining <= 0 }
}

extension Journal {
    /// Every budget of a client, or of all, in the period that holds `instant`.
    public func budgets(of client: String? = nil, at instant: Instant) throws -> [BudgetStatus] {
        let state = try state()
        let all = client.map { state.budgets[$0] ?? [] } ?? state.budgets.values.flatMap { $0 }
        let wanted = all.sorted { ($0.client, $0.id) < ($1.client, $1.id) }
        return try store.environment.read { transaction in
            try wanted.compactMap { budget in
                guard let calendar = state.clients[budget.client]?.calendar else { return nil }
                let days = budget.period.days(around: calendar.day(of: instant))
                let key = BalanceKey(
                    client: budget.client, budget: budget.id, period: days.lowerBound)
                let balance: BudgetBalance = try transaction.get(store.balances, key.bytes) {
                    guard let value = $0 else { return BudgetBalance() }
                    return try BudgetBalance(value)
                }
                return BudgetStatus(
                    budget: budget, days: days,
                    renewsAt: calendar.interval(of: days.upperBound).lowerBound, balance: balance)
            }
        }
    }
}
