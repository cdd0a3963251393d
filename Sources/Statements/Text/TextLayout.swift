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
        table()
        for section in [page.savings, page.rates, page.rounding, page.proof] { add(section) }
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
        add(facts: page.facts, indent: "")
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

    // MARK: The table

    private mutating func table() {
        let words = page.words
        let header = [words[.quantity], words[.unitPrice], words[.usd], words[.rate], words[.brl]]
        let total = ["", "", page.tableTotalUSD, "", page.totalBRL]
        var cells = [header, total]
        for group in page.groups {
            cells.append(["", "", group.usd, "", group.brl])
            cells += group.rows.map(Self.figures)
        }
        let columns = TextColumns(figures: cells, width: Self.width)
        rule("─")
        lines += columns.row(words[.usageByModel], header)
        rule("─")
        if page.groups.isEmpty { lines += [words[.noUsage], ""] }
        for group in page.groups {
            let name = [group.provider + " / " + group.model, group.tier]
                .filter { !$0.isEmpty }.joined(separator: ", ")
            lines += columns.row(name, ["", "", group.usd, "", group.brl])
            for line in group.rows {
                lines += columns.row(line.kind, Self.figures(line), indent: 2)
            }
            lines.append("")
        }
        lines.removeLast()
        rule("─")
        lines += columns.row(words[.total].uppercased(), total)
        rule("━")
        lines.append("")
    }

    private static func figures(_ row: Presentation.Row) -> [String] {
        let rate = row.average.isEmpty ? row.rate : row.average + " " + row.rate
        return [row.quantity, row.price, row.usd, rate, row.brl]
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
