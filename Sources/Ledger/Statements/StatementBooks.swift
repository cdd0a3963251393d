public import Money

/// What a statement is computed from beside usage and prices: rates, terms, budgets and who issues
/// it, as known at one place of the log.
public struct StatementBooks: Sendable {
    /// Exchange rates.
    public var rates: RateBook
    /// The rule of clients that have none of their own.
    public var rateRule: RateRule
    /// The rounding of clients that have none of their own.
    public var rounding: Rounding
    /// What is agreed with clients.
    public var terms: TermsBook
    /// Who issues statements.
    public var issuers: IssuerBook
    /// Budgets as they were at any time.
    public var budgets: BudgetHistory

    /// The rules of a ledger that have no date of effect. A closed month keeps those it was closed
    /// with: only what has a date can reach back.
    public struct House: Sendable, Equatable {
        /// Which day's rate converts usage.
        public var rateRule: RateRule
        /// How lines are rounded.
        public var rounding: Rounding

        /// The rules of a state.
        public init(_ state: LedgerState) {
            rateRule = state.rateRule
            rounding = state.rounding
        }
    }

    /// The books with the rules of another time.
    public func with(_ house: House) -> StatementBooks {
        var books = self
        (books.rateRule, books.rounding) = (house.rateRule, house.rounding)
        return books
    }

    /// What a state knows.
    public init(_ state: LedgerState) {
        rates = state.rates
        rateRule = state.rateRule
        rounding = state.rounding
        terms = state.terms
        issuers = state.issuers
        budgets = state.budgetHistory
    }

    /// The rate of a client's local day.
    public func rate(of client: String, on day: CivilDate) -> AppliedRate {
        rates.rate(for: day, rule: rule(of: client, on: day))
    }

    /// The days without a quote that keep the rate of a client's local day from being final.
    public func doubtfulDays(
        of client: String, on day: CivilDate
    ) -> ClosedRange<CivilDate>? {
        rates.doubtfulDays(for: day, rule: rule(of: client, on: day))
    }

    func rule(of client: String, on day: CivilDate) -> RateRule {
        terms.rateRule(of: client, on: day) ?? rateRule
    }
}
