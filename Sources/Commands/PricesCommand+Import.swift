import ArgumentParser
import Foundation
import Journal
import Ledger
import Money

extension PricesCommand {
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import a price book.",
            discussion: """
                Formats: razao (our own), litellm (LiteLLM's map of models), litellm-events
                (its dated history, one event a line), genai (the genai-prices book). Files
                may be gzipped. Prices that are there already are not recorded again.

                Examples:
                  razao prices import book.json --format razao
                  razao prices import model_prices.json --format litellm \\
                      --effective-from 2025-12-28T00:00:00Z
                """)

        @Argument(help: "The file.") var file: String
        @Option(help: PriceFileFormat.help) var format = PriceFileFormat.usual
        @Option(help: PriceFileFormat.effectiveFromHelp)
        var effectiveFrom: InstantArgument?
        @Flag(help: "Take prices that look wrong, too.") var force = false
        @Flag(help: "Leave out prices that look wrong and take the others.")
        var skipSuspicious = false
        @Flag(help: "List every model that was left out, with the reason.") var verbose = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            let zone = try ZoneRules.named(try common.settings().text("clients.time_zone"))
            let from = try effectiveFrom?.instant(zone, "--effective-from")
            let data = try InputFile.contents(of: file, most: 64 << 20)
            let contents: PriceFileContents
            do {
                contents = try PriceFile.parse(data, format: format, effectiveFrom: from)
            } catch {
                throw CommandError("\(file): \(error)")
            }
            try common.withJournal { journal, _ in
                var suspicious = 0
                // One transaction, so that a book is taken whole or not at all.
                let recorded = try journal.record(by: Actor.name) { state in
                    var book = state.prices
                    let fresh = PricesCommand.new(contents.entries, in: &book)
                    guard skipSuspicious else {
                        try PricesCommand.gate(fresh, state.prices, force: force)
                        return fresh.map { .priceSet($0) }
                    }
                    let bad = Swift.Set(
                        PriceSanity.check(fresh, against: state.prices).map(\.index))
                    suspicious = bad.count
                    return fresh.enumerated().filter { !bad.contains($0.offset) }
                        .map { .priceSet($0.element) }
                }
                report(contents, new: recorded.count, suspicious: suspicious)
            }
        }

        private func report(_ contents: PriceFileContents, new: Int, suspicious: Int) {
            let there = contents.entries.count - new - suspicious
            Console.line(
                "\(counted(contents.entries.count, "price")) read: \(new) new, "
                    + "\(there) already there, "
                    + (suspicious > 0 ? "\(suspicious) left out as suspicious, " : "")
                    + "\(contents.skipped.count) skipped")
            let shown = verbose ? contents.skipped.count : min(5, contents.skipped.count)
            for remark in contents.skipped.prefix(shown) {
                Console.note("  skipped \(remark.name): \(remark.reason)")
            }
            if shown < contents.skipped.count {
                Console.note("  and \(contents.skipped.count - shown) more; --verbose lists them")
            }
        }
    }

    /// The entries that say something the book does not say yet; the book learns them.
    static func new(_ entries: [PriceEntry], in book: inout PriceBook) -> [PriceEntry] {
        var fresh: [PriceEntry] = []
        for (index, entry) in entries.enumerated() {
            let key = PriceBook.Key(
                provider: entry.provider, model: entry.model, serviceTier: entry.serviceTier)
            if let alias = entry.aliasOf {
                if book.aliasNames.contains(where: { $0.key == key && $0.target == alias }) {
                    continue
                }
            } else if let known = book.entry(key, at: entry.effectiveFrom)?.entry,
                known.model == entry.model, known.effectiveFrom == entry.effectiveFrom,
                known.hasSamePrices(as: entry)
            {
                continue
            }
            book.record(entry, at: SequenceNumber(UInt64.max - UInt64(entries.count - index)))
            fresh.append(entry)
        }
        return fresh
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the price in effect, now or then, as known now or then.",
            discussion: """
                Examples:
                  razao prices show openai/gpt-4o
                  razao prices show openai/gpt-4o --at 2024-11-13T02:40:51Z
                  razao prices show openai/gpt-4o --at 2024-12-01T00:00:00Z \\
                      --known-at 2024-11-30T00:00:00Z
                """)

        @Argument(help: "PROVIDER/MODEL.") var model: String
        @Option(help: "The service tier.") var serviceTier = ""
        @Option(help: "The instant whose price is asked for; default: now.") var at:
            InstantArgument?
        @Option(help: "Leave out what was recorded later than this.") var knownAt: InstantArgument?
        @Flag(help: "List the whole history.") var history = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            let key = try PricesCommand.key(model, tier: ServiceTier.normalized(serviceTier))
            try common.withJournal { journal, settings in
                let zone = try ZoneRules.named(settings.text("clients.time_zone"))
                let instant = try at?.instant(zone, "--at") ?? SystemClock.now()
                var book = try journal.state().prices
                if let knownAt { book = book.known(at: try knownAt.instant(zone, "--known-at")) }
                if history { return show(book.history(key), key) }
                guard let known = book.entry(key, at: instant) else {
                    throw CommandError(
                        "\(key.description) has no price at \(instant)"
                            + (knownAt == nil ? "" : " that was known by then")
                            + "; its calls are listed as unpriced")
                }
                let resolved = book.resolved(key)
                Console.line(
                    "\(key.description)"
                        + (resolved == key ? "" : " (priced as \(resolved.description))")
                        + ", USD per million, at \(instant)")
                PricesCommand.lines(known).forEach { Console.line("  " + $0) }
            }
        }

        private func show(_ history: [PriceBook.Known], _ key: PriceBook.Key) {
            Console.line(
                "\(key.description), \(counted(history.count, "recorded price")), USD per million")
            for known in history {
                PricesCommand.lines(known).forEach { Console.line("  " + $0) }
            }
        }
    }

    static func lines(_ known: PriceBook.Known) -> [String] {
        let entry = known.entry
        var lines = [summary(entry.prices)]
        for size in entry.sizes {
            lines.append("above \(size.above) input tokens: \(summary(size.prices))")
        }
        for window in entry.windows {
            func clock(_ minute: Int) -> String {
                let hour = minute / 60 % 24
                let rest = minute % 60
                return "\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
            }
            lines.append(
                "from \(clock(window.fromMinute)) to \(clock(window.toMinute)) UTC: "
                    + summary(window.prices))
        }
        lines.append(
            "in effect from \(entry.effectiveFrom)"
                + (entry.source.isEmpty ? "" : ", source: \(entry.source)"))
        lines.append("recorded at \(known.recordedAt) as record \(known.sequence)")
        return lines
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the models with a price now.",
            discussion: "Example:\n  razao prices list --provider openai")

        @Option(help: "Only this provider.") var provider: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let book = try journal.state().prices
                var table = TextTable([
                    ("Model", .left), ("Input", .right), ("Output", .right), ("Cache read", .right),
                    ("From", .left),
                ])
                let now = SystemClock.now()
                for key in book.keys where provider == nil || key.provider == provider {
                    guard let entry = book.entry(key, at: now)?.entry else { continue }
                    table.add([
                        key.description, entry.prices[.input]?.text ?? "",
                        entry.prices[.output]?.text ?? "", entry.prices[.cacheRead]?.text ?? "",
                        entry.effectiveFrom.description,
                    ])
                }
                for line in table.lines { Console.line(line) }
            }
        }
    }
}
