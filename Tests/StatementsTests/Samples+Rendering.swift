import Ledger
import Statements

/// The document as text in a format.
func rendered(
    _ statement: Statement, _ format: StatementFormat,
    _ language: StatementLanguage = .portuguese
) throws -> String {
    String(
        decoding: try StatementRenderer.render(statement, as: format, language: language),
        as: UTF8.self)
}

extension StatementFormat {
    /// The formats that are text.
    static let texts = allCases.filter(\.isText)
}

/// Reads delimited text byte by byte as RFC 4180 says; independent of the code under test.
func parsedCSV(_ text: String, separator: Character) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var bytes = Array(text.utf8)[...]
    let comma = separator.asciiValue ?? 0
    func closeField() {
        row.append(String(decoding: field, as: UTF8.self))
        field = []
    }
    while let byte = bytes.popFirst() {
        if isQuoted {
            if byte == UInt8(ascii: "\"") {
                if bytes.first == UInt8(ascii: "\"") {
                    field.append(byte)
                    bytes.removeFirst()
                } else {
                    isQuoted = false
                }
            } else {
                field.append(byte)
            }
        } else if byte == UInt8(ascii: "\""), field.isEmpty {
            isQuoted = true
        } else if byte == comma {
            closeField()
        } else if byte == UInt8(ascii: "\n") {
            if field.last == UInt8(ascii: "\r") { field.removeLast() }
            closeField()
            rows.append(row)
            row = []
        } else {
            field.append(byte)
        }
    }
    return rows
}

/// Documents of every kind, for what must hold of all of them.
enum Sample: CaseIterable {
    case everything, nothing, unpriced, hostile, negative, tiny, huge, closed, full, overcredited
    case long, unpricedChanges

    /// The document.
    func statement() throws -> Statement {
        switch self {
        case .everything: return try SampleStatement.everything()
        case .nothing: return try SampleStatement.nothing()
        case .unpriced: return try SampleStatement.single([.input: 10], price: [:])
        case .tiny: return try SampleStatement.single([.input: 7], price: [.input: "0.15"])
        case .huge:
            return try SampleStatement.single(
                [.input: 999_999_999_999_999, .reasoning: 888_888_888_888],
                price: [.input: "1234.567891", .output: "60"])
        case .full: return try SampleStatement.full()
        case .overcredited: return try SampleStatement.overcredited()
        case .long: return try SampleStatement.long()
        case .unpricedChanges: return try SampleStatement.unpricedChanges()
        case .hostile:
            var statement = try SampleStatement.full()
            statement.clientName =
                #"=HYPERLINK("x") <script>alert('1')</script> "#
                + "\"\u{301} & 日本語 🩺 \u{1B}[2J\u{202E} 'aspas'"
            statement.issuer?.name = "=1+1\u{1B}[2J <i>"
            statement.issuer?.address = statement.clientName
            statement.issuer?.contact = "\u{202E}@x"
            statement.clientAddress = "-2+3 <script>"
            statement.credits[0].name = "=A1"
            statement.credits[0].reason = "@sum(A1) <b>\u{0}"
            statement.taxes[2].name = "+1 <script>"
            statement.adjustments[1].model = "=2 <script>\r\n"
            statement.budgets[0].id = "<script>"
            for index in statement.lines.indices {
                statement.lines[index].model = "@cf/<b>\"llama\", \(index % 2)\r\n;x"
            }
            return statement
        case .negative:
            var statement = try SampleStatement.single([.input: 1_000_000], price: [.input: "3"])
            statement.lines[0].kind = "adjustment"
            statement.lines[0].quantity = 0
            statement.lines[0].unitPriceUsdPerMillion = nil
            statement.lines[0].days[0].quantity = 0
            statement.lines[0].days[0].usd = "-3"
            statement.lines[0].days[0].brlExact = "-15"
            statement.days[0].usd = "-3"
            statement.days[0].brlExact = "-15"
            statement.lines[0].usd = "-3"
            statement.lines[0].brl = "-15.00"
            statement.lines[0].brlExact = "-15"
            statement.totalUsd = "-3"
            statement.totalBrl = "-15.00"
            statement.totalBrlExact = "-15"
            return statement
        case .closed:
            var statement = try SampleStatement.everything()
            statement.status = "closed"
            return statement
        }
    }
}
