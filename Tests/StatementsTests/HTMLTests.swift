import Ledger
import Statements
import Testing

@Suite struct `The statement as a page` {
    @Test func `escapes everything that comes from outside`() throws {
        let html = try rendered(Sample.hostile.statement(), .html)
        #expect(!html.contains("<script"))
        #expect(!html.contains("<b>"))
        #expect(html.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"))
        #expect(html.contains("@cf/&lt;b&gt;&quot;llama&quot;"))
        #expect(html.contains("日本語 🩺"))
        #expect(!html.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
    }

    @Test func `escapes a quote that a combining mark follows`() throws {
        var statement = try SampleStatement.nothing()
        statement.clientName = "\"\u{301}<\u{338}>\u{338}&\u{301}"
        let html = try rendered(statement, .html)
        #expect(html.contains("&quot;\u{301}&lt;\u{338}&gt;\u{338}&amp;\u{301}"))
    }

    @Test(arguments: Sample.allCases, StatementLanguage.allCases)
    func `needs nothing from outside and leaves no blank unfilled`(
        sample: Sample, language: StatementLanguage
    ) throws {
        let html = try rendered(sample.statement(), .html, language)
        #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"\(language.rawValue)\">"))
        for part in ["http://", "https://", "src=", "url(", "@import", "<link", "{{", "}}", "{}"] {
            #expect(!html.contains(part), "\(part)")
        }
        for tag in ["table", "tbody", "tr", "section", "dl", "div", "p"] {
            let opened = html.ranges(of: "<\(tag)>").count + html.ranges(of: "<\(tag) ").count
            #expect(opened == html.ranges(of: "</\(tag)>").count, "\(tag)")
        }
    }

    @Test func `has a row for each line and each day, and the proof whole`() throws {
        let statement = try SampleStatement.everything()
        let html = try rendered(statement, .html)
        #expect(html.contains(statement.logHead) && html.contains(statement.digest))
        let rows = html.ranges(of: "<th scope=\"row\">").count
        #expect(rows == statement.lines.count + statement.days.count)
        #expect(html.ranges(of: "<rect ").count == statement.days.count { $0.brlExact != "0" })
        #expect(html.contains("<td>5,6634</td><td>04/03/2026</td><td>60,50</td>"))
        #expect(html.contains("<td>5,0000</td><td>provisória</td>"))
        #expect(html.contains("<td>26/03/2026, defasada</td>"))
        #expect(html.ranges(of: "<tr class=\"doubtful\">").count == 4)
    }

    @Test func `has every section with its heading, and none that is empty`() throws {
        let full = try rendered(Sample.full.statement(), .html)
        let plain = try rendered(SampleStatement.everything(), .html)
        for heading in [
            "Margem", "Acréscimos", "Tributos", "Ajustes de competências anteriores", "Créditos",
            "Resumo", "Orçamentos e limites do mês",
        ] {
            #expect(full.contains("<h2>\(heading)</h2>"), "\(heading)")
            #expect(!plain.contains("<h2>\(heading)</h2>"), "\(heading)")
        }
        for part in [
            "<td>184,55</td><td>5%</td><td>–</td><td>9,23</td>",
            "CBS <em>por fora, 01/03 a 31/03, apenas informativo, fora do total</em>",
            "<td>175,32</td><td>0,9%</td><td>1,58</td><td>–</td>", "R$\u{A0}1,65", "2026-03/000123",
            "11.222.333/0001-81", "R$\u{A0}170,03",
        ] { #expect(full.contains(part), "\(part)") }
        #expect(!plain.contains("Emissor"))
    }

    @Test func `an empty month says so and has no chart`() throws {
        let html = try rendered(SampleStatement.nothing(), .html)
        #expect(!html.contains("<svg"))
        #expect(html.contains("Nenhum consumo nesta competência."))
    }
}
