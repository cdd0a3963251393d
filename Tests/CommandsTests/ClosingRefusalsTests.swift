// What closing, terms, reversals and corrections refuse: in words, and with nothing written.

import Foundation
import Journal
import Ledger
import TestSupport
import Testing

@Suite struct `Refused around a closing` {
    /// A command line and what its refusal has to say.
    struct Case: Sendable, CustomTestStringConvertible {
        let words: [String]
        let saying: [String]
        var testDescription: String { words.joined(separator: " ") }

        init(_ line: String, _ saying: String...) {
            words = line.split(separator: " ").map { $0 == "_" ? "" : String($0) }
            self.saying = saying
        }
    }

    private static let first = "0193aaaa-0000-7000-8000-000000000001"
    private static let second = "0193aaaa-0000-7000-8000-000000000002"

    /// Two clients with a call in November 2024 each, one of them with one in December.
    private func place(issuer: Bool = true) throws -> Workplace {
        let place = try Workplace()
        for client in ["a", "b"] { try place.razao("client", "add", client) }
        let rates = try place.write(
            "rates.csv",
            dailyQuotesFile([
                "2024-10-31": "5.7", "2024-11-29": "6", "2025-01-02": "6.1", "2025-02-03": "6.1",
            ]))
        try place.razao("rates", "import", rates)
        if issuer {
            try place.razao("issuer", "set", "--name", "Revenda", "--from", "2024-01-01")
        }
        let calls = [
            (Self.first, "a", "2024-11-05"), (Self.second, "a", "2024-12-05"),
            ("0193aaaa-0000-7000-8000-000000000003", "b", "2024-11-06"),
        ].map { id, client, day in
            """
            {"id":"\(id)","client":"\(client)","occurred_at":"\(day)T12:00:00Z",\
            "provider":"openai","model":"gpt-4o","tokens":{"input":100000,"output":7}}

            """
        }
        try place.razao("import", place.write("calls.jsonl", calls.joined()))
        return place
    }

    /// The last record and the chain value there.
    private func head(_ place: Workplace) throws -> [Substring] {
        try place.razao("status").split(separator: "\n").filter {
            $0.hasPrefix("last record") || $0.hasPrefix("log head")
        }
    }

    /// Runs every case; each ends with a sentence, and none writes anything.
    private func expect(_ cases: [Case], in place: Workplace) throws {
        let before = try head(place)
        try #require(before.count == 2)
        for one in cases {
            let end = try place.start(one.words).wait()
            #expect(end.status == 1 || end.status == 64, "\(one): \(end.output)")
            for words in one.saying {
                #expect(end.errors.contains(words), "\(one): \(end.errors)")
            }
            let lines = end.errors.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("Error: ") }, "\(one): \(end.errors)")
            // One sentence; each client's reason stands before it, how to call it after it.
            let said = lines.prefix { !$0.hasPrefix("Usage:") && !$0.hasPrefix("Help:") }
            #expect((1...3).contains(said.count), "\(one): \(end.errors)")
            #expect(!end.errors.contains("Fatal error"))
        }
        #expect(try head(place) == before)
    }

    @Test func `a closing that is not next, not over, of nobody or by nobody`() throws {
        let place = try place(issuer: false)
        try expect(
            [
                Case("close --month 2024-11 --all", "nobody said who issues", "razao issuer set"),
                Case("close --month 2024-11", "--client ID, or give --all"),
                Case("close --month 2024-13 --client a", "a month that exists"),
            ], in: place)
        try place.razao("issuer", "set", "--name", "Revenda", "--from", "2024-12-01")
        try expect([Case("close --month 2024-11 --all", "nobody said who issues")], in: place)
        try place.razao("issuer", "set", "--name", "Revenda", "--from", "2024-01-01")
        try expect(
            [
                Case(
                    "close --month 2024-12 --all", "a: close 2024-11 first", "nothing was written"),
                Case("close --month 2099-12 --client a", "not over before 2100-01-01T03:00:00Z"),
                Case("close --month 2024-11 --client nobody", "no client \"nobody\""),
            ], in: place)
        try place.razao("close", "--month", "2024-11", "--client", "a")
        try expect(
            [
                Case("close --month 2024-11 --client a", "closed already", "razao report"),
                Case("close --month 2025-01 --client a", "close 2024-12 first"),
                Case("close --month 2024-10 --client a", "2024-11 is closed already"),
            ], in: place)
        // All, of whom one was closed before: the other alone, with the next number; then none.
        let second = try place.razao("close", "--month", "2024-11", "--all")
        #expect(second.contains("2024-11/000002  b"))
        let before = try head(place)
        #expect(try place.razao("close", "--month", "2024-11", "--all").contains("closed already"))
        #expect(try head(place) == before)
    }

    @Test func `a closing while calls have no price or no usage, or a rate may still come`() throws
    {
        let place = try place()
        let calls = try place.write(
            "more.jsonl",
            """
            {"occurred_at":"2024-11-07T12:00:00Z","client":"b","provider":"openai","model":"new",\
            "tokens":{"input":5}}
            {"occurred_at":"2024-11-08T12:00:00Z","client":"b","provider":"openai",\
            "model":"gpt-4o","usage_source":"missing"}

            """)
        try place.razao("import", calls)
        // None of the two is closed when one cannot be.
        let end = try place.run("close", "--month", "2024-11", "--all")
        #expect(end.status == 1 && end.errors.contains("nothing was written"))
        #expect(end.errors.contains("openai/new") && end.errors.contains("unknown usage"))
        try place.razao("close", "--month", "2024-11", "--all", "--accept-unpriced")
        let statement = try Figures(
            parsing: place.razao(
                "report", "--month", "2024-11", "--client", "b", "--format", "json"))
        #expect(statement["accepted_unpriced"].value as? Bool == true)

        let rates = try Workplace()
        try rates.razao("client", "add", "a")
        try rates.razao("issuer", "set", "--name", "Revenda", "--from", "2024-01-01")
        try rates.razao("import", place.folder + "/calls.jsonl", "--create-clients")
        try expect([Case("close --month 2024-11 --client a", "2024-11-05", "final")], in: rates)
    }

    @Test func `a closing while what came late for a closed month has no price or no usage`() throws
    {
        let place = try place()
        try place.razao("close", "--month", "2024-11", "--all")
        let late = """
            {"occurred_at":"2024-11-07T12:00:00Z","client":"b","provider":"openai","model":"new",\
            "tokens":{"input":5}}

            """
        try place.razao("import", place.write("late.jsonl", late))
        let unknown = """
            {"occurred_at":"2024-11-08T12:00:00Z","client":"b","provider":"openai",\
            "model":"gpt-4o","usage_source":"missing"}

            """
        try place.razao("import", place.write("unknown.jsonl", unknown))
        try expect(
            [
                Case(
                    "close --month 2024-12 --client b", "came late for closed months: openai/new",
                    "unknown usage came late", "--accept-unpriced")
            ], in: place)
        try place.razao("close", "--month", "2024-12", "--client", "b", "--accept-unpriced")
        func accepted(_ client: String) throws -> Bool? {
            let end = try place.razao(
                "report", "--month", "2024-12", "--client", client, "--format", "json")
            return try Figures(parsing: end)["accepted_unpriced"].value as? Bool
        }
        #expect(try accepted("b") == true)
        // Once: what was accepted keeps no later month open, and nobody else's.
        try place.razao("close", "--month", "2024-12", "--client", "a")
        #expect(try accepted("a") == false)
        try place.razao("close", "--month", "2025-01", "--all")
    }

    @Test func `a closing by a clock that is behind the log`() throws {
        let place = try Workplace(initialized: false)
        let future = try Instant("2199-01-01T00:00:00Z")
        let journal = try Journal.create(at: place.data, clock: { future })
        try journal.record([.clientRegistered(ClientRecord(id: "a"))], by: "tests")
        try journal.record(
            [.issuerSet(IssuerChange(issuer: Issuer(name: "x"), from: date("2024-01-01")))],
            by: "tests")
        _ = try journal.append(
            [
                NewEvent(
                    .sample(client: "a", at: Instant("2024-11-05T12:00:00Z")),
                    id: EventID(high: 1, low: 1))
            ], expecting: nil)
        journal.close()
        try expect([Case("close --month 2024-11 --client a", "clock", "2199-01-01")], in: place)
    }

    @Test func `a reversal of what is none, or of what was reversed`() throws {
        let place = try place()
        try place.razao("reverse", Self.first, "--reason", "twice")
        try place.razao("close", "--month", "2024-11", "--client", "a")
        let record = try #require(try head(place).first?.split(separator: " ").last)
        let reversal = String((Int(record) ?? 0) - 1)
        try expect(
            [
                Case("reverse \(Self.first) --reason x", "a call is reversed once"),
                Case("correct \(Self.first) --tokens input=1 --reason x", "reversed once"),
                Case("reverse \(reversal) --reason x", "usage.reversed and no call"),
                Case("correct \(reversal) --tokens input=1 --reason x", "usage.reversed"),
                Case("reverse \(record) --reason x", "month.closed and no call"),
                Case("reverse 1 --reason x", "and no call"),
                Case("reverse 999999 --reason x", "no record 999999"),
                Case("reverse 0193aaaa-0000-7000-8000-0000000000ff --reason x", "no event"),
                Case("reverse padaria --reason x", "neither an event's id nor a record's number"),
                Case("reverse \(Self.second) --reason _", "--reason: is empty"),
                Case("reverse \(Self.second)", "--reason"),
                Case("correct \(Self.second) --reason x", "Say what is right"),
                Case("correct \(Self.second) --tokens input=100000 --reason x", "change nothing"),
                Case("correct \(Self.second) --tokens inputs=1 --reason x", "not a class"),
                Case("correct \(Self.second) --tokens input=-1 --reason x", "\"-1\" is no count"),
                Case("correct \(Self.second) --tokens input=4294967296 --reason x", "no count"),
                Case("correct \(Self.second) --tokens input=1,input=2 --reason x", "twice"),
                Case("correct \(Self.second) --model _ --reason x", "--model: is empty"),
            ], in: place)
    }

    @Test func `a statement of a month that was billed by others`() throws {
        let place = try place()
        try place.razao("close", "--month", "2024-11", "--client", "a")
        let late = """
            {"occurred_at":"2024-10-31T12:00:00Z","client":"a","provider":"openai",\
            "model":"gpt-4o","tokens":{"input":500000}}
            {"occurred_at":"2024-10-31T12:00:00Z","client":"b","provider":"openai",\
            "model":"gpt-4o","tokens":{"input":500000}}

            """
        try place.razao("import", place.write("late.jsonl", late))
        let report = "report --month 2024-10"
        try expect(
            [
                Case(
                    "\(report) --client a", "has no statement of its own", "2024-11 is closed",
                    "billed as an adjustment in the next one, of 2024-12")
            ], in: place)
        let all = try place.run("report", "--month", "2024-10", "--all")
        #expect(all.status == 0 && all.errors.contains("Left out: a. "))
        #expect(all.output.contains("Cliente") && !all.output.contains("Cliente  a"))
        try place.razao("close", "--month", "2024-12", "--client", "a")
        try expect([Case("\(report) --client a", "in statement 2024-12/000002")], in: place)
    }

    @Test func `a closing while quotes are missing within the month`() throws {
        let place = try place()
        let usage = """
            {"occurred_at":"2024-10-16T12:00:00Z","client":"c","provider":"openai",\
            "model":"gpt-4o","tokens":{"input":500000}}

            """
        try place.razao("import", place.write("more.jsonl", usage), "--create-clients")
        try place.razao(
            "rates", "import",
            place.write("old.csv", dailyQuotesFile(["2024-09-30": "5.4", "2024-10-11": "5.4"])))
        let missing = "no quote is known from 2024-10-12 to 2024-10-30; import the quotes"
        try expect(
            [
                Case(
                    "close --month 2024-10 --client c", "not final for 1 day from 2024-10-16",
                    missing)
            ], in: place)
        #expect(
            try place.razao("report", "--month", "2024-10", "--client", "c").contains("defasada"))
        #expect(try place.razao("rates", "show", "2024-10-16").contains("stale"))
        // A contract's rate needs no quote; the mean of a month needs all of them.
        try place.razao(
            "terms", "set", "c", "--rate-rule", "month-average", "--from", "2024-10-01")
        try expect([Case("close --month 2024-10 --client c", missing)], in: place)
        try place.razao("terms", "set", "c", "--rate-rule", "fixed:5.4", "--from", "2024-10-01")
        try place.razao("close", "--month", "2024-10", "--client", "c", "--dry-run")
    }

    @Test func `a credit that stands already, not one more`() throws {
        let place = try place()
        func set(_ more: String...) throws -> Child.End {
            try place.start(
                ["terms", "set", "a", "--from", "2024-11-01", "--reason", "Outra razão"] + more
            ).wait()
        }
        func credits(_ month: String = "2024-11") throws -> [String] {
            try Figures(
                parsing: place.razao(
                    "report", "--month", month, "--client", "a", "--format", "json"))["credits"]
                .list.map { "\($0["name"].text): \($0["brl"].text)" }.sorted()
        }
        #expect(try set("--credit", "7").status == 0)
        #expect(try set("--credit", "8").output.contains("takes the place") == false)
        #expect(try credits() == ["Outra razão (2): -8.00", "Outra razão: -7.00"])
        let again = try set("--credit", "7")
        #expect(again.status == 1 && again.errors.contains("2024-11 of a already (record "))
        #expect(again.errors.contains("R$\u{A0}7,00") && again.errors.contains("--credit-name"))
        #expect(try set("--credit", "7", "--credit-name", "pane").status == 0)
        // By its name one is changed, and says what it was.
        let changed = try set("--credit", "9", "--credit-name", "Outra razão (2)")
        #expect(changed.output.contains("takes the place of the credit of R$\u{A0}8,00"))
        #expect(try credits() == ["Outra razão (2): -9.00", "Outra razão: -7.00", "pane: -7.00"])
        // The same reason in another month is another credit, and moves none.
        try place.razao(
            "terms", "set", "a", "--credit", "7", "--reason", "Outra razão", "--from",
            "2024-12-01")
        #expect(try credits("2024-12") == ["Outra razão (3): -7.00"])
        #expect(try credits().count == 3)
        #expect(try set("--credit", "0", "--credit-name", "pane").status == 0)
        #expect(try credits().count == 2)
        // Name and reason are said once where they are the same.
        let text = try place.razao("report", "--month", "2024-11", "--client", "a")
        #expect(text.components(separatedBy: "\n  Outra razão  ").count == 3)
        #expect(!text.contains("Outra razão, Outra") && !text.contains("razão (2)"))
    }

    @Test func `all of a call's input for its uncached part`() throws {
        let place = try place()
        let id = "0193aaaa-0000-7000-8000-000000000009"
        let call = """
            {"id":"\(id)","client":"a","occurred_at":"2024-11-05T12:00:00Z","provider":"openai",\
            "model":"gpt-4o","tokens":{"input":1778,"cache_read":512,"output":100}}

            """
        try place.razao("import", place.write("cached.jsonl", call))
        let table = try place.razao("events", "--client", "a", "--format", "table")
        #expect(table.contains("input=1778,cache_read=512,output=100"))
        try expect(
            [
                Case(
                    "correct \(id) --tokens input=2290 --reason x", "512 of it are its cache_read",
                    "leave input at 1778")
            ], in: place)
        let done = try place.razao(
            "correct", id, "--tokens", "input=2290,cache_read=0", "--reason", "no cache")
        let lines = done.split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        for line in [
            "input 1.778 2.290", "cache_read 512 0", "all input 2.290 2.290",
            "all tokens 2.390 2.390",
        ] {
            #expect(lines.contains(line), "\(done)")
        }
    }

    @Test func `no more of an issuer than what is given`() throws {
        let place = try place()
        func shown() throws -> [String] {
            try place.razao("issuer", "show").split(separator: "\n").dropFirst(2).map {
                $0.split(separator: " ").joined(separator: " ")
            }
        }
        try place.razao(
            "issuer", "set", "--cnpj", "11.222.333/0001-81", "--address", "Rua Um, 1",
            "--contact", "a@b.example", "--from", "2024-01-01")
        try place.razao("issuer", "set", "--name", "Renomeado", "--from", "2024-06-01")
        try place.razao("issuer", "set", "--clear", "contact", "--from", "2024-07-01")
        #expect(
            try shown() == [
                "2024-01-01 main Revenda replaced",
                "2024-01-01 main Revenda 11.222.333/0001-81 Rua Um, 1 a@b.example",
                "2024-06-01 main Renomeado 11.222.333/0001-81 Rua Um, 1 a@b.example",
                "2024-07-01 main Renomeado 11.222.333/0001-81 Rua Um, 1",
            ])
        try place.razao("terms", "set", "a", "--tax", "X=1000", "--from", "2024-11-01")
        try place.razao("terms", "set", "a", "--tax", "X=0", "--from", "2024-11-01")
        let terms = try place.razao("terms", "show", "a").split(separator: "\n")
        #expect(terms[2].contains("1000 %") && terms[2].contains("replaced by "))
        #expect(terms[3].contains("ended") && !terms[3].contains("replaced"))
    }

    @Test func `terms that cannot be kept`() throws {
        let place = try place()
        try place.razao(
            "terms", "set", "--all-clients", "--tax-inside", "ISS=40", "--from", "2024-11-10")
        let set = "terms set a --from 2024-11-01"
        try expect(
            [
                Case("\(set) --tax-inside ICMS=100", "ICMS: 100 % por dentro leaves nothing"),
                Case("\(set) --surcharge-inside F=250", "F: 250 % por dentro leaves nothing"),
                Case("\(set) --tax-inside A=60 --tax-inside B=40", "A, B", "100 %"),
                // With what holds for all from a later day on.
                Case("\(set) --tax-inside PIS=60", "client a: ISS, PIS por dentro come to 100 %"),
                Case(
                    "terms set --all-clients --from 2024-12-01 --tax-inside B=60", "come to 100 %"),
                Case("\(set) --tax ISS=-1", "ISS: -1 % is negative"),
                Case("\(set) --tax ISS=10001", "ISS: 10001 % is more than 10000 %"),
                Case("\(set) --tax ISS", "NAME=PERCENT"), Case("\(set) --tax =5", "NAME=PERCENT"),
                Case("\(set) --markup -100.0001", "--markup: -100.0001 %", "negative"),
                Case("\(set) --markup 10001", "more than 10000 %"),
                Case("\(set) --markup 1,5", "\"1,5\" is not a decimal number"),
                Case("\(set) --markup 1.23456", "more than 4 decimals"),
                Case("\(set) --rounding up", "half-even, half-up or truncate"),
                Case("\(set) --rate-rule weekly", "previous-business-day"),
                Case("\(set) --rate-rule fixed:0", "fixed:5.40"),
                Case("\(set) --price gpt-4o:input=1", "PROVIDER/MODEL"),
                Case("\(set) --price openai/gpt-4o:words=1", "is no class of usage"),
                Case("\(set) --price openai/gpt-4o:input=0.1234567", "more than 6 decimals"),
                Case("\(set) --credit 5", "--reason"),
                Case("\(set) --credit 0.001 --reason x", "more than 2 decimals"),
                Case("\(set) --credit 0 --reason x", "--credit-name", "razao terms show"),
                Case("\(set)", "say what is agreed"),
                Case("\(set) --all-clients --markup 1", "Name one client, or give --all-clients"),
                Case("terms set a --from 2024-02-30 --markup 1", "2024-02-30"),
                Case("terms set nobody --from 2024-11-01 --markup 1", "no client \"nobody\""),
                Case("terms show nobody", "no client \"nobody\""),
                Case("issuer set --name _ --from 2024-01-01", "--name: is empty"),
                Case("issuer set --address X --from 2023-01-01", "no issuer main", "--name"),
                Case("issuer set --id b --address X --from 2024-01-01", "no issuer b", "--name"),
                Case("issuer set --clear cnpj --cnpj 1 --from 2024-01-01", "not both"),
                Case("issuer set --name X --id a/b --from 2024-01-01", "--id: "),
                Case("issuer set --name X --cnpj 11222333000182 --from 2024-01-01", "check digits"),
            ], in: place)
        // What is just allowed: all of a cost taken off, and less than all of a price as tax.
        try place.razao("terms", "set", "a", "--from", "2024-11-01", "--markup", "-100")
        try place.razao("terms", "set", "a", "--from", "2024-11-01", "--tax-inside", "PIS=59.9999")
    }
}
