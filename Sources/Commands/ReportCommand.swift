import ArgumentParser
import Foundation
import Journal
import Ledger
import Statements

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write the monthly statement (Demonstrativo de consumo).",
        discussion: """
            Examples:
              razao report --month 2026-10 --client acme
              razao report --month 2026-10 --client acme --format pdf --output acme.pdf
              razao report --month 2026-10 --all --format csv-excel --output statements/
              razao report --month 2026-10 --client acme --format csv --detail
            """)

    @Option(
        help: "The month, yyyy-mm, in each client's time zone.", transform: CivilMonth.argument)
    var month: CivilMonth
    @Option(help: "The client.") var client: String?
    @Flag(help: "All clients that have a statement of the month.") var all = false
    @Option(
        help: "text, json, csv, csv-excel, focus, html or pdf.", transform: StatementFormat.argument
    )
    var format = StatementFormat.text
    @Flag(help: "Every call with its arithmetic: below the text or page, or as a CSV of its own.")
    var detail = false
    @Option(help: "pt-BR or en; default: statement.language of the settings.")
    var lang: StatementLanguage?
    @Option(help: "A file; with --all a folder. Default: standard output, also as -.")
    var output: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if (client == nil) == !all {
            throw ValidationError("Name one client with --client ID, or give --all.")
        }
        if detail, all {
            throw ValidationError("--detail is for one client; name it with --client ID.")
        }
        if detail, !DetailWriter.formats.contains(format) {
            throw ValidationError(
                "--detail is there for "
                    + DetailWriter.formats.map(\.rawValue).joined(separator: ", ") + ".")
        }
        if !format.isText, target == nil, all || isatty(1) == 1 {
            throw ValidationError(
                "A \(format.rawValue) is no text; say where it goes with --output "
                    + (all ? "DIR." : "FILE."))
        }
    }

    private var target: String? { OutputFile.path(output) }

    func run() throws {
        try common.withJournal { journal, settings in
            let clients = try client.map { [$0] } ?? clients(journal)
            guard !clients.isEmpty else {
                Console.note("No client has anything on a statement of \(month).")
                return
            }
            let language =
                lang ?? StatementLanguage(rawValue: settings.text("statement.language"))
                ?? .portuguese
            if detail, let client {
                return try list(client, journal, language)
            }
            let renderer = StatementRenderer()
            func document(_ id: String) throws -> [UInt8] {
                if format == .json, let closed = try journal.closedMonth(client: id, month: month) {
                    return try CanonicalStatement.json(frozen: closed.closing)
                }
                return try renderer.render(
                    statement(id, journal), as: format, language: language)
            }
            if all, let target {
                try write(clients, to: target, document)
            } else {
                try show(clients, document)
            }
        }
    }

    /// A client's calls, as they are read.
    private func list(_ client: String, _ journal: Journal, _ language: StatementLanguage) throws {
        let statement = try statement(client, journal)
        var writer = try DetailWriter(format, of: statement, language: language)
        let sink = try OutputSink(target)
        do {
            try sink.write(writer.begin())
            try journal.detail(client: client, month: month) { try sink.write(writer.entry($0)) }
            try journal.changes(behind: statement) { try sink.write(writer.change($0)) }
            try sink.write(writer.end())
            try sink.finish()
        } catch {
            sink.discard()
            throw error
        }
        if let target { Console.note("Wrote \(target).") }
    }

    /// One file, or everything to standard output.
    private func show(_ clients: [String], _ document: (String) throws -> [UInt8]) throws {
        for (index, id) in clients.enumerated() {
            let bytes = try document(id)
            if let target {
                try OutputFile.write(bytes, to: target)
                Console.note("Wrote \(target).")
            } else {
                if index > 0, format == .text { Console.line() }
                Console.write(bytes)
                try Console.check()
            }
        }
    }

    /// A file for each client: all of them or none.
    private func write(
        _ clients: [String], to path: String, _ document: (String) throws -> [UInt8]
    ) throws {
        var folder = try OutputFolder(path)
        let progress = ProgressLine("statements", total: UInt64(clients.count))
        do {
            for (index, id) in clients.enumerated() {
                try folder.write(document(id), as: "\(month)-\(id).\(format.fileExtension)")
                progress.update(UInt64(index + 1), id)
            }
            try folder.finish()
        } catch {
            progress.finish()
            folder.discard()
            throw error
        }
        progress.finish()
        Console.note("Wrote \(counted(clients.count, "statement")) to \(path).")
    }

    /// Clients with usage in the month, and those that have a statement without any: it was closed,
    /// or there is something to give back or to put right. Tells of those that have usage, but no
    /// statement of their own.
    private func clients(_ journal: Journal) throws -> [String] {
        var withoutStatement: [String] = []
        let used = Set(
            try journal.usage(
                by: [.client], UsageFilter(from: month.firstDay, to: month.lastDay)
            ).map { $0.group[0] })
        let clients = try journal.state().clients.keys.sorted().filter { id in
            if try journal.isWithoutStatement(client: id, month: month) {
                if used.contains(id) { withoutStatement.append(id) }
                return false
            }
            if used.contains(id) { return true }
            let statement = try statement(id, journal)
            return statement.status == Statement.closed || !statement.adjustments.isEmpty
                || !statement.credits.isEmpty
        }
        if !withoutStatement.isEmpty {
            let named = withoutStatement.prefix(Self.namedClients).joined(separator: ", ")
            let more = withoutStatement.count - Self.namedClients
            Console.note(
                "Left out: \(named)\(more > 0 ? " and \(more) more" : ""). Their later months are "
                    + "closed, so \(month) has no statement of its own there; what came for it is "
                    + "billed as an adjustment.")
        }
        return clients
    }

    private static let namedClients = 10

    private func statement(_ client: String, _ journal: Journal) throws -> Statement {
        try journal.statement(client: client, month: month) {
            Chain.hexDigest(CanonicalStatement.bytes($0))
        }
    }
}
