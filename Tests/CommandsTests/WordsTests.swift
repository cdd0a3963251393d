import Foundation
import Testing

// What commands say, and what they understand.
@Suite struct `What is said and understood` {
    @Test func `a price may be in effect from a day's start`() throws {
        let place = try Workplace()
        for from in ["2026-11-20", "2026-11-20T00:00:00-03:00"] {
            try place.razao(
                "prices", "set", "openai/x-\(from.count)", "--input", "1", "--output", "2",
                "--effective-from", from)
        }
        // The day is one of clients.time_zone.
        for model in ["openai/x-10", "openai/x-25"] {
            let shown = try place.razao("prices", "show", model, "--at", "2026-11-21")
            #expect(shown.contains("in effect from 2026-11-20T03:00:00Z"), "\(shown)")
        }
        let book = try place.write(
            "map.json",
            """
            {"m": {"litellm_provider": "openai", "mode": "chat",
             "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}
            """)
        try place.razao(
            "prices", "import", book, "--format", "litellm", "--effective-from", "2026-11-20")
        #expect(
            try place.razao("prices", "show", "openai/m", "--at", "2026-11-21")
                .contains("in effect from 2026-11-20T03:00:00Z"))
        try place.refused(
            "prices", "set", "openai/x", "--input", "1", "--output", "2", "--effective-from",
            "soon", saying: ["--effective-from", "2026-11-20T15:04:05Z", "a day like 2026-11-20"])
    }

    @Test func `a mistyped environment variable is named, with the right one`() throws {
        let place = try Workplace()
        for (wrong, right) in [
            ("RAZAO_RATE_URL", "RAZAO_RATES_URL"), ("RAZAO_DTA", "RAZAO_DATA"),
            ("RAZAO_DATA_FOLDER", "RAZAO_DATA"), ("RAZAO_CONF", "RAZAO_CONFIG"),
            ("RAZAO_STATEMENT_LANG", "RAZAO_STATEMENT_LANGUAGE"),
            ("RAZAO_storage_map_size", "RAZAO_STORAGE_MAP_SIZE"),
        ] {
            try place.refused(
                "status", saying: ["\(wrong);", "\(right):"], environment: [wrong: "1"])
        }
        let ours = ["RAZAO_ACTOR": "me", "RAZAO_TEST_SEED": "1", "RAZAO": "x", "razao_x": "y"]
        let end = try place.run("status", environment: ours)
        #expect(end.status == 0, "\(end.errors)")
    }

    @Test func `a wrong date is told the form of a right one`() throws {
        let place = try Workplace()
        for (command, form) in [
            ("usage --by day --from 2026-02-30", "2026-11-20"),
            ("usage --by day --to 1/2/2026", "2026-11-20"),
            ("rates show today", "2026-11-20"), ("rates fetch --from x --to y", "2026-11-20"),
            ("report --all --month 2026-13", "like 2026-11"),
            ("report --all --month november", "like 2026-11"),
            ("events --from yesterday", "a day like 2026-11-20"),
        ] {
            let end = try place.start(command.split(separator: " ").map(String.init)).wait()
            #expect(end.status != 0 && end.signal == 0, "\(command)")
            #expect(end.errors.contains(form), "\(command): \(end.errors)")
        }
    }

    @Test func `price files are described the same wherever they are read`() throws {
        let place = try Workplace(initialized: false)
        func lines(_ option: String, of words: String...) throws -> [String] {
            let text = try place.start(words + ["--help"]).wait().output
            let all = text.split(separator: "\n").map(String.init)
            let start = try #require(all.firstIndex { $0.hasPrefix("  --\(option) ") })
            let rest = all[(start + 1)...].prefix { !$0.contains("  --") }
            return [all[start]] + rest
        }
        func words(_ lines: [String]) -> [Substring] {
            lines.joined(separator: " ").split(separator: " ").filter { !$0.hasPrefix("-") }
        }
        let format = try words(lines("format", of: "prices", "import"))
        let same = try words(lines("prices-format", of: "replay"))
        #expect(format.dropFirst() == same.dropFirst())
        #expect(format.joined(separator: " ").contains("default: razao"))
        #expect(
            try words(lines("effective-from", of: "prices", "import"))
                == words(lines("effective-from", of: "replay")))
    }

    @Test func `the rule of rates has one name`() throws {
        let place = try Workplace()
        try place.razao("settings", "set", "statement.rate_rule", "same-day")
        #expect(try place.razao("settings", "show").contains("statement.rate_rule  same-day"))
        try place.refused(
            "settings", "set", "rate.rule", "same-day", saying: ["statement.rate_rule"])
    }

    @Test func `a table of no calls says that there are none`() throws {
        let place = try Workplace()
        try place.razao("client", "add", "a")
        let none = "There are no calls in these bounds.\n"
        #expect(try place.razao("events", "--format", "table") == none)
        #expect(try place.razao("events", "--client", "a", "--format", "table") == none)
        // A program that reads lines gets none.
        #expect(try place.razao("events").isEmpty)
    }

    @Test func `standard input without ids needs a source, and one sentence says so`() throws {
        let place = try Workplace()
        let file = try place.write("a.jsonl", MadeUsage.lines(3_000, client: "a"))
        let words = ["import", "-", "--create-clients"]
        let end = try place.start(words, input: file).wait()
        #expect(end.status == 1 && end.output.isEmpty)
        #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        #expect(end.errors.contains("line 1 has no id"), "\(end.errors)")
        #expect(end.errors.contains("--source NAME"), "\(end.errors)")
        let taken = try place.start(words + ["--source", "a"], input: file).wait()
        #expect(taken.output == "3000 calls read: 3000 new, 0 already there, 0 refused\n")
        // Lines with ids of their own need no source.
        let other = try Workplace()
        let exported = try other.write("all.jsonl", place.razao("events"))
        let again = try other.start(words, input: exported).wait()
        #expect(again.output == "3000 calls read: 3000 new, 0 already there, 0 refused\n")
    }

    @Test func `tables of models, usage and caches fit 100 columns`() throws {
        let place = try Workplace()
        let sample = Workplace.fixture("sample/usage-2026-10.jsonl")
        try place.razao("import", sample, "--create-clients")
        for command in [
            "models list", "usage --by client --cache", "usage --by client,day --cache",
            "usage --by client,model,day", "usage --by conversation --cache",
        ] {
            let words = command.split(separator: " ").map(String.init)
            let end = try place.start(words).wait()
            #expect(end.status == 0)
            for line in end.output.split(separator: "\n") {
                #expect(line.count <= 100, "\(command): \(line)")
            }
        }
        let models = try place.razao("models", "list")
        for word in ["Most output", "text vision tools streaming", "free of charge"] {
            #expect(models.contains(word), "\(models)")
        }
        let caches = try place.razao("usage", "--by", "client", "--cache")
        for word in ["Hits", "Misses", "Rate", "Gain", "R$ saved", "From cache", "Share"] {
            #expect(caches.contains(word), "\(caches)")
        }
    }
}
