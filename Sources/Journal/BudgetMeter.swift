import Ledger
import Money

/// What one call adds to each of its client's budgets.
///
/// Keeps, for each client and each combination of client and model it meets, what is needed to
/// price a call and to find its balances without looking anything up by name again. Made anew
/// whenever a control event changes the state or the table of balances is emptied. Owned by the
/// writer's thread.
struct BudgetMeter {
    /// An amount for one balance.
    struct Posting {
        /// Its number in the ``BalanceTable``.
        var balance: Int
        var amount: Int128
        var unpriced: Bool
    }

    /// How a client stands.
    enum Standing { case known, unknown, removed }

    /// The amounts of the call that was measured last.
    private(set) var postings: [Posting] = []
    private let state: LedgerState
    private var table = DimensionTable()
    private var subjects: [Subject] = []
    private var accounts: [Account] = []
    private var accountNumbers: [String: Int] = [:]
    private var rates: [RateKey: ExchangeRate] = [:]
    /// Clients are known by their id, so a call of a client without budgets costs one look-up.
    private let hasBudgets: Bool

    init(state: LedgerState) {
        self.state = state
        hasBudgets = state.budgets.contains { !$0.value.isEmpty }
    }

    /// How many combinations it remembers; who owns it bounds them.
    var size: Int { subjects.count + accounts.count }

    /// Leaves the amounts of a call in ``postings``, unless its client is unknown.
    mutating func measure(
        _ payload: RawSpan, _ facts: UsageFacts, occurredAt: Instant,
        _ balances: inout BalanceTable, load: (BalanceKey) throws -> BudgetBalance
    ) throws -> Standing {
        postings.removeAll(keepingCapacity: true)
        let found = try table.index(of: payload, facts)
        if found.isNew {
            let client = try payload.text(UsageFacts.dimensionsOffset, facts.clientLength)
            subjects.append(
                try Subject(state, account: account(of: client), client, facts, payload))
        }
        let index = found.index
        let number = subjects[index].account
        guard number >= 0 else { return .unknown }
        let standing = accounts[number].standing
        guard hasBudgets, !facts.wasCached, !accounts[number].units.isEmpty else {
            return standing
        }
        try move(number, to: occurredAt, &balances, load: load)
        let tokens = try facts.tokens(payload)
        let usd: Amount<USD>? = try subjects[index].cost(
            of: tokens, at: occurredAt, state.prices)
        let unpriced = usd == nil && !tokens.isEmpty
        for place in accounts[number].units.indices {
            let unit = accounts[number].units[place]
            let amount: Int128
            switch unit {
            case .tokens: amount = Int128(tokens.totalTokens)
            case .usd: amount = usd?.units ?? 0
            case .brl: amount = try (usd ?? .zero).converted(at: accounts[number].rate).units
            }
            postings.append(
                Posting(
                    balance: accounts[number].balances[place], amount: amount,
                    unpriced: unpriced && unit != .tokens))
        }
        return standing
    }

    /// Leaves in ``postings`` what a hold asks of each budget of its client. Nil when the client is
    /// unknown; otherwise the budgets in the order of the postings, the day the hold is for, and
    /// how the client stands.
    mutating func measure(
        _ hold: Hold, _ balances: inout BalanceTable, load: (BalanceKey) throws -> BudgetBalance
    ) throws -> (budgets: [Budget], day: CivilDate, standing: Standing)? {
        postings.removeAll(keepingCapacity: true)
        let number = account(of: hold.client)
        guard number >= 0 else { return nil }
        try move(number, to: hold.at, &balances, load: load)
        for (budget, balance) in zip(accounts[number].budgets, accounts[number].balances) {
            let amount = try hold.amount(in: budget.unit, rate: accounts[number].rate)
            postings.append(Posting(balance: balance, amount: amount, unpriced: false))
        }
        return (accounts[number].budgets, accounts[number].day, accounts[number].standing)
    }

    /// The number of a client's account; -1 when nobody registered the client.
    private mutating func account(of client: String) -> Int {
        if let known = accountNumbers[client] { return known }
        guard let found = state.clients[client] else { return -1 }
        accounts.append(Account(found, budgets: state.budgets[client] ?? []))
        accountNumbers[client] = accounts.count - 1
        return accounts.count - 1
    }

    /// Takes an account to the day of an instant.
    @inline(__always)
    private mutating func move(
        _ number: Int, to instant: Instant, _ balances: inout BalanceTable,
        load: (BalanceKey) throws -> BudgetBalance
    ) throws {
        guard !accounts[number].holds(instant) else { return }
        try accounts[number].move(to: instant, &balances, load: load)
        let day = accounts[number].day
        let rule = state.rateRule(of: accounts[number].client, on: day)
        if let known = rates[RateKey(day: day, rule: rule)] {
            accounts[number].rate = known
        } else {
            let rate = state.rates.rate(for: day, rule: rule).rate
            rates[RateKey(day: day, rule: rule)] = rate
            accounts[number].rate = rate
        }
    }
}

/// What a rate was looked up by.
private struct RateKey: Hashable {
    let day: CivilDate
    let rule: RateRule
}

/// A client's budgets, and what holds for its calls of the moment.
private struct Account {
    let client: String
    let standing: BudgetMeter.Standing
    let budgets: [Budget]
    /// Of each budget, what it counts: the one thing of it that every call needs.
    let units: [Budget.Unit]
    /// Of each budget, its balance in the period of ``day``.
    private(set) var balances: [Int] = []
    private(set) var day = CivilDate(dayNumber: 0)
    var rate = RateBook.lastResort
    private let calendar: ClientCalendar
    private var dayStart = Int64.max
    private var dayEnd = Int64.min

    init(_ client: LedgerState.Client, budgets: [Budget]) {
        self.client = client.record.id
        standing = client.removedAt == nil ? .known : .removed
        self.budgets = budgets
        units = budgets.map(\.unit)
        calendar = client.calendar
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
}

/// One combination of client and model, and the prices of the moment.
private struct Subject {
    /// The number of the client's account; -1 when nobody registered the client.
    let account: Int
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

    init(
        _ state: LedgerState, account: Int, _ client: String, _ facts: UsageFacts,
        _ payload: RawSpan
    ) throws {
        self.account = account
        key = PriceBook.Key(
            provider: try payload.text(facts.providerOffset, facts.providerLength),
            model: try payload.text(facts.modelOffset, facts.modelLength),
            serviceTier: try payload.text(facts.tierOffset, facts.tierLength))
        history = (state.budgets[client] ?? []).isEmpty ? [] : state.prices.history(key)
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
