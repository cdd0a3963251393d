import ArgumentParser
import Foundation
import Journal
import Ledger

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show the calls in the log.",
        discussion: """
            The JSONL form can be imported into another ledger and gives the same
            figures there. The table's tokens are in classes that do not overlap, under the
            names that razao correct takes. Calls that were taken back are left out;
            --reversed lists them with who did it and why.

            Examples:
              razao events --client acme --from 2026-10-01T00:00:00-03:00 --format table
              razao events > all.jsonl
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, table }

    @Option(help: "Only this client.") var client: String?
    @Option(help: "From this instant on.") var from: InstantArgument?
    @Option(help: "Before this instant.") var to: InstantArgument?
    @Option(help: "Only this conversation.") var conversation: String?
    @Option(help: "jsonl or table.") var format = Format.jsonl
    @Flag(help: "The calls that were taken back, as a table.") var reversed = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.withJournal { journal, settings in
            let zone = try ZoneRules.named(settings.text("clients.time_zone"))
            let start = try from?.instant(zone, "--from") ?? Instant(seconds: 0)
            let end = try to?.instant(zone, "--to") ?? .distantFuture
            guard start <= end else {
                throw CommandError("--from \(start) is after --to \(end); swap them")
            }
            if let client, try journal.state().clients[client] == nil {
                throw JournalError.unknownClient(client)
            }
            if reversed { return try printReversed(journal, start..<end) }
            let filter = UsageFilter(client: client)
            switch format {
            case .jsonl:
                let sink = try OutputSink(nil)
                try journal.calls(filter, between: start..<end, conversation: conversation) {
                    head, call in
                    try sink.write(Array((UsageJSONLine.render(call, id: head.id) + "\n").utf8))
                }
                try sink.finish()
            case .table:
                try printTable(journal, filter, start..<end)
            }
        }
    }

    private func printReversed(_ journal: Journal, _ interval: Range<Instant>) throws {
        let calls = try journal.reversedCalls(client: client, between: interval)
            .filter { conversation == nil || $0.original.call.conversation == conversation }
        guard !calls.isEmpty else {
            Console.line("No call in these bounds was taken back.")
            return
        }
        var table = TextTable([
            ("Record", .right), ("By record", .right), ("When (UTC)", .left), ("Client", .left),
            ("Model", .left), ("Tokens", .right), ("Who", .left), ("Why", .left),
        ])
        for call in calls {
            let event = call.original.call
            table.add([
                call.original.sequence.description, call.original.reversedBy?.description ?? "",
                event.occurredAt.description, event.client, "\(event.provider)/\(event.model)",
                String(event.tokens.totalTokens), call.by, call.reason,
            ])
        }
        for line in table.lines { Console.line(line) }
    }

    /// The classes as razao correct takes them: none of them holds another.
    private static func counts(_ tokens: TokenCounts) -> String {
        UsageClass.allCases.filter { tokens[$0] > 0 }.map { "\($0.name)=\(tokens[$0])" }
            .joined(separator: ",")
    }

    private static let tableLimit = 10_000

    private func printTable(
        _ journal: Journal, _ filter: UsageFilter, _ interval: Range<Instant>
    ) throws {
        var table = TextTable([
            ("Record", .right), ("When (UTC)", .left), ("Client", .left), ("Model", .left),
            ("Tokens", .left), ("ms", .right), ("Outcome", .left), ("Notes", .left),
        ])
        var count = 0
        try journal.calls(filter, between: interval, conversation: conversation) { head, call in
            count += 1
            guard count <= Self.tableLimit else { return }
            var notes: [String] = []
            if call.wasCached { notes.append("response cache") }
            if call.wasFallback { notes.append("fallback") }
            if call.usageSource != .provider { notes.append("usage \(call.usageSource.name)") }
            table.add([
                head.sequence.description, call.occurredAt.description, call.client,
                "\(call.provider)/\(call.model)", Self.counts(call.tokens),
                call.latencyMilliseconds.map { String($0) } ?? "", call.outcome.name,
                notes.joined(separator: ", "),
            ])
        }
        guard count > 0 else {
            Console.line("There are no calls in these bounds.")
            return
        }
        for line in table.lines { Console.line(line) }
        if count > Self.tableLimit {
            Console.note(
                "only the first \(Self.tableLimit) of \(count) calls are shown; narrow the "
                    + "question or "
                    + "use --format jsonl")
        }
    }
}
