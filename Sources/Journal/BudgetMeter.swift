import Ledger
import Money

/// What one call adds to each of its client's budgets.
///
/// Keeps, for each combination of client and model it meets, what is needed to price a call and to
/// find its balances without looking anything up by name again. Made anew whenever a control event
/// changes the state or the table of balances is emptied. Owned by the writer's thread.
struct BudgetMeter {
    /// An amount for one balance.
    struct Posting {
        /// Its number in the ``BalanceTable``.
        var balance: Int
        var amount: Int128
        var unpriced: Bool
    }

    /// The amounts of the call that was measured last.
    private(set) var postings: [Posting] = []
    private let state: LedgerState
    private var table = DimensionTable()
    private var subjects: [Subject] = []
    private var rates: [CivilDate: ExchangeRate] = [:]
    /// Clients are known by their id, so a call of a client without budgets costs one look-up.
    private let hasBudgets: Bool

    init(state: LedgerState) {
        self.state = state
        hasBudgets = state.budgets.contains { !$0.value.isEmpty }
    }

    /// Leaves the amounts of a call in ``postings``; false when its client is unknown.
    mutating func measure(
        _ payload: RawSpan, version: UInt8, occurredAt: Instant, _ balances: inout BalanceTable,
        load: (BalanceKey) throws -> BudgetBalance
    ) throws -> Bool {
        postings.removeAll(keepingCapacity: true)
        let facts = try UsageFacts(payload, version: version)
        let found = try table.index(of: payload, facts)
        if found.isNew { subjects.append(try Subject(state, facts, payload)) }
        let index = found.index
        guard subjects[index].isKnown else { return false }
        guard hasBudgets, !facts.wasCached, !subjects[index].budgets.isEmpty else { return true }
        if !subjects[index].holds(occurredAt) {
            try subjects[index].move(to: occurredAt, &balances, load: load)
            subjects[index].rate = rate(on: subjects[index].day)
        }
        let tokens = try facts.tokens(payload)
        let usd: Amount<USD>? = try subjects[index].cost(
            of: tokens, at: occurredAt, state.prices)
        let unpriced = usd == nil && !tokens.isEmpty
        for (budget, balance) in zip(subjects[index].budgets, subjects[index].balances) {
            let amount: Int128
            switch budget.unit {
            case .tokens: amount = Int128(tokens.totalTokens)
            case .usd: amount = usd?.units ?? 0
            case .brl: amount = try (usd ?? .zero).converted(at: subjects[index].rate).units
            }
            postings.append(
                Posting(
                    balance: balance, amount: amount,
                    unpriced: unpriced && budget.unit != .tokens))
        }
        return true
    }

    private mutating func rate(on day: CivilDate) -> ExchangeRate {
        if let known = rates[day] { return known }
        let rate = state.rates.rate(for: day, rule: state.rateRule).rate
        rates[day] = rate
        return rate
    }
}

/// One combination of client and model, and what holds for its calls of the moment.
private struct Subject {
    let isKnown: Bool
    let budgets: [Budget]
    /// Of each budget, its balance in the period of ``day``.
    private(set) var balances: [Int] = []
    private(set) var day = CivilDate(dayNumber: 0)
    var rate = RateBook.lastResort
    private let calendar: ClientCalendar?
    private var dayStart = Int64.max
    private var dayEnd = Int64.min
    private let key: PriceBook.Key
    private let history: [PriceBook.Known]
    private var prices = Prices.none
    private var pricesStart = Int64.max
    private var pricesEnd = Int64.min

    private enum Prices {
        case none
        /// The same for every call.
        case flat(PriceSet)
        /// They depend on the hour or on the input's size.
        case various
    }

    init(_ state: LedgerState, _ facts: UsageFacts, _ payload: RawSpan) throws {
        let client = try payload.text(UsageFacts.dimensionsOffset, facts.clientLength)
        key = PriceBook.Key(
            provider: try payload.text(facts.providerOffset, facts.providerLength),
            model: try payload.text(facts.modelOffset, facts.modelLength),
            serviceTier: try payload.text(facts.tierOffset, facts.tierLength))
        let known = state.clients[client]
        isKnown = known != nil
        calendar = known?.calendar
        budgets = state.budgets[client] ?? []
        history = budgets.isEmpty ? [] : state.prices.history(key)
    }

    /// True when an instant lies in the day that ``balances`` and ``rate`` are for.
    func holds(_ instant: Instant) -> Bool {
        instant.nanoseconds >= dayStart && instant.nanoseconds < dayEnd
    }

    /// Goes to the day of an instant.
    mutating func move(
        to instant: Instant, _ table: inout BalanceTable,
        load: (BalanceKey) throws -> BudgetBalance
    ) throws {
        guard let calendar else { return }
        day = calendar.day(of: instant)
        balances.removeAll(keepingCapacity: true)
        for budget in budgets {
            let key = BalanceKey(
                client: budget.client, budget: budget.id,
                period: budget.period.days(around: day).lowerBound)
            balances.append(try table.number(of: key, load: load))
        }
        let interval = calendar.interval(of: day)
        dayStart = interval.lowerBound.nanoseconds
        dayEnd = interval.upperBound.nanoseconds
    }

    /// What a call costs; nil where the book has no price.
    mutating func cost(
        of tokens: TokenCounts, at instant: Instant, _ book: PriceBook
    ) throws(MoneyError) -> Amount<USD>? {
        if instant.nanoseconds < pricesStart || instant.nanoseconds >= pricesEnd {
            findPrices(at: instant)
        }
        switch prices {
        case .none: return nil
        case .flat(let prices): return try prices.cost(of: tokens)
        case .various:
            return try book.prices(key, at: instant, inputTokens: tokens.totalInput)?
                .cost(of: tokens)
        }
    }

    /// Finds the entry that counts at an instant, and how long it does.
    private mutating func findPrices(at instant: Instant) {
        let index = history.lastIndex { $0.entry.effectiveFrom <= instant }
        let next = history.index(after: index ?? -1)
        pricesStart = index.map { history[$0].entry.effectiveFrom.nanoseconds } ?? .min
        pricesEnd = next < history.count ? history[next].entry.effectiveFrom.nanoseconds : .max
        guard let index else {
            prices = .none
            return
        }
        let entry = history[index].entry
        prices =
            entry.windows.isEmpty && entry.sizes.isEmpty ? .flat(entry.prices) : .various
    }
}
