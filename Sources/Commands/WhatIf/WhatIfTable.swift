import Ledger
import Money
import Statements

/// A comparison for people: what it comes to in groups, and the limits that would differ.
struct WhatIfTable {
    let outcome: ScenarioOutcome
    private let format = FigureFormat.brazilian

    init(_ outcome: ScenarioOutcome) { self.outcome = outcome }

    func show() throws {
        guard outcome.total.calls > 0 else {
            Console.line("There is no usage in these bounds.")
            return
        }
        if outcome.rows.isEmpty {
            Console.line("This scenario changes nothing.")
        } else {
            try printRows()
        }
        printBudgets()
        notes()
    }

    private func printRows() throws {
        let keys: [(String, TextTable.Alignment)] =
            [("Client", .left), ("Month", .left)] + (outcome.isByModel ? [("Model", .left)] : [])
        var table = TextTable(
            keys + [
                ("Calls", .right), ("US$ now", .right), ("US$ then", .right), ("R$ now", .right),
                ("R$ then", .right), ("Difference", .right), ("Change", .right),
            ])
        let empty = Array(repeating: "", count: keys.count - 1)
        for row in outcome.rows {
            let model = outcome.isByModel ? [row.model?.description ?? ""] : []
            table.add([row.client, row.month.description] + model + (try cells(row.pair)))
        }
        if outcome.unchangedCount > 0 {
            let label = "\(outcome.unchangedCount) unchanged"
            table.add([label] + empty + (try cells(outcome.unchanged)))
        }
        table.addFooter(["Total"] + empty + (try cells(outcome.total)))
        for line in table.lines(keys: keys.count) { Console.line(line) }
    }

    private func cells(_ pair: ScenarioPair) throws -> [String] {
        let most = max(outcome.total.before.usd, outcome.total.after.usd)
        // Cents where sums are large, more where cents would hide them.
        let decimals = most.cents(.truncate) >= 10_000 ? 2 : 4
        func usd(_ figures: ScenarioFigures) -> String {
            known(format.decimal(figures.usd.text, decimals: decimals...decimals), figures)
        }
        func known(_ text: String, _ figures: ScenarioFigures) -> String {
            format.known(text, figures, calls: pair.calls, none: "no price")
        }
        return [
            format.integer(pair.calls), usd(pair.before), usd(pair.after),
            known(format.decimal(pair.before.brl), pair.before),
            known(format.decimal(pair.after.brl), pair.after),
            try format.difference(pair) ?? "?", try format.percent(pair),
        ]
    }

    private func printBudgets() {
        guard !outcome.budgets.isEmpty else { return }
        Console.line()
        var table = TextTable([
            ("Client", .left), ("Limit", .left), ("Period", .left), ("Amount", .right),
            ("Used", .right), ("Then", .right), ("Stops", .left), ("Then", .left),
        ])
        for found in outcome.budgets {
            let budget = found.budget
            func used(_ value: Int128) -> String {
                (found.isPartial ? "≥ " : "") + format.amount(value, of: budget)
            }
            table.add([
                budget.client, budget.id, format.period(found.days, budget.period),
                format.amount(budget.limit, of: budget), used(found.before), used(found.after),
                found.reachedBefore.map(format.shortDate) ?? "–",
                found.reachedAfter.map(format.shortDate) ?? "–",
            ])
        }
        Console.line("Limits that would stop on another day:")
        for line in table.lines(keys: 3) { Console.line(line) }
    }

    private func notes() {
        for gap in outcome.gaps {
            let model = gap.pricedAs.map { "\(gap.model.description) as \($0.description)" }
            Console.note(
                (model ?? gap.model.description) + " has no price"
                    + (gap.usageClass.map { " for \($0.name)" } ?? "")
                    + ": \(format.integer(gap.quantity)) tokens or units are in no sum.")
        }
        if !outcome.total.isComparable {
            Console.note("Usage with a price on one side only makes a difference unknown (?).")
        }
        for model in outcome.unusedModels {
            Console.note("There is no call of \(model.description) in these bounds.")
        }
        for client in outcome.listPriceClients {
            Console.note("\(client) has agreed prices in reais; here the cost counts.")
        }
        if outcome.provisionalDays > 0 {
            Console.note(
                "No exchange rate on \(counted(outcome.provisionalDays, "day")): 5.00 stands in.")
        }
        if outcome.unknownUsageCalls > 0 {
            Console.note("Calls with unknown usage, in no sum: \(outcome.unknownUsageCalls).")
        }
        Console.note("Nothing was written." + apply)
    }

    /// How a scenario becomes true; a swap is the clients' programs' to make.
    private var apply: String {
        let scenario = outcome.scenario
        var commands: [String] = []
        if !scenario.entries.isEmpty {
            commands.append("razao prices import FILE --format FORMAT")
        }
        commands += scenario.lastingPrices.map(Self.command(setting:))
        let terms = [
            scenario.rateRule.map { "--rate-rule \($0.description)" },
            scenario.markup.map { "--markup \($0.text)" },
        ].compactMap { $0 }
        if !terms.isEmpty {
            commands.append(
                "razao terms set \(outcome.client ?? "CLIENT") \(terms.joined(separator: " ")) "
                    + "--from DAY")
        }
        return commands.isEmpty ? "" : " To apply: " + commands.joined(separator: "; ")
    }

    /// The command that records a model's prices; what is no token has no option there.
    private static func command(setting entry: PriceEntry) -> String {
        let prices = UsageClass.allCases.compactMap { usageClass in
            entry.prices[usageClass].map { (usageClass, $0.text) }
        }
        guard prices.allSatisfy({ $0.0.isToken }) else {
            return "razao prices import FILE with the prices of \(entry.provider)/\(entry.model)"
        }
        let options = prices.map {
            "--\($0.0.name.replacing("_", with: "-")) \($0.1)"
        }
        let tier = entry.serviceTier.isEmpty ? [] : ["--service-tier \(entry.serviceTier)"]
        let from = entry.effectiveFrom == .distantPast ? "DAY" : entry.effectiveFrom.description
        return
            (["razao prices set \(entry.provider)/\(entry.model)"] + options + tier
            + ["--effective-from \(from)"]).joined(separator: " ")
    }
}
