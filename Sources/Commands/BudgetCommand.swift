import ArgumentParser
import Foundation
import Journal
import Ledger
import Money
import Statements

struct BudgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget", abstract: "Set, remove and show budgets.",
        subcommands: [Set.self, Remove.self, Show.self])

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a budget of a client, or change it.",
            discussion: """
                Without --stop a budget only warns (orçamento); with it, reaching the limit
                stops the client (limite). A client may have any number of budgets.

                Examples:
                  razao budget set acme --unit brl --limit 500 --period monthly --stop
                  razao budget set acme --unit tokens --limit 2000000 --period daily \\
                      --alerts 50,90
                """)

        @Argument(help: "The client.") var client: String
        @Option(help: "tokens, brl or usd.") var unit: Budget.Unit
        @Option(
            parsing: .unconditional, help: "The limit in that unit, for example 500 or 499.90.")
        var limit: String
        @Option(help: "daily, weekly (from Monday) or monthly.") var period: Budget.Period
        @Flag(help: "Stop the client at the limit.") var stop = false
        @Option(help: "Percentages at which to warn.") var alerts = "80,90,100"
        @Option(help: "A name, to have several budgets of one unit and period.") var name: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            let percentages = try alerts.split(separator: ",").map { part in
                guard let percent = Int(part.trimmingCharacters(in: .whitespaces)) else {
                    throw CommandError(
                        "--alerts \(alerts): give whole percentages, such as 80,90,100")
                }
                return percent
            }
            let budget: Budget
            do {
                budget = try Budget(
                    client: client, id: name, unit: unit, limit: limit, period: period,
                    alerts: percentages, stops: stop)
            } catch {
                throw CommandError("--limit or --alerts: \(error)")
            }
            try common.withJournal { journal, _ in
                let state = try journal.state()
                guard state.clients[client] != nil else { throw JournalError.unknownClient(client) }
                if state.budgets[client]?.contains(budget) == true {
                    Console.line("Client \(client) has this budget already; nothing was changed.")
                    return
                }
                try journal.record([.budgetSet(budget)], by: Actor.name)
                for line in try BudgetTable.lines(
                    journal.budgets(of: client, at: SystemClock.now()))
                { Console.line(line) }
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a budget.",
            discussion: "Example:\n  razao budget remove acme brl-monthly")

        @Argument(help: "The client.") var client: String
        @Argument(help: "The budget's name, as budget show prints it.") var name: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let budgets = try journal.state().budgets[client] ?? []
                guard budgets.contains(where: { $0.id == name }) else {
                    throw CommandError(
                        "client \"\(client)\" has no budget \"\(name)\"; see: razao budget show")
                }
                try journal.record(
                    [.budgetRemoved(BudgetRemoval(client: client, id: name))], by: Actor.name)
                Console.line("Removed budget \(name) of \(client).")
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show budgets with use, share, what is left and when they renew.",
            discussion: """
                Examples:
                  razao budget show
                  razao budget show acme --at 2026-10-20T12:00:00-03:00
                  razao budget show --format json
                """)

        enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

        @Argument(help: "The client; all without it.") var client: String?
        @Option(help: "The instant whose periods are shown; default: now.") var at: InstantArgument?
        @Option(help: "table or json.") var format = Format.table
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, settings in
                if let client, try journal.state().clients[client] == nil {
                    throw JournalError.unknownClient(client)
                }
                let zone = try ZoneRules.named(settings.text("clients.time_zone"))
                let instant = try at?.instant(zone, "--at") ?? SystemClock.now()
                let budgets = try journal.budgets(of: client, at: instant)
                if format == .json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [
                        .sortedKeys, .prettyPrinted, .withoutEscapingSlashes,
                    ]
                    let figures = budgets.map(BudgetFigures.init)
                    return Console.write(Array(try encoder.encode(figures)) + [0x0A])
                }
                let lines = BudgetTable.lines(budgets)
                guard !lines.isEmpty else {
                    Console.line("There are no budgets; set one with: razao budget set")
                    return
                }
                for line in lines { Console.line(line) }
            }
        }
    }
}

extension BudgetStatus {
    /// In a word: open, over an alert, or paused.
    var state: String {
        if isExhausted { return "paused" }
        return budget.alerts.last { percentUsed >= $0 }.map { "over \($0) %" } ?? "open"
    }
}

/// A budget as machines read it: amounts as exact decimals in the budget's unit.
struct BudgetFigures: Encodable {
    let client: String
    let budget: String
    let unit: String
    let period: String
    let stops: Bool
    let alerts: [Int]
    let first_day: String
    let last_day: String
    let renews_at: String
    let limit: String
    let used: String
    let held: String
    let left: String
    let percent: Int64
    let calls: UInt64
    let unpriced_calls: UInt64
    let state: String

    init(_ status: BudgetStatus) {
        let budget = status.budget
        func text(_ value: Int128) -> String {
            switch budget.unit {
            case .tokens: "\(value)"
            case .brl: Amount<BRL>(units: value).text
            case .usd: Amount<USD>(units: value).text
            }
        }
        client = budget.client
        self.budget = budget.id
        unit = budget.unit.rawValue
        period = budget.period.rawValue
        stops = budget.stops
        alerts = budget.alerts
        first_day = status.days.lowerBound.description
        last_day = status.days.upperBound.adding(days: -1).description
        renews_at = status.renewsAt.description
        limit = text(budget.limit)
        used = text(status.balance.settled)
        held = text(status.balance.held)
        left = text(status.remaining)
        percent = Int64(clamping: status.percentUsed)
        calls = status.balance.calls
        unpriced_calls = status.balance.unpricedCalls
        state = status.state
    }
}

/// Budgets for people.
enum BudgetTable {
    static func lines(_ budgets: [BudgetStatus]) -> [String] {
        guard !budgets.isEmpty else { return [] }
        let format = FigureFormat.brazilian
        var table = TextTable([
            ("Client", .left), ("Budget", .left), ("At the limit", .left), ("Period", .left),
            ("Used", .right), ("Limit", .right), ("Share", .left), ("Left", .right),
            ("Renews", .left), ("State", .left),
        ])
        for status in budgets {
            let budget = status.budget
            func amount(_ value: Int128) -> String { self.amount(value, budget.unit, format) }
            let percent = status.percentUsed
            let filled = Int(max(0, min(10, percent / 10)))
            var state = status.state
            if status.balance.unpricedCalls > 0 {
                state += ", \(counted(status.balance.unpricedCalls, "call")) without price"
            }
            table.add([
                budget.client, budget.id, budget.stops ? "stops" : "warns",
                period(status.days, budget.period, format),
                amount(status.balance.settled), amount(budget.limit),
                String(repeating: "█", count: filled) + String(repeating: "░", count: 10 - filled)
                    + " \(percent) %",
                amount(status.remaining), format.date(status.days.upperBound), state,
            ])
        }
        return table.lines
    }

    static func period(
        _ days: Range<CivilDate>, _ period: Budget.Period, _ format: FigureFormat
    ) -> String {
        format.date(days.lowerBound)
            + (period == .daily ? "" : " to " + format.date(days.upperBound.adding(days: -1)))
    }

    static func amount(_ value: Int128, _ unit: Budget.Unit, _ format: FigureFormat) -> String {
        switch unit {
        case .tokens: format.integer(value)
        case .brl: format.brl(Amount<BRL>(units: value).text)
        case .usd: format.usd(Amount<USD>(units: value).text)
        }
    }
}
