import Ledger
import Money

/// Puts an outcome into words and figures, for a ``WhatIfPresentation``.
struct WhatIfMaker {
    let outcome: ScenarioOutcome
    let words: WhatIfWording
    let format: FigureFormat
    private let usdDecimals: Int

    init(_ outcome: ScenarioOutcome, _ language: StatementLanguage) {
        self.outcome = outcome
        words = WhatIfWording(language)
        format = FigureFormat(language)
        usdDecimals = Self.usdDecimals(outcome)
    }

    /// Cents where sums are large, four decimals where cents would hide them.
    static func usdDecimals(_ outcome: ScenarioOutcome) -> Int {
        let most = max(outcome.total.before.usd, outcome.total.after.usd)
        return most.cents(.truncate) >= 10_000 ? 2 : 4
    }

    // MARK: Above the table

    var period: String {
        switch (outcome.from, outcome.to) {
        case (nil, nil): words[.always]
        case (let from?, nil): words.fill(.fromDay, format.date(from))
        case (nil, let to?): words.fill(.toDay, format.date(to))
        case (let from?, let to?): words.fill(.days, format.date(from), format.date(to))
        }
    }

    var facts: [Presentation.Fact] {
        let scenario = outcome.scenario
        var facts: [Presentation.Fact] = []
        func add(_ label: WhatIfLabel, _ value: String) {
            facts.append(.init(label: words[label], value: value.cleaned))
        }
        if !scenario.entries.isEmpty {
            add(.prices, words.fill(.priceEntries, format.integer(scenario.entries.count)))
        }
        for entry in scenario.lastingPrices {
            let prices = UsageClass.allCases.compactMap { usageClass in
                entry.prices[usageClass].map {
                    "\(words.statement.kind(usageClass.name)) "
                        + format.decimal($0.text, decimals: 2...6)
                }
            }.joined(separator: ", ")
            let name = entry.priceKey.description
            add(
                .prices,
                entry.isTimeless
                    ? words.fill(.lasting, name, prices)
                    : words.fill(.lastingFrom, name, entry.effectiveFrom.description, prices))
        }
        for swap in scenario.swaps {
            add(.swaps, words.fill(.swap, swap.from.description, swap.to.description))
        }
        let rule = words.statement.rateRule(outcome.rateRule.description)
        let ruleNow =
            outcome.hasOtherRules
            ? words.fill(outcome.client == nil ? .ownRules : .datedRules, rule) : rule
        add(
            .rate,
            scenario.rateRule.map {
                words.fill(.rateNow, words.statement.rateRule($0.description), ruleNow)
            } ?? "\(ruleNow) (\(words[.unchanged]))")
        if let markup = scenario.markup {
            add(.markup, words.fill(.markupOf, format.decimal(markup.text, decimals: 0...4)))
        }
        return facts
    }

    var warnings: [String] {
        var warnings = outcome.gaps.map { gap in
            let model = gap.pricedAs.map {
                words.fill(.swap, gap.model.description, $0.description)
            }
            let name = (model ?? gap.model.description).cleaned
            let quantity = format.integer(gap.quantity)
            return gap.usageClass.map {
                words.fill(.gapClass, name, words.statement.kind($0.name), quantity)
            } ?? words.fill(.gapWhole, name, quantity)
        }
        if !outcome.total.isComparable { warnings.append(words[.partial]) }
        warnings += outcome.unusedModels.map { words.fill(.unused, $0.description.cleaned) }
        if outcome.unknownUsageCalls > 0 {
            warnings.append(words.fill(.unknownUsage, format.integer(outcome.unknownUsageCalls)))
        }
        warnings += outcome.listPriceClients.map { words.fill(.listPrices, $0.cleaned) }
        if outcome.provisionalDays > 0 {
            warnings.append(words.fill(.provisional, format.integer(outcome.provisionalDays)))
        }
        return warnings
    }

    // MARK: The chart

    /// Time where there is more than a month of it, else clients.
    var isByMonth: Bool { outcome.months.count > 1 || outcome.clients.count < 2 }

    func chartSums() throws(MoneyError) -> [(label: String, pair: ScenarioPair)] {
        if isByMonth {
            return outcome.months.suffix(WhatIfChart.most).map {
                (format.month(text: $0.name), $0.pair)
            }
        }
        let sorted = outcome.clients.sorted {
            let left = max($0.pair.before.brl, $0.pair.after.brl)
            let right = max($1.pair.before.brl, $1.pair.after.brl)
            return left == right ? $0.name < $1.name : left > right
        }
        var sums = sorted.prefix(WhatIfChart.most - 1).map { ($0.name, $0.pair) }
        let rest = sorted.dropFirst(sums.count)
        if rest.count == 1, let last = rest.first {
            sums.append((last.name, last.pair))
        } else if !rest.isEmpty {
            var pair = ScenarioPair()
            for other in rest { try pair.add(other.pair) }
            sums.append((words.fill(.otherClients, format.integer(rest.count)), pair))
        }
        return sums
    }

    // MARK: Rows

    func rows() throws -> [WhatIfPresentation.Row] {
        var rows = try outcome.rows.map {
            try row(
                $0.pair, client: $0.client.cleaned, month: format.shortMonth($0.month),
                model: ($0.model?.description ?? "").cleaned)
        }
        if outcome.unchangedCount > 0, !rows.isEmpty {
            let count = format.integer(outcome.unchangedCount)
            rows.append(
                try row(
                    outcome.unchanged, client: words.fill(.unchangedGroups, count), month: "",
                    model: ""))
        }
        return rows
    }

    func row(
        _ pair: ScenarioPair, client: String, month: String, model: String
    ) throws -> WhatIfPresentation.Row {
        func usd(_ figures: ScenarioFigures) -> String {
            let decimals = usdDecimals...usdDecimals
            return known(
                format.decimal(figures.usd.text, decimals: decimals), figures, pair.calls)
        }
        func brl(_ figures: ScenarioFigures) -> String {
            known(format.decimal(figures.brl), figures, pair.calls)
        }
        return WhatIfPresentation.Row(
            client: client, month: month, model: model, calls: format.integer(pair.calls),
            usdBefore: usd(pair.before), usdAfter: usd(pair.after), before: brl(pair.before),
            after: brl(pair.after),
            difference: try format.difference(pair) ?? "?",
            percent: try format.percent(pair))
    }

    /// What is charged, with its symbol.
    func charged(_ figures: ScenarioFigures) -> String {
        known(format.brl(figures.brl), figures, outcome.total.calls)
    }

    private func known(_ text: String, _ figures: ScenarioFigures, _ calls: UInt64) -> String {
        format.known(text, figures, calls: calls, none: words[.noPrice])
    }

    var budgets: [WhatIfPresentation.BudgetRow] {
        outcome.budgets.map { found in
            let budget = found.budget
            func atLeast(_ value: Int128) -> String {
                (found.isPartial ? "≥ " : "") + format.amount(value, of: budget)
            }
            return WhatIfPresentation.BudgetRow(
                client: budget.client.cleaned, budget: budget.id.cleaned,
                period: format.period(found.days, budget.period),
                limit: format.amount(budget.limit, of: budget), before: atLeast(found.before),
                after: atLeast(found.after), effect: effect(of: found))
        }
    }

    private func effect(of found: ScenarioBudget) -> String {
        let before = found.reachedBefore.map(format.date) ?? ""
        let after = found.reachedAfter.map(format.date) ?? ""
        return switch found.effect {
        case .stops: words.fill(.stops, after)
        case .runsOn: words.fill(.runsOn, before)
        case .stopsEarlier: words.fill(.stopsEarlier, after, before)
        case .stopsLater: words.fill(.stopsLater, after, before)
        case nil: ""
        }
    }
}
