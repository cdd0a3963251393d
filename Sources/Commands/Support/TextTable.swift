/// Rows in aligned columns, for people.
struct TextTable {
    enum Alignment { case left, right }

    /// How wide a table is at most, as far as its columns allow.
    static let width = 100

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
    var lines: [String] { lines(of: Array(titles.indices)) }

    /// The lines of a table that has to fit ``width``: where all columns together are wider, those
    /// that do not fit follow below, each time behind the first `keys` columns.
    func lines(keys: Int) -> [String] {
        var lines: [String] = []
        var columns = Array(0..<keys)
        for column in keys..<titles.count {
            if columns.count > keys, width(of: columns + [column]) > Self.width {
                lines += self.lines(of: columns) + [""]
                columns = Array(0..<keys)
            }
            columns.append(column)
        }
        return lines + self.lines(of: columns)
    }

    private func lines(of columns: [Int]) -> [String] {
        let widths = columns.map(width(of:))
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        var lines = [line(titles, columns, widths), rule]
        lines += rows.map { line($0, columns, widths) }
        if !footers.isEmpty { lines.append(rule) }
        lines += footers.map { line($0, columns, widths) }
        return lines
    }

    private func width(of column: Int) -> Int {
        ([titles] + rows + footers).map { $0[column].count }.max() ?? 0
    }

    private func width(of columns: [Int]) -> Int {
        columns.reduce(2 * (columns.count - 1)) { $0 + width(of: $1) }
    }

    private func line(_ cells: [String], _ columns: [Int], _ widths: [Int]) -> String {
        var text = ""
        for (place, column) in columns.enumerated() {
            let space = String(repeating: " ", count: widths[place] - cells[column].count)
            if place > 0 { text += "  " }
            text += alignments[column] == .left ? cells[column] + space : space + cells[column]
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}
