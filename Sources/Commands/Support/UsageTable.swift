import Journal
import Ledger
import Money
import Statements

/// Usage for people: aligned, in Brazilian notation, with a sum below; ``CacheTable`` has the rest.
struct UsageTable {
    let dimensions: [UsageDimension]
    let rows: [UsageRow]

    func show() throws {
        guard !rows.isEmpty else {
            Console.line("There is no usage in these bounds.")
            return
        }
        let format = FigureFormat.brazilian
        var table = TextTable(
            dimensions.map { (Self.title($0), .left) } + [
                ("Calls", .right), ("Input", .right), ("Cached", .right), ("Output", .right),
                ("US$", .right), ("R$", .right), ("p50 ms", .right), ("p95", .right),
                ("p99", .right),
            ])
        var sum = UsageRow.empty
        for row in rows {
            table.add(row.group.map { $0.isEmpty ? "–" : $0 } + cells(row, format))
            try sum.merge(row)
        }
        if rows.count > 1 {
            let label = ["Total"] + Array(repeating: "", count: dimensions.count - 1)
            table.addFooter(label + cells(sum, format))
        }
        for line in table.lines(keys: dimensions.count) { Console.line(line) }
        notes(sum)
    }

    private func notes(_ sum: UsageRow) {
        if sum.cost.unpricedCalls > 0 {
            Console.note(
                "Calls without a price, in no sum: \(sum.cost.unpricedCalls); see razao status.")
        }
        if sum.all.missingUsage > 0 {
            Console.note("Calls with unknown usage, in no sum: \(sum.all.missingUsage).")
        }
    }

    private func cells(_ row: UsageRow, _ format: FigureFormat) -> [String] {
        let input = UsageClass.tokens.filter(\.isInput).reduce(0) { $0 + row.billed($1) }
        let output = UsageClass.tokens.filter { !$0.isInput }.reduce(0) { $0 + row.billed($1) }
        func milliseconds(_ perMille: UInt64) -> String {
            row.all.latencies.percentile(perMille: perMille).map { format.integer($0) } ?? ""
        }
        return [
            format.integer(row.all.calls), format.integer(input),
            format.integer(row.billed(.cacheRead)), format.integer(output),
            Self.known(format.decimal(row.cost.usd.text, decimals: 4...4), row),
            Self.known(format.decimal(row.cost.brl.text, decimals: 2...2), row),
            milliseconds(500), milliseconds(950), milliseconds(990),
        ]
    }

    /// A cost of which a part is unknown is a lower bound; one of which all is unknown is no
    /// figure.
    private static func known(_ text: String, _ row: UsageRow) -> String {
        guard row.cost.unpricedCalls > 0 else { return text }
        return row.cost.usd.units == 0 ? "no price" : "≥ \(text)"
    }

    static func title(_ dimension: UsageDimension) -> String {
        dimension.rawValue.prefix(1).uppercased() + dimension.rawValue.dropFirst()
    }
}
