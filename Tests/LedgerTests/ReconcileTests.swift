// Bills in their forms, and what comes of setting them beside our figures.

import Foundation
import Money
import TestSupport
import Testing

@testable import Ledger

private let october = CivilMonth("2026-10") ?? CivilDate(dayNumber: 0).month
private let now = Instant(seconds: 1_795_000_000)

private func names(_ models: [String: String] = [:]) throws -> BillReader.Names {
    var book = PriceBook()
    var alias = PriceEntry(
        provider: "openai", model: "gpt-4o-2024-08-06", effectiveFrom: Instant(seconds: 0),
        prices: PriceSet())
    alias.aliasOf = "gpt-4o"
    book.record(alias, at: SequenceNumber(1))
    book.record(
        PriceEntry(
            provider: "openai", model: "gpt-4o", effectiveFrom: Instant(seconds: 0),
            prices: try prices("2.50", "10.00")), at: SequenceNumber(2))
    var names = BillReader.Names(book: book)
    names.models = models
    return names
}

/// A bill as lines of `day model usd input/cached/output`, where `?` is what it does not tell.
private func shown(_ bill: Bill) -> [String] {
    bill.figures.sorted { $0.key < $1.key }.map { key, figures in
        let counts = [figures.input, figures.cached, figures.output].map { count in
            count.map { String($0) } ?? "?"
        }
        return "\(key.day) \(key.model.isEmpty ? "-" : key.model) \(figures.usd?.text ?? "?") "
            + counts.joined(separator: "/") + (figures.hasUncounted ? " uncounted" : "")
    }
}

private func reader(
    _ layout: BillLayout, columns: String? = nil, models: [String: String] = [:],
    provider: String = "openai"
) throws -> BillReader {
    BillReader(
        layout, bill: Bill(provider: provider, month: october), try names(models),
        columns: try columns.map { try BillColumns($0) })
}

private func pages(_ text: String, _ layout: BillLayout = .openaiCosts) throws -> Bill {
    var reader = try reader(layout)
    try reader.read(pages: Array(text.utf8))
    return try reader.finish()
}

private func table(
    _ text: String, _ layout: BillLayout = .csv, columns: String? = nil,
    models: [String: String] = [:]
) throws -> Bill {
    var reader = try reader(layout, columns: columns, models: models)
    var rows = CSVRowReader()
    rows.append(text.utf8)
    rows.finish()
    try reader.read(header: try #require(try rows.next()))
    while let row = try rows.next() { try reader.read(row: row, now: now) }
    return try reader.finish()
}

/// A page of one bucket, of 5 October 2026.
private func page(_ results: String, more: Bool = false, days: Int = 1) -> String {
    """
    {"object":"page","has_more":\(more),"next_page":\(more ? "\"p2\"" : "null"),"data":[
     {"object":"bucket","start_time":1791158400,"end_time":\(1_791_158_400 + days * 86_400),
      "results":[\(results)]}]}
    """
}

private func result(_ item: String?, _ amount: String, quantity: String? = nil) -> String {
    let item = item.map { "\"\($0)\"" } ?? "null"
    return #"{"object":"organization.costs.result","amount":{"value":\#(amount),"currency":"usd"},"#
        + #""line_item":\#(item),"project_id":"proj_x","quantity":\#(quantity ?? "null")}"#
}

struct `A bill of OpenAI's costs` {
    @Test func `is summed by day and model, with its tokens where it tells them`() throws {
        let results = [
            result("gpt-4o-2024-08-06, input", "0.0025", quantity: "1000.0"),
            result(
                "gpt-4o-2024-08-06, cached input", "\"0.00125000000000000000\"", quantity: "1000"),
            result("gpt-4o, output", "0.01", quantity: "1000"),
            result("gpt-4o-mini, input", "3.1500000000000003e-06"),
            result("web search tool calls", "0.25", quantity: "10"),
            result("gpt-4o-mini, cached input", "\"0E-6176\"", quantity: "0.0"),
        ].joined(separator: ",")
        #expect(
            try shown(pages(page(results))) == [
                "2026-10-05 gpt-4o 0.01375 2000/1000/1000",
                "2026-10-05 gpt-4o-mini 0.00000315 0/0/? uncounted",
                "2026-10-05 web search tool calls 0.25 ?/?/?",
            ])
    }

    @Test(arguments: [
        ("gpt-4o, input", "gpt-4o input"), ("gpt-4o, cached input", "gpt-4o cached"),
        ("gpt-4o, output", "gpt-4o output"), ("gpt-5, cache writes", "gpt-5 input"),
        ("priority | gpt-5, output, long context", "gpt-5 output"),
        ("gpt-5-nano, input_tokens", "gpt-5-nano input"),
        ("gpt-image-1, image output", "gpt-image-1 output"),
        ("ft:gpt-4o:org::id, input", "ft:gpt-4o:org::id input"),
        ("assistants api | file search", "assistants api | file search"),
        ("web search, tool calls", "web search, tool calls"), ("gpt-4o", "gpt-4o"), ("", ""),
    ])
    func `names a model and a kind in each line item`(text: String, expected: String) {
        let item = OpenAIBillLine.LineItem(text)
        #expect(
            [item.model, item.kind.map { "\($0)" }].compactMap(\.self).joined(separator: " ")
                == expected)
    }

    @Test func `may come as several pages, and says where one is missing`() throws {
        let first = page(result("gpt-4o, input", "1"), more: true)
        let second = page(result("gpt-4o, output", "2"))
        let flat = [first, second].map { $0.replacing("\n", with: "") }
        for text in ["[\(first),\(second)]", flat.joined(separator: "\n")] {
            #expect(try shown(pages(text)) == ["2026-10-05 gpt-4o 3 ?/?/? uncounted"])
        }
        let error = #expect(throws: BillError.self) { try pages(first) }
        #expect(error?.description.contains("page=p2") == true)
    }

    @Test func `covers the days that it names, with costs or without`() throws {
        let bill = try pages(
            "[\(page(result("gpt-4o, input", "1"))),"
                + "{\"data\":[{\"start_time\":1791244800,\"end_time\":1791331200,\"results\":[]}]}]"
        )
        #expect(bill.coversDays && bill.firstDay == date("2026-10-05"))
        #expect(bill.lastDay == date("2026-10-06"))
        #expect(bill.figures.count == 1)
    }

    @Test(arguments: [
        (page(result("gpt-4o, input", "1"), days: 2), "not of one UTC day"),
        (
            "[\(page(result("gpt-4o, input", "1"))),\(page(result("gpt-4o, input", "1")))]",
            "the bucket of 2026-10-05 stands there twice"
        ),
        (page(result("gpt\\u001b[31m", "1")), "model: holds a control character"),
        (page(#"{"amount":{"value":1,"currency":"eur"},"line_item":"x"}"#), "is in EUR"),
        (page(#"{"amount":{"value":"much","currency":"usd"}}"#), "is not a decimal number"),
        (page(result("gpt-4o, input", "1", quantity: "1.5")), "quantity: is \"1.5\""),
        (#"{"object":"list","costs":[]}"#, "and this has object, costs"),
        ("{", "is not valid JSON at"), (page(""), "the bill has no line of 2026-10"),
        (
            page(result("gpt-4o, input", "1")).replacing("1791158400", with: "1759622400")
                .replacing("1791244800", with: "1759708800"),
            "check --month"
        ),
    ])
    func `is refused whole where it cannot be read`(text: String, sentence: String) throws {
        let error = #expect(throws: BillError.self) { try pages(text) }
        #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
    }

    @Test func `is read from the dashboard's CSV, and tokens alone from that of usage`() throws {
        let costs = """
            start_time,end_time,amount_value,amount_currency,quantity,quantity_unit,line_item
            1791158400,1791244800,0.5,usd,1000,tokens,"gpt-4o, input"
            1791244800,1791331200,,,,,

            """
        let bill = try table(costs, .openaiCosts)
        #expect(shown(bill) == ["2026-10-05 gpt-4o 0.5 1000/?/?"])
        #expect(bill.lastDay == date("2026-10-06"))
        let usage = """
            start_time,model,input_tokens,output_tokens,input_cached_tokens,input_audio_tokens
            1791158400,gpt-4o-2024-08-06,1000,200,600,50

            """
        #expect(try shown(table(usage, .openaiUsage)) == ["2026-10-05 gpt-4o ? 1050/600/200"])
        let error = #expect(throws: BillError.self) {
            try pages(page(#"{"input_tokens":5,"model":null}"#), .openaiUsage)
        }
        #expect(error?.description.contains("group_by=model") == true)
    }
}

struct `A bill in a table` {
    private static let columns =
        "date=Day,model=Model,input=Fresh+Cached,cached=Cached,output=Out,cost=Cost"

    @Test(arguments: ["2026-10-05", "2026-10-05T23:59:59Z", "2026-10-05 10:00:00", "1791158400"])
    func `has its columns named, and days in every usual form`(day: String) throws {
        let text = """
            Day,Model,Fresh,Cached,Out,Cost,Note
            \(day),gpt-4o,100,20,7,1.5e-3,x
            \(day),gpt-4o-2024-08-06,1,,1,0.1,
            2026-11-01,gpt-4o,1,1,1,1,

            """
        let bill = try table(text, columns: Self.columns)
        #expect(shown(bill) == ["2026-10-05 gpt-4o 0.1015 121/20/8"])
        #expect(bill.linesElsewhere == 1 && !bill.coversDays)
    }

    @Test func `may name its models otherwise`() throws {
        let text = "Day,Model,Cost\n2026-10-05,GPT 4o,1\n"
        let bill = try table(
            text, columns: "date=Day,model=Model,cost=Cost", models: ["GPT 4o": "gpt-4o-2024-08-06"]
        )
        #expect(shown(bill) == ["2026-10-05 gpt-4o 1 ?/?/?"])
    }

    @Test(arguments: [
        (
            "Day,Cost\n2026-10-05,1\n", "date=Date,cost=Cost",
            "csv needs Date, and the file has Day, Cost"
        ),
        (
            "Day,Cost\n05/10/2026,1\n", "date=Day,cost=Cost",
            "Day: \"05/10/2026\" is no day; write it"
        ),
        ("Day,Cost\n,1\n", "date=Day,cost=Cost", "Day: is missing"),
        ("Day,Cost\n2026-10-05,R$ 1\n", "date=Day,cost=Cost", "is not a decimal number"),
        ("Day,Cost,Cur\n2026-10-05,1,BRL\n", "date=Day,cost=Cost,currency=Cur", "is in BRL"),
        ("Day,In\n2026-10-05,-3\n", "date=Day,input=In", "In: is \"-3\""),
        ("Day,In\n2026-10-05,3\n", "date=Day", "--columns needs date and at least one"),
        ("Day,In\n2026-10-05,3\n", "day=Day,cost=In", "--columns day=Day: write it like"),
        ("Day,In\n2026-10-05,3\n", "date=Day,cost=In,cost=In", "cost is given twice"),
    ])
    func `is refused with the column`(text: String, columns: String, sentence: String) throws {
        let error = #expect(throws: BillError.self) { try table(text, columns: columns) }
        #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
    }

    @Test func `is recognized by its names where it has some that nothing else has`() {
        #expect(
            BillLayout.recognized(["line_item", "amount_currency", "amount_value"]) == .openaiCosts)
        #expect(BillLayout.recognized(["request_id", "spend", "prompt_tokens", "x"]) == .litellm)
        #expect(BillLayout.recognized(["date", "cost"]) == nil)
        #expect(BillLayout.recognized(json: page(result("x", "1"))) == .openaiCosts)
        #expect(BillLayout.recognized(json: "{\"a\":1}") == nil)
    }

    @Test func `is made of LiteLLM's calls of the provider`() throws {
        var reader = try reader(.litellm)
        func line(_ id: Int, _ provider: String, _ end: String, _ spend: String) -> [UInt8] {
            Array(
                (#"{"request_id":"r\#(id)","spend":\#(spend),"prompt_tokens":100,"#
                    + #""completion_tokens":10,"startTime":"2026-10-05T00:00:00Z","#
                    + #""endTime":"\#(end)","model":"gpt-4o-2024-08-06","#
                    + #""custom_llm_provider":"\#(provider)"}"#)
                    .utf8)
        }
        try reader.read(line: line(1, "openai", "2026-10-05T23:59:59.999Z", "0.25"), now: now)
        try reader.read(line: line(2, "openai", "2026-10-06T00:00:00Z", "1e-3"), now: now)
        try reader.read(line: line(2, "openai", "2026-10-06T00:00:00Z", "1e-3"), now: now)
        try reader.read(line: line(3, "groq", "2026-10-06T00:00:00Z", "9"), now: now)
        let bill = try reader.finish()
        #expect(
            shown(bill) == [
                "2026-10-05 gpt-4o 0.25 100/0/10", "2026-10-06 gpt-4o 0.001 100/0/10",
            ])
        #expect(bill.linesOfOthers == 1)
    }

    @Test func `is the same bill in whatever order its lines come`() throws {
        let lines = ["2026-10-05,gpt-4o,1", "2026-10-05,gpt-4o,2", "2026-10-06,x,3"]
        let texts = try [lines, lines.reversed()].map { lines in
            try table(
                "Day,Model,Cost\n" + lines.joined(separator: "\n"),
                columns: "date=Day,model=Model,cost=Cost"
            ).canonicalText
        }
        #expect(texts[0] == texts[1] && texts[0].contains("2026-10-05\tgpt-4o\t3\t-\t-\t-"))
    }
}

struct `A reconciliation` {
    /// Lines of `day model usd tokens`; a `?` is what a side does not tell.
    private func compare(
        _ billLines: [String], _ ourLines: [String], tolerance: String = "0.01",
        adjustments: [String] = []
    ) throws -> Reconciliation {
        var bill = Bill(provider: "p", month: october)
        for line in billLines {
            let parts = line.split(separator: " ").map(String.init)
            var figures = BillFigures()
            if parts[2] != "?" { try figures.add(Amount(parts[2]), written: parts[2]) }
            figures.input = Int64(parts[3])
            try bill.add(
                day: date("2026-10-\(parts[0])"), model: parts[1] == "-" ? nil : parts[1], figures)
        }
        var ours: [BillKey: OwnFigures] = [:]
        func place(_ parts: [String]) -> BillKey {
            BillKey(day: date("2026-10-\(parts[0])"), model: parts[1])
        }
        for line in ourLines {
            let parts = line.split(separator: " ").map(String.init)
            var figures = OwnFigures()
            figures.calls = 1
            figures.usd = try Amount(parts[2])
            figures.input = try #require(UInt64(parts[3]))
            ours[place(parts)] = figures
        }
        for line in adjustments {
            let parts = line.split(separator: " ").map(String.init)
            try ours[place(parts), default: OwnFigures()].add(
                AdjustmentRecord(
                    client: nil, date: date("2026-10-\(parts[0])"), provider: "p",
                    model: parts[1], usd: Amount(parts[2]), tokens: Int64(parts[3]),
                    reason: "r", source: "s"))
        }
        return try Reconciliation(bill: bill, ours: ours, tolerance: Amount(tolerance))
    }

    private func shown(_ result: Reconciliation) -> [String] {
        result.rows.map { row in
            "\(row.key.day.components.day) \(row.key.model) \(row.status.rawValue) "
                + "\(row.usd?.text ?? "?") \(row.tokens.map { String($0) } ?? "?")"
        }
    }

    @Test(arguments: [
        (["05 a 1.00 10"], ["05 a 1.00 10"], "5 a matched 0 0"),
        // Cents on the bill hide half of one, and no more.
        (["05 a 1.00 10"], ["05 a 1.005 10"], "5 a matched -0.005 0"),
        (["05 a 1.00 10"], ["05 a 1.006 10"], "5 a below_tolerance -0.006 0"),
        (["05 a 1.00 10", "05 a 1.00 1"], ["05 a 2.01 11"], "5 a matched -0.01 0"),
        (["05 a 1.00500 10"], ["05 a 1.00 10"], "5 a below_tolerance 0.005 0"),
        (["05 a 1.005e-3 10"], ["05 a 0.001 10"], "5 a below_tolerance 0.000005 0"),
        (["05 a 1.00 12"], ["05 a 1.00 4412"], "5 a below_tolerance 0 -4400"),
        (["05 a 1.00 ?"], ["05 a 1.00 4412"], "5 a matched 0 ?"),
        (["05 a 1.01 10"], ["05 a 1.00 10"], "5 a below_tolerance 0.01 0"),
        (["05 a 1.010000000001 10"], ["05 a 1.00 10"], "5 a different 0.010000000001 0"),
        (["05 a 0.98 10"], ["05 a 1.00 12"], "5 a different -0.02 -2"),
        (["05 a 1.00 10"], [], "5 a missing 1 10"), ([], ["05 a 1.00 10"], "5 a extra -1 -10"),
        (["05 a 0.005 10"], [], "5 a below_tolerance 0.005 10"),
        ([], ["05 a 0.0006 4412"], "5 a below_tolerance -0.0006 -4412"),
        ([], ["05 a 0 7"], "5 a below_tolerance 0 -7"), ([], ["05 a 0 0"], "5 a matched 0 0"),
        (["05 a 0 ?"], [], "5 a matched 0 ?"),
        (["05 a 1.00 ?"], ["05 a 2.00 10"], "5 a different -1 ?"),
        (["05 a ? 10"], ["05 a 7 10"], "5 a matched ? 0"),
        (["05 a ? 10"], ["05 a 7 11"], "5 a different ? -1"),
        (["05 a ? 10"], [], "5 a missing ? 10"),
    ])
    func `says how the sides stand`(bill: [String], ours: [String], expected: String) throws {
        // A line of another day keeps the bill one with models and costs or without.
        let costs = bill.first?.contains(" ? ") == true ? "?" : "1"
        let result = try compare(bill + ["31 z \(costs) 1"], ours + ["31 z 1 1"])
        #expect(shown(result).first == expected)
        #expect(result.rows.count == 2 && result.count(.matched) >= 1)
    }

    @Test func `adds up what is below the tolerance, since it can pile up`() throws {
        let result = try compare(
            ["05 a 1.001 1", "06 a 1.002 1", "31 z 5 1"],
            ["05 a 1 1", "06 a 1.009 1", "07 a 0.0004 9", "31 z 9 1"])
        #expect(result.count(.below) == 3 && result.count(.different) == 1)
        #expect(result.below.text == "-0.0064" && result.belowWhole.text == "0.0084")
        let records = result.adjustments(
            of: Bill(provider: "p", month: october), client: nil, reason: "r", source: "s")
        #expect(records.map(\.usd.text) == ["-4"])
    }

    @Test func `adds ours up by day where the bill names no models`() throws {
        let result = try compare(
            ["05 - 3.00 ?", "06 - 1 ?"], ["05 a 1 1", "05 b 2 1", "07 a 1 1"])
        #expect(shown(result) == ["5  matched 0 ?", "6  missing 1 ?", "7  extra -1 -1"])
    }

    @Test func `counts what was booked on our side`() throws {
        let bill = ["05 a 1.50 15", "06 b 1 1"]
        let before = try compare(bill, ["05 a 1 10", "07 c 2 5"])
        var parsed = Bill(provider: "p", month: october)
        var figures = BillFigures()
        figures.usd = try Amount("1")
        try parsed.add(day: date("2026-10-05"), model: "a", figures)
        let records = before.adjustments(
            of: parsed, client: "acme", reason: "because", source: "bill")
        #expect(
            records.map { "\($0.date) \($0.model) \($0.usd.text) \($0.tokens ?? 0)" } == [
                "2026-10-05 a 0.5 5", "2026-10-06 b 1 1", "2026-10-07 c -2 -5",
            ])
        #expect(records.allSatisfy { $0.client == "acme" && $0.provider == "p" })
        let after = try compare(
            bill, ["05 a 1 10", "07 c 2 5"],
            adjustments: ["05 a 0.5 5", "06 b 1 1", "07 c -2 -5"])
        #expect(after.count(.matched) == 3 && after.rows.allSatisfy { $0.usd == .zero })
        #expect(after.billed == after.own && after.adjusted.text == "-0.5")
    }

    @Test func `tells of names that may be the same, and takes none for another`() throws {
        let result = try compare(
            ["05 gpt-4o-2024-08-06 1 1", "05 other 1 1"], ["05 gpt-4o 1 1", "06 gpt 1 1"])
        #expect(result.count(.missing) == 2 && result.count(.extra) == 2)
        #expect(
            result.likelyNames.map { "\($0.theirs)=\($0.ours)" } == ["gpt-4o-2024-08-06=gpt-4o"])
    }
}

struct `The days of a bill that are compared` {
    private func bill(lines: [String], empty: [String]) throws -> Bill {
        var bill = Bill(provider: "p", month: october)
        var figures = BillFigures()
        try figures.add(Amount("1"), written: "1")
        for day in lines { try bill.add(day: date("2026-10-\(day)"), model: "a", figures) }
        for day in lines + empty { bill.cover(date("2026-10-\(day)")) }
        return bill
    }

    private func shown(_ days: ClosedRange<CivilDate>) -> String {
        "\(days.lowerBound.components.day) \(days.upperBound.components.day)"
    }

    @Test(
        arguments: [
            // Every day that it names has a line: the others may have been left out of the export.
            (["13", "20"], [], nil, nil, "1 31"), (["13", "20"], ["12", "21"], nil, nil, "12 21"),
            (["13", "20"], ["14"], nil, nil, "13 20"), (["13"], [], "13", nil, "13 31"),
            (["13"], [], nil, "20", "1 20"), (["13"], ["12"], "05", "31", "5 31"),
        ] as [([String], [String], String?, String?, String)])
    func `are the month's unless somebody says otherwise`(
        lines: [String], empty: [String], from: String?, through: String?, expected: String
    ) throws {
        let extent = try BillExtent(
            bill(lines: lines, empty: empty), from: from.map { date("2026-10-\($0)") },
            through: through.map { date("2026-10-\($0)") })
        #expect(shown(extent.days) == expected)
    }

    @Test(
        arguments: [
            ("14", nil, "--from 2026-10-14, yet the bill has lines of 2026-10-13"),
            (nil, "19", "--through 2026-10-19, yet the bill has lines of 2026-10-20"),
        ] as [(String?, String?, String)])
    func `hold the bill's lines`(from: String?, through: String?, sentence: String) throws {
        let error = #expect(throws: BillError.self) {
            try BillExtent(
                bill(lines: ["13", "20"], empty: []), from: from.map { date("2026-10-\($0)") },
                through: through.map { date("2026-10-\($0)") })
        }
        #expect(error?.description.hasPrefix(sentence) == true)
    }

    @Test(
        arguments: [
            ("05", nil, nil, "13 -"), ("25", nil, nil, "- 20"), ("15", nil, nil, "- -"),
            ("05", "01", nil, "- -"), ("25", nil, "31", "- -"),
        ] as [(String, String?, String?, String)])
    func `are doubtful where we have something beyond the bill`(
        ours day: String, from: String?, through: String?, expected: String
    ) throws {
        let bill = try bill(lines: ["13", "20"], empty: [])
        var own = OwnFigures()
        own.calls = 1
        own.usd = try Amount("30")
        let ours = [BillKey(day: date("2026-10-\(day)"), model: "a"): own]
        let extent = try BillExtent(
            bill, from: from.map { date("2026-10-\($0)") },
            through: through.map { date("2026-10-\($0)") })
        let result = try Reconciliation(bill: bill, ours: ours, tolerance: Amount("0.01"))
        let found = [extent.doubtfulStart(result), extent.doubtfulEnd(result)].map { day in
            day.map { "\($0.components.day)" } ?? "-"
        }
        #expect(found.joined(separator: " ") == expected)
        #expect(result.count(.extra) == 1)
        let short = try BillExtent(bill, from: date("2026-10-13"), through: date("2026-10-20"))
        #expect(try short.outside(ours).usd.text == (day == "15" ? "0" : "30"))
    }
}
