/// Rows in aligned columns, for people.
struct TextTable {
    enum Alignment { case left, right }

    private let titles: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []
    private var footers: [[String]] = []

    init(_ columns: [(String, Alignment)]) {
        titles = columns.map(\.0)
        alignments = columns.map(\.1)
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// A row below a rule, for sums.
    mutating func addFooter(_ row: [String]) { footers.append(row) }

    /// The table's lines. Widths count characters, so accents do not shift a column.
    var lines: [String] {
        let all = [titles] + rows + footers
        let widths = titles.indices.map { column in
            all.map { $0[column].count }.max() ?? 0
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        var lines = [line(titles, widths), rule]
        lines += rows.map { line($0, widths) }
        if !footers.isEmpty { lines.append(rule) }
        lines += footers.map { line($0, widths) }
        return lines
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = ""
        for (column, cell) in cells.enumerated() {
            let space = String(repeating: " ", count: widths[column] - cell.count)
            if column > 0 { text += "  " }
            text += alignments[column] == .left ? cell + space : space + cell
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}
