import Ledger
import Money
import Statements
import Testing

@Suite struct `The statement as CSV` {
    @Test(arguments: Sample.allCases)
    func `for machines it reads back to the lines, whatever is in the names`(sample: Sample) throws
    {
        let statement = try sample.statement()
        let text = try rendered(statement, .csv)
        #expect(text.hasPrefix("client,month,provider,model,service_tier,kind,quantity,"))
        let rows = parsedCSV(text, separator: ",")
        #expect(rows.count == statement.lines.count + 1)
        for (row, line) in zip(rows.dropFirst(), statement.lines) {
            let model = line.model.hasPrefix("@") ? "'" + line.model : line.model
            #expect(
                row == [
                    statement.client, statement.month, line.provider, model, line.serviceTier,
                    line.kind, String(line.quantity), line.unitPriceUsdPerMillion ?? "",
                    line.usd ?? "", line.rateBrlPerUsd ?? "", String(line.rateIsAverage),
                    line.rateDate ?? "", line.brl ?? "", line.brlExact ?? "",
                ])
        }
        #expect(try sum(rows, column: 12) == Amount(statement.totalBrl))
        #expect(try sum(rows, column: 13) == Amount(statement.totalBrlExact))
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
        #expect(rows.count == statement.lines.count + 2)
        #expect(Set(rows.map(\.count)) == [16])
        let total = try #require(rows.last)
        #expect(total[0] == "Total")
        #expect(total[14] == statement.totalBrl.replacing(".", with: ","))
        #expect(total[15] == statement.totalBrlExact.replacing(".", with: ","))
        let lines = rows.dropLast().map { $0.map { $0.replacing(",", with: ".") } }
        #expect(try sum(lines, column: 14) == Amount(statement.totalBrl))
    }

    @Test func `for Excel ids are quoted, dates are local and a missing price is named`() throws {
        let text = try rendered(SampleStatement.everything(), .csvExcel)
        #expect(text.contains("\"12.345.678/0001-95\";"))
        #expect(
            text.contains("\"Raciocínio\";7700;2,50;0,01925;5,5987;\"não\";\"16/03/2026\";0,11;"))
        #expect(text.contains("\"Entrada\";5000;\"sem preço\";;;\"não\";\"\";;\r\n"))
    }

    @Test(arguments: [
        ("=1+1", "'=1+1"), ("+55 11", "'+55 11"), ("-x", "'-x"), ("@cf/llama", "'@cf/llama"),
        ("\t=1", "'\t=1"), ("＝1", "'＝1"), ("-12", "-12"), ("+1.5", "+1.5"), ("-1,50", "-1,50"),
        ("-1.2.3", "'-1.2.3"), ("a=1", "a=1"), ("", ""), ("=\u{301}1", "'=\u{301}1"),
    ])
    func `text that a spreadsheet would run gets an apostrophe`(text: String, written: String)
        throws
    {
        var statement = try SampleStatement.single([.input: 1], price: [.input: "1"])
        statement.lines[0].model = text
        let machine = parsedCSV(try rendered(statement, .csv), separator: ",")
        #expect(machine[1][3] == written)
        let excel = parsedCSV(try rendered(statement, .csvExcel), separator: ";")
        #expect(excel[1][5] == written)
    }

    @Test func `a figure that is none is guarded like text`() throws {
        var statement = try SampleStatement.single([.input: 1], price: [.input: "1"])
        statement.lines[0].usd = "=cmd()"
        #expect(parsedCSV(try rendered(statement, .csv), separator: ",")[1][8] == "'=cmd()")
    }

    private func sum(_ rows: [[String]], column: Int) throws -> Amount<BRL> {
        try rows.dropFirst().map { $0[column] }.filter { !$0.isEmpty }.reduce(.zero) {
            try $0.adding(Amount($1))
        }
    }
}
