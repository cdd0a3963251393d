public import Money

/// What a call may cost at most, set aside before it is made, so that calls in flight together
/// never take a client past a limit.
///
/// ```swift
/// let hold = Hold(id: id, client: "acme", at: now, tokens: 9_000, usd: worstCase)
/// switch try await journal.hold(hold) { case .granted: …; case .refused(let refusal): … }
/// ```
/// The usage event that names the hold takes its place; a hold without usage is released.
public struct Hold: Sendable, Equatable {
    /// Its identity; the usage event that settles it carries it.
    public let id: EventID
    /// The client.
    public let client: String
    /// When it was asked for; decides the periods and the rate.
    public let at: Instant
    /// The most tokens the call may use.
    public let tokens: UInt64
    /// The most it may cost.
    public let usd: Amount<USD>

    /// A hold of those bounds.
    public init(id: EventID, client: String, at: Instant, tokens: UInt64, usd: Amount<USD>) {
        self.id = id
        self.client = client
        self.at = at
        self.tokens = tokens
        self.usd = usd
    }

    /// The amount that a budget of a unit has to keep free. Throws when it does not fit.
    public func amount(in unit: Budget.Unit, rate: ExchangeRate) throws(MoneyError) -> Int128 {
        switch unit {
        case .tokens: Int128(tokens)
        case .usd: usd.units
        case .brl: try usd.converted(at: rate).units
        }
    }
}

/// What became of a hold that was asked for.
public enum HoldDecision: Sendable, Equatable {
    /// All budgets of the client have room; it is durable.
    case granted
    /// The same hold was granted before.
    case existing
    /// A budget that stops has no room for it; nothing was set aside in any.
    indirect case refused(HoldRefusal)
    /// There is no such client, or it was removed.
    case unknownClient
    /// More was asked for a hold that is not open.
    case notOpen
}

/// Which budget had no room.
public struct HoldRefusal: Sendable, Equatable {
    /// The budget.
    public let budget: Budget
    /// The first local day of its next period.
    public let renews: CivilDate
    /// What was asked for, in the budget's smallest step.
    public let asked: Int128
    /// What is left, in the budget's smallest step; below zero when the limit is passed.
    public let remaining: Int128
    /// What other open holds set aside, in the budget's smallest step; may come back.
    public let held: Int128

    /// A refusal of those figures.
    public init(
        budget: Budget, renews: CivilDate, asked: Int128, remaining: Int128, held: Int128 = 0
    ) {
        self.budget = budget
        self.renews = renews
        self.asked = asked
        self.remaining = remaining
        self.held = held
    }

    /// True when what others set aside would be room enough, if all of it came back.
    public var mayPassByItself: Bool {
        let (sum, overflow) = remaining.addingReportingOverflow(held)
        return held > 0 && !overflow && sum >= asked
    }
}

extension BudgetBalance {
    /// What is left of a limit after what was used and what is held.
    public func remaining(of limit: Int128) throws(MoneyError) -> Int128 {
        let (used, overflow) = settled.addingReportingOverflow(held)
        if overflow { throw .overflow("the balance of a budget") }
        let (rest, underflow) = limit.subtractingReportingOverflow(used)
        if underflow { throw .overflow("the balance of a budget") }
        return rest
    }

    /// Sets an amount aside. Throws when the sum does not fit.
    public mutating func hold(_ amount: Int128) throws(MoneyError) {
        let (sum, overflow) = held.addingReportingOverflow(amount)
        if overflow { throw .overflow("the holds of a budget") }
        held = sum
    }

    /// Gives back what was set aside; never below nothing.
    public mutating func release(_ amount: Int128) { held = max(0, held - amount) }
}
