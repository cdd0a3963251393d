import Foundation
import TestSupport
import Testing

// What a scenario says, against ledgers in which it is true.
@Suite struct `A scenario from the command line` {
    static let sample = Workplace.fixture("sample")

    /// A ledger of the sample's usage, with one model named as another where asked.
    static func ledger(naming model: String? = nil, as other: String = "") throws -> Workplace {
        let place = try Workplace()
        for client in ["padaria-sol", "clinica-vida", "loja-rio"] {
            try place.razao("client", "add", client)
        }
        try place.razao(
            "rates", "import", "\(sample)/rates-2026-10.csv", "--source", "sample")
        var usage = try String(
            contentsOfFile: "\(sample)/usage-2026-10.jsonl", encoding: .utf8)
        if let model {
            usage = usage.replacing("\"model\":\"\(model)\"", with: "\"model\":\"\(other)\"")
        }
        let file = try place.write("usage.jsonl", usage)
        try place.razao("import", file)
        return place
    }

    static func whatIf(_ place: Workplace, _ arguments: String...) throws -> Figures {
        let end = try place.start(
            ["replay", "--what-if", "--format", "json"] + arguments
        ).wait()
        try #require(end.status == 0, "\(end.errors)")
        return try Figures(parsing: end.output)
    }

    /// Cost by client, in reais and dollars.
    static func usage(_ place: Workplace) throws -> [String: [String]] {
        let rows = try Figures(
            parsing: place.razao("usage", "--by", "client", "--format", "json")
        ).list
        return Dictionary(
            uniqueKeysWithValues: rows.map {
                ($0["client"].text, [$0["usd"].number, $0["brl"].number])
            })
    }

    @Test func `of a swap says what the ledger would say had the other model answered`() throws {
        let place = try Self.ledger()
        let other = try Self.ledger(naming: "gpt-4o", as: "gpt-4o-mini")
        let before = try Self.usage(place)
        let after = try Self.usage(other)
        #expect(before != after)
        let said = try Self.whatIf(
            place, "--swap", "openai/gpt-4o=openai/gpt-4o-mini")["rows"].list
        #expect(Set(said.map { $0["client"].text }) == ["clinica-vida", "loja-rio"])
        for row in said {
            let client = row["client"].text
            #expect([row["usd_before"].number, row["brl_before"].number] == before[client])
            #expect([row["usd_after"].number, row["brl_after"].number] == after[client])
        }
        // The same for one client alone, and none of it was written.
        let one = try Self.whatIf(
            place, "--swap", "openai/gpt-4o=openai/gpt-4o-mini", "--client", "loja-rio")
        #expect(one["rows"].list.count == 1)
        #expect(one["total"]["brl_after"].number == after["loja-rio"]?[1])
        #expect(try Self.usage(place) == before)
    }

    @Test func `of prices and a rule says what the ledger says once they are set`() throws {
        let place = try Self.ledger()
        let said = try Self.whatIf(
            place, "--price", "openai/gpt-4o:input=4,output=12,cache_read=1", "--rate-rule",
            "same-day")["rows"].list
        try place.razao(
            "prices", "set", "openai/gpt-4o", "--input", "4", "--output", "12", "--cache-read",
            "1", "--effective-from", "2026-01-01T00:00:00Z")
        try place.razao("settings", "set", "statement.rate_rule", "same-day")
        let after = try Self.usage(place)
        #expect(said.count == 3)
        for row in said {
            let client = row["client"].text
            #expect([row["usd_after"].number, row["brl_after"].number] == after[client])
        }
    }

    @Test func `names limits that would stop, for people and for programs`() throws {
        let place = try Self.ledger()
        try place.razao(
            "budget", "set", "clinica-vida", "--unit", "brl", "--limit", "60", "--period",
            "monthly", "--stop")
        try place.razao(
            "budget", "set", "loja-rio", "--unit", "brl", "--limit", "20", "--period", "monthly")
        let found = try Self.whatIf(place, "--rate", "10.80")["budgets"].list
        #expect(found.count == 1)
        #expect(found.first?["client"].text == "clinica-vida")
        #expect(found.first?["effect"].text == "stops")
        let day = try #require(found.first?["reached_after"].text)
        #expect(day.hasPrefix("2026-10-"))
        // The days up to that one reach the limit, and those before it do not.
        for (end, reaches) in [(day, true), (Self.dayBefore(day), false)] {
            let total = try Self.whatIf(
                place, "--rate", "10.80", "--client", "clinica-vida", "--to", end)["total"]
            let cost = try #require(Decimal(string: total["brl_after"].number))
            #expect((cost >= 60) == reaches)
        }
        // A mark-up is no cost.
        #expect(try Self.whatIf(place, "--markup", "900")["budgets"].list.isEmpty)
        let table = try place.razao("replay", "--what-if", "--rate", "10.80")
        #expect(table.contains("Limits that would stop on another day:"))
        #expect(table.contains("10/2026"))
        for line in table.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    }

    private static func dayBefore(_ day: String) -> String {
        let number = (Int(day.suffix(2)) ?? 0) - 1
        return day.prefix(8) + (number < 10 ? "0" : "") + String(number)
    }

    @Test func `is written to a file whole, and says what it leaves out`() throws {
        let place = try Self.ledger()
        let page = place.folder + "/what-if.html"
        let end = try place.start([
            "replay", "--what-if", "--markup", "20", "--swap", "openai/gpt-5=openai/gpt-4o",
            "--format", "html", "--output", page, "--lang", "en",
        ]).wait()
        #expect(end.status == 0 && end.output.isEmpty)
        let text = try String(contentsOfFile: page, encoding: .utf8)
        #expect(text.contains("<svg") && text.contains("AI cost comparison"))
        #expect(text.contains("No call of openai/gpt-5 in this period."))
        let table = try place.start(["replay", "--what-if", "--markup", "20"]).wait()
        #expect(table.output.contains("≥ 2,3193"))
        #expect(table.errors.contains("groq/sabia-experimental-9b has no price: 35.651"))
        #expect(table.errors.contains("Calls with unknown usage, in no sum: 12."))
        let price = try place.start([
            "replay", "--what-if", "--price", "openai/gpt-4o:input=2,output=8",
        ]).wait()
        #expect(price.errors.contains("cache_read had a price of its own (1.25) and now is billed"))
        let later = try place.razao("replay", "--what-if", "--markup", "20", "--from", "2030-01-01")
        #expect(later == "There is no usage in these bounds.\n")
    }
}
