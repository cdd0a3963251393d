import PDF

/// What is to be drawn on which page: contents flow down and on to the next page.
///
/// Pages are drawn only when all are known, since each says how many there are.
struct PageFlow {
    /// Something to be drawn.
    enum Mark {
        case text(TextBlock, x: Length, y: Length)
        case box(x: Length, y: Length, width: Length, height: Length, Color)
    }

    let typesetter: Typesetter
    private(set) var pages: [[Mark]] = [[]]
    /// Where the next thing goes.
    private(set) var y = PDFStyle.top

    init(_ typesetter: Typesetter) { self.typesetter = typesetter }

    /// True at the beginning of a page.
    var isAtTop: Bool { y == PDFStyle.top || y == PDFStyle.laterTop }

    /// Goes on to the next page unless that much fits on this one. True when it did.
    @discardableResult
    mutating func need(_ height: Length) -> Bool {
        guard y + height > PDFStyle.bottom, !isAtTop else { return false }
        pages.append([])
        y = PDFStyle.laterTop
        return true
    }

    /// Moves down; white space at the beginning of a page is left out.
    mutating func skip(_ height: Length) { if !isAtTop { y += height } }

    /// Moves down over what was drawn.
    mutating func advance(_ height: Length) { y += height }

    /// Draws text with its upper left corner at a distance below the present place.
    mutating func draw(_ block: TextBlock, x: Length, below: Length = .zero) {
        pages[pages.count - 1].append(.text(block, x: x, y: y + below))
    }

    /// Draws text that ends at a place on the right.
    mutating func draw(_ block: TextBlock, endingAt right: Length, below: Length = .zero) {
        draw(block, x: right - block.width, below: below)
    }

    /// Fills a rectangle at a distance below the present place.
    mutating func fill(
        x: Length, width: Length, height: Length, _ color: Color, below: Length = .zero
    ) {
        pages[pages.count - 1].append(
            .box(x: x, y: y + below, width: width, height: height, color))
    }

    /// A line over the whole width, at the present place.
    mutating func rule(_ height: Length, _ color: Color, below: Length = .zero) {
        fill(
            x: PDFStyle.margin, width: PDFStyle.width, height: height, color, below: below)
    }

    /// Text in one style.
    func block(
        _ text: String, _ style: TextStyle, width: Length? = nil, isRight: Bool = false
    ) -> TextBlock {
        typesetter.block([TextRun(text, style)], width: width, isRight: isRight)
    }
}

extension PageFlow.Mark {
    /// Draws it.
    func draw(on writer: PageWriter) {
        switch self {
        case .text(let block, let x, let y): writer.draw(block, x: x, y: y)
        case .box(let x, let y, let width, let height, let color):
            writer.fill(x: x, y: y, width: width, height: height, color)
        }
    }
}
