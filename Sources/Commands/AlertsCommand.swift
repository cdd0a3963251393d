import Alerts
import ArgumentParser
import Curl
import Foundation
import Journal
import Ledger
import Statements

struct AlertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Raise, send and list alerts of budgets.",
        discussion: """
            An alert is raised once for a budget, a period and a threshold, and goes to
            the webhook and the mailbox that alerts.… in ledger.conf names.
            """,
        subcommands: [Check.self, List.self, Test.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at all budgets now, raise the alerts that are due, and send.",
            discussion: """
                A gateway does so by itself: after usage, when it starts and each hour.
                While one runs it does the sending. Without one, this sends what waits,
                each alert once; run it again (by cron) for what was not taken.

                Example:
                  razao alerts check
                """)

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let settings = try common.settings()
            let targets = try AlertSetup.targets(settings, ProcessInfo.processInfo.environment)
            let journal = try Journal.open(
                at: common.folder(settings), options: CommonOptions.options(settings))
            defer { journal.close() }
            let raised = try await journal.raiseAlerts(at: SystemClock.now(), by: Actor.name)
            if raised.isEmpty {
                Console.line("No alert is due that was not raised.")
            } else {
                let newest = try AlertTable.newest(journal).suffix(raised.count)
                for line in AlertTable.lines(newest, [:]) { Console.line(line) }
            }
            try await send(journal, targets)
        }

        private func send(_ journal: Journal, _ targets: AlertTargets) async throws {
            let names = AlertPost.names(targets)
            guard !names.isEmpty else { return }
            let loop = try TransferLoop()
            let office: AlertSetup.Office
            do {
                office = try AlertSetup.Office(journal, targets, loop)
            } catch JournalError.inUse {
                Console.line("A gateway or another check runs and does the sending.")
                return await loop.close(within: .zero)
            }
            let post = office.post
            try await post.fold()
            // Beside one another: one that is slow holds up no other.
            let tried = try await withThrowingTaskGroup(of: [AlertDelivery].self) { group in
                for target in names { group.addTask { try await post.send(to: target) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            for one in tried {
                let end = one.state == .delivered ? "delivered" : one.reason
                Console.line("record \(one.sequence), \(one.target): \(end)")
            }
            office.close()
            await loop.close(within: .seconds(1))
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the alerts that were raised, and what became of them.",
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
                let wanted = try AlertTable.newest(journal) { raised in
                    (client.map { $0 == raised.alert.client } ?? true)
                        && (month.map { $0 == raised.alert.firstDay.month } ?? true)
                }
                guard !wanted.isEmpty else {
                    Console.line("There are no alerts in these bounds.")
                    return
                }
                let outbox = try AlertOutbox.existing(folder: journal.folder)
                defer { outbox?.close() }
                let sent = try outbox?.deliveries(of: wanted.map(\.sequence)) ?? [:]
                for line in AlertTable.lines(wanted, sent) { Console.line(line) }
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a test message to the webhook and the mailbox, and say what happened.",
            discussion: """
                Nothing is written to the ledger, and none is needed.

                Example:
                  razao alerts test
                """)

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let settings = try common.settings()
            let targets = try AlertSetup.targets(settings, ProcessInfo.processInfo.environment)
            let names = AlertPost.names(targets).sorted { $0.rawValue < $1.rawValue }
            guard !names.isEmpty else {
                throw CommandError(
                    "no target is set up; give alerts.webhook_url or alerts.smtp_url in ledger.conf"
                )
            }
            let loop = try TransferLoop()
            let now = SystemClock.now()
            let notice = try AlertNotice.test(id: SystemClock.newID(at: now), at: now)
            var failed = false
            for target in names {
                let sender: any AlertSender =
                    target == .webhook ? WebhookSender(loop: loop) : MailSender()
                let reason = await sender.send(notice, to: targets, at: SystemClock.now())
                failed = failed || reason != nil
                Console.line("\(target): " + (reason ?? "taken, as \(notice.deliveryID)"))
            }
            await loop.close(within: .seconds(1))
            if failed { throw ExitCode(1) }
        }
    }
}

/// Alerts for people.
enum AlertTable {
    /// The newest of those that are wanted, in their order; older ones would fill no screen.
    static func newest(
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

    /// The table, with what became of each.
    static func lines(
        _ alerts: some Sequence<RaisedAlert>, _ sent: [SequenceNumber: [AlertDelivery]]
    ) -> [String] {
        let format = FigureFormat.brazilian
        var table = TextTable([
            ("Raised (UTC)", .left), ("Client", .left), ("Budget", .left), ("Period", .left),
            ("At", .right), ("Used", .right), ("Limit", .right), ("Sent", .left),
        ])
        for raised in alerts {
            let alert = raised.alert
            func amount(_ value: Int128) -> String { BudgetTable.amount(value, alert.unit, format) }
            let time = String(raised.at.description.prefix(16)).split(separator: "T")
            table.add([
                time.joined(separator: " "), alert.client, alert.budget,
                BudgetTable.period(alert.days, alert.period, format), "\(alert.threshold) %",
                amount(alert.settled), amount(alert.limit),
                alert.coveredBy.map { "with \($0) %" }
                    ?? sent[raised.sequence, default: []].map(words).joined(separator: ", "),
            ])
        }
        return table.lines
    }

    private static func words(_ delivery: AlertDelivery) -> String {
        switch delivery.state {
        case .delivered: "\(delivery.target) delivered"
        case .givenUp: "\(delivery.target) given up after \(delivery.attempts): \(delivery.reason)"
        case .pending where delivery.attempts == 0: "\(delivery.target) waits"
        case .pending: "\(delivery.target) failed \(delivery.attempts)×: \(delivery.reason)"
        }
    }
}
