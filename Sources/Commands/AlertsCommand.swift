import ArgumentParser
import Foundation
import Journal
import Ledger
import Statements

struct AlertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Raise and list alerts of budgets.",
        subcommands: [Check.self, List.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at all budgets now, and raise the alerts that are due.",
            discussion: """
                A gateway does so by itself: after usage, when it starts and each hour. An
                alert is raised once for a budget, a period and a threshold.

                Example:
                  razao alerts check
                """)

        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let raised = try journal.raiseAlerts(at: SystemClock.now(), by: Actor.name)
                guard !raised.isEmpty else {
                    Console.line("No alert is due that was not raised.")
                    return
                }
                for line in try AlertTable.lines(AlertTable.all(journal).suffix(raised.count)) {
                    Console.line(line)
                }
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the alerts that were raised.",
            discussion: """
                A threshold that was passed together with a higher one is listed and not
                sent: the higher one tells of both.

                Examples:
                  razao alerts list
                  razao alerts list --client acme --month 2026-11
                """)

        @Option(help: "Only this client.") var client: String?
        @Option(
            help: "Only periods that begin in this month, yyyy-mm.",
            transform: CivilMonth.argument)
        var month: CivilMonth?
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                if let client, try journal.state().clients[client] == nil {
                    throw JournalError.unknownClient(client)
                }
                let wanted = try AlertTable.all(journal) { raised in
                    (client.map { $0 == raised.alert.client } ?? true)
                        && (month.map { $0 == raised.alert.firstDay.month } ?? true)
                }
                guard !wanted.isEmpty else {
                    Console.line("There are no alerts in these bounds.")
                    return
                }
                for line in AlertTable.lines(wanted) { Console.line(line) }
            }
        }
    }
}

/// Alerts for people.
enum AlertTable {
    /// The newest of those that are wanted, in their order; older ones would fill no screen.
    static func all(
        _ journal: Journal, where isWanted: (RaisedAlert) -> Bool = { _ in true }
    ) throws -> [RaisedAlert] {
        var found: [RaisedAlert] = []
        var place = SequenceNumber.zero
        while true {
            let (alerts, upTo) = try journal.alerts(after: place)
            found += alerts.filter(isWanted)
            if found.count > 2 * maximumShown { found.removeFirst(found.count - maximumShown) }
            guard upTo > place else { return Array(found.suffix(maximumShown)) }
            place = upTo
        }
    }

    static let maximumShown = 10_000

    static func lines(_ alerts: some Sequence<RaisedAlert>) -> [String] {
        let format = FigureFormat.brazilian
        var table = TextTable([
            ("Raised (UTC)", .left), ("Client", .left), ("Budget", .left), ("Period", .left),
            ("At", .right), ("Used", .right), ("Limit", .right), ("Notes", .left),
        ])
        for raised in alerts {
            let alert = raised.alert
            func amount(_ value: Int128) -> String { BudgetTable.amount(value, alert.unit, format) }
            let time = String(raised.at.description.prefix(16)).split(separator: "T")
            table.add([
                time.joined(separator: " "), alert.client, alert.budget,
                BudgetTable.period(alert.days, alert.period, format), "\(alert.threshold) %",
                amount(alert.settled), amount(alert.limit),
                alert.coveredBy.map { "with \($0) %" } ?? "",
            ])
        }
        return table.lines
    }
}
