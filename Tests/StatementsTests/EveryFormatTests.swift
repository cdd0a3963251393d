import Ledger
import Testing

@testable import Statements

@Suite struct `Every format` {
    @Test(arguments: Sample.allCases)
    func `shows the document's totals`(sample: Sample) throws {
        let statement = try sample.statement()
        let format = FigureFormat.brazilian
        let brl = format.brl(rounded: statement.totalBrl, exact: statement.totalBrlExact)
        let exact = format.brlExact(statement.totalBrlExact)
        let text = try rendered(statement, .text)
        #expect(text.contains(brl) && text.contains(exact))
        let html = try rendered(statement, .html)
        #expect(html.contains(brl.replacing("<", with: "&lt;")) && html.contains(exact))
        let json = try rendered(statement, .json)
        #expect(json.contains("\"total_brl\": \"\(statement.totalBrl)\""))
        #expect(json.contains("\"total_brl_exact\": \"\(statement.totalBrlExact)\""))
    }

    @Test func `never shows a cost as nothing`() throws {
        let statement = try Sample.tiny.statement()
        #expect(statement.totalBrl == "0.00" && statement.totalBrlExact != "0")
        for format in [StatementFormat.text, .html] {
            let text = try rendered(statement, format)
            #expect(text.contains("R$\u{A0}0,01"))
            #expect(text.contains(format == .html ? ">&lt; 0,01<" : " < 0,01"))
            // What the caches saved is no cost, and is nothing here.
            let savings = text.ranges(of: "tokens, R$\u{A0}0,00").count
            #expect(text.ranges(of: "R$\u{A0}0,00").count == savings + roundingDifference(text))
        }
    }

    /// The exact total and the difference begin with zeros and go on.
    private func roundingDifference(_ text: String) -> Int {
        text.ranges(of: "R$\u{A0}0,0000").count
    }

    @Test(arguments: StatementFormat.allCases, StatementLanguage.allCases)
    func `gives the same bytes each time`(
        format: StatementFormat, language: StatementLanguage
    ) throws {
        let first = try StatementRenderer.render(
            SampleStatement.everything(), as: format, language: language)
        let second = try StatementRenderer.render(
            SampleStatement.everything(), as: format, language: language)
        #expect(first == second)
    }

    @Test(arguments: StatementFormat.texts, StatementLanguage.allCases)
    func `never calls itself a fiscal document`(
        format: StatementFormat, language: StatementLanguage
    ) throws {
        for sample in Sample.allCases {
            // The names of FOCUS's columns are not ours.
            let text = try rendered(sample.statement(), format, language).lowercased()
                .replacing(/^billedcost,.*\n/, with: "")
            for word in ["fatura", "nota fiscal", "boleto", "invoice"] {
                #expect(!text.contains(word), "\(word)")
            }
        }
    }

    @Test func `shows what is too small for a centavo, in every section`() throws {
        let statement = try Sample.overcredited.statement()
        for format in [StatementFormat.text, .html] {
            let text = try rendered(statement, format).replacing("&lt;", with: "<")
                .replacing("&gt;", with: ">")
            #expect(text.ranges(of: "< 0,01").count >= 4)
            #expect(text.ranges(of: "> -0,01").count >= 2)
            #expect(text.contains("-R$\u{A0}50,00"))
        }
    }

    @Test func `English keeps the figures and changes the words`() throws {
        let text = try rendered(SampleStatement.everything(), .text, .english)
        for part in [
            "AI USAGE STATEMENT", "Document without fiscal value", "March 2026", "R$ 137.67",
            "average 5.6682", "Cached input (read)", "2026-03-01 to 2026-03-31",
        ] { #expect(text.contains(part.spaced), "\(part)") }
        #expect(!text.contains("Entrada"))
    }

    @Test(arguments: Label.allCases)
    func `each label has its words, and the same blanks in both languages`(label: Label) {
        let (portuguese, english) = label.texts
        #expect(!portuguese.isEmpty && !english.isEmpty)
        #expect(portuguese.ranges(of: "{}").count == english.ranges(of: "{}").count)
        #expect(portuguese.contains("|") == english.contains("|"))
    }

    @Test(arguments: UsageClass.allCases)
    func `each kind of usage has a name in words`(kind: UsageClass) throws {
        let statement = try SampleStatement.single([kind: 5], price: [kind: "1"])
        let text = try rendered(statement, .text)
        #expect(statement.lines.count == 1)
        #expect(!text.contains("  \(kind.name) "))
    }

    @Test(arguments: [
        (StatementFormat.text, "txt", "text/plain"), (.json, "json", "application/json"),
        (.csv, "csv", "text/csv"), (.csvExcel, "excel.csv", "text/csv"),
        (.focus, "focus.csv", "text/csv"), (.html, "html", "text/html"),
        (.pdf, "pdf", "application/pdf"),
    ])
    func `has its file extension and media type`(
        format: StatementFormat, fileExtension: String, type: String
    ) {
        #expect(format.fileExtension == fileExtension)
        #expect(format.mediaType.hasPrefix(type))
    }

    @Test func `is chosen by the names of the command line`() {
        #expect(
            StatementFormat.allCases.map(\.rawValue) == [
                "text", "json", "csv", "csv-excel", "focus", "html", "pdf",
            ])
        #expect(StatementLanguage.allCases.map(\.rawValue) == ["pt-BR", "en"])
    }
}
