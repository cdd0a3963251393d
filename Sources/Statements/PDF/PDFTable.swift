import PDF

/// A table on paper: how wide its columns are, and where it may be parted.
struct PDFTable {
    private let table: Presentation.Table
    private let typesetter: Typesetter
    private let rows: [Row]
    private let titles: Row
    /// Where each column of figures ends.
    private let ends: [Length]
    private let nameWidth: Length

    private struct Row {
        let kind: Presentation.Row.Kind
        let name: TextBlock
        let figures: [TextBlock?]
        let baseline: Length
        let height: Length
        let indent: Length

        init(
            _ kind: Presentation.Row.Kind, _ name: TextBlock, _ figures: [TextBlock?],
            indent: Length, padding: Length
        ) {
            self.kind = kind
            self.name = name
            self.figures = figures
            self.indent = indent
            let all = [name] + figures.compactMap { $0 }
            let baseline = all.map(\.baseline).max() ?? .zero
            let depth = all.map { $0.height - $0.baseline }.max() ?? .zero
            self.baseline = baseline + padding / 2
            height = baseline + depth + padding
        }
    }

    /// Measures a table. The letters get smaller where the figures would leave the names no room,
    /// and figures are broken where that is not enough.
    init(_ table: Presentation.Table, _ typesetter: Typesetter) {
        self.table = table
        self.typesetter = typesetter
        var made = Self.figures(table, typesetter, tenths: 85, width: nil)
        var tenths = 85
        let room = PDFStyle.width * 7 / 10
        while Self.total(made.widths) > room, tenths > 55 {
            tenths -= 5
            made = Self.figures(table, typesetter, tenths: tenths, width: nil)
        }
        var widths = made.widths
        if Self.total(widths) > room {
            let width = room / max(1, widths.count) - PDFStyle.gap
            made = Self.figures(table, typesetter, tenths: tenths, width: width)
            widths = widths.map { _ in width }
        }
        let nameWidth = PDFStyle.width - Self.total(widths)
        self.nameWidth = nameWidth
        var end = PDFStyle.margin + nameWidth
        ends = widths.map { width in
            end += width + PDFStyle.gap
            return end
        }
        let small = TextStyle(tenths: min(75, tenths), color: PDFStyle.soft)
        titles = Row(
            .line, typesetter.block([TextRun(table.nameTitle, small)], width: nameWidth),
            made.titles, indent: .zero, padding: Length(points: 5))
        rows = zip(table.rows, made.rows).map { row, figures in
            let free = zip(row.figures, widths).prefix { $0.0.isEmpty }
                .reduce(Length.zero) { $0 + $1.1 + PDFStyle.gap }
            let indent = row.kind == .line && made.hasGroups ? Length(points: 9) : .zero
            let name = typesetter.block(
                Self.runs(row, tenths), width: nameWidth + free - indent)
            return Row(row.kind, name, figures, indent: indent, padding: Self.padding(row.kind))
        }
    }

    private static func padding(_ kind: Presentation.Row.Kind) -> Length {
        Length(points: kind == .line ? 5 : 7)
    }

    private static func total(_ widths: [Length]) -> Length {
        widths.reduce(.zero) { $0 + $1 + PDFStyle.gap }
    }

    private struct Figures {
        var widths: [Length]
        var titles: [TextBlock?]
        var rows: [[TextBlock?]]
        var hasGroups: Bool
    }

    private static func figures(
        _ table: Presentation.Table, _ typesetter: Typesetter, tenths: Int, width: Length?
    ) -> Figures {
        func block(_ text: String, _ style: TextStyle) -> TextBlock? {
            guard !text.isEmpty else { return nil }
            return typesetter.block([TextRun(text, style)], width: width, isRight: true)
        }
        let small = TextStyle(tenths: min(75, tenths), color: PDFStyle.soft)
        let titles = table.titles.map { block($0, small) }
        let rows = table.rows.map { row in
            row.figures.map { figure in
                block(
                    figure,
                    TextStyle(
                        tenths: tenths, isBold: row.kind != .line,
                        color: row.isDoubtful ? PDFStyle.amber : PDFStyle.ink))
            }
        }
        let widths = table.titles.indices.map { column in
            ([titles[column]] + rows.map { $0[column] }).compactMap { $0?.width }.max() ?? .zero
        }
        return Figures(
            widths: widths, titles: titles, rows: rows,
            hasGroups: table.rows.contains { $0.kind == .group })
    }

    private static func runs(_ row: Presentation.Row, _ tenths: Int) -> [TextRun] {
        let soft = TextStyle(tenths: tenths, color: PDFStyle.soft)
        let name = TextStyle(tenths: tenths, isBold: row.kind != .line, color: PDFStyle.ink)
        var runs: [TextRun] = []
        if !row.lead.isEmpty { runs.append(TextRun(row.lead + " / ", soft)) }
        runs.append(TextRun(row.name, name))
        if !row.trail.isEmpty { runs.append(TextRun("  " + row.trail, soft)) }
        return runs
    }

    // MARK: Placing

    /// Puts the table where the flow is; on each further page its head and the name of the group
    /// that goes on are repeated.
    func place(in flow: inout PageFlow, continued: String) {
        flow.skip(PDFStyle.section)
        let heading = flow.block(table.heading, PDFStyle.heading, width: PDFStyle.width)
        let start = heading.height + Length(points: 3)
        // A head without rows says nothing: the first ones stay with it.
        let first = rows.prefix(4).reduce(Length.zero) { $0 + $1.height }
        flow.need(start + titles.height + max(first, together(from: 0)))
        flow.draw(heading, x: PDFStyle.margin)
        flow.advance(start)
        head(in: &flow)
        var group: Presentation.Row?
        for (index, row) in rows.enumerated() {
            if flow.need(together(from: index)) {
                let again = flow.block(continued, PDFStyle.heading, width: PDFStyle.width)
                flow.draw(again, x: PDFStyle.margin)
                flow.advance(again.height + Length(points: 3))
                head(in: &flow)
                if row.kind == .line, let group { repeated(group, in: &flow) }
            } else if index > 0 {
                separate(rows[index - 1].kind, row.kind, in: &flow)
            }
            if row.kind == .group { group = table.rows[index] }
            draw(row, in: &flow)
        }
        hint(in: &flow)
    }

    /// The height of the rows that must not be parted from this one: a group keeps its first line,
    /// and the last line the sum below it.
    private func together(from index: Int) -> Length {
        guard index < rows.count else { return .zero }
        var height = rows[index].height
        if rows[index].kind == .group { height += together(from: index + 1) }
        if rows[index].kind == .line, index + 1 < rows.count, rows[index + 1].kind == .sum {
            height += rows[index + 1].height
        }
        return height
    }

    private func head(in flow: inout PageFlow) {
        draw(titles, in: &flow)
        flow.rule(PDFStyle.hair, PDFStyle.ink)
        flow.advance(PDFStyle.hair)
    }

    private func separate(
        _ before: Presentation.Row.Kind, _ after: Presentation.Row.Kind, in flow: inout PageFlow
    ) {
        switch (before, after) {
        case (_, .sum): flow.rule(Length(points: 1), PDFStyle.ink)
        case (_, .group): flow.skip(Length(points: 3))
        case (.line, .line): flow.rule(PDFStyle.hair, PDFStyle.line)
        default: break
        }
    }

    private func repeated(_ group: Presentation.Row, in flow: inout PageFlow) {
        let name = typesetter.block(
            [TextRun(group.fullName + " …", PDFStyle.label)], width: PDFStyle.width)
        draw(
            Row(.group, name, [], indent: .zero, padding: Self.padding(.line)), in: &flow)
    }

    private func draw(_ row: Row, in flow: inout PageFlow) {
        flow.draw(
            row.name, x: PDFStyle.margin + row.indent, below: row.baseline - row.name.baseline)
        for (figure, end) in zip(row.figures, ends) {
            guard let figure else { continue }
            flow.draw(figure, endingAt: end, below: row.baseline - figure.baseline)
        }
        flow.advance(row.height)
    }

    private func hint(in flow: inout PageFlow) {
        guard !table.hint.isEmpty else { return }
        let block = flow.block(table.hint, PDFStyle.small, width: PDFStyle.width)
        flow.need(block.height + Length(points: 4))
        flow.draw(block, x: PDFStyle.margin, below: Length(points: 4))
        flow.advance(block.height + Length(points: 4))
    }
}
