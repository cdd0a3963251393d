import ArgumentParser
import Foundation
import Journal
import Ledger
import Money

struct ReconcileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compare a provider's own bill with the ledger, by UTC day and model.",
        discussion: """
            Formats: openai-costs (pages of /v1/organization/costs grouped by line_item,
            or the CSV of OpenAI's dashboard), openai-usage (its usage of completions:
            tokens alone), litellm (spend logs), and with --columns any csv or json:
            date, model, input, output, cached (part of input), cost, currency. Columns
            that belong together are joined: input=uncached+cache_read. Without --format
            the file is recognized where it can be.

            Bills count days in UTC, and so does this command on both sides. Models meet
            by their names, the aliases of the price book, and --model-map. A difference
            is the bill's figure less ours. What differs by no more than --tolerance is
            counted apart and never booked.

            The whole month is compared, unless --from and --through say which days the
            bill covers, or the bill does: an export that also names days without costs.

            --record books each difference as an adjustment of the house itself, or of a
            client with --client. Adjustments count on our side from then on: the same
            bill matches, and recording it again adds nothing.

            Examples:
              razao reconcile --provider openai --month 2026-10 costs.json
              razao reconcile --provider openai --month 2026-10 costs.csv \\
                  --record --reason "OpenAI bill of October"
              razao reconcile --provider groq --month 2026-10 groq.csv \\
                  --columns date=Day,model=Model,cost=Amount
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

    @Option(help: "Whose bill it is, as the ledger names the provider.") var provider: String
    @Option(help: "The month, yyyy-mm, in UTC.", transform: CivilMonth.argument)
    var month: CivilMonth
    @Argument(help: "The bill, - for standard input; may be gzipped.") var file: String
    @Option(help: "openai-costs, openai-usage, litellm, csv or json.") var format: BillLayout?
    @Option(help: ArgumentHelp("Which columns hold what.", valueName: "date=…,cost=…"))
    var columns: String?
    @Option(
        help: ArgumentHelp(
            "Our model for a name of the bill's. May be given several times.",
            valueName: "theirs=ours"))
    var modelMap: [String] = []
    @Option(
        help: ArgumentHelp(
            "Our provider for a name in LiteLLM's logs: gemini=google.", valueName: "theirs=ours"))
    var renameProvider: [String] = []
    @Option(help: "What a day and model may differ by, in US$.") var tolerance = "0.01"
    @Option(
        help: "The first day that the bill covers; default: the month's first.",
        transform: CivilDate.argument)
    var from: CivilDate?
    @Option(
        help: "The last day that the bill covers; default: the month's last.",
        transform: CivilDate.argument)
    var through: CivilDate?
    @Flag(help: "List what matches, too.") var all = false
    @Option(help: "table, json or csv.") var outputFormat = Format.table
    @Flag(help: "Book the differences as adjustments.") var record = false
    @Option(help: "Why, in one line; needed with --record.") var reason: String?
    @Option(help: "With --record: the client to book on; default: the house itself.")
    var client: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if record, reason == nil { throw ValidationError("--record needs --reason \"…\".") }
        if !record, reason != nil || client != nil {
            throw ValidationError("--reason and --client are for --record; add it.")
        }
        for (day, option) in [(from, "--from"), (through, "--through")] {
            guard let day, day.month != month else { continue }
            throw ValidationError("\(option) \(day) is not in \(month).")
        }
        if columns != nil, let format, format != .csv, format != .json {
            throw ValidationError(
                "--columns is for csv and json; \(format.rawValue) has its own.")
        }
    }

    func run() throws {
        let tolerance = try amount()
        try common.withJournal { journal, _ in
            if let client, try journal.state().clients[client] == nil {
                throw JournalError.unknownClient(client)
            }
            var names = BillReader.Names(book: try journal.state().prices)
            names.models = try NamePairs.parse(modelMap, "--model-map gpt-4o-2024-08-06=gpt-4o")
            names.providers = try NamePairs.parse(
                renameProvider, "--rename-provider gemini=google")
            let bill = try BillFile(
                path: file, layout: format, columns: columns.map { try BillColumns($0) }
            ).read(into: Bill(provider: provider, month: month), names)
            let extent = try BillExtent(bill, from: from, through: through)
            let digest = Chain.hexDigest(bill.canonicalText.utf8)
            try checkProvider(journal)
            var outside = OwnFigures()
            func reconcile() throws -> Reconciliation {
                let month = self.month.firstDay..<self.month.next.firstDay
                let ours = try journal.usage(of: provider, onUTCDays: month) {
                    names.canonical($0, of: provider)
                }
                outside = try extent.outside(ours)
                return try Reconciliation(
                    bill: bill, ours: ours.filter { extent.days.contains($0.key.day) },
                    tolerance: tolerance)
            }
            var result = try reconcile()
            if record {
                try check(result, bill, extent)
                let records = result.adjustments(
                    of: bill, client: client, reason: reason ?? "", source: source(digest))
                let booked = try journal.book(records, ofBill: digest, by: Actor.name)
                result = try reconcile()
                Console.note(
                    "Booked \(counted(booked.count, "adjustment")) on "
                        + "\(client.map { "client \($0)" } ?? "the house itself").")
                if let first = booked.first, let last = booked.last {
                    Console.note(
                        (first == last ? "Record \(first)" : "Records \(first) to \(last)")
                            + "; razao reverse RECORD takes one back.")
                }
            }
            try show(result, bill, digest, extent, outside)
        }
    }

    /// A name that the ledger does not know would make the whole bill a difference.
    private func checkProvider(_ journal: Journal) throws {
        let known = Set(try journal.state().prices.keys.map(\.provider))
        guard !known.contains(provider) else { return }
        let used = try journal.usage(by: [.provider]).map { $0.group[0] }
        guard !used.contains(provider) else { return }
        let names = known.union(used).sorted().prefix(12).joined(separator: ", ")
        throw CommandError(
            "the ledger has no price and no usage of a provider \"\(provider)\"; it knows "
                + (names.isEmpty ? "none" : names))
    }

    private func amount() throws -> Amount<USD> {
        do {
            let amount = try Amount<USD>(tolerance)
            guard amount.units >= 0 else { throw MoneyError.negative(tolerance) }
            return amount
        } catch {
            throw CommandError("--tolerance: \(error)")
        }
    }

    /// What an adjustment says of where it comes from.
    private func source(_ digest: String) -> String {
        let name = file == "-" ? "bill" : URL(fileURLWithPath: file).lastPathComponent
        let plain = name.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
        return "\(String(String.UnicodeScalarView(plain)).prefix(40)) sha256:\(digest.prefix(16))"
    }

    /// What is booked cannot be taken out again, so a doubtful bill is not booked.
    private func check(_ result: Reconciliation, _ bill: Bill, _ extent: BillExtent) throws {
        guard bill.hasCosts else {
            throw CommandError("this bill tells no costs; record from the one that does")
        }
        let differing = result.rows.filter(\.isDifference)
        let unpriced = differing.reduce(0) { $0 + ($1.ours?.unpricedCalls ?? 0) }
        guard unpriced == 0 else {
            let models = Set(
                differing.filter { $0.ours?.unpricedCalls ?? 0 > 0 }.map(\.key.model))
            throw CommandError(
                "\(counted(unpriced, "call")) of \(models.sorted().joined(separator: ", ")) have "
                    + "no price, and a price that is set later would count twice; set it with "
                    + "\"razao prices set\" first")
        }
        if let first = extent.doubtfulStart(result) {
            throw CommandError(
                "the bill has nothing before \(first), and the ledger has; give --from DAY with "
                    + "the first day that it covers, \(month.firstDay) for all of the month")
        }
        if let last = extent.doubtfulEnd(result) {
            throw CommandError(
                "the bill has nothing after \(last), and the ledger has; give --through DAY with "
                    + "the last day that it covers, \(month.lastDay) for all of the month")
        }
    }

    private func show(
        _ result: Reconciliation, _ bill: Bill, _ digest: String, _ extent: BillExtent,
        _ outside: OwnFigures
    ) throws {
        let rows = all || outputFormat != .table ? result.rows : result.rows.filter(\.isDifference)
        let figures = ReconcileFigures(result: result, bill: bill, rows: rows)
        switch outputFormat {
        case .table: try figures.printTable(tolerance: tolerance)
        case .csv: try figures.printCSV()
        case .json: try figures.printJSON(digest: digest, tolerance: tolerance, extent.days)
        }
        try figures.notes(extent, outside)
    }
}
