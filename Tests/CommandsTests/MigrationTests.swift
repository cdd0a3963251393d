import Foundation
import TestSupport
import Testing

// Other systems' calls, imported from outside: once, with their costs compared, nobody in clear.
@Suite struct `Migration` {
    private func place() throws -> Workplace {
        let place = try Workplace()
        try place.razao("client", "add", "padaria-sol")
        try place.razao("settings", "set", "statement.rate_rule", "fixed:5.40")
        return place
    }

    @Test(arguments: ["csv", "json", "jsonl"])
    func `from LiteLLM takes every call once, in every form`(form: String) throws {
        let place = try place()
        let file = Workplace.fixture("foreign/litellm-spend.\(form)")
        let differences = "\(place.folder)/differences.csv"
        let first = try place.run(
            "import", file, "--format", "litellm", "--client-from", "team_id", "--differences",
            differences)
        #expect(first.status == 1)
        #expect(
            first.output.contains(
                "12 calls read: 8 new, 0 already there, 3 refused, "
                    + "1 skipped that reached no model"),
            "\(first.output)")
        let noun = form == "json" ? "record" : "line"
        let offset = form == "csv" ? 1 : 0
        for (number, word) in [(8, "prompt_tokens"), (9, "startTime"), (12, "cannot be told")] {
            #expect(
                first.errors.split(separator: "\n").contains {
                    $0.hasPrefix("\(noun) \(number + offset): ") && $0.contains(word)
                }, "\(word): \(first.errors)")
        }
        #expect(
            first.output.contains(
                "8 recorded costs: 5 equal to ours, 1 different, 1 without a price here, "
                    + "1 of unknown usage"), "\(first.output)")
        #expect(first.output.contains("anthropic/claude-3-5-sonnet-20241022"))
        let again = try place.run(
            "import", file, "--format", "litellm", "--client-from", "team_id", "--source", "other")
        #expect(again.output.contains("0 new, 8 already there, 3 refused"))
        #expect(again.output.contains("5 equal to ours, 1 different"))
        let rows = try String(contentsOfFile: differences, encoding: .utf8).split(separator: "\n")
        #expect(rows.count == 4)
        #expect(
            rows.contains {
                $0.contains("chatcmpl-4,padaria-sol,2026-10-05")
                    && $0.contains("0.004575,0.005925,0.00135") && $0.hasSuffix(",different")
            }, "\(rows)")
        try usage(place)
        #expect(try place.razao("verify").contains("The ledger is whole."))
    }

    /// What the good calls of the fixture consumed and cost.
    private func usage(_ place: Workplace) throws {
        let rows = try Figures(
            parsing: place.razao("usage", "--by", "model", "--format", "json")
        ).list
        let costs = rows.map { "\($0["model"].text) \($0["calls"].count) \($0["usd"].number)" }
        #expect(
            costs == [
                "anthropic/claude-3-5-sonnet-20241022 1 0.005925", "mistral/mistral-small-9 1 0",
                "openai/gpt-4o 5 0.01792", "openai/gpt-4o-mini 1 0.00000315",
            ])
    }

    @Test func `from a table of one's own compares dollars and reais`() throws {
        let place = try place()
        let file = Workplace.fixture("foreign/gateway-logs.csv")
        let end = try place.run("import", file, "--format", "gateway-logs")
        #expect(end.status == 1)
        #expect(
            end.output.contains("12 calls read: 8 new, 0 already there, 4 refused"),
            "\(end.output)")
        #expect(
            end.output.contains(
                "7 recorded costs: 5 equal to ours, 1 different, 1 without a price here"),
            "\(end.output)")
        #expect(end.output.contains("Ours less theirs: -US$\u{A0}0,00021 and > -R$\u{A0}0,01"))
        let again = try place.run("import", file, "--format", "gateway-logs")
        #expect(again.output.contains("0 new, 8 already there"))
    }

    @Test func `keeps no telephone number and no key in clear`() throws {
        let place = try place()
        _ = try place.run(
            "import", Workplace.fixture("foreign/gateway-logs.csv"), "--format", "gateway-logs")
        _ = try place.run(
            "import", Workplace.fixture("foreign/litellm-spend.csv"), "--format", "litellm",
            "--client-from", "team_id")
        let events = try place.razao("events")
        #expect(events.split(separator: "\n").count == 16)
        #expect(events.contains("\"end_user\":\"p:"))
        for word in ["5511912345678", "sk-1234567890abcdef", "10.0.0.9"] {
            #expect(!events.contains(word))
            for part in ["ledger/data.mdb", "keys/data.mdb"] {
                let bytes = try Data(contentsOf: URL(filePath: "\(place.data)/\(part)"))
                #expect(bytes.range(of: Data(word.utf8)) == nil, "\(word) in \(part)")
            }
        }
    }

    @Test func `says what a list that is cut off held`() throws {
        let place = try place()
        let whole = try String(
            contentsOfFile: Workplace.fixture("foreign/litellm-spend.json"), encoding: .utf8)
        let cut = try place.write("cut.json", String(whole.prefix(whole.count / 2)))
        let said = try place.refused(
            "import", cut, "--format", "litellm", "--client", "padaria-sol",
            saying: ["does not end", "Recorded before that, and kept: "])
        #expect(!said.contains("0 calls"))
    }

    @Test func `refuses what cannot be meant`() throws {
        let place = try place()
        let file = Workplace.fixture("foreign/litellm-spend.csv")
        try place.refused("import", file, "--format", "litellm", saying: ["--client-from team_id"])
        try place.refused(
            "import", file, "--client-from", "team_id",
            saying: ["--client-from", "name the format"])
        try place.refused(
            "import", file, "--format", "gateway-logs",
            saying: ["needs the columns client_id", "and the file has request_id, call_type"])
        try place.refused(
            "import", file, "--format", "litellm", "--client-from", "tenant",
            saying: ["--client-from tenant", "is no column"])
        try place.refused(
            "import", file, "--format", "litellm", "--client", "padaria-sol", "--time-zone",
            "Mars/Phobos", saying: ["Mars/Phobos"])
        try place.refused(
            "import", file, "--format", "litellm", "--client", "padaria-sol", "--rename-provider",
            "gemini", saying: ["gemini=google"])
        try place.refused(
            "import", file, "--format", "litellm", "--client", "padaria-sol", "--differences",
            "/nowhere/at/all.csv", saying: ["cannot write /nowhere/at/all.csv"])
        let own = try place.write("own.csv", "request_id\n")
        try place.refused(
            "import", own, "--format", "litellm", "--client", "padaria-sol", "--differences",
            "\(place.folder)/../\(URL(filePath: place.folder).lastPathComponent)/own.csv",
            saying: ["is the file itself"])
        #expect(try String(contentsOfFile: own, encoding: .utf8) == "request_id\n")
    }

    @Test func `says where fewer decimals are kept`() throws {
        let place = try place()
        let text = """
            client_id,provider,model_name,input_tokens,output_tokens,created_at,cost_usd,request_id
            padaria-sol,openai,gpt-4o-mini,1001,101,2026-10-05 12:00:00,0.000211,a
            padaria-sol,openai,gpt-4o-mini,999,99,2026-10-05 12:00:00,0.000209,b

            """
        let file = try place.write("six.csv", text)
        let fine = try place.run("import", file, "--format", "gateway-logs")
        #expect(fine.output.contains("2 recorded costs: 0 equal to ours, 2 different"))
        #expect(fine.errors.contains("--cost-decimals 6"))
        let coarse = try place.run(
            "import", file, "--format", "gateway-logs", "--cost-decimals", "6")
        #expect(coarse.output.contains("2 recorded costs: 2 equal to ours, 0 different"))
        #expect(!coarse.errors.contains("--cost-decimals"))
    }
}
