import ArgumentParser
import Foundation
import Journal
import Ledger
import Money
import Statements

struct UsageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Show tokens, calls, cost, caches and latencies in groups.",
        discussion: """
            Days are each client's local days. Groups may be combined with a comma.

            p50, p95 and p99 are latencies that so many percent of the calls did not
            exceed, in milliseconds: exact up to 31, above that within 3.2 %.

            Examples:
              razao usage --by client
              razao usage --by day --client acme --from 2026-10-01 --to 2026-10-31
              razao usage --by client,model --format csv
              razao usage --by client,day --cache
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

    @Option(help: "client, model, provider, day, hour or conversation; several with a comma.")
    var by: String
    @Option(help: "Only this client.") var client: String?
    @Option(help: "The first local day.", transform: CivilDate.argument) var from: CivilDate?
    @Option(help: "The last local day.", transform: CivilDate.argument) var to: CivilDate?
    @Option(help: "table, json or csv.") var format = Format.table
    @Flag(help: "Show what the caches did instead of tokens and cost (table only).")
    var cache = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let dimensions = try by.split(separator: ",").map { part in
            guard let dimension = UsageDimension(rawValue: String(part)) else {
                throw CommandError(
                    "--by \(part): choose from "
                        + UsageDimension.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return dimension
        }
        guard !dimensions.isEmpty, Set(dimensions).count == dimensions.count else {
            throw CommandError("--by \(by): name each group once")
        }
        if let from, let to, from > to {
            throw CommandError("--from \(from) is after --to \(to); swap them")
        }
        try common.withJournal { journal, _ in
            if let client, try journal.state().clients[client] == nil {
                throw JournalError.unknownClient(client)
            }
            let rows = try journal.usage(
                by: dimensions, UsageFilter(client: client, from: from, to: to))
            switch format {
            case .table:
                if cache {
                    try CacheTable(dimensions: dimensions, rows: rows).show()
                } else {
                    try UsageTable(dimensions: dimensions, rows: rows).show()
                }
            case .json: try printJSON(dimensions, rows)
            case .csv: printCSV(dimensions, rows)
            }
            if let note = try journal.state().noteOfCosts(client: client, from: from, to: to) {
                Console.note(note)
            }
        }
    }

    private func printJSON(_ dimensions: [UsageDimension], _ rows: [UsageRow]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let objects = rows.map { UsageFigures.object(dimensions, $0) }
        Console.write(Array(try encoder.encode(objects)) + [0x0A])
    }

    private func printCSV(_ dimensions: [UsageDimension], _ rows: [UsageRow]) {
        Console.line((dimensions.map(\.rawValue) + UsageFigures.names).joined(separator: ","))
        for row in rows {
            let cells = row.group + UsageFigures(row).pairs.map { $0.1.text }
            Console.line(cells.map(Self.quoted).joined(separator: ","))
        }
    }

    /// A cell as RFC 4180 wants it, and nothing added: this is for programs. A spreadsheet may run
    /// a text that begins like a formula; for one there is `report --format csv-excel`.
    static func quoted(_ cell: String) -> String {
        let isSpecial = cell.unicodeScalars.contains {
            $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r"
        }
        return isSpecial
            ? "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : cell
    }
}

/// The figures of one row under their stable names.
struct UsageFigures {
    enum Value: Encodable {
        case number(UInt64)
        case text(String)
        case missing

        var text: String {
            switch self {
            case .number(let value): String(value)
            case .text(let text): text
            case .missing: ""
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let value): try container.encode(value)
            case .text(let text): try container.encode(text)
            case .missing: try container.encodeNil()
            }
        }
    }

    let pairs: [(String, Value)]

    static let names = UsageFigures(UsageRow.empty).pairs.map(\.0)

    init(_ row: UsageRow) {
        let all = row.all
        let cached = row.cached
        var pairs: [(String, Value)] = [
            ("calls", .number(all.calls)), ("failed_calls", .number(all.count(.failed))),
            ("cached_calls", .number(cached.calls)), ("fallback_calls", .number(all.fallbacks)),
            ("unpriced_calls", .number(row.cost.unpricedCalls)),
            ("unknown_usage_calls", .number(all.missingUsage)),
            ("estimated_usage_calls", .number(all.estimatedUsage)),
        ]
        for usageClass in UsageClass.tokens {
            pairs.append(("\(usageClass.name)_tokens", .number(row.billed(usageClass))))
        }
        let saved = UsageClass.tokens.reduce(0) { $0 + cached[$1] }
        pairs += [
            ("saved_tokens", .number(saved)), ("usd", .text(row.cost.usd.text)),
            ("brl", .text(row.cost.brl.text)), ("saved_usd", .text(row.saved.usd.text)),
            ("saved_brl", .text(row.saved.brl.text)),
            ("latency_p50_ms", Self.percentile(all, 500)),
            ("latency_p95_ms", Self.percentile(all, 950)),
            ("latency_p99_ms", Self.percentile(all, 990)),
            (
                "latency_mean_uncached_ms",
                Self.mean(
                    all.latencySum - cached.latencySum, all.latencyCount - cached.latencyCount)
            ),
            ("latency_mean_cached_ms", Self.mean(cached.latencySum, cached.latencyCount)),
        ]
        self.pairs = pairs
    }

    /// The figures with the group's values beside them.
    static func object(_ dimensions: [UsageDimension], _ row: UsageRow) -> [String: Value] {
        var object = Dictionary(
            UsageFigures(row).pairs, uniquingKeysWith: { first, _ in first })
        for (dimension, value) in zip(dimensions, row.group) {
            object[dimension.rawValue] = .text(value)
        }
        return object
    }

    private static func percentile(_ cell: UsageCell, _ perMille: UInt64) -> Value {
        cell.latencies.percentile(perMille: perMille).map { .number(UInt64($0)) } ?? .missing
    }

    private static func mean(_ sum: UInt64, _ count: UInt64) -> Value {
        count == 0 ? .missing : .number((sum + count / 2) / count)
    }
}
