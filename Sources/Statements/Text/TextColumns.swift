/// Rows of a name and figures whose columns align to the right.
struct TextColumns {
    private let widths: [Int]
    private let nameWidth: Int
    private let width: Int

    private static let gap = 2
    /// With less room than this the name stands on a line of its own.
    private static let leastName = 20

    /// Columns that fit all those rows of figures, as many figures in each.
    init(figures rows: [[String]], width: Int) {
        let count = rows.first?.count ?? 0
        widths = (0..<count).map { column in rows.map { $0[column].columns }.max() ?? 0 }
        nameWidth = width - widths.reduce(0) { $0 + $1 + Self.gap }
        self.width = width
    }

    /// The lines of one row; a long name takes several, and the figures stand beside its last.
    func row(_ name: String, _ figures: [String], indent: Int = 0) -> [String] {
        // Columns that are empty on the left give their room to the name.
        let free = zip(figures, widths).prefix { $0.0.isEmpty }.map { $0.1 + Self.gap }
        let room = nameWidth + free.reduce(0, +) - indent
        let filled = zip(figures, widths).dropFirst(free.count).map { figure, width in
            String(repeating: " ", count: Self.gap) + figure.padded(to: width, .right)
        }.joined()
        let margin = String(repeating: " ", count: indent)
        guard room >= Self.leastName - indent else {
            return name.wrapped(to: width - indent).map { margin + $0 }
                + [filled.padded(to: width, .right)]
        }
        var lines = name.wrapped(to: room).map { margin + $0 }
        let last = lines.removeLast()
        return lines + [last.padded(to: room + indent) + filled]
    }
}
