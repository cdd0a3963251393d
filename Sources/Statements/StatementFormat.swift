/// The forms a statement can be had in; the raw value is what `--format` takes.
public enum StatementFormat: String, Sendable, Hashable, CaseIterable {
    /// For a terminal, at most 100 columns.
    case text
    /// Every figure, for programs.
    case json
    /// The lines for programs: comma, decimal point, no mark at the start.
    case csv
    /// The lines for Excel as it is set up in Brazil: semicolon, decimal comma, UTF-8 mark.
    case csvExcel = "csv-excel"
    /// The charges as FOCUS 1.2, for FinOps tools.
    case focus
    /// One self-contained page, to be read on a screen or printed on A4.
    case html
    /// Pages of A4 with text that can be selected.
    case pdf

    /// The end of a file's name, without the dot.
    public var fileExtension: String {
        switch self {
        case .text: "txt"
        case .json: "json"
        case .csv: "csv"
        case .csvExcel: "excel.csv"
        case .focus: "focus.csv"
        case .html: "html"
        case .pdf: "pdf"
        }
    }

    /// False for a file that is no text.
    public var isText: Bool { self != .pdf }

    /// The media type with its character set, for `Content-Type`.
    public var mediaType: String {
        switch self {
        case .text: "text/plain; charset=utf-8"
        case .json: "application/json"
        case .csv, .csvExcel, .focus: "text/csv; charset=utf-8"
        case .html: "text/html; charset=utf-8"
        case .pdf: "application/pdf"
        }
    }
}

/// The language of a statement's words and the way its figures are written.
public enum StatementLanguage: String, Sendable, Hashable, CaseIterable {
    /// Brazilian Portuguese: `R$ 1.234,56`, `05/03/2026`. The default.
    case portuguese = "pt-BR"
    /// English: `R$ 1,234.56`, `2026-03-05`.
    case english = "en"
}
