import ArgumentParser
import Curl
import Foundation
import Journal
import Ledger
import Money

struct RatesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rates", abstract: "Import, fetch and show exchange rates (BRL per USD).",
        subcommands: [Import.self, Fetch.self, Show.self])

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import rates from a file.",
            discussion: """
                Reads CSV with the columns date,compra,venda, or a body as the Banco
                Central's PTAX service gives it. A day's rate is final: a file that says
                otherwise is refused.

                Examples:
                  razao rates import ptax.csv
                  razao rates import body.json --date 1984-11-28
                """)

        @Argument(help: "The file, - for standard input.") var file: String
        @Option(
            help: "The day of the quote, for a body of a single day.",
            transform: CivilDate.argument)
        var date: CivilDate?
        @Option(help: "Who published the rates.") var source = RateEntry.ptax
        @Flag(help: "Take rates that differ from recorded ones or move too far.") var force = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            let data = try InputFile.contents(of: file, most: 16 << 20)
            switch RateFile.parse(data, on: date) {
            case .noQuote:
                Console.line("\(file) holds no quote; nothing was changed.")
            case .unreadable(let reason): throw CommandError("\(file): \(reason)")
            case .rates(var rates):
                for index in rates.indices { rates[index].source = source }
                try common.withJournal { journal, settings in
                    try RateRecorder(settings: settings, force: force).record(rates, in: journal)
                }
            }
        }
    }

    struct Fetch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch PTAX rates from the Banco Central.",
            discussion: """
                Example:
                  razao rates fetch --from 2026-10-01 --to 2026-10-31
                """)

        @Option(help: "The first day.", transform: CivilDate.argument) var from: CivilDate
        @Option(help: "The last day.", transform: CivilDate.argument) var to: CivilDate
        @Option(help: "Another address of the service.") var url: String?
        @Flag(help: "Take rates that differ from recorded ones or move too far.") var force = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            guard from <= to, to.dayNumber - from.dayNumber <= 3_660 else {
                throw CommandError(
                    "--from \(from) to --to \(to) is no period of at most ten years; swap "
                        + "or shorten"
                )
            }
            try common.withJournal { journal, settings in
                let service = url ?? settings.text("rates.url")
                let address = RateFile.address(from: from, to: to, service: service)
                switch try answer(address, settings) {
                case .noQuote:
                    Console.line("There is no quote from \(from) to \(to); nothing was changed.")
                case .unreadable(let reason):
                    throw CommandError("the answer of \(service) cannot be read: \(reason)")
                case .rates(let rates):
                    let wanted = rates.filter { $0.date >= from && $0.date <= to }
                    guard wanted.count == rates.count else {
                        throw CommandError(
                            "the answer of \(service) has days outside \(from) to \(to); "
                                + "check the address")
                    }
                    try RateRecorder(settings: settings, force: force).record(wanted, in: journal)
                }
            }
        }

        /// Three tries, a second and two apart: the service's passing faults are known.
        private func answer(_ address: String, _ settings: Settings) throws -> RateFile.Outcome {
            let seconds = Settings.seconds(settings.text("rates.timeout")) ?? 10
            let isLocal =
                address.hasPrefix("http://127.0.0.1") || address.hasPrefix("http://localhost")
            let client = HTTPClient(
                connectTimeoutMilliseconds: min(5_000, seconds * 1_000),
                totalTimeoutMilliseconds: seconds * 1_000, maximumBodyBytes: 4 << 20,
                userAgent: "razao", proxy: isLocal ? "" : nil)
            var last = RateFile.Outcome.unreadable("there was no answer")
            for attempt in 0..<3 {
                if attempt > 0 { Thread.sleep(forTimeInterval: TimeInterval(attempt)) }
                do {
                    let response = try client.get(address, headers: ["Accept: application/json"])
                    guard response.status == 200 else {
                        last = .unreadable("it has status \(response.status)")
                        continue
                    }
                    last = RateFile.parse(Data(response.body))
                    if case .unreadable = last { continue }
                    return last
                } catch {
                    last = .unreadable("\(error)")
                }
            }
            return last
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the rate that converts the usage of a day.",
            discussion: "Example:\n  razao rates show 2026-10-13")

        @Argument(help: "The day.", transform: CivilDate.argument) var date: CivilDate
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let state = try journal.state()
                let applied = state.rates.rate(for: date, rule: state.rateRule)
                let quote = state.rates.quote(on: date)?.entry
                Console.line(
                    "usage of \(date): \(applied.rate.text) BRL per USD, "
                        + (applied.date.map { "quote of \($0)" } ?? "no quote")
                        + ", \(applied.source), \(applied.status.rawValue) "
                        + "(rule \(state.rateRule))")
                if let quote {
                    Console.line(
                        "quote of \(date): buy \(quote.buy.text), sell \(quote.sell.text), "
                            + "source \(quote.source)")
                } else {
                    Console.line("quote of \(date): none")
                }
            }
        }
    }
}

/// Takes rates into the log, each day's once.
struct RateRecorder {
    let settings: Settings
    let force: Bool

    func record(_ rates: [RateEntry], in journal: Journal) throws {
        var fresh: [RateEntry] = []
        try journal.record(by: Actor.name) { state in
            fresh = try new(rates, state.rates)
            return fresh.map { .rateRecorded($0) }
        }
        Console.line(
            "\(counted(rates.count, "rate")) read: \(fresh.count) new, "
                + "\(rates.count - fresh.count) already there"
                + (fresh.first.map { first in
                    ", from \(first.date) to \(fresh.last?.date ?? first.date)"
                } ?? ""))
    }

    /// The rates that the book does not have. Throws at one that contradicts it.
    private func new(_ rates: [RateEntry], _ book: RateBook) throws -> [RateEntry] {
        var fresh: [RateEntry] = []
        var check = book
        for rate in rates.sorted(by: { $0.date < $1.date }) {
            if let known = book.quote(on: rate.date, source: rate.source)?.entry {
                if known.sell == rate.sell, known.buy == rate.buy { continue }
                guard force else {
                    throw CommandError(
                        "the rate of \(rate.date) is recorded as \(known.sell.text) and "
                            + "the file says "
                            + "\(rate.sell.text); a closed day's rate is final, so check the file, "
                            + "or repeat with --force")
                }
            }
            if !force { try checkMove(rate, check) }
            check.record(rate, at: SequenceNumber(.max))
            fresh.append(rate)
        }
        return fresh
    }

    /// A quote far from the one before it is a fault of the source more often than a crash of the
    /// real.
    private func checkMove(_ rate: RateEntry, _ book: RateBook) throws {
        guard let before = book.newest(notAfter: rate.date.adding(days: -1))?.entry,
            rate.date.dayNumber - before.date.dayNumber <= 10,
            let limit = Settings.percent(settings.text("rates.maximum_move"))
        else { return }
        let move = Int128((rate.sell.units - before.sell.units).magnitude) * 100
        guard move > Int128(before.sell.units) * Int128(limit) else { return }
        throw CommandError(
            "the rate of \(rate.date), \(rate.sell.text), is more than \(limit) % away from "
                + "\(before.sell.text) of \(before.date); check it, or repeat with --force")
    }
}
