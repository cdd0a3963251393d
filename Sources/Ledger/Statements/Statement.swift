/// A client's month, ready to be rendered: every figure of every format comes from this one value.
///
/// Money is decimal text with all its digits. Encoded with snake-case names it is the JSON of
/// `razao report --format json`; ``digest`` covers all the rest.
public struct Statement: Sendable, Equatable, Codable {
    /// The form of this document; goes up when a field changes its meaning.
    public var formatVersion = Statement.currentFormat
    /// Who issues it, as of the month; nil while nobody said so.
    public var issuer: Issuer?
    /// `yyyy-mm/000123` once the month is closed.
    public var number: String?
    /// The client's id.
    public var client: String
    /// The client's name, if known.
    public var clientName: String?
    /// The client's CNPJ, fourteen characters, if known.
    public var clientCnpj: String?
    /// The client's address, one line, if known.
    public var clientAddress: String?
    /// The month, `yyyy-mm`.
    public var month: String
    /// The IANA zone that month and days go by.
    public var timeZone: String
    /// The first instant of the month, RFC 3339.
    public var periodStart: String
    /// The first instant after the month, RFC 3339.
    public var periodEnd: String
    /// `open` until the month is closed.
    public var status: String
    /// When it was closed, RFC 3339.
    public var closedAt: String?
    /// True when it was closed though calls were without a price or of unknown usage.
    public var acceptedUnpriced = false
    /// What was used, by provider, model, tier, kind and unit price.
    public var lines: [Line]
    /// Mark-ups on ``lines``, one for each stretch of days with the same percentage.
    public var markups: [Charge] = []
    /// Surcharges, in the order of their names.
    public var surcharges: [Charge] = []
    /// Taxes, in the order of their names.
    public var taxes: [Charge] = []
    /// What changed in earlier months since their statements.
    public var adjustments: [Adjustment] = []
    /// What is given back.
    public var credits: [Credit] = []
    /// The sums of the sections above.
    public var subtotals: Subtotals
    /// What the lines' usage costs at the providers, in USD, exactly.
    public var totalUsd: String
    /// What is due: the sum of all rounded lines of all sections, in BRL.
    public var totalBrl: String
    /// The same before any rounding, half-even to twenty decimals where a gross-up has more. What
    /// is fixed in centavos (adjustments and credits) stands in it as it is.
    public var totalBrlExact: String
    /// `total_brl` minus `total_brl_exact`.
    public var roundingDifferenceBrl: String
    /// All calls.
    public var calls: UInt64
    /// Calls that failed.
    public var failedCalls: UInt64
    /// Calls that the response cache answered; they cost nothing.
    public var cachedCalls: UInt64
    /// Calls whose cost is unknown because the book has no price for the model.
    public var unpricedCalls: UInt64
    /// Calls whose consumption nobody knows.
    public var unknownUsageCalls: UInt64
    /// Calls whose consumption was estimated.
    public var estimatedUsageCalls: UInt64
    /// What the response cache and the providers' prompt caches saved; informative.
    public var savings: Savings
    /// One entry for each local day with cost: the rate that converted it and what it came to.
    public var days: [Day]
    /// The client's budgets by month as they were at its end, in the order of their ids. They count
    /// cost without mark-ups and charges.
    public var budgets: [BudgetUse] = []
    /// Which day's rate converts usage; where it changed in the month, the last day's rule.
    public var rateRule: String
    /// Every rule of the month with its first day, where there is more than one.
    public var rateRules: [DatedRule] = []
    /// How lines were rounded.
    public var rounding: String
    /// The lowest sequence number of the client's calls of this month, and of what takes them back;
    /// 0 without calls.
    public var firstSequence: UInt64
    /// The highest sequence number of the client's calls of this month, and of what takes them
    /// back; 0 without calls.
    public var lastSequence: UInt64
    /// How far the log was read for this document.
    public var logSequence: UInt64
    /// The chain value at that place, hexadecimal.
    public var logHead: String
    /// The digest of the client's statement before this one; nil for its first and while open.
    public var previousDigest: String?
    /// SHA-256 of this document without this field, as canonical JSON, hexadecimal.
    public var digest: String

    /// One line: a kind of usage of a model at one price.
    public struct Line: Sendable, Equatable, Codable {
        /// Who answered.
        public var provider: String
        /// The model that answered.
        public var model: String
        /// The service tier, empty for the standard one.
        public var serviceTier: String
        /// The class of usage, such as `input` or `cache_read`; `adjustment` for a cost that was
        /// recorded without a call, whose ``quantity`` is 0.
        public var kind: String
        /// Tokens or units.
        public var quantity: UInt64
        /// USD per million; null when the book has no price.
        public var unitPriceUsdPerMillion: String?
        /// BRL per million where the client has a price list in reais for the model: then ``brl``
        /// is quantity times this, and no rate plays a part.
        public var unitPriceBrlPerMillion: String?
        /// Exact cost in USD; null when unpriced.
        public var usd: String?
        /// Reais for a dollar; with ``rateIsAverage`` the weighted mean of the days' rates, rounded
        /// to eight decimals for reading (``brlExact`` comes from the days, not from this).
        public var rateBrlPerUsd: String?
        /// True when days with different rates are in the line.
        public var rateIsAverage: Bool
        /// The day of the quote where one quote, or the mean of a month's, serves the whole line.
        public var rateDate: String?
        /// Cost in BRL, rounded once; null when unpriced.
        public var brl: String?
        /// Exact cost in BRL; null when unpriced.
        public var brlExact: String?
        /// The line by local day, so that it can be recomputed.
        public var days: [LineDay]
        /// Of a cost that was recorded without a call why, each reason once; null for usage.
        public var words: [String]?
    }

    /// A line's share of one local day.
    public struct LineDay: Sendable, Equatable, Codable {
        /// The local day.
        public var date: String
        /// Tokens or units.
        public var quantity: UInt64
        /// Exact cost in USD; null when unpriced.
        public var usd: String?
        /// Exact cost in BRL; null when unpriced.
        public var brlExact: String?
    }

    /// One local day with usage and the rate that converted it.
    public struct Day: Sendable, Equatable, Codable {
        /// The local day.
        public var date: String
        /// All calls of the day.
        public var calls: UInt64
        /// Exact cost in USD.
        public var usd: String
        /// Reais for a dollar.
        public var rateBrlPerUsd: String
        /// The day of the quote; of a month's mean that of its last one; null for a contract's or a
        /// provisional rate.
        public var rateDate: String?
        /// Who published it.
        public var rateSource: String
        /// `final`, `stale` (defasada) or `provisional` (provisória).
        public var rateStatus: AppliedRate.Status
        /// What is charged for the day in BRL, exactly: the sum of the lines' shares of it.
        public var brlExact: String
    }

    /// What caches saved at the prices of the same day; no part of any total.
    public struct Savings: Sendable, Equatable, Codable {
        /// Tokens that the response cache answered.
        public var responseCacheTokens: UInt64
        /// What they would have cost in USD.
        public var responseCacheUsd: String
        /// What they would have cost in BRL.
        public var responseCacheBrlExact: String
        /// Input tokens that the providers' prompt caches served.
        public var promptCacheTokens: UInt64
        /// How much less they cost than plain input, in USD.
        public var promptCacheUsd: String
        /// How much less they cost than plain input, in BRL.
        public var promptCacheBrlExact: String
    }
}
