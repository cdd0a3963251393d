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
              razao report --month 2026-10 --client acme --format html --output acme.html
              razao report --month 2026-10 --all --format csv-excel --output statements/
            """)

    @Option(
        help: "The month, yyyy-mm, in each client's time zone.", transform: CivilMonth.argument)
    var month: CivilMonth
    @Option(help: "The client.") var client: String?
    @Flag(help: "All clients with usage in the month.") var all = false
    @Option(help: "text, json, csv, csv-excel or html.") var format = StatementFormat.text
    @Option(help: "pt-BR or en; default: statement.language of the settings.")
    var lang: StatementLanguage?
    @Option(help: "A file; with --all a folder. Default: standard output.") var output: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if (client == nil) == !all {
            throw ValidationError("Name one client with --client ID, or give --all.")
        }
    }

    func run() throws {
        try common.withJournal { journal, settings in
            let language =
                lang ?? StatementLanguage(rawValue: settings.text("statement.language"))
                ?? .portuguese
            let clients = try client.map { [$0] } ?? Self.clients(journal, month)
            guard !clients.isEmpty else {
                Console.note("No client has usage in \(month).")
                return
            }
            if all, let output { try Self.makeFolder(output) }
            let progress = ProgressLine("statements", total: UInt64(clients.count))
            for (index, id) in clients.enumerated() {
                let statement = try journal.statement(client: id, month: month) {
                    Chain.hexDigest(CanonicalStatement.bytes($0))
                }
                let bytes = try StatementRenderer.render(
                    statement, as: format, language: language)
                if let output {
                    let path =
                        all ? "\(output)/\(month)-\(id).\(format.fileExtension)" : output
                    try OutputFile.write(bytes, to: path)
                    if !all { Console.note("Wrote \(path).") }
                } else {
                    if index > 0, format == .text { Console.line() }
                    Console.write(bytes)
                }
                progress.update(UInt64(index + 1), id)
            }
            progress.finish()
            if all, let output {
                Console.note("Wrote \(counted(clients.count, "statement")) to \(output).")
            }
        }
    }

    private static func clients(_ journal: Journal, _ month: CivilMonth) throws -> [String] {
        try journal.usage(
            by: [.client], UsageFilter(from: month.firstDay, to: month.lastDay)
        ).map { $0.group[0] }
    }

    private static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandError("cannot make the folder \(path); check the path and its rights")
        }
    }
}

/// Files that commands write: whole or not at all.
enum OutputFile {
    /// Writes beside the target and renames, so that no half file is ever there.
    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandError(
                "cannot write \(path); check the path, its rights and the free space")
        }
    }
}
