import Foundation
import TestSupport
import Testing

// One fault a file: it is named with its line, nothing of it is recorded, the rest is taken.
@Suite struct `Bad usage` {
    struct Fault: Sendable, CustomTestStringConvertible {
        let file: String
        var line = 3
        var new = 3
        /// A word that the sentence has to have.
        let word: String
        var testDescription: String { file }
    }

    static let faults = [
        Fault(file: "malformed-json.jsonl", word: "JSON"),
        Fault(file: "cut-off.jsonl", line: 4, word: "JSON"),
        Fault(file: "not-an-object.jsonl", word: "object"),
        Fault(file: "repeated-key.jsonl", word: "client"),
        Fault(file: "unknown-field.jsonl", word: "colour"),
        Fault(file: "unknown-token-class.jsonl", word: "thinking"),
        Fault(file: "unknown-outcome.jsonl", word: "perhaps"),
        Fault(file: "unknown-usage-source.jsonl", word: "guessed"),
        Fault(file: "unknown-client.jsonl", word: "--create-clients"),
        Fault(file: "negative-count.jsonl", word: "tokens.input"),
        Fault(file: "overflowing-count.jsonl", word: "4294967295"),
        Fault(file: "huge-count.jsonl", word: "tokens.input"),
        Fault(file: "fraction-count.jsonl", word: "643.5"),
        Fault(file: "text-count.jsonl", word: "tokens.input"),
        Fault(file: "tokens-not-an-object.jsonl", word: "tokens"),
        Fault(file: "far-future-instant.jsonl", word: "years"),
        Fault(file: "instant-without-zone.jsonl", word: "zone"),
        Fault(file: "impossible-date.jsonl", word: "occurred_at"),
        Fault(file: "missing-client.jsonl", word: "client"),
        Fault(file: "missing-occurred-at.jsonl", word: "occurred_at"),
        Fault(file: "empty-model.jsonl", word: "model"),
        Fault(file: "invalid-utf8.jsonl", word: "UTF-8"),
        Fault(file: "line-of-2-mib.jsonl.gz", word: "1 MiB"),
        Fault(file: "same-id-other-body.jsonl", word: "id"),
        Fault(file: "unknown-column.csv", line: 1, new: 0, word: "colour"),
        Fault(file: "ragged-row.csv", new: 2, word: "cells"),
        Fault(file: "empty.csv", line: 0, new: 0, word: "the file is empty"),
    ]

    @Test(arguments: faults)
    func `is refused with its line and the good lines are taken`(fault: Fault) throws {
        let place = try Workplace()
        try place.razao("client", "add", "padaria-sol")
        let before = try place.razao("verify")
        let end = try place.run("import", Workplace.fixture("bad/" + fault.file))
        #expect(end.status == 1)
        #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        #expect(fault.line == 0 || end.errors.contains("line \(fault.line)"), "\(end.errors)")
        #expect(end.errors.contains(fault.word), "\(end.errors)")
        let usage = try Figures(
            parsing: place.razao("usage", "--by", "client", "--format", "json")
        ).list
        if fault.new == 0 {
            #expect(usage.isEmpty)
            #expect(try place.razao("verify") == before)
        } else {
            #expect(end.output.contains(" \(fault.new) new,") && end.output.contains("1 refused"))
            #expect(usage.map { $0["calls"].count } == [fault.new])
            try place.razao("verify")
        }
        // Again: what was taken is there already, the fault still one.
        let again = try place.run("import", Workplace.fixture("bad/" + fault.file))
        #expect(again.status == 1)
        #expect(
            again.errors.replacing(#/record \d+/#, with: "")
                == end.errors.replacing(#/record \d+/#, with: ""))
    }

    @Test func `every fixture is tried`() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: Workplace.fixture("bad"))
        #expect(Set(files) == Set(Self.faults.map(\.file)))
    }

    @Test func `an unknown client is no fault when clients may be added`() throws {
        let place = try Workplace()
        try place.razao(
            "import", Workplace.fixture("bad/unknown-client.jsonl"), "--create-clients")
    }

    @Test func `unknown models are kept, unpriced and listed`() throws {
        let place = try Workplace()
        let file = try place.write(
            "new.jsonl",
            MadeUsage.lines(5, client: "a", model: "gpt-99")
                + MadeUsage.lines(3, client: "a"))
        try place.razao("import", file, "--create-clients")
        // 00:01 UTC of 1 October is 30 September in São Paulo.
        #expect(try place.razao("status").contains("openai/gpt-99: 5"))
        let statement = try Figures(
            parsing: place.razao(
                "report", "--month", "2026-09", "--client", "a", "--format", "json"))
        #expect(statement["calls"].count == 8)
        #expect(statement["unpriced_calls"].count == 5)
        let line = try #require(statement["lines"].list.first { $0["model"].text == "gpt-99" })
        #expect(line["brl"].value is NSNull)
        #expect(line["unit_price_usd_per_million"].value is NSNull)
        #expect(
            try place.razao("report", "--month", "2026-09", "--client", "a").contains("gpt-99"))

        // Once there is a price, all of them have one.
        try place.razao(
            "prices", "set", "openai/gpt-99", "--input", "1", "--output", "2", "--effective-from",
            "2026-01-01T00:00:00Z")
        let usage = try Figures(
            parsing: place.razao("usage", "--by", "model", "--format", "json")
        ).list
        #expect(usage.map { $0["unpriced_calls"].count } == [0, 0])
        #expect(usage.first { $0["model"].text == "openai/gpt-99" }?["usd"].number == "0.000085")
    }

    @Test func `without a rate usage is converted at 5.00 and flagged until one arrives`() throws {
        let place = try Workplace()
        let file = try place.write("a.jsonl", MadeUsage.lines(3, client: "a"))
        try place.razao("import", file, "--create-clients")
        func day() throws -> Figures {
            let statement = try Figures(
                parsing: place.razao(
                    "report", "--month", "2026-09", "--client", "a", "--format", "json"))
            return try #require(statement["days"].list.first)
        }
        // 00:01 UTC of 1 October is 30 September in São Paulo.
        #expect(try day()["rate_status"].text == "provisional")
        #expect(try day()["rate_brl_per_usd"].number == "5")
        #expect(
            try place.razao("report", "--month", "2026-09", "--client", "a").lowercased()
                .contains("provisóri"))
        let rates = try place.write("r.csv", "date,compra,venda\n2026-09-29,5.1,5.2\n")
        try place.razao("rates", "import", rates)
        #expect(try day()["rate_status"].text != "provisional")
        #expect(try day()["rate_brl_per_usd"].number == "5.2")
        #expect(try day()["rate_date"].text == "2026-09-29")
    }
}
