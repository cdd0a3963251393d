/// Help as wide as fits any terminal: the parser wraps all of it but the line of usage.
enum HelpText {
    /// Two less than the narrowest usual terminal.
    static let columns = 78

    /// The text with its lines of usage on as many lines as they need.
    static func wrapped(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.count > columns && line.lowercased().hasPrefix("usage: ")
                ? fold(String(line)) : String(line)
        }.joined(separator: "\n")
    }

    /// Breaks before an option or an argument, never between an option and its value.
    private static func fold(_ line: String) -> String {
        let indent = String(repeating: " ", count: 7)
        var lines: [String] = []
        var current = ""
        for piece in pieces(line) {
            if !current.isEmpty, current.count + 1 + piece.count > columns {
                lines.append(current)
                current = indent + piece
            } else {
                current += current.isEmpty ? piece : " " + piece
            }
        }
        return (lines + [current]).joined(separator: "\n")
    }

    /// The words of a line, an option and its value as one.
    private static func pieces(_ line: String) -> [String] {
        var pieces: [String] = []
        for word in line.split(separator: " ").map(String.init) {
            let isOpen = pieces.last?.hasPrefix("[") == true && pieces.last?.hasSuffix("]") == false
            let isValue = word.hasPrefix("<") && pieces.last?.hasPrefix("--") == true
            if isOpen || isValue, let last = pieces.popLast() {
                pieces.append(last + " " + word)
            } else {
                pieces.append(word)
            }
        }
        return pieces
    }
}
