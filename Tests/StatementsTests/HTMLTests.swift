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
        #expect(html.contains("<td>5,6634</td><td>04/03/2026</td><td>60,50</td>"))
        #expect(html.contains("<td>5,0000</td><td>provisória</td>"))
        #expect(html.contains("<td>26/03/2026, defasada</td>"))
        #expect(html.ranges(of: "class=\"unpriced\"").count == 2)
    }

    @Test func `an empty month has no table`() throws {
        let html = try rendered(SampleStatement.nothing(), .html)
        #expect(!html.contains("<table"))
        #expect(html.contains("Nenhum consumo nesta competência."))
    }
}
