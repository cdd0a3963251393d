import Foundation
import Testing

/// The independent computation: `Tests/Independent/check.py`, and its answer beside the ledger's.
struct SecondOpinion {
    let totals: Figures
    let rows: [Figures]
    let statements: [Figures]

    init(
        _ place: Workplace, usage: [String], prices: [String], rates: String, zones: [String] = []
    ) throws {
        var arguments = [Workplace.package + "/Tests/Independent/check.py", "--json"]
        for file in usage { arguments += ["--usage", file] }
        for file in prices { arguments += ["--prices", file] }
        for zone in zones { arguments += ["--client-zone", zone] }
        arguments += ["--rates", rates]
        let answer = try Figures(parsing: place.python(arguments))
        totals = answer["totals"]
        rows = answer["rows"].list
        statements = answer["statements"].list
    }

    static let classes = [
        "input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "input_image",
        "output", "reasoning", "output_audio", "output_image",
    ]

    /// What the ledger says by client, day and model, to the last digit.
    func compareUsage(_ place: Workplace, at location: SourceLocation = #_sourceLocation) throws {
        let shown = try Figures(
            parsing: place.razao("usage", "--by", "client,day,model", "--format", "json")
        ).list.map { Self.line($0, model: $0["model"].text, tokens: Self.ledgerTokens($0)) }
        let expected = rows.map { row in
            Self.line(
                row, model: row["provider"].text + "/" + row["model"].text,
                tokens: Self.classes.map { name in
                    max(0, row["tokens"][name].count) - max(0, row["cached_tokens"][name].count)
                })
        }
        try #require(!expected.isEmpty, sourceLocation: location)
        Self.compare(shown, expected, "usage", location)
    }

    /// What every statement says, line by line.
    func compareStatements(
        _ place: Workplace, at location: SourceLocation = #_sourceLocation
    ) throws {
        try #require(!statements.isEmpty, sourceLocation: location)
        for expected in statements {
            let shown = try Figures(
                parsing: place.razao(
                    "report", "--client", expected["client"].text, "--month",
                    expected["month"].text, "--format", "json"))
            for name in ["total_usd", "total_brl", "total_brl_exact"] {
                #expect(
                    shown[name].number == expected[name].number,
                    "\(expected["client"].text) \(expected["month"].text) \(name)",
                    sourceLocation: location)
            }
            for name in ["calls", "unpriced_calls", "unknown_usage_calls"] {
                #expect(shown[name].count == expected[name].count, sourceLocation: location)
            }
            // Lines of calls without a price carry no amount; the check has none.
            let lines = shown["lines"].list.filter { $0["brl"].value is String }
            Self.compare(
                lines.map(Self.statementLine), expected["lines"].list.map(Self.statementLine),
                "\(expected["client"].text) \(expected["month"].text)", location)
        }
    }

    static func statementLine(_ line: Figures) -> String {
        [
            line["provider"].text, line["model"].text, line["kind"].text,
            line["unit_price_usd_per_million"].number, String(line["quantity"].count),
            line["usd"].number, line["brl_exact"].number, line["brl"].number,
        ].joined(separator: " ")
    }

    private static func line(_ row: Figures, model: String, tokens: [Int]) -> String {
        [
            row["client"].text, row["day"].text, model, "calls \(row["calls"].count)",
            "failed \(row["failed_calls"].count)", "cached \(row["cached_calls"].count)",
            "unpriced \(row["unpriced_calls"].count)",
            "unknown \(row["unknown_usage_calls"].count)",
            "tokens \(tokens)", "usd " + row["usd"].number, "brl " + row["brl"].number,
        ].joined(separator: " ")
    }

    private static func ledgerTokens(_ row: Figures) -> [Int] {
        classes.map { row["\($0)_tokens"].count }
    }

    static func compare(
        _ shown: [String], _ expected: [String], _ what: String, _ location: SourceLocation
    ) {
        let missing = Set(expected).subtracting(shown).sorted().prefix(3)
        let surplus = Set(shown).subtracting(expected).sorted().prefix(3)
        #expect(
            shown.sorted() == expected.sorted(),
            "\(what): \(shown.count), not \(expected.count); lacks \(missing), has \(surplus)",
            sourceLocation: location)
    }
}
