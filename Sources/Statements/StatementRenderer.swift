// A statement rendered: for people (terminal, page), for spreadsheets and for programs.
//
// Start at `StatementRenderer`. What people read comes from one value, `Presentation`, that holds
// every word and figure already written out; the text and the page only arrange it. JSON and CSV
// take the document's own digits. Nothing here computes money: figures are decimal text and
// integers, and the only sums are subtotals of what the lines already show.

public import Ledger

/// Renders a ``Ledger/Statement`` in any ``StatementFormat``.
///
/// ```swift
/// let bytes = try StatementRenderer.render(statement, as: .html)
/// ```
/// The same statement always gives the same bytes. Cost: a few milliseconds for a month.
public enum StatementRenderer {
    /// The document's bytes, UTF-8.
    ///
    /// `language` decides words and figures of what people read; JSON and `csv` have none. Throws
    /// only when the page's template is at fault, which a test rules out.
    public static func render(
        _ statement: Statement, as format: StatementFormat,
        language: StatementLanguage = .portuguese
    ) throws -> [UInt8] {
        switch format {
        case .text:
            Array(TextLayout(Presentation(statement, language: language)).text.utf8)
        case .json:
            Array((statement.jsonValue.text(.pretty) + "\n").utf8)
        case .csv:
            Array(statement.machineTable.text(.machines).utf8)
        case .csvExcel:
            Array(statement.spreadsheetTable(language).text(.excel).utf8)
        case .html:
            Array(try HTMLPage.render(Presentation(statement, language: language)).utf8)
        }
    }
}
