import Ledger
import Money

/// Cells priced on two sides, summed by client, month and, where asked, model.
///
/// Cells come in the order of the views: by client, day and model. What holds for a client's day is
/// looked up once for it; names are numbers, as ``CellKeyReader`` gives them.
struct ScenarioComparison {
    /// Which days and rates a client goes by.
    private struct Kind: Equatable {
        let calendar: ClientCalendar
        let rule: RateRule
    }

    /// What is known of a local day for all clients of one kind.
    private struct Day {
        let extent: Range<Instant>
        let month: CivilMonth
        let isAsked: Bool
        let before: ExchangeRate
        let after: ExchangeRate
    }

    /// A cell's cost on one side.
    private struct Cost {
        var usd = Amount<USD>.zero
        var unpricedCalls: UInt64 = 0
        var unpricedQuantity: UInt64 = 0
    }

    /// What a row is of, apart from its sums, so that adding to a sum touches no text.
    private struct RowName {
        let client: Int
        let month: CivilMonth
        let group: Int
    }

    /// The days to be read: those that are asked and what belongs to the same budgets' periods.
    let scanned: Range<CivilDate>
    private let asked: Range<CivilDate>
    private let scenario: Scenario
    private let state: LedgerState
    private let bookThen: PriceBook
    private var now: Rating
    private var then: Rating
    private var outcome: ScenarioOutcome

    private var models: [PriceBook.Key] = []
    private var isAffected: [Bool] = []
    private var isUsed: [Bool] = []
    /// Of each model its row within a client's month: all in one, or each name one.
    private var groups: [Int] = []
    private var groupNames: [PriceBook.Key] = []
    /// Of each model and class, what the scenario has no price for; behind the classes stands what
    /// no class has a price for.
    private var gaps: [UInt64] = []
    private static let gapsOfModel = UsageClass.allCases.count + 1

    private var clients: [String] = []
    private var kinds: [Kind] = []
    /// The days that were met, by kind.
    private var days: [[CivilDate: Day]] = []

    private var provisionalDays: Set<CivilDate> = []

    private var names: [RowName] = []
    private var sums: [ScenarioPair] = []
    /// The rows of the client and month of the moment, by group; -1 where there is none yet.
    private var current: [Int] = []

    private var client = -1
    /// The client's calendar; nil for a client that is not registered.
    private var calendar: ClientCalendar?
    /// Its kind on the day of the moment; its rule may change, but seldom does.
    private var kind: Int?
    private var month: CivilMonth?
    private var date: CivilDate?
    /// The day of the moment; nil for a client that is not registered.
    private var day: Day?
    private var factorBefore: ChargeFactor
    private var factorAfter: ChargeFactor
    private var watch = BudgetWatch([], asked: ViewSnapshot.allDays)
    private var spentBefore = BudgetWatch.DayCost()
    private var spentAfter = BudgetWatch.DayCost()

    init(
        _ scenario: Scenario, _ state: LedgerState, _ filter: UsageFilter, byModel: Bool,
        after place: SequenceNumber
    ) throws {
        self.scenario = scenario
        self.state = state
        asked = filter.days
        scanned = Self.wholePeriods(of: state, filter)
        bookThen = scenario.book(from: state.prices, after: place)
        now = Rating(book: state.prices)
        then = Rating(book: bookThen)
        outcome = ScenarioOutcome(
            scenario: scenario, client: filter.client, from: filter.from, to: filter.to,
            rateRule: state.rateRule, isByModel: byModel)
        if let client = filter.client {
            outcome.rateRule = state.rateRule(of: client, on: asked.upperBound.adding(days: -1))
        }
        factorBefore = try ChargeFactor(rate: RateBook.lastResort, markup: .zero)
        factorAfter = factorBefore
    }

    private static func wholePeriods(
        of state: LedgerState, _ filter: UsageFilter
    ) -> Range<CivilDate> {
        let all = filter.client.map { state.budgets[$0] ?? [] }
        var days = filter.days
        for budget in all ?? state.budgets.values.flatMap({ $0 }) where BudgetWatch.watches(budget)
        {
            if let from = filter.from {
                let start = budget.period.days(around: from).lowerBound
                days = min(days.lowerBound, start)..<days.upperBound
            }
            if let to = filter.to {
                let end = budget.period.days(around: to).upperBound
                days = days.lowerBound..<max(days.upperBound, end)
            }
        }
        return days
    }

    /// What was found; to be asked once, at the end.
    mutating func finish() throws -> ScenarioOutcome {
        try closeClient()
        var months: [CivilMonth: ScenarioPair] = [:]
        var shares = Array(repeating: ScenarioPair(), count: clients.count)
        for (name, pair) in zip(names, sums) {
            try outcome.total.add(pair)
            try months[name.month, default: ScenarioPair()].add(pair)
            try shares[name.client].add(pair)
            guard pair.isChanged else {
                outcome.unchangedCount += 1
                try outcome.unchanged.add(pair)
                continue
            }
            outcome.rows.append(
                ScenarioRow(
                    client: clients[name.client], month: name.month,
                    model: outcome.isByModel ? groupNames[name.group] : nil, pair: pair))
        }
        outcome.rows.sort()
        outcome.months = months.sorted { $0.key < $1.key }.map {
            ScenarioSum(name: $0.key.description, pair: $0.value)
        }
        outcome.clients = zip(clients, shares).filter { $0.1.calls > 0 }.map {
            ScenarioSum(name: $0.0, pair: $0.1)
        }
        outcome.gaps = foundGaps
        outcome.provisionalDays = provisionalDays.count
        outcome.listPriceClients = outcome.clients.map(\.name).filter { client in
            (state.terms.history(of: client) + state.terms.history(of: nil)).contains {
                if case .price = $0.change.term { true } else { false }
            }
        }
        outcome.unusedModels = unusedModels
        return outcome
    }
}

// One cell.
extension ScenarioComparison {
    mutating func add(
        _ reader: inout CellKeyReader, _ bytes: RawSpan, _ snapshot: ViewSnapshot
    ) throws {
        guard !reader.wasCached else { return }
        if reader.clientNumber != client || reader.day != date { try move(to: reader) }
        guard let day, day.isAsked || !watch.isEmpty else { return }
        let model = reader.modelNumber
        if model >= models.count { meetModels(reader) }
        let cell = try CellCodec.decode(bytes, withLatencies: false)
        // Calls that were all taken back leave a cell of nothing.
        guard cell.calls > 0 else { return }
        let before = try Self.cost(cell, &now, reader, day, state, snapshot)
        let after =
            isAffected[model]
            ? try Self.cost(cell, &then, reader, day, state, snapshot) : before
        if !watch.isEmpty { try spend(before, after) }
        guard day.isAsked else { return }
        isUsed[model] = true
        outcome.unknownUsageCalls += cell.missingUsage
        if after.unpricedQuantity > 0 { try noteGaps(cell, reader, day, snapshot) }
        let row = row(of: groups[model], day.month)
        sums[row].calls += cell.calls
        try Self.add(before, factorBefore, to: &sums[row].before)
        try Self.add(after, factorAfter, to: &sums[row].after)
        if before.unpricedQuantity != after.unpricedQuantity { sums[row].isComparable = false }
    }

    private static func add(
        _ cost: Cost, _ factor: ChargeFactor, to figures: inout ScenarioFigures
    ) throws(MoneyError) {
        try figures.usd.add(cost.usd)
        try figures.brl.add(cost.usd.charged(at: factor))
        figures.unpricedCalls += cost.unpricedCalls
        figures.unpricedQuantity += cost.unpricedQuantity
    }

    private mutating func spend(_ before: Cost, _ after: Cost) throws(MoneyError) {
        try spentBefore.usd.add(before.usd)
        try spentAfter.usd.add(after.usd)
        if before.unpricedQuantity > 0 || after.unpricedQuantity > 0 {
            spentAfter.isPartial = true
        }
    }

    private static func cost(
        _ cell: UsageCell, _ rating: inout Rating, _ reader: CellKeyReader, _ day: Day,
        _ state: LedgerState, _ snapshot: ViewSnapshot
    ) throws -> Cost {
        var cost = Cost()
        switch rating.answer(model: reader.modelNumber, of: reader, in: day.extent) {
        case .constant(let prices): try add(Charge(prices: prices, cell: cell), to: &cost)
        case .unpriced: try add(Charge(prices: nil, cell: cell), to: &cost)
        case .varies:
            for charge in try charges(cell, &rating, reader, state, snapshot) {
                try add(charge, to: &cost)
            }
        }
        return cost
    }

    private static func add(_ charge: Charge, to cost: inout Cost) throws(MoneyError) {
        var missing: UInt64 = 0
        try cost.usd.add(charge.cost { missing += $1 })
        cost.unpricedQuantity += missing
        if charge.prices == nil { cost.unpricedCalls += charge.calls }
    }

    private static func charges(
        _ cell: UsageCell, _ rating: inout Rating, _ reader: CellKeyReader, _ state: LedgerState,
        _ snapshot: ViewSnapshot
    ) throws -> [Charge] {
        let key = reader.key
        guard let calendar = state.clients[key.client]?.calendar else { return [] }
        return try rating.charges(for: key, cell, calendar: calendar, source: snapshot)
    }

    /// Keeps what of a cell the scenario has no price for. Rare, so it may price the cell again.
    private mutating func noteGaps(
        _ cell: UsageCell, _ reader: CellKeyReader, _ day: Day, _ snapshot: ViewSnapshot
    ) throws {
        let first = reader.modelNumber * Self.gapsOfModel
        for charge in try Self.charges(cell, &then, reader, state, snapshot) {
            let isWhole = charge.prices == nil
            _ = try charge.cost { usageClass, quantity in
                let place = isWhole ? Self.gapsOfModel - 1 : Int(usageClass.rawValue)
                gaps[first + place] += quantity
            }
        }
    }
}

// What cells have in common.
extension ScenarioComparison {
    /// Goes to the client and day of a cell.
    private mutating func move(to reader: CellKeyReader) throws {
        try closeDay()
        if reader.clientNumber != client {
            try closeClient()
            client = reader.clientNumber
            while clients.count < reader.clients.count {
                clients.append(reader.clients[clients.count])
            }
            calendar = state.clients[clients[client]]?.calendar
            kind = nil
            watch = BudgetWatch(state.budgets[clients[client]] ?? [], asked: asked)
            month = nil
        }
        date = reader.day
        day = findDay(reader.day)
        guard let day else { return }
        if month != day.month {
            month = day.month
            for index in current.indices { current[index] = -1 }
        }
        let agreed =
            state.terms.isEmpty
            ? .zero : state.terms.markup(of: clients[client], on: reader.day)
        factorBefore = try ChargeFactor(rate: day.before, markup: agreed)
        factorAfter = try ChargeFactor(rate: day.after, markup: scenario.markup ?? agreed)
    }

    private mutating func closeDay() throws(MoneyError) {
        guard !watch.isEmpty, let date, let day else { return }
        spentBefore.brl = try spentBefore.usd.converted(at: day.before)
        spentAfter.brl = try spentAfter.usd.converted(at: day.after)
        try watch.add(date, before: spentBefore, after: spentAfter)
        spentBefore = BudgetWatch.DayCost()
        spentAfter = BudgetWatch.DayCost()
    }

    private mutating func closeClient() throws(MoneyError) {
        try closeDay()
        outcome.budgets += watch.finish()
        day = nil
        date = nil
    }

    private mutating func findDay(_ date: CivilDate) -> Day? {
        guard let calendar else { return nil }
        let kind = findKind(calendar, state.rateRule(of: clients[client], on: date))
        if let known = days[kind][date] { return known }
        let before = state.rates.rate(for: date, rule: kinds[kind].rule)
        let after =
            scenario.rateRule.map { state.rates.rate(for: date, rule: $0) } ?? before
        let day = Day(
            extent: calendar.interval(of: date), month: date.month,
            isAsked: asked.contains(date), before: before.rate, after: after.rate)
        if day.isAsked, kinds[kind].rule != outcome.rateRule { outcome.hasOtherRules = true }
        if day.isAsked, before.status == .provisional || after.status == .provisional {
            provisionalDays.insert(date)
        }
        days[kind][date] = day
        return day
    }

    /// The number of the client's kind; there are few, as there are few zones and rules.
    private mutating func findKind(_ calendar: ClientCalendar, _ rule: RateRule) -> Int {
        if let kind, kinds[kind].rule == rule { return kind }
        let wanted = Kind(calendar: calendar, rule: rule)
        let known = kinds.firstIndex(of: wanted)
        if known == nil {
            kinds.append(wanted)
            days.append([:])
        }
        let number = known ?? kinds.count - 1
        kind = number
        return number
    }

    private mutating func meetModels(_ reader: CellKeyReader) {
        while models.count < reader.models.count {
            let model = reader.models[models.count]
            models.append(model)
            isUsed.append(false)
            isAffected.append(
                scenario.hasPrices
                    && state.prices.history(model).map(\.entry)
                        != bookThen.history(model).map(\.entry)
            )
            gaps += Array(repeating: 0, count: Self.gapsOfModel)
            let name = PriceBook.Key(provider: model.provider, model: model.model)
            let known =
                outcome.isByModel ? groupNames.firstIndex(of: name) : groupNames.indices.first
            if known == nil { groupNames.append(name) }
            groups.append(known ?? groupNames.count - 1)
        }
    }

    private mutating func row(of group: Int, _ month: CivilMonth) -> Int {
        while current.count <= group { current.append(-1) }
        if current[group] >= 0 { return current[group] }
        names.append(RowName(client: client, month: month, group: group))
        sums.append(ScenarioPair())
        current[group] = sums.count - 1
        return current[group]
    }

    private var foundGaps: [ScenarioGap] {
        var found: [ScenarioGap] = []
        for (number, model) in models.enumerated() {
            for place in 0..<Self.gapsOfModel {
                let quantity = gaps[number * Self.gapsOfModel + place]
                guard quantity > 0 else { continue }
                found.append(
                    ScenarioGap(
                        model: model, pricedAs: scenario.swap(of: model, in: state.prices)?.to,
                        usageClass: UsageClass(rawValue: UInt8(place)), quantity: quantity))
            }
        }
        return found.sorted {
            $0.model == $1.model
                ? ($0.usageClass?.rawValue ?? 255) < ($1.usageClass?.rawValue ?? 255)
                : $0.model < $1.model
        }
    }

    /// What the scenario names and nobody used.
    private var unusedModels: [PriceBook.Key] {
        let used = zip(models, isUsed).filter(\.1).map(\.0)
        func isCalled(_ name: PriceBook.Key, inTier tier: String?) -> Bool {
            used.contains {
                Scenario.covers(name, $0, in: state.prices)
                    && (tier == nil || tier == $0.serviceTier)
            }
        }
        let priced = scenario.lastingPrices.map {
            PriceBook.Key(provider: $0.provider, model: $0.model, serviceTier: $0.serviceTier)
        }
        return priced.filter { !isCalled($0, inTier: $0.serviceTier) }
            + scenario.swaps.map(\.from).filter { !isCalled($0, inTier: nil) }
    }
}
