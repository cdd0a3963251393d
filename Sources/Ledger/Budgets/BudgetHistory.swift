/// Which budgets held when: every one that was ever set or removed, by when that was recorded.
///
/// A statement shows the budgets of its month: one that was set later stopped and warned of nothing
/// then. Cost of a look-up: a scan of the client's changes, which are few.
public struct BudgetHistory: Sendable {
    private struct Change {
        let id: String
        let at: Instant
        /// Nil where it was removed.
        let budget: Budget?
    }

    /// By client, in the order of the log.
    private var changes: [String: [Change]] = [:]

    /// A history before the first budget.
    public init() {}

    mutating func record(_ budget: Budget, at instant: Instant) {
        changes[budget.client, default: []]
            .append(Change(id: budget.id, at: instant, budget: budget))
    }

    mutating func record(_ removal: BudgetRemoval, at instant: Instant) {
        changes[removal.client, default: []]
            .append(Change(id: removal.id, at: instant, budget: nil))
    }

    /// A client's budgets as they were just before an instant, in the order of their ids.
    public func budgets(of client: String, before end: Instant) -> [Budget] {
        var found: [String: Budget] = [:]
        for change in changes[client] ?? [] where change.at < end {
            found[change.id] = change.budget
        }
        return found.values.sorted { $0.id < $1.id }
    }
}
