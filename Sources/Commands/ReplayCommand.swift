import ArgumentParser
import Foundation
import Journal
import Ledger
import Statements

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Recompute costs: what another deal would change, new views, or a check.",
        discussion: """
            --what-if compares what all usage costs now with what it would cost at
            other prices, at another rate, with a mark-up, on other models, or all
            of these together, and writes nothing. Prices of a file count from
            their dates on; those of --price at all times, or from --effective-from
            on, with the fallbacks of "razao prices set" (and tier=batch for a
            tier). A swap keeps the token counts and takes each call's price from
            the other model at the same instant, in the same tier and size.

            US$ is cost. R$ is what is charged: cost, rate and mark-up. Limits
            (budgets that stop) count cost alone; they are those of today, in whole
            periods, and shown where they would stop on another day. Groups that
            do not change are summed in one line, and left out of CSV.

            --rebuild folds new views from the whole log, compares them with the
            live ones and takes their place. --verify only compares.

            Examples:
              razao replay --what-if new-prices.json
              razao replay --what-if --price openai/gpt-4o:input=2,output=8
              razao replay --what-if --swap openai/gpt-4o=openai/gpt-4o-mini \\
                  --client acme --from 2026-10-01 --by model
              razao replay --what-if new-prices.json --rate 5.60 --markup 20 \\
                  --format html --output what-if.html
              razao replay --rebuild
              razao replay --verify
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv, html }
    enum Group: String, ExpressibleByArgument, CaseIterable { case client, model }

    @Option(
        defaultAsFlag: "", parsing: .next,
        help: ArgumentHelp(
            "Compare; with a price file, as \"razao prices import\" takes it.",
            valueName: "file"))
    var whatIf: String?
    @OptionGroup var scenario: ScenarioOptions
    @Option(help: "Only this client.") var client: String?
    @Option(help: "The first local day.", transform: CivilDate.argument) var from: CivilDate?
    @Option(help: "The last local day.", transform: CivilDate.argument) var to: CivilDate?
    @Option(help: "Rows of clients' months, or of each model in them.") var by = Group.client
    @Option(help: "table, json, csv or html, for --what-if.") var format = Format.table
    @Option(help: "pt-BR or en, for html; default: statement.language of the settings.")
    var lang: StatementLanguage?
    @Option(help: "A file. Default: standard output, also as -.") var output: String?
    @Flag(help: "Fold new views, compare them with the live ones, swap.") var rebuild = false
    @Flag(help: "Fold views anew and compare them with the live ones.") var verify = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard [whatIf != nil, rebuild, verify].count(where: { $0 }) == 1 else {
            throw ValidationError("Give one of --what-if, --rebuild and --verify.")
        }
        if whatIf == nil, scenario.isGiven {
            throw ValidationError("Prices, rates, mark-ups and swaps belong to --what-if.")
        }
        if output != nil, format == .table {
            throw ValidationError("Give --output with --format json, csv or html.")
        }
        if let from, let to, from > to {
            throw ValidationError("--from \(from) is after --to \(to); swap them.")
        }
    }

    func run() throws {
        try common.withJournal { journal, settings in
            if let whatIf {
                try compare(journal, settings, file: whatIf.isEmpty ? nil : whatIf)
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

    private func compare(_ journal: Journal, _ settings: Settings, file: String?) throws {
        let zone = try ZoneRules.named(settings.text("clients.time_zone"))
        let scenario = try scenario.scenario(file: file, zone: zone)
        let outcome = try journal.whatIf(
            scenario, UsageFilter(client: client, from: from, to: to), byModel: by == .model)
        for entry in scenario.lastingPrices {
            let key = PriceBook.Key(
                provider: entry.provider, model: entry.model, serviceTier: entry.serviceTier)
            let before = try journal.state().prices.entry(key, at: SystemClock.now())
            PricesCommand.noteLost(of: before?.entry.prices, in: entry.prices)
        }
        if let note = try journal.state().noteOfCosts(client: client, from: from, to: to) {
            Console.note(note)
        }
        guard let rendering = WhatIfFormat(rawValue: format.rawValue) else {
            return try WhatIfTable(outcome).show()
        }
        let language =
            lang ?? StatementLanguage(rawValue: settings.text("statement.language"))
            ?? .portuguese
        let bytes = try WhatIfRenderer.render(outcome, as: rendering, language: language)
        guard let output = OutputFile.path(output) else { return Console.write(bytes) }
        try OutputFile.write(bytes, to: output)
        Console.note("Wrote \(output).")
    }
}
