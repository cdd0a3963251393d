import Money
import Testing

@testable import Ledger
@testable import Statements

/// What a reader of a statement adds up, compares or takes for what it is not.
@Suite struct `What a statement shows` {
    private static func change(_ usd: String?, _ brl: String = "0.00") -> Statement.Adjustment {
        .init(
            originMonth: "2026-02", originNumber: "2026-02/000117", section: .usage,
            provider: "openai", model: "gpt-4", name: nil, reason: .late, quantity: 2, usd: usd,
            brl: brl)
    }

    private static func adjusted(_ changes: [Statement.Adjustment]) throws -> Statement {
        var statement = try SampleStatement.everything()
        statement.adjustments = changes
        statement.subtotals.usage = statement.totalBrl
        return statement
    }

    private func lines(_ statement: Statement, with part: String) throws -> [String] {
        try rendered(statement, .text).split(separator: "\n").map(String.init)
            .filter { $0.contains(part) }
    }

    @Test(arguments: [
        (["0.00009"], "< 0,01", "< 0,01", "< R$\u{A0}0,01"),
        (["-0.00009"], "> -0,01", "> -0,01", "> -R$\u{A0}0,01"),
        (["0.00009", "-0.00009"], "< 0,01", "0,00", "R$\u{A0}0,00"),
        (["0"], "0,00", "0,00", "R$\u{A0}0,00"),
    ])
    func `has no adjustment of nothing where a cost changed`(
        usd: [String], line: String, sum: String, total: String
    ) throws {
        let statement = try Self.adjusted(usd.map { Self.change($0) })
        let rows = try lines(statement, with: "openai / gpt-4,")
        #expect(rows.count == usd.count && rows[0].hasSuffix(" " + line), "\(rows)")
        let group = try lines(statement, with: "fevereiro de 2026, demonstrativo")
        #expect(group.count == 1 && group[0].hasSuffix(" " + sum), "\(group)")
        let summary = try lines(statement, with: "  Ajustes de competências anteriores  ")
        #expect(summary.last?.hasSuffix(" " + sum) == true, "\(summary)")
        #expect(FigureFormat.brazilian.adjustments(of: statement) == total)
        var former = statement
        former.formatVersion = 2
        #expect(try lines(former, with: "openai / gpt-4,")[0].hasSuffix(" 0,00"))
    }

    @Test func `shows less than a centavo as such in the table of a closing, too`() throws {
        let tiny = try Sample.tiny.statement()
        #expect(tiny.totalBrl == "0.00")
        #expect(FigureFormat.brazilian.total(of: tiny) == "< R$\u{A0}0,01")
        #expect(FigureFormat.brazilian.adjustments(of: tiny) == "R$\u{A0}0,00")
        let changed = try Self.adjusted([Self.change("0.1", "0.54"), Self.change("-0.001")])
        var sum = changed
        sum.subtotals.adjustments = "0.54"
        #expect(FigureFormat.brazilian.adjustments(of: sum) == "R$\u{A0}0,54")
    }

    /// A month with a price in reais for one model, on two days with a rate of their own.
    private static func listed(alone: Bool = false) throws -> Statement {
        var statement = try SampleStatement.single([.input: 1_000_000], price: [.input: "2.5"]) {
            try $0.rate(9, "6")
            $0.usage(10, "openai/gpt-4o", [.input: 1_000_000])
            if !alone {
                try $0.price("groq/llama", [.input: "1"])
                $0.usage(10, "groq/llama", [.input: 1_000_000])
            }
        }
        let index = try #require(statement.lines.firstIndex { $0.model == "gpt-4o" })
        statement.lines[index].unitPriceBrlPerMillion = "18"
        statement.lines[index].rateBrlPerUsd = nil
        statement.lines[index].rateDate = nil
        for day in statement.lines[index].days.indices {
            statement.lines[index].days[day].brlExact = "18"
        }
        statement.days[0].brlExact = "18"
        statement.days[1].brlExact = alone ? "18" : "24"
        return statement
    }

    @Test func `shows no rate that priced nothing`() throws {
        let statement = try Self.listed()
        let text = try rendered(statement, .text)
        #expect(text.contains("Taxas usadas  6,0000 (cotação de 09/03/2026) em 1 dia"), "\(text)")
        #expect(!text.contains("5,0000"))
        let html = try rendered(statement, .html)
        #expect(html.contains("<td>–</td><td>–</td><td>18,00</td>"))
        #expect(html.contains("<td>6,0000</td><td>09/03/2026</td><td>24,00</td>"))
        let alone = try rendered(Self.listed(alone: true), .text)
        #expect(alone.contains("Taxas usadas  nenhuma; os preços são em reais"))
        var former = statement
        former.formatVersion = 2
        #expect(try rendered(former, .text).contains("Taxas usadas  de 5,0000"))
    }

    @Test func `says the currency of each price where both stand in one column`() throws {
        let text = try rendered(Self.listed(), .text)
        #expect(text.contains("Preço/milhão") && !text.contains("US$/milhão"))
        #expect(text.contains("R$\u{A0}18,00") && text.contains("US$\u{A0}1,00"))
        #expect(try rendered(SampleStatement.everything(), .text).contains("US$/milhão"))
    }

    @Test func `names the cost where lines of one price and day would read the same`() throws {
        var statement = try Self.listed()
        let index = try #require(statement.lines.firstIndex { $0.model == "gpt-4o" })
        var twin = statement.lines[index]
        twin.unitPriceUsdPerMillion = "5"
        statement.lines.insert(twin, at: index + 1)
        let rows = try lines(statement, with: "Entrada, 04/03 a 10/03")
        #expect(rows.count == 2 && rows[0].contains("custo a US$\u{A0}2,50"), "\(rows)")
        #expect(rows[1].contains("custo a US$\u{A0}5,00"))
    }

    @Test func `puts of two prices that begin on a day the one first that ends before`() throws {
        var statement = try SampleStatement.single([.input: 1], price: [.input: "2.5"]) {
            $0.usage(5, "openai/gpt-4o", [.input: 1])
        }
        var other = statement.lines[0]
        other.unitPriceUsdPerMillion = "5"
        other.days.removeLast()
        statement.lines.append(other)
        let rows = try lines(statement, with: "Entrada, ")
        #expect(rows.map { $0.contains("04/03 a 05/03") } == [false, true], "\(rows)")
    }

    @Test func `has as many decimals of dollars everywhere, and says what is cut off`() throws {
        let text = try rendered(Sample.full.statement(), .html)
        #expect(text.contains("custo em dólares: US$\u{A0}24,902056"))
        #expect(text.contains("<td>-0,310000</td>"))
        #expect(text.contains("exatos e aparecem com 6 casas decimais"))
        var short = try SampleStatement.single([.input: 1_000_000], price: [.input: "3"])
        short.adjustments = [Self.change("0.4", "2.16")]
        let plain = try rendered(short, .html)
        #expect(plain.contains("<td>0,40</td>") && !plain.contains("casas decimais"))
    }

    @Test func `says that a base is exact where it differs from the rounded lines`() throws {
        let full = try rendered(Sample.full.statement(), .html)
        #expect(full.contains("A base é exata"))
        var whole = try Sample.full.statement()
        whole.markups = [whole.markups[0]]
        whole.surcharges = []
        whole.taxes = []
        #expect(try !rendered(whole, .html).contains("A base é exata"))
    }

    @Test func `calls a mean of quotes a mean`() throws {
        var statement = try SampleStatement.single([.input: 1_000_000], price: [.input: "3"])
        statement.rateRule = "month-average"
        let text = try rendered(statement, .text)
        #expect(text.contains("5,0000 (média das cotações até 03/03/2026) em 1 dia"), "\(text)")
        #expect(try rendered(statement, .html).contains("<td>média até 03/03/2026</td>"))
        statement.rateRules = [
            .init(from: "2026-03-01", rule: "same-day"),
            .init(from: "2026-03-16", rule: "month-average"),
        ]
        #expect(try rendered(statement, .text).contains("5,0000 (cotação de 03/03/2026)"))
    }

    @Test func `has on each further page of paper whose it is, and each table's heading`() throws {
        let html = try rendered(Sample.hostile.statement(), .html)
        let rows = html.ranges(of: "<tr class=\"again\"><th scope=\"colgroup\" colspan=").count
        #expect(rows == html.ranges(of: "<thead>").count && rows > 5)
        let style = try #require(
            html.split(separator: "<style>").last?.split(separator: "</style>").first)
        #expect(style.contains("@top-left { content: \"Demonstrativo de consumo de IA"))
        #expect(style.contains("SHA\\2d 256 fedcba9876543210"))
        // A name cannot end the string it stands in, or the sheet.
        #expect(!style.contains("<") && !style.contains("HYPERLINK("))
        #expect(style.contains("HYPERLINK\\28 \\22 x\\22 \\29 "))
        var former = try Sample.hostile.statement()
        former.formatVersion = 2
        let before = try rendered(former, .html)
        #expect(!before.contains("again") && !before.contains("@top-left"))
    }
}
