import Foundation
import TestSupport
import Testing

// What commands tell of what they did, could not do, or would do.
@Suite struct `What commands answer` {
    private func place() throws -> Workplace {
        let place = try Workplace()
        for client in ["a", "b"] { try place.razao("client", "add", client) }
        try place.razao("settings", "set", "statement.rate_rule", "fixed:5.40")
        try place.razao("import", place.write("calls.jsonl", Self.call("1") + Self.call("2")))
        return place
    }

    private static func call(_ id: String, model: String = "gpt-4o") -> String {
        """
        {"occurred_at":"2024-11-05T12:00:00Z","client":"a","provider":"openai",\
        "model":"\(model)","tokens":{"input":1000,"output":7},"request_id":"\(id)","id":"\(id)"}

        """
    }

    private static let report = ["report", "--month", "2024-11", "--client", "a"]

    @Test(arguments: [
        ("a\u{202E}b", "direction of reading"), ("a\u{2028}b", "invisible end of a line"),
        ("a\u{FFFD}b", "no valid UTF-8"), ("\u{2066}", "direction of reading"),
    ])
    func `no name is taken that people would not read as it is`(
        name: String, words: String
    ) throws {
        let place = try Workplace()
        let told = try place.refused(
            "client", "add", "a", "--name", name, saying: ["the argument \"", words])
        #expect(!told.unicodeScalars.contains { $0.value >= 0x2028 && $0.value <= 0x206F })
        #expect(!(try place.razao("client", "list").contains("a  ")))
        try place.razao("client", "add", "b", "--name", "Clínica 🧑‍⚕️ “São João” 日本")
    }

    @Test func `an output says what stands in its way`() throws {
        let place = try place()
        let file = try place.write("file", "x")
        for (output, words) in [
            ("\(place.folder)/none/a.pdf", "there is no folder \(place.folder)/none; make it"),
            (place.folder, "it is a folder; name a file in it"),
            ("\(file)/a.pdf", "\(file) is a file and no folder"),
        ] {
            for extra in [["--format", "pdf"], ["--detail"]] {
                let end = try place.start(Self.report + ["--output", output] + extra).wait()
                #expect(end.status == 1 && end.errors.contains(words), "\(end.errors)")
            }
        }
        try place.refused(
            "report", "--month", "2024-11", "--all", "--output", file,
            saying: ["it is a file, and this needs a folder"])
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "x")
        let plain = try place.start(Self.report).wait().output
        #expect(try place.start(Self.report + ["--output", "-"]).wait().output == plain)
        #expect(!plain.isEmpty)
    }

    @Test func `a what-if says whole commands for what it tried`() throws {
        let place = try place()
        let end = try place.run(
            "replay", "--what-if", "--rate", "6", "--markup", "30", "--client", "a", "--price",
            "openai/gpt-4o:input=2,output=8,cache_read=1,tier=batch")
        #expect(
            end.errors.contains(
                "To apply: razao prices set openai/gpt-4o --input 2.00 --cache-read 1.00 "
                    + "--output 8.00 --service-tier batch --effective-from DAY; razao terms set a "
                    + "--rate-rule fixed:6.0000 --markup 30 --from DAY"), "\(end.errors)")
        for command in [
            "prices set openai/gpt-4o --input 2.00 --cache-read 1.00 --output 8.00 "
                + "--service-tier batch --effective-from 2026-11-20",
            "terms set a --rate-rule fixed:6.0000 --markup 30 --from 2026-11-20",
        ] {
            let done = try place.start(command.split(separator: " ").map(String.init)).wait()
            #expect(done.status == 0, "\(done.errors)")
        }
    }

    @Test func `a what-if names the rule of who has one`() throws {
        let place = try place()
        func page(_ more: String...) throws -> String {
            let what = ["replay", "--what-if", "--rate", "6", "--format", "html"]
            return try place.start(what + more).wait().output
        }
        #expect(try page().contains("hoje: taxa fixa de contrato: 5,4000 reais"))
        try place.razao("terms", "set", "a", "--rate-rule", "fixed:5.10", "--from", "2024-11-01")
        #expect(try page().contains("hoje: a regra combinada com cada cliente, e sem uma própria:"))
        #expect(
            try page("--client", "a").contains("hoje: taxa fixa de contrato: 5,1000 reais"))
        #expect(try !page().contains("Acréscimo"))
    }

    @Test func `a line that stands twice in another system's table is compared once`() throws {
        let place = try place()
        let header =
            "client_id,request_id,provider,model_name,input_tokens,output_tokens,cost_usd,created_at"
        let row = "a,r9,openai,gpt-4o,1000,7,0.5,2024-11-06T10:00:00Z"
        let file = try place.write("log.csv", [header, row, row].joined(separator: "\n") + "\n")
        let end = try place.run("import", file, "--format", "gateway-logs")
        #expect(end.output.contains("2 calls read: 1 new, 1 already there"), "\(end.output)")
        #expect(end.output.contains("1 recorded cost: 0 equal to ours, 1 different"))
    }

    @Test func `a comparison at a rate that may change says so`() throws {
        let place = try Workplace()
        try place.razao("client", "add", "a")
        let text = """
            client_id,request_id,provider,model_name,input_tokens,output_tokens,cost_brl,created_at
            a,r9,openai,gpt-4o,1000,7,0.5,2024-11-06T10:00:00Z

            """
        let file = try place.write("log.csv", text)
        let end = try place.run(
            "import", file, "--format", "gateway-logs", "--differences",
            place.folder + "/diff.csv")
        #expect(end.errors.contains("1 difference at a rate that is stale"), "\(end.errors)")
        let lines = try String(contentsOfFile: place.folder + "/diff.csv", encoding: .utf8)
        #expect(lines.contains(",rate_status,result\n") && lines.contains(",provisional,different"))
    }

    @Test func `what does not count has no quantity among those that do`() throws {
        let place = try place()
        let calls = try place.start(Self.report + ["--format", "csv", "--detail"]).wait().output
        let record = try #require(
            calls.split(separator: "\n")[1].split(separator: ",").dropFirst(2).first)
        try place.razao("reverse", String(record), "--reason", "twice")
        let end = try place.start(Self.report + ["--format", "csv", "--detail"]).wait()
        let rows = end.output.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let names = try #require(rows.first)
        let quantity = try #require(names.firstIndex(of: "quantity"))
        let uncounted = try #require(names.firstIndex(of: "uncounted_quantity"))
        let sum = { (column: Int) in rows.dropFirst().reduce(0) { $0 + (Int($1[column]) ?? 0) } }
        #expect(sum(quantity) == 1_007 && sum(uncounted) == 1_007)
        let other = rows.last?[2] ?? ""
        try place.refused(
            "reverse", other, "--reason", "", saying: ["--reason: is empty; give one"])
    }

    @Test func `a table for programs has each name as it is`() throws {
        let place = try place()
        let more = Self.call("3", model: "=1+1") + Self.call("4", model: "'=1+1")
        try place.razao("import", place.write("more.jsonl", more))
        let usage = try place.razao("usage", "--by", "model", "--format", "csv")
        #expect(usage.contains("\nopenai/=1+1,") || usage.contains("\n=1+1,"), "\(usage)")
        #expect(usage.contains("'=1+1,"))
        let plain = try place.start(Self.report + ["--format", "csv"]).wait().output
        #expect(plain.contains(",=1+1,") && plain.contains(",'=1+1,"))
        let excel = try place.start(Self.report + ["--format", "csv-excel"]).wait().output
        #expect(excel.contains("\"'=1+1\""))
    }
}
