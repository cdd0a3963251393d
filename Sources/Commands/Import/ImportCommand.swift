import ArgumentParser
import Foundation
import Journal
import Ledger

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Import usage from a file; every call once.",
        discussion: """
            Reads one JSON object a line, or CSV with the same names as header; gzipped
            files too. A call without an id gets one made of the source's name and its
            line, so the same file can be imported again and nothing is counted twice.

              {"occurred_at":"2026-10-05T14:03:00Z","client":"acme","provider":"openai",
               "model":"gpt-4o","tokens":{"input":1200,"cache_read":0,"output":340}}

            Lines that are refused are listed with the reason, the others are taken; the
            command then ends with status 1.

            --format litellm reads LiteLLM's spend logs: a CSV dump of its table
            LiteLLM_SpendLogs, or JSON of /spend/logs, a list or a line each.
            --format gateway-logs reads a CSV dump of a table gateway_usage_logs, whose
            cached tokens are part of the input. In both, request_id is the call's id,
            times without a zone are UTC unless --time-zone says otherwise, and the
            costs that were recorded are compared with ours: the price in effect at
            the call's instant, the rate of its day. What differs is listed; no recorded
            cost becomes a cost here.

            Examples:
              razao import usage.jsonl
              razao import usage.csv.gz --client acme --source october
              tail -n +1 calls.jsonl | razao import - --source calls
              razao import spend.csv --format litellm --client-from team_id \\
                  --create-clients --differences differences.csv
              razao import logs.csv --format gateway-logs --cost-decimals 6
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case jsonl, csv, litellm
        case gatewayLogs = "gateway-logs"

        /// How another system lays its calls out; nil for our own formats.
        var layout: ForeignLayout? { ForeignLayout(rawValue: rawValue) }
    }

    @Argument(help: "The file, - for standard input.") var file: String
    @Option(help: "jsonl, csv, litellm or gateway-logs; default: by the file's name.")
    var format: Format?
    @Option(help: "The name that ids are made of; default: the file's name without its folder.")
    var source: String?
    @Option(help: "The client of lines that name none.") var client: String?
    @Flag(help: "Add clients that are not there yet.") var createClients = false
    @Flag(help: "Print a line for each batch once it is durable.") var acknowledge = false
    @OptionGroup(title: "Options for litellm and gateway-logs") var foreign: ForeignImportOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if format?.layout == nil, let option = foreign.given {
            throw ValidationError(
                "\(option) is for --format litellm and --format gateway-logs; name the format.")
        }
        if format == .litellm, client == nil, foreign.clientFrom == nil {
            throw ValidationError(
                "Say whose calls these are: --client-from team_id, end_user, user, api_key, "
                    + "team_alias, key_alias or another column, or --client ID for all.")
        }
    }

    func run() throws {
        if let differences = foreign.differences, FileKind.isSame(differences, file) {
            throw CommandError("--differences \(differences) is the file itself; name another")
        }
        let file = try InputFile.open(file)
        defer { file.close() }
        let layout = format?.layout
        let stream = try RecordStream(file, takesLists: layout != nil)
        let name =
            source ?? (self.file == "-" ? nil : URL(fileURLWithPath: self.file).lastPathComponent)
        let (result, costs) = try common.withJournal { journal, settings in
            let keys = try PeopleKeys(folder: journal.folder)
            defer { keys.close() }
            let costs = try layout.map { _ in
                try RecordedCosts(decimals: foreign.costDecimals, file: foreign.differences)
            }
            let run = try ImportRun(
                journal: journal, keys: keys, source: name,
                format: try layout.map { try .foreign(foreign.reader($0, client: client)) }
                    ?? .own(ImportDefaults(client: client)),
                costs: costs,
                createClients: createClients, timeZone: settings.text("clients.time_zone"),
                acknowledge: acknowledge,
                shownRefusals: Int(settings.text("import.shown_refusals")) ?? 20)
            defer { Self.raiseAlerts(journal) }
            do {
                return (isCSV(stream) ? try run.csv(stream) : try run.json(stream), costs)
            } catch {
                let recorded = run.settled().new
                guard recorded > 0 else { throw error }
                throw CommandError(
                    "\(CommandError.sentence(error)) Recorded before that, and kept: "
                        + "\(counted(recorded, "call")); import the file again to take the rest.")
            }
        }
        Console.line(
            "\(counted(result.read, "call")) read: \(result.new) new, "
                + "\(result.existing) already there, \(result.refused) refused"
                + (result.skipped > 0
                    ? ", \(result.skipped) skipped that reached no model" : ""))
        try costs?.finish()
        if result.refused > 0 {
            throw ExitCode(1)
        }
    }

    /// Our own formats are told by their names, others by how they begin.
    private func isCSV(_ stream: RecordStream) -> Bool {
        guard format?.layout == nil else { return !stream.isJSON }
        let bare = file.hasSuffix(".gz") ? String(file.dropLast(3)) : file
        return format.map { $0 == .csv } ?? bare.hasSuffix(".csv")
    }

    /// What was imported may have taken budgets past a threshold. The calls are in the log whatever
    /// comes of that.
    private static func raiseAlerts(_ journal: Journal) {
        do {
            let raised = try journal.raiseAlerts(at: SystemClock.now(), by: Actor.name)
            guard !raised.isEmpty else { return }
            Console.note("\(counted(raised.count, "alert")) raised; see: razao alerts list")
        } catch {
            Console.note(
                "budgets could not be looked at for alerts; run: razao alerts check "
                    + "(\(CommandError.sentence(error)))")
        }
    }
}
