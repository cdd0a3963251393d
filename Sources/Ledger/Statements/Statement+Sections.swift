// The sections of a statement beside its lines of usage.

extension Statement {
    /// A mark-up, surcharge or tax for a stretch of days with the same terms.
    public struct Charge: Sendable, Equatable, Codable {
        /// What it is called; empty for a mark-up.
        public var name: String
        /// How it relates to its base; null for a mark-up, which is always on top.
        public var mode: ChargeTerm.Mode?
        /// Whether it is part of the total.
        public var effect: ChargeTerm.Effect
        /// Percent.
        public var percent: String
        /// The first local day of the stretch.
        public var from: String
        /// Its last local day.
        public var to: String
        /// What the rate applies to, in BRL, half-even to twenty decimals; with ``mode``
        /// `gross-up` it contains the charge.
        public var baseBrl: String
        /// The charge in BRL, rounded once.
        public var brl: String
        /// The charge before rounding, half-even to twenty decimals.
        public var brlExact: String
    }

    /// What changed in an earlier month of the client since that month's statement.
    public struct Adjustment: Sendable, Equatable, Codable {
        /// The month that changed.
        public var originMonth: String
        /// The number of that month's statement; null when it never had one.
        public var originNumber: String?
        /// What kind of line changed.
        public var section: Section
        /// The provider, for usage.
        public var provider: String?
        /// The model, for usage.
        public var model: String?
        /// The name of the surcharge, tax or credit.
        public var name: String?
        /// Why.
        public var reason: Reason
        /// Of costs that were recorded without a call the words they were recorded with, each once;
        /// null for other reasons.
        public var words: [String]?
        /// The change of tokens and units; null where it is none of usage.
        public var quantity: Int64?
        /// The change of the cost in USD, exactly; null where it is none of usage, and where
        /// nobody knows the price.
        public var usd: String?
        /// The change in BRL, in centavos as the month's lines have them: what that month would be
        /// billed today minus what it was billed so far. Null where the quantity changed by what
        /// has no price: it is in no sum.
        public var brl: String?

        /// The section of the earlier statement.
        public enum Section: String, Sendable, Codable, CaseIterable {
            case usage, markup, surcharge, tax, credit
        }
        /// Why an earlier month changed, in the order in which changes are taken apart.
        public enum Reason: String, Sendable, Codable, CaseIterable {
            /// Calls that arrived late.
            case late = "late-usage"
            /// Costs that were recorded without a call, such as a difference to a provider's bill.
            case recorded = "recorded-cost"
            /// Calls that were reversed or corrected.
            case reversal
            /// Prices.
            case price
            /// Exchange rates.
            case rate
            /// The client's terms.
            case terms
        }
    }

    /// An amount given back on this statement.
    public struct Credit: Sendable, Equatable, Codable {
        /// Its name among the client's credits.
        public var name: String
        /// Why.
        public var reason: String
        /// The amount in BRL, negative.
        public var brl: String

        /// True where the name is made of the reason, so that the reason says it all.
        public var isNameMade: Bool { CreditTerm.isMade(name: name, of: reason) }
    }

    /// The sums of the sections, in BRL and centavos; their sum is the total.
    public struct Subtotals: Sendable, Equatable, Codable {
        /// The lines.
        public var usage = "0.00"
        /// The mark-ups.
        public var markups = "0.00"
        /// The surcharges that are charged.
        public var surcharges = "0.00"
        /// The taxes that are charged.
        public var taxes = "0.00"
        /// The adjustments of earlier months.
        public var adjustments = "0.00"
        /// The credits, zero or negative.
        public var credits = "0.00"

        /// Nothing in any section.
        public init() {}
    }

    /// What was used of a budget in the month: only budgets by month are shown.
    public struct BudgetUse: Sendable, Equatable, Codable {
        /// The budget's id.
        public var id: String
        /// `tokens`, `brl` or `usd`.
        public var unit: String
        /// The limit, as decimal text or tokens.
        public var limit: String
        /// What was used, exactly.
        public var used: String
        /// The share in percent with one decimal, truncated.
        public var percent: String
        /// True for a *limite*, which stops; false for an *orçamento*, which warns.
        public var stops: Bool
    }

    /// A rate rule and the first day it holds for in the month.
    public struct DatedRule: Sendable, Equatable, Codable {
        /// The first local day.
        public var from: String
        /// The rule.
        public var rule: String
    }
}
