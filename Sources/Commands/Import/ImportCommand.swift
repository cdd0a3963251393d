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

            Examples:
              razao import usage.jsonl
              razao import usage.csv.gz --client acme --source october
              tail -n +1 calls.jsonl | razao import - --source calls
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, csv }

    @Argument(help: "The file, - for standard input.") var file: String
    @Option(help: "jsonl or csv; default: by the file's name.") var format: Format?
    @Option(help: "The name that ids are made of; default: the file's name without its folder.")
    var source: String?
    @Option(help: "The client of lines that name none.") var client: String?
    @Flag(help: "Add clients that are not there yet.") var createClients = false
    @Flag(help: "Print a line for each batch once it is durable.") var acknowledge = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let stream = try InputFile.open(file)
        defer { stream.close() }
        let bare = file.hasSuffix(".gz") ? String(file.dropLast(3)) : file
        let isCSV = format.map { $0 == .csv } ?? bare.hasSuffix(".csv")
        let name = source ?? (file == "-" ? nil : URL(fileURLWithPath: file).lastPathComponent)
        let result = try common.withJournal { journal, settings in
            let keys = try PeopleKeys(folder: journal.folder)
            defer { keys.close() }
            let run = try ImportRun(
                journal: journal, keys: keys, source: name,
                defaults: ImportDefaults(client: client),
                createClients: createClients, timeZone: settings.text("clients.time_zone"),
                acknowledge: acknowledge,
                shownRefusals: Int(settings.text("import.shown_refusals")) ?? 20)
            defer { Self.raiseAlerts(journal) }
            do {
                return isCSV ? try run.csv(stream) : try run.lines(stream)
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
                + "\(result.existing) already there, \(result.refused) refused")
        if result.refused > 0 {
            throw ExitCode(1)
        }
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
