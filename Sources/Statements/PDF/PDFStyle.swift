import PDF

/// The look of a statement on paper: the page's colours, a few sizes of one family, and distances.
enum PDFStyle {
    static let ink = Color(0x1B2430)
    static let soft = Color(0x5C6878)
    static let line = Color(0xDDE3EA)
    static let deep = Color(0x0E4F4A)
    static let amber = Color(0x8A5300)
    static let amberTint = Color(0xFFF6E5)
    static let amberEdge = Color(0xE0A030)

    static let title = TextStyle(tenths: 190, isBold: true, color: ink)
    static let month = TextStyle(tenths: 115, color: soft)
    static let amount = TextStyle(tenths: 250, isBold: true, color: deep)
    static let heading = TextStyle(tenths: 105, isBold: true, color: deep)
    static let body = TextStyle(tenths: 85, color: ink)
    static let strong = TextStyle(tenths: 85, isBold: true, color: ink)
    static let label = TextStyle(tenths: 85, color: soft)
    static let small = TextStyle(tenths: 72, color: soft)
    static let tiny = TextStyle(tenths: 62, color: soft)
    static let code = TextStyle(tenths: 72, isCode: true, color: ink)
    static let smallCode = TextStyle(tenths: 60, isCode: true, color: soft)

    /// White space at the left and at the right.
    static let margin = Length(points: 46)
    static let top = Length(points: 44)
    /// Where the running head of a later page ends and its contents begin.
    static let laterTop = Length(points: 66)
    /// Where contents end.
    static let bottom = Length.a4Height - Length(points: 56)
    static let footer = Length.a4Height - Length(points: 40)
    static let width = Length.a4Width - margin * 2
    static let right = Length.a4Width - margin

    static let hair = Length(tenths: 5)
    static let gap = Length(points: 12)
    static let section = Length(points: 18)
}
