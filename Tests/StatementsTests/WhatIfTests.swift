import Foundation
import Ledger
import Money
import Statements
import TestSupport
import Testing

@Suite struct `A comparison` {
    /// Everything that an outcome can say, with names that mean harm.
    static func everything(byModel: Bool = true) throws -> ScenarioOutcome {
        var scenario = Scenario()
        scenario.lastingPrices = [
            PriceEntry(
                provider: "openai", model: "gpt-4o", effectiveFrom: .distantPast,
                prices: try prices("2.50", "10", cacheRead: "1.25")),
            PriceEntry(
                provider: "openai", model: "o1", serviceTier: "batch",
                effectiveFrom: try Instant("2026-10-01T03:00:00Z"), prices: try prices("1", "2")),
        ]
        let gpt = PriceBook.Key(provider: "openai", model: "gpt-4o")
        let mini = PriceBook.Key(provider: "openai", model: "gpt-4o-mini")
        let hostile = PriceBook.Key(provider: "x", model: "<script>\"é", serviceTier: "flex")
        scenario.swaps = [ModelSwap(from: gpt, to: mini), ModelSwap(from: hostile, to: mini)]
        scenario.rateRule = .fixed(try ExchangeRate("5.60"))
        scenario.markup = try Percent("12.5")
        var outcome = ScenarioOutcome(
            scenario: scenario, from: date("2026-09-01"), to: date("2026-10-31"),
            rateRule: .previousBusinessDay, isByModel: byModel)
        func add(
            _ client: String, _ month: String, _ model: PriceBook.Key, _ before: String,
            _ after: String, unpriced: UInt64 = 0
        ) throws {
            var pair = ScenarioPair()
            pair.calls = 1_234
            pair.before.usd = try Amount(before)
            pair.before.brl = try pair.before.usd.charged(
                at: ChargeFactor(rate: ExchangeRate("5.4321"), markup: .zero))
            pair.after.usd = try Amount(after)
            pair.after.brl = try pair.after.usd.charged(
                at: ChargeFactor(rate: ExchangeRate("5.60"), markup: Percent("12.5")))
            pair.after.unpricedCalls = unpriced
            pair.after.unpricedQuantity = unpriced * 100
            pair.isComparable = unpriced == 0
            let found = try #require(CivilMonth(month))
            try outcome.total.add(pair)
            outcome.rows.append(
                ScenarioRow(
                    client: client, month: found, model: byModel ? model : nil, pair: pair))
            outcome.months.append(ScenarioSum(name: month, pair: pair))
            outcome.clients.append(ScenarioSum(name: client, pair: pair))
        }
        try add("=cmd()", "2026-09", hostile, "0.000001", "0", unpriced: 1_234)
        try add("acme", "2026-10", gpt, "1234.5678", "98.7654")
        outcome.unchangedCount = 2
        outcome.unchanged.calls = 9
        try outcome.total.add(outcome.unchanged)
        let days = date("2026-10-01")..<date("2026-11-01")
        for (unit, before, after) in [
            (Budget.Unit.brl, nil, date("2026-10-07")), (.usd, date("2026-10-09"), nil),
        ] as [(Budget.Unit, CivilDate?, CivilDate?)] {
            let budget = try Budget(
                client: "acme", unit: unit, limit: "100", period: .monthly, stops: true)
            outcome.budgets.append(
                ScenarioBudget(
                    budget: budget, days: days, before: budget.limit / 2, after: budget.limit * 2,
                    reachedBefore: before, reachedAfter: after, isPartial: unit == .usd))
        }
        outcome.gaps = [
            ScenarioGap(model: hostile, pricedAs: mini, usageClass: nil, quantity: 700),
            ScenarioGap(model: gpt, pricedAs: nil, usageClass: .webSearch, quantity: 3),
        ]
        outcome.unusedModels = [PriceBook.Key(provider: "openai", model: "o1")]
        outcome.provisionalDays = 2
        outcome.unknownUsageCalls = 5
        outcome.listPriceClients = ["acme"]
        return outcome
    }

    static func text(
        _ outcome: ScenarioOutcome, _ format: WhatIfFormat,
        _ language: StatementLanguage = .portuguese
    ) throws -> String {
        String(
            decoding: try WhatIfRenderer.render(outcome, as: format, language: language),
            as: UTF8.self)
    }

    @Test(arguments: WhatIfFormat.allCases)
    func `gives the bytes of its golden file`(format: WhatIfFormat) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(
                path: "Fixtures/golden/what-if.\(format.rawValue)")
        let bytes = try WhatIfRenderer.render(Self.everything(), as: format)
        if ProcessInfo.processInfo.environment["RAZAO_WRITE_GOLDEN"] != nil {
            try Data(bytes).write(to: file)
        }
        #expect(try Data(bytes) == Data(contentsOf: file), "\(file.lastPathComponent) differs")
    }

    @Test(arguments: StatementLanguage.allCases, [false, true])
    func `is a page that needs nothing from outside and runs nothing`(
        language: StatementLanguage, byModel: Bool
    ) throws {
        let page = try Self.text(Self.everything(byModel: byModel), .html, language)
        #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"\(language.rawValue)\">"))
        for part in ["http://", "https://", "src=", "url(", "<script", "{{", "}}", "{}"] {
            #expect(!page.contains(part), "\(part)")
        }
        for tag in ["svg", "rect", "text", "line", "table", "tr", "td", "th", "section", "div"] {
            let opened = page.ranges(of: "<\(tag)>").count + page.ranges(of: "<\(tag) ").count
            #expect(opened == page.ranges(of: "</\(tag)>").count, "\(tag)")
        }
        // Each row has a cell for each column.
        let columns = byModel ? 10 : 9
        for row in page.split(separator: "<tr").dropFirst() where row.contains("1.234") {
            #expect(row.matches(of: #/<t[dh][ >]/#).count == columns)
        }
    }

    @Test func `draws bars in proportion, and something for what is not nothing`() throws {
        let page = try Self.text(Self.everything(), .html)
        let widths = page.matches(of: #/class="(?:before|after)" x="170" y="\d+" width="([\d.]+)"/#)
            .map { String($0.1) }
        // The dearest fills the drawing; nothing is nothing.
        #expect(widths == ["1", "0", "380", "35.2"])
    }

    @Test func `never shows a difference of which one side is unknown`() throws {
        let outcome = try Self.everything()
        let json = try #require(
            JSONSerialization.jsonObject(
                with: Data(WhatIfRenderer.render(outcome, as: .json))) as? [String: Any])
        let rows = try #require(json["rows"] as? [[String: Any]])
        #expect(rows.count == 2)
        #expect(rows[0]["brl_difference"] is NSNull && rows[0]["percent"] is NSNull)
        #expect(rows[0]["unpriced_calls_after"] as? Int == 1_234)
        #expect(rows[1]["usd_difference"] as? String == "-1135.8024")
        #expect(rows[1]["percent"] as? String == "-90.7")
        #expect(rows[1]["model"] as? String == "openai/gpt-4o")
        let csv = parsedCSV(try Self.text(outcome, .csv), separator: ",")
        #expect(csv.count == 3 && csv.allSatisfy { $0.count == csv[0].count })
        #expect(csv[1][0] == "=cmd()" && csv[1][9] == "")
        #expect(csv[2][5] == "98.7654")
        let page = try Self.text(outcome, .html)
        #expect(
            page.contains("<td>≥ 98,77</td>") && page.contains("<td>sem preço</td>")
                && page.contains("<td>?</td>"))
        // What is not zero is not shown as zero.
        #expect(page.contains("&lt; 0,01") && page.contains("&lt; R$\u{A0}0,01"))
    }

    @Test func `of no usage, or of no change, says so`() throws {
        var scenario = Scenario()
        scenario.markup = .zero
        var outcome = ScenarioOutcome(
            scenario: scenario, client: "acme", rateRule: .sameDay, isByModel: false)
        #expect(try Self.text(outcome, .html).contains("Nenhum consumo neste período."))
        #expect(try Self.text(outcome, .csv).split(separator: "\n").count == 1)
        outcome.total.calls = 1
        outcome.months = [ScenarioSum(name: "2026-10", pair: outcome.total)]
        #expect(try Self.text(outcome, .html, .english).contains("This scenario changes nothing."))
    }

    @Test func `by clients draws the dearest and the rest as one`() throws {
        var scenario = Scenario()
        scenario.markup = .zero
        var outcome = ScenarioOutcome(scenario: scenario, rateRule: .sameDay, isByModel: false)
        for number in 1...40 {
            var pair = ScenarioPair()
            pair.calls = 1
            pair.before.brl = Amount(units: Int128(number))
            pair.after.brl = pair.before.brl
            outcome.clients.append(ScenarioSum(name: "client-\(number)", pair: pair))
            try outcome.total.add(pair)
        }
        outcome.months = [ScenarioSum(name: "2026-10", pair: outcome.total)]
        let page = try Self.text(outcome, .html)
        #expect(page.ranges(of: "class=\"before\"").count == 24)
        #expect(page.contains(">client-40<") && !page.contains(">client-17<"))
        #expect(page.contains(">outros 17<"))
    }
}
