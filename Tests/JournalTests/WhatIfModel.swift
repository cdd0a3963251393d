import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

/// What-if in the plainest form: every call is priced alone, twice, with what the scenario says
/// applied to that call.
struct WhatIfModel {
    /// One call on one side.
    struct Cost: Equatable {
        var usd: Int128 = 0
        var unpricedCalls: UInt64 = 0
        var unpriced: [UsageClass: UInt64] = [:]
        var hasNoPrice = false
        var quantity: UInt64 { unpriced.values.reduce(0, +) }
    }

    let model: JournalModel
    let scenario: Scenario
    let filter: UsageFilter
    let byModel: Bool
    var terms: [TermsChange] = []

    // MARK: One call

    private func prices(_ call: UsageEvent, after: Bool) -> PriceSet? {
        guard after else { return model.prices(of: call) }
        var call = call
        if let swap = scenario.swaps.first(where: {
            $0.from.provider == call.provider && $0.from.model == call.model
        }) {
            call.provider = swap.to.provider
            call.model = swap.to.model
        }
        let lasting = scenario.lastingPrices.last {
            $0.provider == call.provider && $0.model == call.model
                && $0.serviceTier == call.serviceTier && $0.effectiveFrom <= call.occurredAt
        }
        if let lasting { return lasting.prices }
        var then = model
        then.prices += scenario.entries
        return then.prices(of: call)
    }

    private func cost(_ call: UsageEvent, after: Bool) -> Cost {
        var cost = Cost()
        let prices = prices(call, after: after)
        cost.hasNoPrice = prices == nil
        cost.unpricedCalls = prices == nil && !call.tokens.isEmpty ? 1 : 0
        for usageClass in UsageClass.allCases where call.tokens[usageClass] > 0 {
            if let price = prices?.effective(usageClass) {
                cost.usd += Int128(call.tokens[usageClass]) * Int128(price.units)
            } else {
                cost.unpriced[usageClass, default: 0] += UInt64(call.tokens[usageClass])
            }
        }
        return cost
    }

    /// Of what is agreed and has begun the latest, and of equals the last; the client's own first.
    private func agreed<Value>(
        _ client: String, _ day: CivilDate, _ value: (Term) -> Value?
    ) -> Value? {
        for owner in [client, nil] {
            var best: (from: CivilDate, value: Value)?
            for change in terms where change.client == owner && change.from <= day {
                guard let found = value(change.term) else { continue }
                if change.from >= best?.from ?? change.from { best = (change.from, found) }
            }
            if let best { return best.value }
        }
        return nil
    }

    private func markup(_ client: String, _ day: CivilDate, after: Bool) -> Int64 {
        if after, let markup = scenario.markup { return markup.units }
        return agreed(client, day) {
            if case .markup(let percent) = $0 { percent.units } else { nil }
        }
            ?? 0
    }

    private func rate(_ client: String, on day: CivilDate, after: Bool) -> Int128 {
        let own: RateRule? = agreed(client, day) {
            if case .rateRule(let rule) = $0 { rule } else { nil }
        }
        let rule = (after ? scenario.rateRule : nil) ?? own ?? model.rule
        return Int128(model.rate(on: day, by: rule).units)
    }

    // MARK: Sums

    private func isAsked(_ day: CivilDate) -> Bool {
        day >= filter.from ?? day && day <= filter.to ?? day
    }

    /// Calls that are charged, whatever their day.
    private var charged: [UsageEvent] {
        model.calls.filter { $0.reversedBy == nil }.map(\.event).filter {
            !$0.wasCached && model.clients[$0.client] != nil
                && ($0.client == filter.client || filter.client == nil)
        }
    }

    private func add(
        _ cost: Cost, _ client: String, _ day: CivilDate, after: Bool,
        to sums: inout ScenarioFigures
    ) {
        sums.usd.units += cost.usd
        sums.brl.units +=
            cost.usd * rate(client, on: day, after: after)
            * Int128(1_000_000 + markup(client, day, after: after))
        sums.unpricedCalls += cost.unpricedCalls
        sums.unpricedQuantity += cost.quantity
    }

    /// The sums by client, month and model; `isComparable` is set apart.
    private func groups() -> [String: ScenarioPair] {
        var groups: [String: ScenarioPair] = [:]
        var cells: [String: (group: String, before: UInt64, after: UInt64)] = [:]
        for call in charged {
            let day = model.day(call)
            guard isAsked(day) else { continue }
            let group =
                "\(call.client) \(day.month)" + (byModel ? " \(call.provider)/\(call.model)" : "")
            let before = cost(call, after: false)
            let after = cost(call, after: true)
            var pair = groups[group] ?? ScenarioPair()
            pair.calls += 1
            add(before, call.client, day, after: false, to: &pair.before)
            add(after, call.client, day, after: true, to: &pair.after)
            groups[group] = pair
            let size = InputSizeClass(inputTokens: call.tokens.totalInput)
            let cell =
                "\(group) \(day) \(call.provider)/\(call.model) \(call.serviceTier) \(size)"
            let known = cells[cell] ?? (group, 0, 0)
            cells[cell] = (group, known.before + before.quantity, known.after + after.quantity)
        }
        for cell in cells.values where cell.before != cell.after {
            groups[cell.group]?.isComparable = false
        }
        return groups
    }

    private func budgets() -> Set<String> {
        var found: Set<String> = []
        for budget in model.budgets where budget.stops && budget.unit != .tokens {
            var days: [CivilDate: (before: Int128, after: Int128)] = [:]
            for call in charged where call.client == budget.client {
                let day = model.day(call)
                var sums = days[day] ?? (0, 0)
                let isBRL = budget.unit == .brl
                sums.before +=
                    cost(call, after: false).usd
                    * (isBRL ? rate(call.client, on: day, after: false) : 1)
                sums.after +=
                    cost(call, after: true).usd
                    * (isBRL ? rate(call.client, on: day, after: true) : 1)
                days[day] = sums
            }
            for start in Set(days.keys.map { budget.period.days(around: $0).lowerBound }) {
                let period = budget.period.days(around: start)
                let asked = (period.lowerBound.dayNumber..<period.upperBound.dayNumber)
                    .contains { isAsked(CivilDate(dayNumber: $0)) }
                guard asked else { continue }
                var sums: (before: Int128, after: Int128) = (0, 0)
                var reached: (before: CivilDate?, after: CivilDate?) = (nil, nil)
                for (day, cost) in days.sorted(by: { $0.key < $1.key })
                where period.contains(day) {
                    sums.before += cost.before
                    sums.after += cost.after
                    if sums.before >= budget.limit { reached.before = reached.before ?? day }
                    if sums.after >= budget.limit { reached.after = reached.after ?? day }
                }
                guard reached.before != reached.after else { continue }
                found.insert(
                    "\(budget.client) \(budget.id) \(start) \(sums) \(String(describing: reached))")
            }
        }
        return found
    }

    private func gaps() -> [String: UInt64] {
        var gaps: [String: UInt64] = [:]
        for call in charged where isAsked(model.day(call)) {
            let cost = cost(call, after: true)
            let key = PriceBook.Key(
                provider: call.provider, model: call.model, serviceTier: call.serviceTier)
            for (usageClass, quantity) in cost.unpriced {
                let name = cost.hasNoPrice ? "whole" : usageClass.name
                gaps["\(key.description) \(name)", default: 0] += quantity
            }
        }
        return gaps
    }

    // MARK: Comparing

    /// Holds every figure of an outcome against this.
    func require(_ outcome: ScenarioOutcome) throws {
        let groups = groups()
        var rows: [String: ScenarioPair] = [:]
        var names: [String] = []
        for row in outcome.rows {
            let name =
                "\(row.client) \(row.month)" + (row.model.map { " \($0.description)" } ?? "")
            rows[name] = row.pair
            names.append(name)
        }
        try #require(names == names.sorted() && rows.count == outcome.rows.count)
        try #require(rows == groups.filter { $0.value.isChanged }, "\(scenario)")
        var unchanged = ScenarioPair()
        var total = ScenarioPair()
        var months: [String: ScenarioPair] = [:]
        var clients: [String: ScenarioPair] = [:]
        for (name, pair) in groups {
            try total.add(pair)
            if !pair.isChanged { try unchanged.add(pair) }
            let parts = name.split(separator: " ").map(String.init)
            try clients[parts[0], default: ScenarioPair()].add(pair)
            try months[parts[1], default: ScenarioPair()].add(pair)
        }
        try #require(outcome.total == total)
        try #require(outcome.unchanged == unchanged)
        let unknown = charged.count { isAsked(model.day($0)) && $0.usageSource == .missing }
        try #require(outcome.unknownUsageCalls == UInt64(unknown))
        try #require(outcome.unchangedCount == groups.count { !$0.value.isChanged })
        func sums(_ list: [ScenarioSum]) -> [String: ScenarioPair] {
            Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0.pair) })
        }
        try #require(sums(outcome.months) == months)
        try #require(sums(outcome.clients) == clients)
        let found = Set(
            outcome.budgets.map { found in
                let sums = (before: found.before, after: found.after)
                let reached = (before: found.reachedBefore, after: found.reachedAfter)
                return "\(found.budget.client) \(found.budget.id) \(found.days.lowerBound) "
                    + "\(sums) \(String(describing: reached))"
            })
        try #require(found == budgets(), "\(scenario) \(filter)")
        let told = outcome.gaps.map {
            ("\($0.model.description) \($0.usageClass?.name ?? "whole")", $0.quantity)
        }
        try #require(Dictionary(uniqueKeysWithValues: told) == gaps())
    }

    // MARK: Dice

    static func randomTerms(
        _ model: JournalModel, now: Int64, _ random: inout SeededRandom
    ) -> [TermsChange] {
        let there = model.clients.keys.filter { model.removed[$0] == nil }.sorted()
        return (0..<random.int(0...4)).map { _ in
            TermsChange(
                client: there.isEmpty || random.once(in: 3) ? nil : random.pick(there),
                from: CivilDate(dayNumber: Int32(now / 86_400) - random.int(0...90)),
                term: random.once(in: 2)
                    ? .markup(Percent(units: random.int(-1_000_000...500_000)))
                    : .rateRule(
                        random.pick([.sameDay, .fixed(ExchangeRate(units: 543_210_000))])))
        }
    }

    private static let models = [("openai", "gpt-4o"), ("openai", "o1"), ("anthropic", "claude")]

    static func randomFilter(
        _ model: JournalModel, now: Int64, _ random: inout SeededRandom
    ) -> UsageFilter {
        var filter = UsageFilter()
        if random.once(in: 3) { filter.client = model.clients.keys.sorted().first }
        let today = CivilDate(dayNumber: Int32(now / 86_400))
        if random.once(in: 3) { filter.from = today.adding(days: -random.int(0...90)) }
        if random.once(in: 3) { filter.to = today.adding(days: -random.int(0...90)) }
        return filter
    }

    private static func prices(_ random: inout SeededRandom) -> PriceSet {
        var set = PriceSet()
        for usageClass in UsageClass.allCases where random.once(in: 3) {
            set[usageClass] = UnitPrice(units: random.int(0...60_000_000))
        }
        set[random.once(in: 6) ? .output : .input] = UnitPrice(units: random.int(1...60_000_000))
        return set
    }

    private static func entry(now: Int64, _ random: inout SeededRandom) -> PriceEntry {
        let (provider, name) = random.pick(models)
        return PriceEntry(
            provider: provider, model: name, serviceTier: random.once(in: 5) ? "batch" : "",
            effectiveFrom: Instant(seconds: now - random.int(0...8_000_000)),
            prices: prices(&random))
    }

    /// Whatever can be combined, with prices that change within a day or an hour, thresholds that
    /// part a class of sizes, and swaps onto models that have both.
    static func randomScenario(
        _ model: JournalModel, now: Int64, _ random: inout SeededRandom
    ) throws -> Scenario {
        var scenario = Scenario()
        while scenario.isEmpty {
            for _ in 0..<random.int(0...2) {
                var new = entry(now: now, &random)
                if random.once(in: 2) {
                    let above = random.pick([32_000, 100_000, 200_000, 333_333] as [UInt32])
                    new.sizes.append(.init(above: above, prices: prices(&random)))
                }
                if random.once(in: 3) {
                    let from = random.int(0...1_439)
                    new.windows.append(
                        .init(
                            fromMinute: from, toMinute: (from + random.int(1...1_400)) % 1_440,
                            prices: prices(&random)))
                }
                scenario.entries.append(new)
            }
            if random.once(in: 3) {
                var lasting = entry(now: now, &random)
                if random.once(in: 2) { lasting.effectiveFrom = .distantPast }
                scenario.lastingPrices.append(lasting)
            }
            let priced = (model.prices + scenario.entries + scenario.lastingPrices).map {
                PriceBook.Key(provider: $0.provider, model: $0.model)
            }
            var from = (models + [("openai", "unknown")]).shuffled(using: &random)
            for _ in 0..<random.int(0...2) where !priced.isEmpty {
                let (provider, name) = from.removeLast()
                let swap = ModelSwap(
                    from: PriceBook.Key(provider: provider, model: name), to: random.pick(priced))
                if swap.from != swap.to { scenario.swaps.append(swap) }
            }
            if random.once(in: 3) {
                scenario.rateRule = random.pick([
                    .fixed(ExchangeRate(units: random.int(1...900_000_000))), .sameDay,
                    .monthClose, .monthAverage, .previousBusinessDay,
                ])
            }
            if random.once(in: 3) {
                scenario.markup = Percent(units: random.int(-1_000_000...2_000_000))
            }
        }
        return scenario
    }
}
