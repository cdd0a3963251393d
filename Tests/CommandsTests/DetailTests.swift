import Foundation
import Testing

// Every call of a month with its arithmetic: it comes to the statement's lines, to the last digit.
@Suite struct `The calls of a statement` {
    /// A month with prices in reais, another rule of rates, and a call taken back.
    private func place() throws -> Workplace {
        let place = try Workplace()
        for id in ["padaria-sol", "loja-rio", "clinica-vida"] {
            try place.razao("client", "add", id)
        }
        try place.razao("rates", "import", Workplace.fixture("sample/rates-2026-10.csv"))
        try place.razao("import", Workplace.fixture("sample/usage-2026-10.jsonl"))
        try place.razao(
            "terms", "set", "padaria-sol", "--price", "openai/gpt-4o-mini:input=1.8,output=7.25",
            "--from", "2026-10-11")
        try place.razao(
            "terms", "set", "loja-rio", "--rate-rule", "same-day", "--from", "2026-10-20")
        let calls = try rows(place, "padaria-sol")
        let call = try #require(calls.first { $0["kind"] == "output" })
        try place.razao("reverse", call["sequence"] ?? "", "--reason", "a test call")
        return place
    }

    private func rows(_ place: Workplace, _ client: String) throws -> [[String: String]] {
        let text = try place.razao(
            "report", "--month", "2026-10", "--client", client, "--format", "csv", "--detail")
        let lines = text.split(separator: "\n")
        let names = try #require(lines.first).split(separator: ",").map(String.init)
        return lines.dropFirst().map { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            #expect(fields.count == names.count)
            return Dictionary(uniqueKeysWithValues: zip(names, fields.map(String.init)))
        }
    }

    private static func key(_ parts: String...) -> String { parts.joined(separator: "|") }

    @Test(arguments: ["padaria-sol", "loja-rio", "clinica-vida"])
    func `come to its lines`(client: String) throws {
        let place = try place()
        let statement = try Figures(
            parsing: place.razao(
                "report", "--month", "2026-10", "--client", client, "--format", "json"))
        struct Sum: Equatable {
            var quantity = 0
            var usd = Decimal(0)
            var brl = Decimal(0)
        }
        var lines: [String: Sum] = [:]
        for line in statement["lines"].list {
            func text(_ name: String) -> String { line[name].value as? String ?? "" }
            lines[
                Self.key(
                    text("provider"), text("model"), text("service_tier"), text("kind"),
                    text("unit_price_usd_per_million"), text("unit_price_brl_per_million"))] = Sum(
                    quantity: line["quantity"].count, usd: Decimal(string: text("usd")) ?? 0,
                    brl: Decimal(string: text("brl_exact")) ?? 0)
        }
        var sums: [String: Sum] = [:]
        let rows = try rows(place, client)
        for row in rows where row["status"] == "billed" && row["kind"] != "" {
            func text(_ name: String) -> String { row[name] ?? "missing" }
            let key = Self.key(
                text("provider"), text("model"), text("service_tier"), text("kind"),
                text("unit_price_usd_per_million"), text("unit_price_brl_per_million"))
            sums[key, default: Sum()].quantity += Int(text("quantity")) ?? -1
            sums[key, default: Sum()].usd += Decimal(string: text("usd")) ?? 0
            sums[key, default: Sum()].brl += Decimal(string: text("brl_exact")) ?? 0
        }
        #expect(!lines.isEmpty && sums == lines)
        let calls = Set(rows.filter { $0["status"] != "reversed" }.map { $0["sequence"] })
        #expect(calls.count == statement["calls"].count)
        #expect(Set(rows.map { $0["event_id"] }).count == Set(rows.map { $0["sequence"] }).count)
        let reversed = Set(rows.filter { $0["status"] == "reversed" }.map { $0["sequence"] })
        #expect(reversed.count == (client == "padaria-sol" ? 1 : 0))
        for row in rows {
            #expect(row["occurred_at"]?.hasPrefix("2026-10-") == true)
            #expect(row["occurred_at"]?.hasSuffix("-03:00") == true)
        }
    }

    @Test func `stand below the text and in the page, with their sum`() throws {
        let place = try place()
        let statement = try Figures(
            parsing: place.razao(
                "report", "--month", "2026-10", "--client", "padaria-sol", "--format", "json"))
        let exact = statement["total_brl_exact"].text.replacing(".", with: ",")
        let text = try place.razao(
            "report", "--month", "2026-10", "--client", "padaria-sol",
            "--detail")
        #expect(text.contains("Chamadas\n───"))
        #expect(text.contains("R$\u{A0}1,80") && text.contains(" × "))
        #expect(text.contains("estornada, sem custo"))
        #expect(text.split(separator: "\n").last?.hasSuffix(exact) == true)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        let file = place.folder + "/detail.html"
        try place.razao(
            "report", "--month", "2026-10", "--client", "padaria-sol", "--format", "html",
            "--detail", "--output", file)
        let html = try String(contentsOfFile: file, encoding: .utf8)
        #expect(html.contains("<table class=\"calls\">") && html.contains("<td>\(exact)</td>"))
        #expect(html.hasSuffix("</main>\n</body>\n</html>\n"))
        let names = try FileManager.default.contentsOfDirectory(atPath: place.folder)
        #expect(!names.contains { $0.contains(".razao-") })
    }

    @Test func `stand behind the adjustments of earlier months, with ids and words`() throws {
        let place = try Workplace()
        try place.razao("client", "add", "a")
        try place.razao("settings", "set", "statement.rate_rule", "fixed:5")
        try place.razao("issuer", "set", "--name", "Revenda", "--from", "2024-01-01")
        let ids = ["1", "2", "3"].map { "0193aaaa-0000-7000-8000-00000000000" + $0 }
        func call(_ id: String, _ day: String) throws {
            let line = """
                {"id":"\(id)","client":"a","occurred_at":"\(day)T12:00:00Z","provider":"openai",\
                "model":"gpt-4o","tokens":{"input":1000000}}

                """
            try place.razao("import", place.write(id, line))
        }
        try call(ids[0], "2024-11-05")
        try place.razao("close", "--month", "2024-11", "--client", "a")
        try call(ids[1], "2024-11-06")
        try call(ids[2], "2024-12-01")
        try place.razao("correct", ids[0], "--tokens", "input=600000", "--reason", "conta errada")
        try place.razao("terms", "set", "a", "--markup", "10", "--from", "2024-11-01")
        func report(_ format: String) throws -> String {
            try place.razao(
                "report", "--month", "2024-12", "--client", "a", "--detail", "--format", format)
        }
        let lines = try report("csv").split(separator: "\n")
        let names = try #require(lines.first).split(separator: ",").map(String.init)
        let found = lines.dropFirst().map { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            let row = Dictionary(uniqueKeysWithValues: zip(names, fields.map(String.init)))
            return [
                "status", "origin_month", "reason", "quantity", "usd", "words", "by",
                "call_event_id",
            ].map { row[$0] ?? "?" }.joined(separator: " ")
        }
        #expect(
            found.prefix(3) == [
                "billed   1000000 2.5   ", "adjustment 2024-11 late-usage 1000000 2.5   \(ids[1])",
                "adjustment 2024-11 reversal -1000000 -2.5 conta errada tests \(ids[0])",
            ])
        #expect(found[3].hasPrefix("adjustment 2024-11 reversal 600000 1.5 conta errada tests "))
        #expect(found[4] == "adjustment 2024-11 terms   10 tests " && found.count == 5)
        for format in ["text", "html"] {
            let text = try report(format)
            #expect(text.contains("Ajustes, registro por registro"))
            #expect(text.contains("conta errada · tests") && text.contains(ids[1]))
        }
    }

    @Test func `of a closed month are those that its statement knew`() throws {
        let place = try place()
        let before = try rows(place, "clinica-vida")
        try place.razao("issuer", "set", "--name", "Revenda", "--from", "2026-10-01")
        let close = try place.run(
            "close", "--month", "2026-10", "--client", "clinica-vida", "--accept-unpriced")
        try #require(close.status == 0, "\(close.errors)")
        try place.razao("reverse", before[0]["sequence"] ?? "", "--reason", "too late")
        try place.razao(
            "prices", "import", Workplace.fixture("sample/price-change.json"), "--format", "razao")
        #expect(try rows(place, "clinica-vida") == before)
    }

    @Test func `are refused for all clients, and in formats that have none`() throws {
        let place = try Workplace()
        try place.refused(
            "report", "--month", "2026-10", "--all", "--detail", saying: ["--client ID"])
        try place.refused(
            "report", "--month", "2026-10", "--client", "a", "--format", "focus", "--detail",
            saying: ["text, csv, html"])
    }
}
