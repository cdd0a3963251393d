import Ledger
import PDF

/// A statement on A4: the same words and figures as the page, arranged for paper.
struct StatementPDF {
    private let page: Presentation
    private var flow: PageFlow

    /// Rows are kept until all pages are known, some 20 kB each.
    static let maximumRows = 20_000

    /// The file's bytes. Throws ``PDF/PDFError``.
    static func render(_ page: Presentation, _ typesetter: Typesetter) throws -> [UInt8] {
        let rows = page.tablesOfPage.reduce(0) { $0 + $1.rows.count }
        guard rows <= maximumRows else {
            throw PDFError.tooManyRows(rows, limit: maximumRows)
        }
        typesetter.breaksWithHyphens = page.hasFormerLook
        var pdf = StatementPDF(page, typesetter)
        pdf.arrange()
        return try pdf.write()
    }

    private init(_ page: Presentation, _ typesetter: Typesetter) {
        self.page = page
        flow = PageFlow(typesetter)
    }

    private mutating func arrange() {
        header()
        parties()
        warnings()
        if let summary = page.summary { add(summary) }
        if let chart = page.chart { flow.add(chart) }
        for table in page.tablesOfPage { add(table) }
        for section in page.notes { add(section) }
        if let days = page.days { add(days) }
        add(page.proof)
        closing()
    }

    private mutating func add(_ table: Presentation.Table) {
        let continued = page.words.fill(.continued, table.heading)
        PDFTable(table, flow.typesetter).place(in: &flow, continued: continued)
    }

    // MARK: The first page's head

    private mutating func header() {
        let notice = flow.block(page.words[.noFiscalValue], PDFStyle.small)
        let label = flow.block(page.words[.totalInReais], PDFStyle.small)
        flow.draw(notice, x: PDFStyle.margin)
        flow.draw(label, endingAt: PDFStyle.right)
        flow.advance(notice.height + Length(points: 2))
        let amount = amountBlock()
        let title = flow.block(
            page.title, PDFStyle.title, width: PDFStyle.width - amount.width - PDFStyle.gap)
        flow.draw(amount, endingAt: PDFStyle.right, below: Length(points: -3))
        flow.draw(title, x: PDFStyle.margin)
        flow.advance(max(title.height, amount.height - Length(points: 3)))
        let words = [page.month, page.number, page.status].filter { !$0.isEmpty }
        let usd = flow.block(page.totalUSD, PDFStyle.label)
        let month = flow.block(
            words.joined(separator: "  ·  "), PDFStyle.month,
            width: PDFStyle.width - usd.width - PDFStyle.gap)
        flow.draw(month, x: PDFStyle.margin)
        flow.draw(usd, endingAt: PDFStyle.right, below: Length(points: 2))
        flow.advance(month.height + Length(points: 9))
        flow.rule(Length(points: 2), PDFStyle.deep)
        flow.advance(Length(points: 13))
    }

    /// The amount due, smaller where it would leave no room for the title.
    private func amountBlock() -> TextBlock {
        var style = PDFStyle.amount
        var block = flow.block(page.totalBRL, style)
        while block.width > PDFStyle.width / 2, style.size > PDFStyle.body.size {
            style.size = style.size - Length(points: 2)
            block = flow.block(page.totalBRL, style)
        }
        return block
    }

    /// Issuer and client side by side, then the document's facts in two columns.
    private mutating func parties() {
        columns(page.parties.map(\.facts), labelWidth: Length(points: 52), isParty: true)
        let half = (page.facts.count + 1) / 2
        flow.advance(Length(points: 4))
        flow.rule(PDFStyle.hair, PDFStyle.line)
        flow.advance(Length(points: 8))
        columns(
            [Array(page.facts.prefix(half)), Array(page.facts.dropFirst(half))],
            labelWidth: Length(points: 66), isParty: false)
    }

    private mutating func columns(
        _ groups: [[Presentation.Fact]], labelWidth: Length, isParty: Bool
    ) {
        let width = (PDFStyle.width - PDFStyle.gap * 2) / 2
        var deepest = Length.zero
        for (column, facts) in groups.prefix(2).enumerated() {
            let x = PDFStyle.margin + (width + PDFStyle.gap * 2) * column
            var depth = Length.zero
            for (index, fact) in facts.enumerated() {
                let style = isParty && index == 0 ? PDFStyle.strong : PDFStyle.body
                let value = flow.block(fact.value, style, width: width - labelWidth)
                flow.draw(flow.block(fact.label, PDFStyle.label), x: x, below: depth)
                flow.draw(value, x: x + labelWidth, below: depth)
                depth += value.height + Length(points: 2)
            }
            deepest = max(deepest, depth)
        }
        flow.advance(deepest)
    }

    private mutating func warnings() {
        guard !page.warnings.isEmpty else { return }
        flow.skip(PDFStyle.gap)
        let inset = Length(points: 10)
        var style = PDFStyle.body
        style.color = PDFStyle.amber
        style.isBold = true
        let blocks =
            [flow.block(page.words[.warning], style)]
            + page.warnings.map {
                flow.block($0, PDFStyle.body, width: PDFStyle.width - inset * 2)
            }
        let height = blocks.reduce(inset + inset / 2) { $0 + $1.height + Length(points: 2) }
        flow.need(height)
        flow.fill(
            x: PDFStyle.margin, width: PDFStyle.width, height: height, PDFStyle.amberTint)
        flow.fill(
            x: PDFStyle.margin, width: Length(points: 3), height: height, PDFStyle.amberEdge)
        var below = inset - Length(points: 2)
        for block in blocks {
            flow.draw(block, x: PDFStyle.margin + inset, below: below)
            below += block.height + Length(points: 2)
        }
        flow.advance(height)
    }

    // MARK: Facts

    private mutating func add(_ section: Presentation.Section) {
        let labelWidth = Length(points: 150)
        let heading = flow.block(section.heading, PDFStyle.heading, width: PDFStyle.width)
        flow.skip(PDFStyle.section)
        let rows = section.facts.map { fact in
            (
                flow.block(fact.label, PDFStyle.label, width: labelWidth - PDFStyle.gap),
                flow.block(
                    fact.value, fact.isCode ? PDFStyle.code : PDFStyle.body,
                    width: PDFStyle.width - labelWidth)
            )
        }
        let heights = rows.map { max($0.height, $1.height) + Length(points: 6) }
        // Notes are short: they stay together, where they fit on a page at all.
        let all = heights.reduce(heading.height + Length(points: 4), +)
        flow.need(min(all, PDFStyle.bottom - PDFStyle.laterTop))
        flow.draw(heading, x: PDFStyle.margin)
        flow.advance(heading.height + Length(points: 4))
        for ((label, value), height) in zip(rows, heights) {
            flow.need(height)
            flow.rule(PDFStyle.hair, PDFStyle.line)
            flow.draw(label, x: PDFStyle.margin, below: Length(points: 3))
            flow.draw(value, x: PDFStyle.margin + labelWidth, below: Length(points: 3))
            flow.advance(height)
        }
    }

    private mutating func closing() {
        flow.skip(Length(points: 6))
        let text = page.words[.noFiscalValue] + ". " + page.words[.generated]
        let block = flow.block(text, PDFStyle.small, width: PDFStyle.width)
        flow.need(block.height)
        flow.draw(block, x: PDFStyle.margin)
        flow.advance(block.height)
    }

    // MARK: Drawing

    private func write() throws -> [UInt8] {
        let title = [page.title + " " + page.number, page.month, page.clientName]
        let writer = try PageWriter(
            width: .a4Width, height: .a4Height,
            DocumentInformation(
                title: title.map { $0.trimmed }.joined(separator: ", "),
                author: page.issuerName, creator: "Razão",
                createdAt: page.closedAt.flatMap { try? Instant($0) }.map {
                    Instant(seconds: $0.seconds).description
                }))
        for (index, marks) in flow.pages.enumerated() {
            if index > 0 { drawHead(on: writer, title.map { $0.trimmed }) }
            for mark in marks { mark.draw(on: writer) }
            drawFoot(on: writer, page: index + 1, of: flow.pages.count)
            writer.endPage()
        }
        return try writer.finish()
    }

    private func drawHead(on writer: PageWriter, _ words: [String]) {
        let block = flow.block(
            words.joined(separator: "  ·  "), PDFStyle.small, width: PDFStyle.width)
        let y = PDFStyle.laterTop - Length(points: 14)
        writer.draw(block, x: PDFStyle.margin, y: y - Length(points: 3) - block.height)
        writer.fill(
            x: PDFStyle.margin, y: y, width: PDFStyle.width, height: PDFStyle.hair, PDFStyle.soft)
    }

    private func drawFoot(on writer: PageWriter, page number: Int, of count: Int) {
        let y = PDFStyle.footer
        writer.fill(
            x: PDFStyle.margin, y: y - Length(points: 6), width: PDFStyle.width,
            height: PDFStyle.hair, PDFStyle.line)
        let format = FigureFormat(page.words.language)
        let place = flow.block(
            page.words.fill(.pageOf, format.integer(number), format.integer(count)),
            PDFStyle.small)
        let proof = flow.typesetter.block([
            TextRun(page.number.isEmpty ? "" : page.number + "   ", PDFStyle.small),
            TextRun("SHA-256 ", PDFStyle.tiny), TextRun(page.digest, PDFStyle.smallCode),
        ])
        writer.draw(proof, x: PDFStyle.margin, y: y)
        writer.draw(place, x: PDFStyle.right - place.width, y: y)
    }
}

extension Presentation {
    /// The issuer's name, where one is known.
    fileprivate var issuerName: String {
        parties.count > 1 ? parties[0].facts.first?.value ?? "" : ""
    }
}

extension String {
    /// The text without white space at its ends.
    fileprivate var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
