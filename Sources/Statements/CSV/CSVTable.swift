/// A header and rows, written as RFC 4180 says or as Excel in Brazil wants it.
struct CSVTable {
    /// One field of a row.
    enum Cell {
        /// Words and ids.
        case text(String)
        /// A decimal number with a point; anything else is treated as text.
        case number(String)
        /// Nothing.
        case empty
    }

    /// How the table is written.
    struct Profile {
        let start: String
        let separator: Unicode.Scalar
        let newline: String
        let decimalSign: String
        let quotesAllText: Bool
        /// True where text is guarded against being run as a formula.
        let isGuarded: Bool

        /// RFC 4180 with a line feed, which every parser of it takes. Nothing is added to a text:
        /// two names that differ must differ here.
        static let machines = Profile(
            start: "", separator: ",", newline: "\n", decimalSign: ".", quotesAllText: false,
            isGuarded: false)
        /// The same as it was for statements of the second form.
        static let formerMachines = Profile(
            start: "", separator: ",", newline: "\n", decimalSign: ".", quotesAllText: false,
            isGuarded: true)
        /// Without the mark at the start Excel breaks accents; without semicolons it makes one
        /// column.
        static let excel = Profile(
            start: "\u{FEFF}", separator: ";", newline: "\r\n", decimalSign: ",",
            quotesAllText: true, isGuarded: true)
    }

    /// The columns' names.
    var header: [String]
    /// The rows, each as long as the header.
    var rows: [[Cell]] = []

    /// The table in a profile.
    func text(_ profile: Profile) -> String {
        profile.start + Self.lines([header.map(Cell.text)], profile) + body(profile)
    }

    /// The rows alone, for a table that is written piece by piece.
    func body(_ profile: Profile) -> String { Self.lines(rows, profile) }

    private static func lines(_ rows: [[Cell]], _ profile: Profile) -> String {
        var output = ""
        for row in rows {
            let fields = row.map { field($0, profile) }
            output += fields.joined(separator: String(Character(profile.separator)))
            output += profile.newline
        }
        return output
    }

    private static func field(_ cell: Cell, _ profile: Profile) -> String {
        switch cell {
        case .empty: ""
        case .number(let digits) where isNumber(digits):
            digits.replacing(".", with: profile.decimalSign)
        case .number(let text), .text(let text):
            self.text(profile.isGuarded ? guarded(text) : text, profile)
        }
    }

    private static func text(_ text: String, _ profile: Profile) -> String {
        // By scalars: a quote with a combining mark is one Character and still a quote to parsers.
        let scalars = text.unicodeScalars
        let isSpecial = scalars.contains {
            $0 == "\"" || $0 == "\r" || $0 == "\n" || $0 == profile.separator
        }
        let isPlain = !isSpecial && scalars.first != " " && scalars.last != " "
        return isPlain && !profile.quotesAllText ? text : quoted(text)
    }

    private static func quoted(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        output.append("\"")
        for scalar in text.unicodeScalars {
            if scalar == "\"" { output.append("\"") }
            output.append(scalar)
        }
        output.append("\"")
        return String(output)
    }

    /// A spreadsheet runs text that begins like a formula; an apostrophe in front stops it.
    static func guarded(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, formulaStarts.contains(first),
            !isNumber(text)
        else { return text }
        return "'" + text
    }

    /// The signs that start a formula, their full-width forms, and white space that Excel skips.
    private static let formulaStarts: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
    ]

    private static func isNumber(_ text: String) -> Bool {
        var rest = Substring(text)
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        let parts = rest.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
        return (1...2).contains(parts.count)
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }
    }
}
