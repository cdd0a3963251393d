import Foundation
import Journal
import Ledger
import Money
import Statements
import Synchronization

/// Compares what another system recorded as the cost of its calls with ours, while they are
/// imported: counts, sums, the largest by day and model, and all of them in a file.
///
/// Comparisons are made and the file is written on the import's thread; the journal's thread, which
/// knows what became of a call, only hands them over.
final class RecordedCosts: Sendable {
    private struct State {
        var summary = CostComparisonSummary()
        /// Rows for the file that were not written yet; bounded by the batches in flight.
        var waiting: [String] = []
        var failure: MoneyError?
    }

    private let state = Mutex(State())
    private let decimals: Int
    private let file: GrowingFile?

    static let header =
        "line,request_id,client,day,model,recorded_usd,usd,usd_difference,recorded_brl,brl,"
        + "brl_difference,recorded_rate,rate,rate_status,result"

    init(decimals: Int, file path: String?) throws {
        self.decimals = decimals
        file = try path.map { try GrowingFile(path: $0) }
        try file?.write(Self.header + "\n")
    }

    /// What rows cost here, beside what was recorded.
    func compare(_ rows: [ImportBatch.Row], _ journal: Journal) throws -> [CostComparison] {
        try writeWaiting()
        let ledger = try journal.state()
        return try rows.compactMap { row in
            guard let call = row.foreign?.call, let client = ledger.clients[row.client] else {
                return nil
            }
            return try CostComparison(
                call.event, call.recorded, state: ledger,
                day: client.calendar.day(of: call.event.occurredAt), decimals: decimals)
        }
    }

    /// Takes a comparison of a call that is in the log.
    func add(_ row: ImportBatch.Row, _ compared: CostComparison) {
        let line =
            file == nil || compared.verdict == .equal || compared.verdict == .unrecorded
            ? nil : Self.line(row, compared)
        state.withLock { state in
            do throws(MoneyError) {
                try state.summary.add(compared)
            } catch {
                state.failure = state.failure ?? error
            }
            if let line { state.waiting.append(line) }
        }
    }

    private static func line(_ row: ImportBatch.Row, _ one: CostComparison) -> String {
        let isKnown = one.usdDifference != nil || one.brlDifference != nil
        return [
            String(row.line), row.foreign?.call.event.requestID ?? "", row.client,
            one.day.description, one.model, one.recorded.usd?.text ?? "",
            isKnown ? one.ours.usd.text : "", one.usdDifference?.text ?? "",
            one.recorded.brl?.text ?? "", isKnown ? one.ours.brl.text : "",
            one.brlDifference?.text ?? "", one.recorded.rate?.text ?? "", one.rate.text,
            one.rateStatus.rawValue, name(one.verdict),
        ].map(UsageCommand.quoted).joined(separator: ",") + "\n"
    }

    private static func name(_ verdict: CostComparison.Verdict) -> String {
        switch verdict {
        case .equal: "equal"
        case .different: "different"
        case .unpriced: "no price here"
        case .unknownUsage: "unknown usage"
        case .unrecorded: "not recorded"
        }
    }

    private func writeWaiting() throws {
        let lines = state.withLock { state in
            defer { state.waiting.removeAll(keepingCapacity: true) }
            return state.waiting
        }
        if !lines.isEmpty { try file?.write(lines.joined()) }
    }

    /// Puts the file in its place and prints what was found.
    func finish() throws {
        try writeWaiting()
        try file?.finish()
        let (summary, failure) = state.withLock { ($0.summary, $0.failure) }
        if let failure { throw failure }
        tell(summary)
        if let path = file?.path { Console.note("Wrote the differences to \(path).") }
    }

    private func tell(_ summary: CostComparisonSummary) {
        guard summary.recorded > 0 else { return }
        var parts = [
            "\(summary.count(.equal)) equal to ours", "\(summary.count(.different)) different",
        ]
        for (verdict, words) in [
            (CostComparison.Verdict.unpriced, "without a price here"),
            (.unknownUsage, "of unknown usage"),
        ] where summary.count(verdict) > 0 {
            parts.append("\(summary.count(verdict)) \(words)")
        }
        Console.line(
            "\(counted(summary.recorded, "recorded cost")): " + parts.joined(separator: ", "))
        guard summary.count(.different) > 0 else { return }
        let format = FigureFormat.brazilian
        Console.line(
            "Ours less theirs: \(format.usd(summary.usd.text)) and "
                + "\(format.brl(summary.brl.text))")
        let shown = summary.largest(10)
        for line in Self.table(shown).lines { Console.line(line) }
        if summary.groupCount > shown.count {
            Console.line("and \(summary.groupCount - shown.count) more days and models")
        }
        hint(summary)
        guard summary.doubtfulRates > 0 else { return }
        Console.note(
            "\(counted(summary.doubtfulRates, "difference")) at a rate that is stale (defasada) or "
                + "provisional; import the quotes and compare again.")
    }

    /// A table that keeps fewer decimals than ours differs in every row, by next to nothing.
    private func hint(_ summary: CostComparisonSummary) {
        let step = Amount<USD>(units: 500_000)
        guard decimals > 6, summary.greatest.units > 0, summary.greatest <= step else { return }
        Console.note(
            "No difference is above half a millionth of a dollar; if theirs keeps six decimals, "
                + "--cost-decimals 6 compares as many.")
    }

    private static func table(_ groups: [CostComparisonSummary.Group]) -> TextTable {
        let format = FigureFormat.brazilian
        var table = TextTable([
            ("Day", .left), ("Model", .left), ("Calls", .right), ("Theirs US$", .right),
            ("Ours US$", .right), ("Difference US$", .right), ("R$", .right),
        ])
        for group in groups {
            table.add([
                group.day.description, group.model.isEmpty ? "others" : group.model,
                format.integer(group.calls),
                format.decimal(group.recorded.text, decimals: 6...6),
                format.decimal(group.ours.text, decimals: 6...6),
                format.decimal(group.usd.text, decimals: 6...6),
                format.decimal(group.brl.text, decimals: 2...2),
            ])
        }
        return table
    }
}

/// A file that is written piece by piece beside its place, and takes it when it is whole.
final class GrowingFile: Sendable {
    let path: String
    private let partial: String
    private let handle: FileHandle
    private let isPlaced = Mutex(false)

    init(path: String) throws {
        self.path = path
        partial = "\(path).\(UUID().uuidString).partial"
        do {
            try Data().write(to: URL(fileURLWithPath: partial))
            handle = try FileHandle(forWritingTo: URL(fileURLWithPath: partial))
        } catch {
            throw OutputFile.refusal(error, path)
        }
    }

    deinit {
        try? handle.close()
        if !isPlaced.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: partial) }
    }

    func write(_ text: String) throws {
        do {
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            throw OutputFile.refusal(error, path)
        }
    }

    /// Makes it durable and renames it; what stood there before is replaced.
    func finish() throws {
        do {
            try handle.synchronize()
            try handle.close()
        } catch {
            throw OutputFile.refusal(error, path)
        }
        guard unsafe rename(partial, path) == 0 else {
            throw OutputFile.refusal(CocoaError(.fileWriteUnknown), path)
        }
        isPlaced.withLock { $0 = true }
    }
}
