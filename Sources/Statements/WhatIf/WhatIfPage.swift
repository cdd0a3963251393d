import Ledger
import Money
import Mustache

/// A comparison as a page: the template filled with what a ``WhatIfPresentation`` says.
enum WhatIfPage {
    /// The whole document.
    static func render(
        _ outcome: ScenarioOutcome, _ language: StatementLanguage
    ) throws -> String {
        try template.get().render(fields(of: try WhatIfPresentation(outcome, language)))
    }

    private static let template = Result {
        MustacheContentTypes.register(ScalarEscaping(), named: ScalarEscaping.name)
        return try MustacheTemplate(string: WhatIfTemplate.text)
    }

    private static func fields(of page: WhatIfPresentation) -> [String: Any] {
        [
            "language": page.words.statement.language.rawValue,
            "style": HTMLStyle.text + "\n" + WhatIfTemplate.style,
            "words": Dictionary(
                uniqueKeysWithValues: WhatIfLabel.allCases.map { ("\($0)", page.words[$0]) }),
            "page": page,
            "hasWarnings": !page.warnings.isEmpty,
            "hasUsage": page.hasUsage,
            "hasRows": !page.rows.isEmpty,
            "hasBudgets": !page.budgets.isEmpty,
            "chart": page.chart,
            "isByModel": page.isByModel,
            "barX": WhatIfChart.barX,
            "labelX": WhatIfChart.barX - 12,
        ]
    }
}

/// Everything that people read of a comparison, as words and figures already written out.
struct WhatIfPresentation {
    /// A client's month.
    struct Row {
        let client: String
        let month: String
        let model: String
        let calls: String
        let usdBefore: String
        let usdAfter: String
        let before: String
        let after: String
        let difference: String
        let percent: String
    }

    /// A budget's period.
    struct BudgetRow {
        let client: String
        let budget: String
        let period: String
        let limit: String
        let before: String
        let after: String
        let effect: String
    }

    let words: WhatIfWording
    let isByModel: Bool
    let hasUsage: Bool
    let client: String
    let period: String
    let facts: [Presentation.Fact]
    let warnings: [String]
    let chartHeading: String
    let chart: WhatIfChart
    let rows: [Row]
    let total: Row
    let totalBefore: String
    let totalAfter: String
    let budgets: [BudgetRow]

    init(_ outcome: ScenarioOutcome, _ language: StatementLanguage) throws {
        let maker = WhatIfMaker(outcome, language)
        words = maker.words
        isByModel = outcome.isByModel
        hasUsage = outcome.total.calls > 0
        client = (outcome.client ?? words[.allClients]).cleaned
        period = maker.period
        facts = maker.facts
        warnings = maker.warnings
        chartHeading = words[maker.isByMonth ? .byMonth : .byClient]
        chart = try WhatIfChart(
            try maker.chartSums(), maker.format, none: words[.noPrice])
        rows = try maker.rows()
        total = try maker.row(outcome.total, client: words[.total], month: "", model: "")
        totalBefore = maker.charged(outcome.total.before)
        totalAfter = maker.charged(outcome.total.after)
        budgets = maker.budgets
    }
}
