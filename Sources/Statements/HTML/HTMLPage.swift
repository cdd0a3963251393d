import Mustache

/// The page: the template filled with a ``Presentation``.
enum HTMLPage {
    /// The whole document. Throws when the template cannot be parsed.
    static func render(_ page: Presentation) throws -> String {
        try template.get().render(fields(of: page))
    }

    private static let template = Result {
        MustacheContentTypes.register(ScalarEscaping(), named: ScalarEscaping.name)
        return try MustacheTemplate(string: HTMLTemplate.text)
    }

    /// What the template names. Words go under `words`, so that no figure's name can hide one.
    private static func fields(of page: Presentation) -> [String: Any] {
        [
            "language": page.words.language.rawValue,
            "style": page.hasFormerLook
                ? HTMLStyle.text : HTMLStyle.text + "\n" + HTMLStyle.paper(page),
            "words": Dictionary(
                uniqueKeysWithValues: Label.allCases.map { ("\($0)", page.words[$0]) }),
            "page": page,
            "month": [page.month, page.number].filter { !$0.isEmpty }.joined(separator: " · "),
            "hasWarnings": !page.warnings.isEmpty,
            "chart": page.chart.map { [HTMLChart.fields(of: $0)] } ?? [],
            "summary": page.summary.map { [fields(of: $0, page)] } ?? [],
            "tables": page.tablesOfPage.map { fields(of: $0, page) },
            "days": page.days.map { [fields(of: $0, page)] } ?? [],
        ]
    }

    private static func fields(
        of table: Presentation.Table, _ page: Presentation
    ) -> [String: Any] {
        [
            "again": page.hasFormerLook ? [] : [table.titles.count + 1],
            "name": table.name, "heading": table.heading, "nameTitle": table.nameTitle,
            "titles": table.titles, "hint": table.hint.isEmpty ? [] : [table.hint],
            "rows": table.rows.map(fields(of:)),
        ]
    }

    /// Leading figures that are empty give their columns to the name.
    private static func fields(of row: Presentation.Row) -> [String: Any] {
        let free = row.figures.prefix { $0.isEmpty }.count
        let kind =
            switch row.kind {
            case .group: "group"
            case .line: row.isDoubtful ? "doubtful" : ""
            case .sum: "sum"
            }
        return [
            "class": kind.isEmpty ? [] : [kind],
            "scope": row.kind == .group ? "rowgroup" : "row",
            "span": free > 0 ? [free + 1] : [],
            "lead": row.lead.isEmpty ? [] : [row.lead], "name": row.name,
            "trail": row.trail.isEmpty ? [] : [row.trail],
            "figures": Array(row.figures.dropFirst(free)),
        ]
    }
}

/// Escapes HTML scalar by scalar, for text and for quoted attributes.
///
/// The library's own escaping goes by Character, so that a quote followed by a combining mark,
/// which is one Character, would pass as it is.
struct ScalarEscaping: MustacheContentType {
    /// The name that the template's first line selects.
    static let name = "SCALAR_HTML"

    func escapeText(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "&": output += "&amp;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
