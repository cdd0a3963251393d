import Foundation
import Ledger
import Money
import Statements

/// A reconciliation as people and programs read it.
struct ReconcileFigures {
    let result: Reconciliation
    let bill: Bill
    let rows: [Reconciliation.Row]

    private static let format = FigureFormat.brazilian

    func printTable(tolerance: String) throws {
        if !rows.isEmpty {
            var table = TextTable([
                ("Day", .left), ("Model", .left), ("Bill tokens", .right), ("Ours", .right),
                ("Bill US$", .right), ("Ours US$", .right), ("Difference", .right),
                ("Result", .left),
            ])
            for row in rows { table.add(try cells(row)) }
            for line in table.lines(keys: 2) { Console.line(line) }
        }
        Console.line(
            counted(result.rows.count, "line") + " by day and model: "
                + Reconciliation.Status.allCases.map { "\(result.count($0)) \(Self.words($0))" }
                .joined(separator: ", "))
        if result.count(.below) > 0 {
            Console.line(
                "Differences of at most \(Self.format.usd(tolerance)), never booked: "
                    + "\(Self.format.usd(result.below.text)) in sum, "
                    + "\(Self.format.usd(result.belowWhole.text)) without regard to their signs")
        }
        guard bill.hasCosts else { return }
        let difference = try result.billed.subtracting(result.own)
        Console.line(
            "Bill \(Self.format.usd(result.billed.text)), ours \(Self.format.usd(result.own.text))"
                + (result.adjusted == .zero
                    ? "" : " with \(Self.format.usd(result.adjusted.text)) booked")
                + ", difference \(Self.format.usd(difference.text))")
    }

    private static func words(_ status: Reconciliation.Status) -> String {
        status.rawValue.replacing("_", with: " ")
    }

    private func cells(_ row: Reconciliation.Row) throws -> [String] {
        func count(_ value: Int64?) -> String { value.map { Self.format.integer($0) } ?? "?" }
        func usd(_ value: Amount<USD>?) -> String {
            value.map { Self.format.decimal($0.text, decimals: 4...4) } ?? "?"
        }
        return [
            row.key.day.description, row.key.model.isEmpty ? "–" : row.key.model,
            row.bill.map { count($0.tokens) } ?? "", row.ours.map { count($0.tokens) } ?? "",
            row.bill.map { usd($0.usd) } ?? "", row.ours == nil ? "" : usd(try row.ourUSD()),
            row.usd.map { usd($0) } ?? (row.tokens.map { "\(count($0)) tokens" } ?? "?"),
            Self.words(row.status),
        ]
    }

    static let names = [
        "day", "model", "result", "bill_usd", "usd", "booked_usd", "difference_usd",
        "bill_input_tokens", "input_tokens", "bill_cached_tokens", "cached_tokens",
        "bill_output_tokens", "output_tokens", "booked_tokens", "difference_tokens", "calls",
        "unpriced_calls", "unknown_calls",
    ]

    private static func values(_ row: Reconciliation.Row) -> [String?] {
        let (bill, ours) = (row.bill, row.ours)
        func text(_ value: (some BinaryInteger)?) -> String? { value.map { String($0) } }
        return [
            row.key.day.description, row.key.model, row.status.rawValue, bill?.usd?.text,
            ours?.usd.text, ours?.adjusted.text, row.usd?.text, text(bill?.input),
            text(ours?.input), text(bill?.cached), text(ours?.cached), text(bill?.output),
            text(ours?.output), text(ours?.adjustedTokens), text(row.tokens), text(ours?.calls),
            text(ours?.unpricedCalls), text(ours?.unknownCalls),
        ]
    }

    func printCSV() throws {
        Console.line(Self.names.joined(separator: ","))
        for row in rows {
            Console.line(
                Self.values(row).map { UsageCommand.quoted($0 ?? "") }.joined(separator: ","))
        }
    }

    private struct Document: Encodable {
        let provider: String
        let month: String
        let from: String
        let to: String
        let bill: String
        let tolerance: String
        let counts: [String: Int]
        let bill_usd: String
        let usd: String
        let booked_usd: String
        let difference_usd: String
        let below_tolerance_usd: String
        let below_tolerance_absolute_usd: String
        let rows: [[String: String?]]
    }

    func printJSON(
        digest: String, tolerance: String, _ days: ClosedRange<CivilDate>
    ) throws {
        let document = Document(
            provider: bill.provider, month: bill.month.description,
            from: days.lowerBound.description, to: days.upperBound.description, bill: digest,
            tolerance: tolerance,
            counts: Dictionary(
                uniqueKeysWithValues: Reconciliation.Status.allCases.map {
                    ($0.rawValue, result.count($0))
                }),
            bill_usd: result.billed.text, usd: result.own.text, booked_usd: result.adjusted.text,
            difference_usd: try result.billed.subtracting(result.own).text,
            below_tolerance_usd: result.below.text,
            below_tolerance_absolute_usd: result.belowWhole.text,
            rows: rows.map { row in
                Dictionary(uniqueKeysWithValues: zip(Self.names, Self.values(row)))
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        Console.write(Array(try encoder.encode(document)) + [0x0A])
    }

    /// What the figures alone do not say.
    func notes(_ extent: BillExtent, _ outside: OwnFigures) throws {
        let (month, days) = (bill.month, extent.days)
        if days != month.firstDay...month.lastDay {
            Console.note("Compared from \(days.lowerBound) to \(days.upperBound).")
        }
        if outside.calls > 0 || outside.isAdjusted {
            let usd = try outside.usd.adding(outside.adjusted)
            Console.note(
                "Ours of other days, not compared: \(counted(outside.calls, "call")), "
                    + "\(Self.format.usd(usd.text)); with --from \(month.firstDay) --through "
                    + "\(month.lastDay) they count as extra.")
        }
        if let first = extent.doubtfulStart(result) {
            Console.note(
                "The bill has nothing before \(first), so ours of then counts as extra; if it "
                    + "begins there, give --from \(first).")
        }
        if let last = extent.doubtfulEnd(result) {
            Console.note(
                "The bill has nothing after \(last), so ours of then counts as extra; if it ends "
                    + "there, give --through \(last).")
        }
        let unpriced = result.rows.reduce(0) { $0 + ($1.ours?.unpricedCalls ?? 0) }
        if unpriced > 0 {
            Console.note("Calls of ours without a price, in no cost: \(unpriced).")
        }
        let unknown = result.rows.reduce(0) { $0 + ($1.ours?.unknownCalls ?? 0) }
        if unknown > 0 { Console.note("Calls of ours with unknown usage: \(unknown).") }
        if bill.linesElsewhere > 0 {
            Console.note("Lines of other months, left out: \(bill.linesElsewhere).")
        }
        if bill.linesOfOthers > 0 {
            Console.note("Lines of other providers, left out: \(bill.linesOfOthers).")
        }
        if !bill.namesModels { Console.note("The bill names no models; compared by day.") }
        for pair in result.likelyNames.prefix(5) {
            Console.note(
                "\(pair.theirs) of the bill may be our \(pair.ours): --model-map "
                    + "\(pair.theirs)=\(pair.ours), or an alias in the price book.")
        }
    }
}
