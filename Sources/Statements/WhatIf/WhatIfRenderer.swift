public import Ledger

/// The forms that a comparison can be had in, beside the table of a terminal.
public enum WhatIfFormat: String, Sendable, Hashable, CaseIterable {
    /// Every figure, for programs.
    case json
    /// The rows, for programs.
    case csv
    /// One self-contained page with a chart.
    case html
}

/// Renders a ``Ledger/ScenarioOutcome`` in any ``WhatIfFormat``.
///
/// ```swift
/// let bytes = try WhatIfRenderer.render(outcome, as: .html)
/// ```
/// The same outcome always gives the same bytes.
public enum WhatIfRenderer {
    /// The document's bytes, UTF-8; `language` is for the page. Throws when a difference does not
    /// fit, or when the page's template is at fault, which a test rules out.
    public static func render(
        _ outcome: ScenarioOutcome, as format: WhatIfFormat,
        language: StatementLanguage = .portuguese
    ) throws -> [UInt8] {
        switch format {
        case .json: Array((try outcome.jsonValue().text(.pretty) + "\n").utf8)
        case .csv: Array(try outcome.table().text(.machines).utf8)
        case .html: Array(try WhatIfPage.render(outcome, language).utf8)
        }
    }
}
