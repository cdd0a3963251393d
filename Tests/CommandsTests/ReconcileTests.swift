import Foundation
import TestSupport
import Testing

// A provider's bill from outside: what differs is shown, booked once, and then matches.
@Suite struct `Reconcile` {
    /// Two days of a client whose clock is three hours behind the bill's: the call at 22:00 of the
    /// 5th is of the 6th there.
    private func place() throws -> Workplace {
        let place = try Workplace()
        try place.razao("client", "add", "acme")
        try place.razao("settings", "set", "statement.rate_rule", "fixed:5.40")
        let call = { (time: String, model: String, input: Int) in
            """
            {"occurred_at":"\(time)","client":"acme","provider":"openai","model":"\(model)",\
            "tokens":{"input":\(input),"output":1000},"id":"\(time)-\(model)"}

            """
        }
        let lines =
            call("2026-10-05T12:00:00-03:00", "gpt-4o", 1_000_000)
            + call("2026-10-05T22:00:00-03:00", "gpt-4o", 2_000_000)
            + call("2026-10-07T12:00:00-03:00", "gpt-4o-mini", 1_000_000)
        try place.razao("import", place.write("calls.jsonl", lines))
        return place
    }

    /// gpt-4o of the 5th as we have it, of the 6th a dollar dearer, a search of the 7th, and no
    /// gpt-4o-mini.
    private static let csv = """
        start_time,end_time,amount_value,amount_currency,quantity,quantity_unit,line_item
        1791158400,1791244800,2.5,usd,1000000,tokens,"gpt-4o, input"
        1791158400,1791244800,0.01,usd,1000,tokens,"gpt-4o, output"
        1791244800,1791331200,6,usd,2400000,tokens,"gpt-4o, input"
        1791244800,1791331200,0.01,usd,1000,tokens,"gpt-4o, output"
        1791331200,1791417600,0.75,usd,75,requests,web search tool calls

        """

    /// A day without costs, as exports have it that were asked for it.
    private static let emptyDay = "1791417600,1791504000,,,,,\n"

    private let arguments = ["reconcile", "--provider", "openai", "--month", "2026-10"]

    private func run(_ place: Workplace, _ more: String...) throws -> Child.End {
        try place.start(arguments + more).wait()
    }

    @Test func `shows what is missing, extra and different, by UTC day and model`() throws {
        let place = try place()
        let bill = try place.write("costs.csv", Self.csv)
        let end = try run(place, bill)
        #expect(end.status == 0, "\(end.errors)")
        #expect(
            end.output.contains(
                "4 lines by day and model: 1 matched, 0 below tolerance, 1 missing, 1 extra, "
                    + "1 different"),
            "\(end.output)")
        #expect(!end.output.contains("2026-10-05"))
        let lines = end.output.split(separator: "\n").map(String.init)
        #expect(
            lines.contains { $0.hasPrefix("2026-10-06  gpt-4o") && $0.hasSuffix("different") })
        #expect(lines.contains { $0.contains("web search tool calls") && $0.hasSuffix("missing") })
        #expect(lines.contains { $0.contains("gpt-4o-mini") && $0.hasSuffix("extra") })
        #expect(!end.errors.contains("Compared from"))
        let json = try Figures(
            parsing: try run(place, bill, "--output-format", "json").output)
        #expect(json["counts"]["matched"].count == 1 && json["rows"].list.count == 4)
        let row = try #require(json["rows"].list.first { $0["result"].text == "different" })
        #expect(row["difference_usd"].number == "1" && row["difference_tokens"].text == "400000")
        let csv = try run(place, bill, "--output-format", "csv").output.split(separator: "\n")
        #expect(csv.count == 5 && csv[1].hasPrefix("2026-10-05,gpt-4o,matched,2.51,2.51,0,0,"))
        #expect(try run(place, bill, "--all").output.contains("2026-10-05"))
        let loose = try run(place, bill, "--tolerance", "1").output
        #expect(loose.contains("1 matched, 3 below tolerance, 0 missing"))
        #expect(
            loose.contains(
                "at most US$\u{A0}1,00, never booked: US$\u{A0}1,5994 in sum, US$\u{A0}1,9006 without"
            ),
            "\(loose)")
    }

    @Test func `leaves nothing of ours out in silence before or after the bill`() throws {
        let place = try place()
        let early = """
            {"occurred_at":"2026-10-02T12:00:00Z","client":"acme","provider":"openai",\
            "model":"gpt-4o","tokens":{"input":12000000,"output":60}}

            """
        try place.razao("import", place.write("early.jsonl", early))
        let bill = try place.write("costs.csv", Self.csv)
        let whole = try run(place, bill)
        #expect(whole.output.contains("2 extra"), "\(whole.output)")
        #expect(whole.output.contains("2026-10-02  gpt-4o"))
        #expect(whole.errors.contains("nothing before 2026-10-05"), "\(whole.errors)")
        #expect(whole.errors.contains("give --from 2026-10-05"))
        let booking = ["--record", "--reason", "r"]
        let refused = try place.start(arguments + [bill] + booking).wait()
        #expect(refused.status == 1 && refused.errors.contains("give --from DAY"))
        let short = try run(place, bill, "--from", "2026-10-05")
        #expect(short.output.contains("1 extra"))
        #expect(short.errors.contains("Compared from 2026-10-05 to 2026-10-31."))
        #expect(
            short.errors.contains(
                "Ours of other days, not compared: 1 call, US$\u{A0}30,0006; with --from 2026-10-01"
            ),
            "\(short.errors)")
        // An export that names a day without costs says from when it is.
        let known = try run(place, place.write("known.csv", Self.csv + Self.emptyDay))
        #expect(known.output.contains("1 extra"))
        #expect(known.errors.contains("Compared from 2026-10-05 to 2026-10-08."))
        #expect(known.errors.contains("not compared: 1 call"))
        let booked = try place.start(arguments + [bill, "--from", "2026-10-01"] + booking).wait()
        #expect(booked.errors.contains("Booked 4 adjustments"), "\(booked.errors)")
        #expect(!booked.errors.contains("give --from"))
    }

    @Test(arguments: [nil, "acme"])
    func `books the differences once, and then has none`(client: String?) throws {
        let place = try place()
        let bill = try place.write("costs.csv", Self.csv)
        let booking =
            ["--record", "--reason", "October"] + (client.map { ["--client", $0] } ?? [])
        let first = try place.start(arguments + [bill] + booking).wait()
        #expect(first.status == 0, "\(first.errors)")
        let on = client.map { "client \($0)" } ?? "the house itself"
        #expect(first.errors.contains("Booked 3 adjustments on \(on)."))
        #expect(
            first.output.contains(
                "4 lines by day and model: 4 matched, 0 below tolerance, 0 missing, 0 extra, "
                    + "0 different"))
        let head = try place.razao("verify")
        let second = try place.start(arguments + [bill] + booking).wait()
        #expect(second.errors.contains("Booked 0 adjustments"))
        #expect(try place.razao("verify") == head)
        let plain = try run(place, bill)
        #expect(
            plain.output.contains("4 matched, 0 below tolerance, 0 missing, 0 extra, 0 different"))
        #expect(plain.output.contains("difference US$\u{A0}0,00"))
        // A price that is corrected afterwards is a difference again, and can be booked.
        try place.razao(
            "prices", "set", "openai/gpt-4o", "--input", "3.00", "--output", "10.00",
            "--effective-from", "2026-10-06T00:00:00Z")
        let dearer = try place.start(arguments + [bill] + booking).wait()
        #expect(dearer.errors.contains("Booked 1 adjustment on"), "\(dearer.errors)")
        #expect(dearer.output.contains("4 matched"))
        #expect(try place.razao("replay", "--verify").contains("The views are equal."))
    }

    @Test func `reads pages, spend logs and tables alike`() throws {
        let place = try place()
        let page = """
            {"object":"page","has_more":false,"data":[{"object":"bucket","start_time":1791158400,\
            "end_time":1791244800,"results":[{"object":"organization.costs.result","amount":\
            {"value":"2.510000000000000000000000","currency":"usd"},"line_item":"gpt-4o, input",\
            "quantity":1001000.0}]}]}
            """
        let table = "Dia;Modelo;Custo\n2026-10-05;GPT;2.51\n"
        let logs = """
            [{"request_id":"a","spend":2.51,"prompt_tokens":1000000,"completion_tokens":1000,
              "startTime":"2026-10-05T14:59:00Z","endTime":"2026-10-05T15:00:00Z",
              "model":"gpt-4o","custom_llm_provider":"openai"}]
            """
        let forms = [
            [try place.write("page.json", page), "--through", "2026-10-05"],
            [
                try place.write("table.csv", table), "--columns",
                "date=Dia,model=Modelo,cost=Custo", "--model-map", "GPT=gpt-4o", "--through",
                "2026-10-05",
            ],
            [try place.write("logs.json", logs), "--through", "2026-10-05"],
        ]
        for form in forms {
            let end = try place.start(arguments + form).wait()
            #expect(
                end.output.contains("1 line by day and model: 1 matched"), "\(form) \(end.errors)")
        }
    }

    // Clients on whole and half hours, a price that changes within the month, and calls whose day in
    // UTC lies in the next month.
    @Test(arguments: ["openai", "groq", "anthropic", "google"])
    func `says what an independent computation of the bill says`(provider: String) throws {
        let place = try Workplace()
        for (client, zone) in [
            ("clinica-vida", "Asia/Kolkata"), ("loja-rio", "Pacific/Marquesas"),
            ("padaria-sol", "America/Sao_Paulo"),
        ] {
            try place.razao("client", "add", client, "--time-zone", zone)
        }
        let usage = Workplace.fixture("sample/usage-2026-10.jsonl")
        let prices = ["prices", "price-change"].map { Workplace.fixture("sample/\($0).json") }
        try place.razao("import", usage)
        for file in prices { try place.razao("prices", "import", file, "--format", "razao") }
        let bill = try place.write(
            "bill.csv",
            place.python([
                Workplace.package + "/Tests/Independent/bill.py", "--usage", usage, "--prices",
                prices[0], "--prices", prices[1], "--provider", provider,
            ]))
        let columns =
            "date=day,model=model,input=input,cached=cached,output=output,cost=usd"
        var lines = 0
        for month in ["2026-10", "2026-11"] {
            let end = try place.run(
                "reconcile", "--provider", provider, "--month", month, bill, "--columns", columns,
                "--tolerance", "0", "--output-format", "json")
            if end.errors.contains("the bill has no line of") { continue }
            let found = try Figures(parsing: end.output)
            for row in found["rows"].list {
                let name = "\(row["day"].text) \(row["model"].text)"
                #expect(row["result"].text == "matched", "\(name)")
                #expect(row["difference_tokens"].text == "0", "\(name)")
                let cached = row["bill_cached_tokens"].value as? String ?? "0"
                #expect(row["cached_tokens"].text == cached, "\(name)")
            }
            lines += found["rows"].list.count
            #expect(found["difference_usd"].number == "0")
        }
        #expect(lines > 20 || provider == "google")
    }

    @Test func `refuses what it cannot read or must not book`() throws {
        let place = try place()
        func refused(_ name: String, _ text: String, _ more: [String] = [], _ words: String...)
            throws
        {
            let file = try place.write(name, text)
            let end = try place.start(arguments + [file] + more).wait()
            #expect(end.status != 0 && end.signal == 0)
            for word in words { #expect(end.errors.contains(word), "\(word): \(end.errors)") }
        }
        let book = ["--record", "--reason", "r"]
        try refused("a.csv", "when,what\n1,2\n", [], "the file has when, what", "--columns")
        try refused("b.json", "{\"a\":1}", [], "the file is JSON", "--format")
        try refused("c.csv", "", [], "is empty")
        try refused("d.csv", Self.csv, ["--format", "csv"], "needs --columns")
        try refused(
            "e.csv", Self.csv.replacing(",0.75,usd", with: ",0.75,eur"), [], "line 6", "in EUR")
        try refused("f.csv", Self.csv, ["--record"], "--reason")
        try refused("g.csv", Self.csv, book + ["--client", "nobody"], "there is no client")
        try refused("h.csv", Self.csv, ["--through", "2026-10-06"], "has lines of 2026-10-07")
        try refused("i.csv", Self.csv, ["--tolerance", "-1"], "--tolerance")
        let wrong = try place.start([
            "reconcile", "--provider", "opnai", "--month", "2026-10",
            try place.write("m.csv", Self.csv),
        ]).wait()
        #expect(wrong.status != 0 && wrong.errors.contains("no usage of a provider \"opnai\""))
        #expect(wrong.errors.contains("openai"))
        let short = "Day,Model,Cost\n2026-10-05,gpt-4o,9\n"
        let columns = ["--columns", "date=Day,model=Model,cost=Cost"]
        try refused("j.csv", short, columns + book, "nothing after 2026-10-05", "--through")
        try refused(
            "k.csv", "Day,In\n2026-10-05,9\n", ["--columns", "date=Day,input=In"] + book,
            "tells no costs")
        let unpriced = """
            {"occurred_at":"2026-10-05T12:00:00Z","client":"acme","provider":"openai",\
            "model":"secret","tokens":{"input":5,"output":1}}

            """
        try place.razao("import", place.write("unpriced.jsonl", unpriced))
        try refused(
            "l.csv", "Day,Model,Cost\n2026-10-05,secret,9\n",
            columns + book + ["--through", "2026-10-05"], "1 call of secret", "no price")
        #expect(!(try place.razao("verify").isEmpty))
    }
}
