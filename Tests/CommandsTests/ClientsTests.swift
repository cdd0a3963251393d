import Foundation
import Journal
import Ledger
import TestSupport
import Testing

// Clients from outside: added, removed, taken back.
@Suite struct `Clients that are removed` {
    /// A client with a call of October 2026, and another one.
    private func place() throws -> Workplace {
        let place = try Workplace()
        for client in ["acme", "zeta"] { try place.razao("client", "add", client) }
        try place.razao("settings", "set", "statement.rate_rule", "fixed:5")
        try place.razao("import", place.write("calls.jsonl", Self.call("acme", "first")))
        return place
    }

    private static func call(_ client: String, _ id: String) -> String {
        """
        {"occurred_at":"2026-10-05T12:00:00Z","client":"\(client)","provider":"openai",\
        "model":"gpt-4o","tokens":{"input":1000000},"id":"\(id)"}

        """
    }

    @Test func `take nothing new, in one clear sentence, and keep their history`() throws {
        let place = try place()
        try place.razao("key", "create", "acme", "--quiet")
        func total() throws -> Substring? {
            try place.razao("report", "--month", "2026-10", "--client", "acme")
                .split(separator: "\n").first { $0.hasPrefix("TOTAL") }
        }
        let before = try #require(try total())
        let said = try place.razao("client", "remove", "acme", "--reason", "The contract ended")
        #expect(said.contains("Removed client acme: it takes nothing new"))
        #expect(said.contains("Revoked 1 key of it."))
        #expect(try place.razao("client", "remove", "acme").contains("was removed before, on 2"))
        try place.refused("client", "remove", "no", saying: ["there is no client no"])

        let bill = try place.write("bill.csv", "day,model,usd\n2026-10-05,gpt-4o,9\n")
        let event = try #require(
            try place.razao("events").firstMatch(of: /"id":"([0-9a-f-]{36})"/)
        ).1
        for words in [
            ["reverse", String(event), "--reason", "x"],
            ["correct", String(event), "--tokens", "input=1", "--reason", "x"],
            ["key", "create", "acme"],
            ["budget", "set", "acme", "--unit", "brl", "--limit", "5", "--period", "monthly"],
            ["terms", "set", "acme", "--markup", "5", "--from", "2026-10-01"],
            [
                "reconcile", "--provider", "openai", "--month", "2026-10", bill, "--columns",
                "date=day,model=model,cost=usd", "--through", "2026-10-31", "--record", "--reason",
                "x", "--client", "acme",
            ],
        ] {
            let end = try place.start(words).wait()
            #expect(end.status == 1, "\(words): \(end.output)")
            #expect(
                end.errors.contains("Error: client acme was removed on 2")
                    && end.errors.contains("razao client add acme"), "\(words): \(end.errors)")
        }
        let more = try place.write(
            "more.jsonl", Self.call("acme", "second") + Self.call("zeta", "third"))
        for flags in [[], ["--create-clients"]] {
            let end = try place.start(["import", more] + flags).wait()
            #expect(end.status == 1)
            #expect(end.errors.contains("line 1: client acme was removed on 2"), "\(end.errors)")
        }
        #expect(try total() == before)
        let list = try place.razao("client", "list").split(separator: "\n")
        #expect(list.contains { $0.hasPrefix("acme") && $0.contains("removed 2") })
        #expect(list.contains { $0.hasPrefix("zeta") && $0.contains("active") })
        #expect(try place.razao("usage", "--by", "client").contains("acme"))
        #expect(try place.razao("verify").contains("The ledger is whole."))
    }

    @Test func `are refused by a process that had not heard of it`() throws {
        let place = try place()
        let journal = try Journal.open(at: place.data)
        defer { journal.close() }
        #expect(try journal.state().clients["acme"]?.removedAt == nil)
        func append(_ number: UInt64) throws -> AppendOutcome {
            let event = try NewEvent(.sample(input: 5), id: EventID(high: 7, low: number))
            return try journal.append([event], expecting: nil)[0]
        }
        try place.razao("client", "remove", "acme")
        let outcome = try append(1)
        #expect("\(outcome)".contains("client acme was removed on"), "\(outcome)")
        try place.razao("client", "add", "acme")
        guard case .appended = try append(1) else {
            Issue.record("it was taken back")
            return
        }
    }

    @Test func `are taken back with the data they had, without their keys`() throws {
        let place = try place()
        try place.razao("client", "add", "acme", "--name", "Acme Ltda")
        try place.razao("key", "create", "acme", "--quiet")
        try place.razao("client", "remove", "acme")
        let said = try place.razao("client", "add", "acme")
        #expect(said.contains("Took back client acme, which was removed on 2"))
        #expect(said.contains("razao key create acme"))
        #expect(try place.razao("client", "add", "acme").contains("is there already"))
        let list = try place.razao("client", "list").split(separator: "\n")
        #expect(
            list.contains {
                $0.hasPrefix("acme") && $0.contains("Acme Ltda") && $0.contains("active")
            })
        #expect(try !place.razao("key", "list").contains("open"))
        let more = try place.write("more.jsonl", Self.call("acme", "second"))
        #expect(try place.razao("import", more).contains("1 new"))
        try place.razao("verify")
    }
}
