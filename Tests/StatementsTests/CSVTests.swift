import Ledger
import Money
import Statements
import Testing

@Suite struct `The statement as CSV` {
    /// Where the columns stand that these tests look at.
    private static let machine = (name: 9, model: 6, usd: 19, brl: 25, exact: 26)
    private static let excel = (model: 8, usd: 21, brl: 27, exact: 28)

    @Test(arguments: Sample.allCases)
    func `for machines it reads back to the lines, whatever is in the names`(sample: Sample) throws
    {
        let statement = try sample.statement()
        let text = try rendered(statement, .csv)
        #expect(text.hasPrefix("client,month,number,section,effect,provider,model,service_tier,"))
        let rows = parsedCSV(text, separator: ",")
        #expect(Set(rows.map(\.count)) == [29])
        #expect(rows[0].last == "digest")
        #expect(rows.dropFirst().allSatisfy { $0.last == statement.digest })
        for (row, line) in zip(rows.dropFirst(), statement.lines) {
            #expect(
                row == [
                    statement.client, statement.month, statement.number ?? "", "usage", "charged",
                    line.provider, line.model, line.serviceTier, line.kind, "", "",
                    line.days.first?.date ?? "", line.days.last?.date ?? "", "", "", "",
                    String(line.quantity), line.unitPriceUsdPerMillion ?? "",
                    line.unitPriceBrlPerMillion ?? "", line.usd ?? "", line.rateBrlPerUsd ?? "",
                    String(line.rateIsAverage), line.rateDate ?? "", "", "", line.brl ?? "",
                    line.brlExact ?? "", "", statement.digest,
                ])
        }
    }

    @Test(arguments: Sample.allCases)
    func `has a row for each line of each section, and columns that come to the total`(
        sample: Sample
    ) throws {
        let statement = try sample.statement()
        let rows = parsedCSV(try rendered(statement, .csv), separator: ",")
        let charges = statement.markups + statement.surcharges + statement.taxes
        let count =
            statement.lines.count + charges.count + statement.adjustments.count
            + statement.credits.count
        #expect(rows.count == count + 1)
        #expect(try sum(rows, column: Self.machine.brl) == Amount(statement.totalBrl))
        #expect(try sum(rows, column: Self.machine.exact) == Amount(statement.totalBrlExact))
        // What is only shown has a column of its own.
        let informative = charges.filter { $0.effect == .informative }.map(\.brl)
        #expect(try sum(rows, column: 27) == `The sample statements`.sum(informative))
        #expect(rows.count { $0[4] == "informative" } == informative.count)
    }

    @Test(arguments: Sample.allCases)
    func `for Excel it has a mark, semicolons, commas, quoted text and a total`(
        sample: Sample
    ) throws {
        let statement = try sample.statement()
        let text = try rendered(statement, .csvExcel)
        #expect(text.utf8.starts(with: [0xEF, 0xBB, 0xBF]))
        #expect(text.utf8.dropFirst(3).starts(with: "\"Cliente\";\"Nome\";\"CNPJ\";".utf8))
        #expect(text.hasSuffix("\r\n"))
        let rows = parsedCSV(String(text.unicodeScalars.dropFirst()), separator: ";")
        #expect(
            rows.count == parsedCSV(try rendered(statement, .csv), separator: ",").count + 1)
        #expect(Set(rows.map(\.count)) == [31])
        #expect(rows[0].last == "Resumo SHA-256")
        #expect(rows.dropFirst().allSatisfy { $0.last == statement.digest })
        let total = try #require(rows.last)
        #expect(total[0] == "Total")
        #expect(total[Self.excel.usd] == statement.totalUsd.replacing(".", with: ","))
        #expect(total[Self.excel.brl] == statement.totalBrl.replacing(".", with: ","))
        #expect(total[Self.excel.exact] == statement.totalBrlExact.replacing(".", with: ","))
        let lines = rows.dropLast().map { $0.map { $0.replacing(",", with: ".") } }
        #expect(try sum(lines, column: Self.excel.brl) == Amount(statement.totalBrl))
    }

    @Test func `for Excel each section is in words`() throws {
        let text = try rendered(Sample.full.statement(), .csvExcel)
        for part in [
            "\"2026-03/000123\";\"Tributo\";\"cobrado\";;;;;\"ISS\";\"por dentro\";"
                + "\"01/03/2026\";\"31/03/2026\"",
            "\"Tributo\";\"informativo\";;;;;\"CBS\";\"por fora\"",
            "\"2026-02\";\"2026-02/000117\";\"correção de preço\"",
            "\"fidelidade\";;;;;;\"Desconto do 1º trimestre\"", ";0,3;1,65;0,6;;",
            "\"Custo lançado sem chamada\"",
        ] { #expect(text.contains(part), "\(part)") }
    }

    @Test func `an adjustment without a price has a quantity and no amount`() throws {
        let statement = try Sample.unpricedChanges.statement()
        let rows = parsedCSV(try rendered(statement, .csv), separator: ",")
        let row = try #require(rows.first { $0[6] == "new-model" })
        #expect(row[3] == "adjustment" && row[16] == "5100")
        #expect([17, Self.machine.usd, Self.machine.brl, 26].map { row[$0] } == ["", "", "", ""])
        let excel = try rendered(statement, .csvExcel)
        #expect(excel.contains("\"consumo registrado depois do fechamento\";5100;\"sem preço\";"))
    }

    @Test func `for Excel ids are quoted, dates are local and a missing price is named`() throws {
        let text = try rendered(SampleStatement.everything(), .csvExcel)
        #expect(text.contains("\"12.345.678/0001-95\";"))
        #expect(
            text.contains(
                "\"Raciocínio\";;;\"17/03/2026\";\"17/03/2026\";;;;7700;2,50;;0,01925;5,5987;\"não\";"
                    + "\"16/03/2026\";;;0,11;"))
        #expect(
            text.contains(
                "\"Entrada\";;;\"18/03/2026\";\"18/03/2026\";;;;5000;\"sem preço\";;;;\"não\";;;;;;;"
                    + "\"fedc"))
    }

    @Test(arguments: [
        ("=1+1", "'=1+1"), ("+55 11", "'+55 11"), ("-x", "'-x"), ("@cf/llama", "'@cf/llama"),
        ("\t=1", "'\t=1"), ("＝1", "'＝1"), ("-12", "-12"), ("+1.5", "+1.5"), ("-1,50", "-1,50"),
        ("-1.2.3", "'-1.2.3"), ("a=1", "a=1"), ("", ""), ("=\u{301}1", "'=\u{301}1"),
    ])
    func `text that a spreadsheet would run gets an apostrophe for Excel, and for it alone`(
        text: String, written: String
    ) throws {
        var statement = try SampleStatement.single([.input: 1], price: [.input: "1"])
        statement.lines[0].model = text
        let machine = parsedCSV(try rendered(statement, .csv), separator: ",")
        #expect(machine[1][Self.machine.model] == text)
        let excel = parsedCSV(try rendered(statement, .csvExcel), separator: ";")
        #expect(excel[1][Self.excel.model] == written)
    }

    @Test func `a figure that is none is guarded like text`() throws {
        var statement = try SampleStatement.single([.input: 1], price: [.input: "1"])
        statement.lines[0].usd = "=cmd()"
        #expect(
            parsedCSV(try rendered(statement, .csvExcel), separator: ";")[1][Self.excel.usd]
                == "'=cmd()")
    }

    @Test(arguments: [StatementFormat.csv, .focus])
    func `for machines two names that differ stay two`(format: StatementFormat) throws {
        var statement = try SampleStatement.everything()
        let names = ["=1+1", "'=1+1", "'", "a,b", "a\"b", " a", "a\rb"]
        for (index, name) in names.enumerated() { statement.lines[index].model = name }
        let cells = Set(parsedCSV(try rendered(statement, format), separator: ",").joined())
        #expect(cells.isSuperset(of: names))
    }

    private func sum(_ rows: [[String]], column: Int) throws -> Amount<BRL> {
        try rows.dropFirst().map { $0[column] }.filter { !$0.isEmpty }.reduce(.zero) {
            try $0.adding(Amount($1))
        }
    }
}
