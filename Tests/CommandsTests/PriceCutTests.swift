import Foundation
import TestSupport
import Testing

// A price that is learned late, and prices that are faults of the feed.
@Suite struct `A price cut applied late` {
    static let cut = """
        {"format":"razao-prices","version":1,"prices":[{"provider":"openai","model":"gpt-4o",
        "effective_from":"2024-11-13T02:40:52Z",
        "usd_per_million":{"input":"2.5","output":"10","cache_read":"1.25"}}]}
        """

    static let before = """
        {"format":"razao-prices","version":1,"prices":[
        {"provider":"openai","model":"gpt-4o","effective_from":"2023-01-01T00:00:00Z",
        "usd_per_million":{"input":"5","output":"15"}},
        {"provider":"openai","model":"gpt-4o","effective_from":"2024-10-04T00:00:00Z",
        "usd_per_million":{"input":"5","output":"15","cache_read":"1.25"}}]}
        """

    static func report(_ place: Workplace, _ client: String) throws -> Figures {
        try Figures(
            parsing: place.razao(
                "report", "--month", "2024-11", "--client", client, "--format", "json"))
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func `gpt-4o of 13 November 2024: statement, what-if, price set, statement`() throws {
        let place = try Workplace()
        let traces = try Traces(place)
        try place.razao("rates", "import", traces.rates)
        let old = try place.write("old.json", Self.before)
        let new = try place.write("new.json", Self.cut)
        try place.razao("prices", "import", old, "--format", "razao")
        let usage = try traces.convert(
            "mooncake", "trace-mooncake/conversation_trace.jsonl.gz", to: "usage.jsonl",
            "--clients", "padaria,clinica", "--model", "openai/gpt-4o", "--start",
            "2024-11-13T02:11:30Z")
        try place.razao("import", usage, "--create-clients")
        let wasBelieved = try SecondOpinion(
            place, usage: [usage], prices: [old], rates: traces.rates)
        try wasBelieved.compareStatements(place)
        let first = try Self.report(place, "padaria")
        let digest = try digests(place)
        let records = try place.razao("verify")

        // What if: every figure of the difference, and nothing written.
        let whatIf = try Figures(
            parsing: place.razao(
                "replay", "--what-if", new, "--by", "model", "--format", "json"))
        let rows = whatIf["rows"].list
        #expect(rows.count == 2)
        #expect(try Self.report(place, "padaria")["digest"].text == first["digest"].text)
        #expect(try place.razao("verify") == records)
        let known = Self.now()
        #expect(try place.razao("replay", "--what-if", new).contains("Nothing") == false)

        // Applied, late: the command of the issue.
        try place.razao(
            "prices", "set", "openai/gpt-4o", "--input", "2.50", "--output", "10.00",
            "--cache-read", "1.25", "--effective-from", "2024-11-13T02:40:52Z")
        let opinion = try SecondOpinion(
            place, usage: [usage], prices: [old, new], rates: traces.rates)
        try opinion.compareUsage(place)
        try opinion.compareStatements(place)
        for row in rows {
            let after = try Self.report(place, row["client"].text)
            #expect(row["month"].text == "2024-11")
            #expect(row["model"].text == "openai/gpt-4o")
            #expect(row["usd_after"].number == after["total_usd"].number)
            #expect(row["brl_after"].number == after["total_brl_exact"].number)
        }
        let padaria = try #require(rows.first { $0["client"].text == "padaria" })
        #expect(padaria["usd_before"].number == first["total_usd"].number)
        #expect(padaria["brl_before"].number == first["total_brl_exact"].number)
        #expect(try Self.report(place, "padaria")["digest"].text != first["digest"].text)

        // The usage is the same, so the views are; what was believed is still there to be read.
        #expect(try digests(place) == digest)
        try Self.expectKnowledge(place, known)
        #expect(try place.razao("replay", "--what-if", new).contains("changes nothing"))
        try place.razao("verify")
    }

    private func digests(_ place: Workplace) throws -> String {
        try place.razao("replay", "--verify").split(separator: "\n").filter {
            $0.hasPrefix("folded")
        }.joined()
    }

    private static func expectKnowledge(_ place: Workplace, _ known: String) throws {
        func show(_ at: String, _ more: String...) throws -> String {
            let end = try place.start(["prices", "show", "openai/gpt-4o", "--at", at] + more).wait()
            return end.output + end.errors
        }
        #expect(
            try show("2024-11-13T02:40:51Z").contains("input 5.00, cache_read 1.25, output 15.00"))
        #expect(
            try show("2024-11-13T02:40:52Z").contains("input 2.50, cache_read 1.25, output 10.00"))
        #expect(
            try show("2024-11-13T02:40:52Z", "--known-at", known).contains(
                "input 5.00, cache_read 1.25, output 15.00"))
        #expect(
            try show("2024-11-13T02:40:52Z", "--known-at", now()).contains(
                "input 2.50, cache_read 1.25, output 10.00"))
        // Before the ledger was made, nothing was known.
        #expect(
            try show("2024-11-13T02:40:52Z", "--known-at", "2024-11-30T00:00:00Z")
                .contains("has no price"))
    }

    private static func now() -> String {
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return format.string(from: Date())
    }

    @Test(arguments: [
        ["google/gemini-2.0-flash", "--input", "150", "--output", "600"],
        ["openai/gpt-4", "--input", "3", "--output", "60"],
        [
            "anthropic/claude-3-5-haiku-20241022", "--input", "0.8", "--output", "4",
            "--cache-read", "0.8",
        ],
        ["openai/gpt-4o", "--input", "2500", "--output", "10000"],
        ["openai/gpt-4o", "--input", "0.0000025", "--output", "0.00001"],
    ])
    func `a real fault of the feed is refused unless forced`(price: [String]) throws {
        let place = try Workplace()
        let start = ["prices", "set"] + price + ["--effective-from", "2025-02-07T00:00:00Z"]
        let refusal = try place.start(start).wait()
        #expect(refusal.status == 1)
        #expect(refusal.output.isEmpty)
        #expect(refusal.errors.split(separator: "\n").count == 1, "\(refusal.errors)")
        let tooFine = price.contains("0.0000025")
        #expect(refusal.errors.contains(tooFine ? "--input" : "--force"), "\(refusal.errors)")
        guard !tooFine else { return }
        #expect(try place.start(start + ["--force"]).wait().status == 0)
        #expect(
            try place.razao("prices", "show", price[0], "--at", "2025-02-08").contains(
                "input \(price[2])"))
    }

    @Test func `a book with a wrong price is taken not at all, or forced, or without it`() throws {
        let book = """
            {"format":"razao-prices","version":1,"prices":[
            {"provider":"google","model":"good","effective_from":"2025-01-01T00:00:00Z",
            "usd_per_million":{"input":"0.1","output":"0.4"}},
            {"provider":"google","model":"gemini-2.0-flash","effective_from":"2025-02-07T00:00:00Z",
            "usd_per_million":{"input":"150","output":"600"}}]}
            """
        let place = try Workplace()
        let file = try place.write("book.json", book)
        try place.refused("prices", "import", file, "--format", "razao", saying: ["--force"])
        try place.refused("prices", "show", "google/good", saying: ["has no price"])
        try place.razao("prices", "import", file, "--format", "razao", "--skip-suspicious")
        try place.razao("prices", "show", "google/good")
        try place.refused("prices", "show", "google/gemini-2.0-flash", saying: ["has no price"])
        try place.razao("prices", "import", file, "--format", "razao", "--force")
        try place.razao("prices", "show", "google/gemini-2.0-flash")
        #expect(
            try place.razao("prices", "import", file, "--format", "razao")
                .contains("0 new, 2 already there"))
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func `the real books are taken whole with their faults left out, and twice is once`() throws {
        let place = try Workplace()
        let shared = try #require(SharedData.folder).path
        let books = [
            ["\(shared)/llm-prices-genai/data_v2.json.gz", "genai", "2023-01-01T00:00:00Z"],
            [
                "\(shared)/llm-prices-litellm/price_events_2023-09_2025-12.jsonl.gz",
                "litellm-events", "",
            ],
        ]
        for book in books {
            var words = ["prices", "import", book[0], "--format", book[1], "--skip-suspicious"]
            if !book[2].isEmpty { words += ["--effective-from", book[2]] }
            let first = try place.start(words).wait()
            #expect(first.status == 0, "\(first.errors.prefix(500))")
            let again = try place.start(words).wait()
            #expect(again.status == 0)
            #expect(again.output.contains(": 0 new"), "\(again.output)")
        }
        for file in SharedData.files("llm-prices-litellm/malformed") {
            try place.refused(
                "prices", "import", "\(shared)/\(file)", "--format", "litellm",
                "--effective-from", "2024-01-01T00:00:00Z", saying: ["line"])
        }
        #expect(
            try place.razao("prices", "show", "openai/gpt-4o", "--at", "2024-11-13T02:40:52Z")
                .contains("input 2.50"))
        try place.razao("verify")
    }
}
