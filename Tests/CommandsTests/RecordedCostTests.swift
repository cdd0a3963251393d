import Foundation
import TestSupport
import Testing

// What reconcile books for a client: on its statement with its words, told beside lists of calls,
// and taken back.
@Suite struct `Costs that were booked` {
    /// A client with a call of 2 dollars and a half; what the bill says beyond it is booked.
    private func place(closed: Bool) throws -> Workplace {
        let place = try Workplace()
        try place.razao("client", "add", "acme")
        try place.razao("settings", "set", "statement.rate_rule", "fixed:5")
        try place.razao("issuer", "set", "--name", "Revenda", "--from", "2024-01-01")
        let call = """
            {"occurred_at":"2024-11-05T12:00:00Z","client":"acme","provider":"openai",\
            "model":"gpt-4o","tokens":{"input":1000000}}

            """
        try place.razao("import", place.write("calls.jsonl", call))
        if closed { try place.razao("close", "--month", "2024-11", "--client", "acme") }
        let bill = try place.write("bill.csv", "Day,Model,Cost\n2024-11-05,gpt-4o,5.75\n")
        try place.razao(
            "reconcile", "--provider", "openai", "--month", "2024-11", bill, "--format", "csv",
            "--columns", "date=Day,model=Model,cost=Cost", "--through", "2024-11-30", "--record",
            "--client", "acme",
            "--reason", "Fatura 11/2024")
        return place
    }

    private func report(_ place: Workplace, _ more: String...) throws -> String {
        let end = try place.start(["report", "--client", "acme"] + more).wait()
        #expect(end.status == 0, "\(end.errors)")
        return end.output
    }

    private func record(_ place: Workplace) throws -> Int {
        let line = try place.razao("status").split(separator: "\n")
            .first { $0.hasPrefix("last record") }
        return try #require(line?.split(separator: " ").last.flatMap { Int($0) })
    }

    @Test func `stand on the next statement with a reason of their own and their words`() throws {
        let place = try place(closed: true)
        let json = try Figures(
            parsing: report(place, "--month", "2024-12", "--format", "json"))
        let line = try #require(json["adjustments"].list.first)
        #expect(json["adjustments"].list.count == 1)
        #expect(line["reason"].text == "recorded-cost" && line["brl"].text == "16.25")
        #expect(line["words"].value as? [String] == ["Fatura 11/2024"])
        let words = "custo lançado na conferência com o provedor: Fatura 11/2024"
        // The text breaks long lines.
        let text = try report(place, "--month", "2024-12")
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(text.contains("custo lançado na conferência com o provedor"))
        #expect(text.contains("Fatura 11/2024") && text.contains("16,25"))
        #expect(try report(place, "--month", "2024-12", "--format", "html").contains(words))
        let csv = try report(place, "--month", "2024-12", "--format", "csv")
        #expect(csv.contains("Fatura 11/2024") && csv.contains("recorded-cost"))
        let focus = try report(place, "--month", "2024-12", "--format", "focus")
        #expect(focus.contains("Fatura 11/2024"))
        #expect(try place.razao("verify").contains("The ledger is whole"))
    }

    @Test func `stand in an open month with their words, and beside lists of calls`() throws {
        let place = try place(closed: false)
        let json = try Figures(
            parsing: report(place, "--month", "2024-11", "--format", "json"))
        let line = try #require(json["lines"].list.first { $0["kind"].text == "adjustment" })
        #expect(line["words"].value as? [String] == ["Fatura 11/2024"])
        #expect(json["total_usd"].text == "5.75")
        #expect(
            try report(place, "--month", "2024-11").contains(
                "Custo lançado sem chamada, Fatura 11/2024"))
        let note = "Costs recorded without a call, in no row: US$\u{A0}3,25 in 1 record;"
        for arguments in [
            ["usage", "--by", "client"], ["usage", "--by", "day", "--client", "acme"],
            ["replay", "--what-if", "--markup", "10"],
        ] {
            let end = try place.start(arguments).wait()
            #expect(end.status == 0 && end.errors.contains(note), "\(arguments): \(end.errors)")
        }
        let later = try place.run("usage", "--by", "client", "--from", "2024-11-06")
        #expect(!later.errors.contains("Costs recorded"))
    }

    @Test(arguments: [false, true]) func `are taken back once`(closed: Bool) throws {
        let place = try place(closed: closed)
        let booked = String(try record(place))
        let done = try place.razao("reverse", booked, "--reason", "fatura errada")
        let reversal = String(try record(place))
        #expect(
            done.contains("Record \(reversal) takes back record \(booked): acme, openai/gpt-4o"))
        try place.refused(
            "reverse", booked, "--reason", "x", saying: ["taken back by record \(reversal)"])
        try place.refused(
            "reverse", reversal, "--reason", "x", saying: ["takes back record \(booked)"])
        let month = closed ? "2024-12" : "2024-11"
        let json = try Figures(parsing: report(place, "--month", month, "--format", "json"))
        #expect(json["adjustments"].list.isEmpty)
        #expect(json["total_brl"].text == (closed ? "0.00" : "12.50"))
        // The bill differs again, and can be booked once more.
        let again = try place.run(
            "reconcile", "--provider", "openai", "--month", "2024-11", place.folder + "/bill.csv",
            "--format", "csv", "--columns", "date=Day,model=Model,cost=Cost", "--through",
            "2024-11-30", "--record",
            "--client", "acme", "--reason", "Fatura 11/2024, de novo")
        #expect(again.errors.contains("Booked 1 adjustment"), "\(again.output)")
        #expect(again.errors.contains("Record \(try record(place)); razao reverse RECORD"))
        #expect(try place.razao("verify").contains("The ledger is whole"))
    }
}
