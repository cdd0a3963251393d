// How wide text is on a terminal, and how it is filled up and broken.

extension String {
    /// Where the filling goes.
    enum Side {
        case left
        case right
    }

    /// Columns on a terminal: two for East Asian wide letters and emoji, none for combining marks.
    var columns: Int {
        reduce(0) { $0 + $1.columns }
    }

    /// The text with spaces to its right, or to its left when it is set to the right.
    func padded(to width: Int, _ side: Side = .left) -> String {
        let filling = String(repeating: " ", count: max(0, width - columns))
        return side == .left ? self + filling : filling + self
    }

    /// Lines of at most that many columns, broken between words; a word that is longer is cut.
    /// U+00A0 never breaks. Always at least one line.
    func wrapped(to width: Int) -> [String] {
        let width = max(width, 2)
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ").map(String.init) {
            if !line.isEmpty, line.columns + 1 + word.columns <= width {
                line += " " + word
                continue
            }
            if !line.isEmpty { lines.append(line) }
            line = ""
            for letter in word {
                if line.columns + letter.columns > width {
                    lines.append(line)
                    line = ""
                }
                line.append(letter)
            }
        }
        lines.append(line)
        return lines
    }
}

extension Character {
    fileprivate var columns: Int {
        guard let first = unicodeScalars.first else { return 0 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if first.properties.isEmojiPresentation { return 2 }
        switch first.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
