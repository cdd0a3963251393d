import Journal
import Ledger
import Money
import Statements

/// What the caches did, for people: the response cache's hits, what they saved and how much sooner
/// they came; and the providers' prompt caches apart.
struct CacheTable {
    let dimensions: [UsageDimension]
    let rows: [UsageRow]

    func show() throws {
        guard !rows.isEmpty else {
            Console.line("There is no usage in these bounds.")
            return
        }
        let format = FigureFormat.brazilian
        let keys = dimensions.map { (UsageTable.title($0), TextTable.Alignment.left) }
        var response = TextTable(
            keys + [
                ("Calls", .right), ("Hits", .right), ("Misses", .right), ("Rate", .right),
                ("Tokens saved", .right), ("US$ saved", .right), ("R$ saved", .right),
                ("ms hit", .right), ("ms miss", .right), ("Gain", .right),
            ])
        var prompt = TextTable(
            keys + [("Input", .right), ("From cache", .right), ("Share", .right)])
        var sum = UsageRow.empty
        for row in rows {
            let group = row.group.map { $0.isEmpty ? "–" : $0 }
            response.add(group + responseCells(row, format))
            prompt.add(group + promptCells(row, format))
            try sum.merge(row)
        }
        if rows.count > 1 {
            let group = ["Total"] + Array(repeating: "", count: dimensions.count - 1)
            response.addFooter(group + responseCells(sum, format))
            prompt.addFooter(group + promptCells(sum, format))
        }
        Console.line("Response cache: answers that were kept")
        for line in response.lines(keys: dimensions.count) { Console.line(line) }
        Console.line()
        Console.line("The providers' prompt caches: input tokens")
        for line in prompt.lines(keys: dimensions.count) { Console.line(line) }
    }

    private func responseCells(_ row: UsageRow, _ format: FigureFormat) -> [String] {
        let hits = row.cached.calls
        let saved = UsageClass.tokens.reduce(0) { $0 + row.cached[$1] }
        let fast = Self.mean(row.cached.latencySum, row.cached.latencyCount)
        let slow = Self.mean(
            row.all.latencySum - row.cached.latencySum,
            row.all.latencyCount - row.cached.latencyCount)
        var gain = ""
        if let fast, let slow, slow > 0, slow >= fast {
            gain = format.percent(slow - fast, of: slow)
        }
        return [
            format.integer(row.all.calls), format.integer(hits),
            format.integer(row.all.calls - hits), format.percent(hits, of: row.all.calls),
            format.integer(saved), format.decimal(row.saved.usd.text, decimals: 4...4),
            format.decimal(row.saved.brl.text, decimals: 2...2),
            fast.map { format.integer($0) } ?? "", slow.map { format.integer($0) } ?? "", gain,
        ]
    }

    private func promptCells(_ row: UsageRow, _ format: FigureFormat) -> [String] {
        let input = UsageClass.tokens.filter(\.isInput).reduce(0) { $0 + row.billed($1) }
        return [
            format.integer(input), format.integer(row.billed(.cacheRead)),
            input == 0 ? "" : format.percent(row.billed(.cacheRead), of: input),
        ]
    }

    private static func mean(_ sum: UInt64, _ count: UInt64) -> UInt64? {
        count == 0 ? nil : (sum + count / 2) / count
    }
}
