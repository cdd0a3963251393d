import ArgumentParser
import Foundation
import Journal
import Ledger
import Money
import Statements

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Recompute costs: what other prices would change, new views, or a check.",
        discussion: """
            --what-if prices all usage twice and writes nothing. To apply the prices,
            record them with "razao prices import" or "razao prices set". --rebuild
            folds new views from the whole log, compares them with the live ones and
            takes their place. --verify only compares.

            Examples:
              razao replay --what-if new-prices.json
              razao replay --what-if new-prices.json --client acme --from 2026-10-01
              razao replay --rebuild
              razao replay --verify
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

    @Option(help: "A price file, as \"razao prices import\" takes it.")
    var whatIf: String?
    @Option(help: PriceFileFormat.help) var pricesFormat = PriceFileFormat.usual
    @Option(help: PriceFileFormat.effectiveFromHelp)
    var effectiveFrom: InstantArgument?
    @Option(help: "Only this client.") var client: String?
    @Option(help: "The first local day.", transform: CivilDate.argument) var from: CivilDate?
    @Option(help: "The last local day.", transform: CivilDate.argument) var to: CivilDate?
    @Flag(help: "Fold new views, compare them with the live ones, swap.") var rebuild = false
    @Flag(help: "Fold views anew and compare them with the live ones.") var verify = false
    @Option(help: "table, json or csv, for --what-if.") var format = Format.table
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard [whatIf != nil, rebuild, verify].count(where: { $0 }) == 1 else {
            throw ValidationError("Give one of --what-if FILE, --rebuild and --verify.")
        }
    }

    func run() throws {
        try common.withJournal { journal, settings in
            if let whatIf {
                try compare(journal, settings, file: whatIf)
            } else {
                try fold(journal)
            }
        }
    }

    private func fold(_ journal: Journal) throws {
        // The whole log will be read, and of a large one not all was looked at yet.
        try journal.checkPages()
        let end = try journal.head().sequence.rawValue
        let progress = ProgressLine("replay", total: end)
        let result = try journal.rebuildViews(keepsLive: verify) {
            progress.update($0.rawValue, "\($0.rawValue) of \(end) records")
        }
        progress.finish()
        Console.line("records          \(result.sequence)")
        Console.line("live views       \(result.live)")
        Console.line("folded anew      \(result.rebuilt)")
        if result.isEqual {
            Console.line(
                verify ? "The views are equal." : "The views are equal; the new ones are live.")
        } else if verify {
            throw CommandError(
                "the live views differ from the log; run \"razao replay --rebuild\" to replace them"
            )
        } else {
            throw CommandError(
                "the live views differed from the log and were replaced by the new ones; "
                    + "figures printed before may have been wrong")
        }
    }

    private func compare(_ journal: Journal, _ settings: Settings, file: String) throws {
        let zone = try ZoneRules.named(settings.text("clients.time_zone"))
        let contents: PriceFileContents
        do {
            contents = try PriceFile.parse(
                InputFile.contents(of: file, most: 64 << 20), format: pricesFormat,
                effectiveFrom: effectiveFrom?.instant(zone, "--effective-from"))
        } catch let error as PriceFileError {
            throw CommandError("\(file): \(error)")
        }
        if let client, try journal.state().clients[client] == nil {
            throw JournalError.unknownClient(client)
        }
        let rows = try journal.whatIf(
            contents.entries, UsageFilter(client: client, from: from, to: to))
        switch format {
        case .table: try WhatIfTable(rows: rows).print()
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            Console.write(Array(try encoder.encode(rows.map(WhatIfFigures.init))) + [0x0A])
        case .csv:
            Console.line(
                "client,month,model,calls,usd_before,usd_after,brl_before,brl_after,brl_difference")
            for figures in try rows.map(WhatIfFigures.init) {
                Console.line(figures.cells.map(UsageCommand.quoted).joined(separator: ","))
            }
        }
    }
}

/// A difference as machines read it.
struct WhatIfFigures: Encodable {
    let client: String
    let month: String
    let model: String
    let calls: UInt64
    let usd_before: String
    let usd_after: String
    let brl_before: String
    let brl_after: String
    let brl_difference: String

    init(_ row: PriceDifference) throws {
        client = row.client
        month = row.month.description
        model = row.model
        calls = row.calls
        usd_before = row.before.usd.text
        usd_after = row.after.usd.text
        brl_before = row.before.brl.text
        brl_after = row.after.brl.text
        brl_difference = try row.after.brl.subtracting(row.before.brl).text
    }

    var cells: [String] {
        [
            client, month, model, String(calls), usd_before, usd_after, brl_before, brl_after,
            brl_difference,
        ]
    }
}

/// The differences for people.
struct WhatIfTable {
    let rows: [PriceDifference]

    func print() throws {
        guard !rows.isEmpty else {
            Console.line("These prices change nothing.")
            return
        }
        let format = FigureFormat.brazilian
        var table = TextTable([
            ("Client", .left), ("Month", .left), ("Model", .left), ("Calls", .right),
            ("US$ now", .right), ("US$ then", .right), ("R$ now", .right), ("R$ then", .right),
            ("Difference", .right),
        ])
        var before = CellCost()
        var after = CellCost()
        var calls: UInt64 = 0
        for row in rows {
            table.add(
                [row.client, row.month.description, row.model]
                    + (try cells(row.calls, row.before, row.after, format)))
            try before.add(row.before)
            try after.add(row.after)
            calls += row.calls
        }
        table.addFooter(["Total", "", ""] + (try cells(calls, before, after, format)))
        for line in table.lines { Console.line(line) }
        Console.note("Nothing was written. To apply: razao prices import FILE --format FORMAT")
    }

    private func cells(
        _ calls: UInt64, _ before: CellCost, _ after: CellCost, _ format: FigureFormat
    ) throws -> [String] {
        [
            format.integer(calls), format.decimal(before.usd.text, decimals: 4...4),
            format.decimal(after.usd.text, decimals: 4...4),
            format.decimal(before.brl.text, decimals: 2...2),
            format.decimal(after.brl.text, decimals: 2...2),
            format.brl(try after.brl.subtracting(before.brl).text),
        ]
    }
}
