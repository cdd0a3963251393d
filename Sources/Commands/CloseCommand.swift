import ArgumentParser
import Journal
import Ledger
import Statements

struct CloseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Close a month: its statements are final from then on.",
        discussion: """
            A closed statement has a number and never changes. What becomes known later, such as
            late calls or corrected prices, is a line of the client's next statement. Months of
            a client are closed one after the other, once they are over in its time zone, when
            every call has a price and every day its final exchange rate. With --all either all
            clients are closed or none; a client with nothing at all on its statement is left out
            and takes no number, unless it is named with --client.

            Examples:
              razao close --month 2026-10 --client acme
              razao close --month 2026-10 --all --dry-run
              razao close --month 2026-10 --all
            """)

    @Option(
        help: "The month, yyyy-mm, in each client's time zone.", transform: CivilMonth.argument)
    var month: CivilMonth
    @Option(help: "The client.") var client: String?
    @Flag(help: "All clients with something to close.") var all = false
    @Flag(help: "Close though calls are without a price or of unknown usage; it is recorded.")
    var acceptUnpriced = false
    @Flag(help: "Show what would be closed and write nothing.") var dryRun = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if (client == nil) == !all {
            throw ValidationError("Name one client with --client ID, or give --all.")
        }
    }

    func run() throws {
        try common.withJournal { journal, _ in
            let bar = ProgressLine("closing", total: 100)
            let result = try journal.close(
                ClosingOrder(
                    month: month, client: client, acceptsUnpriced: acceptUnpriced,
                    isRehearsal: dryRun),
                by: Actor.name, canonical: CanonicalStatement.bytes
            ) { done, all in
                bar.update(UInt64(done * 100 / max(1, all)), "\(month)")
            }
            bar.finish()
            try listUnsettled(result, journal)
            try tell(result)
        }
    }

    /// Calls shown of those that keep months open.
    private static let shownCalls = 20

    /// Lists the calls of unknown usage and without a price of clients that are refused.
    private func listUnsettled(_ result: ClosingResult, _ journal: Journal) throws {
        var table = TextTable([
            ("Record", .right), ("Client", .left), ("When (UTC)", .left), ("Model", .left),
            ("Why", .left),
        ])
        var count = 0
        var clients: [String] = []
        for (client, _) in result.refusals where clients.last != client { clients.append(client) }
        for client in clients {
            try journal.unsettledCalls(client: client, month: month) { head, call in
                count += 1
                guard count <= Self.shownCalls else { return }
                table.add([
                    head.sequence.description, client, call.occurredAt.description,
                    "\(call.provider)/\(call.model)",
                    call.usageSource == .missing ? "usage unknown" : "no price",
                ])
            }
        }
        guard count > 0, !acceptUnpriced else { return }
        for line in table.lines { Console.line(line) }
        if count > Self.shownCalls {
            Console.line("… and \(counted(count - Self.shownCalls, "more call"))")
        }
    }

    private func tell(_ result: ClosingResult) throws {
        guard result.refusals.isEmpty else {
            for (client, reason) in result.refusals { Console.note("\(client): \(reason)") }
            throw CommandError("\(month) was not closed; nothing was written")
        }
        if let client, !result.already.isEmpty {
            throw CommandError(
                "\(month) of \(client) is closed already; print it with: razao report --month "
                    + "\(month) --client \(client)")
        }
        guard !result.closed.isEmpty else {
            Console.line(
                result.already.isEmpty
                    ? "No client has anything to close in \(month)."
                    : "\(month) is closed already for \(counted(result.already.count, "client")).")
            tellEmpty(result)
            return
        }
        let format = FigureFormat.brazilian
        var table = TextTable([
            ("Number", .left), ("Client", .left), ("Adjustments", .right), ("Total", .right),
            ("Digest", .left),
        ])
        for statement in result.closed {
            table.add([
                statement.number ?? "", statement.client,
                format.adjustments(of: statement), format.total(of: statement),
                String(statement.digest.prefix(16)),
            ])
        }
        for line in table.lines { Console.line(line) }
        do {
            try Console.check()
        } catch {
            // Who has no table still has to know that the months are closed.
            if !dryRun { Console.note(Self.summary(of: result, month)) }
            throw error
        }
        if dryRun { Console.note("Nothing was written: this was a dry run.") }
        if !result.already.isEmpty {
            Console.note("\(counted(result.already.count, "client")) had it closed already.")
        }
        tellEmpty(result)
    }

    private func tellEmpty(_ result: ClosingResult) {
        guard !result.empty.isEmpty else { return }
        Console.note(
            "\(counted(result.empty.count, "client")) had nothing in \(month) and took no number.")
    }

    private static func summary(of result: ClosingResult, _ month: CivilMonth) -> String {
        let (first, last) = (result.closed.first?.number ?? "", result.closed.last?.number ?? "")
        return "\(month) is closed for \(counted(result.closed.count, "client")), statements "
            + "\(first) to \(last); print them with: razao report --month \(month)"
    }
}
