/// A statement for a terminal: aligned columns, at most 100 of them.
struct TextLayout {
    /// The widest line.
    static let width = 100

    private let page: Presentation
    private var lines: [String] = []

    init(_ page: Presentation) {
        self.page = page
        header()
        warnings()
        for table in page.tablesOfTerminal { add(table) }
        for section in page.notes + [page.proof] { add(section) }
        lines.removeLast()
        rule("─")
        paragraph(page.words[.noFiscalValue] + ". " + page.words[.generated])
    }

    /// The document, ending in a newline.
    var text: String { lines.map { $0 + "\n" }.joined() }

    private mutating func rule(_ sign: Character) {
        lines.append(String(repeating: sign, count: Self.width))
    }

    private mutating func paragraph(_ text: String, indent: String = "", hanging: String = "") {
        let width = Self.width - indent.columns
        for (index, line) in text.wrapped(to: width).enumerated() {
            lines.append((index == 0 ? indent : hanging) + line)
        }
    }

    private mutating func header() {
        let notice = page.words[.noFiscalValue]
        rule("━")
        lines.append(
            page.title.uppercased().padded(to: Self.width - notice.columns) + notice)
        rule("━")
        add(facts: page.parties.flatMap(\.facts) + page.facts, indent: "")
        lines.append("")
    }

    private mutating func warnings() {
        guard !page.warnings.isEmpty else { return }
        let mark = page.words[.warning].uppercased() + "  "
        for warning in page.warnings {
            paragraph(
                warning, indent: mark, hanging: String(repeating: " ", count: mark.columns))
        }
        lines.append("")
    }

    // MARK: Tables

    private mutating func add(_ table: Presentation.Table) {
        let columns = TextColumns(
            figures: [table.titles] + table.rows.map(\.figures), width: Self.width)
        // What is due stands between heavier lines than a part of it.
        let isMain = table.name == "lines" || table.name == "summary"
        if isMain { rule("─") }
        lines += columns.row(table.heading, table.titles)
        rule("─")
        if !table.hint.isEmpty { paragraph(table.hint) }
        for (index, row) in table.rows.enumerated() {
            switch row.kind {
            case .group:
                if index > 0 { lines.append("") }
                lines += columns.row(row.fullName, row.figures)
            case .line: lines += columns.row(row.fullName, row.figures, indent: 2)
            case .sum:
                if isMain { rule("─") }
                lines += columns.row(isMain ? row.name.uppercased() : row.name, row.figures)
            }
        }
        if isMain { rule(table.rows.last?.figures.last == page.totalBRL ? "━" : "─") }
        lines.append("")
    }

    // MARK: Facts

    private mutating func add(_ section: Presentation.Section) {
        lines.append(section.heading)
        add(facts: section.facts, indent: "  ")
        lines.append("")
    }

    private mutating func add(facts: [Presentation.Fact], indent: String) {
        let labels = facts.map { $0.label.columns }.max() ?? 0
        let hanging = String(repeating: " ", count: indent.columns + labels + 2)
        for fact in facts {
            paragraph(
                fact.shortValue ?? fact.value,
                indent: indent + fact.label.padded(to: labels + 2), hanging: hanging)
        }
    }
}
