// A statement rendered: for people (terminal, page, paper), for spreadsheets and for programs.
//
// Start at `StatementRenderer`. What people read comes from one value, `Presentation`, that holds
// every word and figure already written out; the text, the page and the PDF only arrange it. JSON
// and CSV take the document's own digits, FOCUS those of its days. Nothing here computes money:
// figures are decimal text and integers, and the only sums are subtotals of what the lines show.

public import Ledger
import PDF

/// Renders a ``Ledger/Statement`` in any ``StatementFormat``.
///
/// ```swift
/// let bytes = try StatementRenderer.render(statement, as: .html)
///
/// let renderer = StatementRenderer()                  // for many: fonts are looked for once
/// for statement in statements { try renderer.render(statement, as: .pdf) }
/// ```
/// The same statement always gives the same bytes; of a PDF, with the same fonts. Cost: a few
/// milliseconds for a month.
public final class StatementRenderer {
    private var typesetter: Typesetter?

    /// A renderer for many documents, on one thread.
    public init() {}

    /// The document's bytes, UTF-8 where the format is text.
    ///
    /// `language` decides words and figures of what people read; JSON, `csv` and FOCUS have none.
    /// Throws when a PDF cannot be drawn, such as without any font, or when the page's template is
    /// at fault, which a test rules out.
    public func render(
        _ statement: Statement, as format: StatementFormat,
        language: StatementLanguage = .portuguese
    ) throws -> [UInt8] {
        switch format {
        case .text:
            return Array(TextLayout(Presentation(statement, language: language)).text.utf8)
        case .json:
            return Array((statement.jsonValue.text(.pretty) + "\n").utf8)
        case .csv:
            return Array(statement.machineTable.text(statement.machineProfile).utf8)
        case .csvExcel:
            return Array(statement.spreadsheetTable(language).text(.excel).utf8)
        case .focus:
            return Array(try statement.focusTable().text(statement.machineProfile).utf8)
        case .html:
            return Array(try HTMLPage.render(Presentation(statement, language: language)).utf8)
        case .pdf:
            let typesetter = try typesetter ?? Typesetter()
            self.typesetter = typesetter
            return try StatementPDF.render(
                Presentation(statement, language: language), typesetter)
        }
    }

    /// The same for one document.
    public static func render(
        _ statement: Statement, as format: StatementFormat,
        language: StatementLanguage = .portuguese
    ) throws -> [UInt8] {
        try StatementRenderer().render(statement, as: format, language: language)
    }
}
