import Foundation
import TestSupport
import Testing

// What a person may type wrong: one clear sentence, a status that is not 0, nothing done.
@Suite struct `Bad requests` {
    struct Request: Sendable, CustomTestStringConvertible {
        let words: [String]
        let says: String
        init(_ line: String, _ says: String) {
            words = line.split(separator: " ").map(String.init)
            self.says = says
        }
        var testDescription: String { words.joined(separator: " ") }
    }

    static let since = "--effective-from 2026-01-01T00:00:00Z"

    static let requests = [
        Request("report --month 2026-13 --client a", "2026-13"),
        Request("report --month october --client a", "october"),
        Request("report --month 2026-10 --client nobody", "nobody"),
        Request("report --month 2026-10", "--client"),
        Request("report --month 2026-10 --client a --all", "--all"),
        Request("report --month 2026-10 --client a --format docx", "pdf"),
        Request("report --month 2026-10 --client a --output /nowhere/at/all.txt", "/nowhere"),
        Request("usage --by colour", "choose from client, model, provider"),
        Request("usage --by client,client", "once"),
        Request("usage --by client --from 2026-02-30", "2026-02-30"),
        Request("usage --by client --from 2026-03-02 --to 2026-03-01", "after"),
        Request("usage --by client --client nobody", "nobody"),
        Request("events --from yesterday", "instant"),
        Request("events --client nobody", "nobody"),
        Request("client add b --cnpj 11.222.333/0001-82", "CNPJ"),
        Request("client add b --cnpj 12ABC34501DE36", "CNPJ"),
        Request("client add b/c", "letters"),
        Request("client add b --time-zone Mars/Base", "Mars/Base"),
        Request("prices set openai/x --input 1.1234567 --output 2 \(since)", "6 decimals"),
        Request("prices set openai/x --input -1 --output 2 \(since)", "-1"),
        Request("prices set openai/x --input=-1 --output 2 \(since)", "-1"),
        Request("prices set openai/x --input one --output 2 \(since)", "one"),
        Request("prices set openai/x --input 1,5 --output 2 \(since)", "1,5"),
        Request("prices set x --input 1 --output 2 \(since)", "PROVIDER/MODEL"),
        Request("prices set openai/x \(since)", "price"),
        Request("prices set openai/x --input 1 --output 2 --effective-from now", "instant"),
        Request("prices show openai/nothing", "no price"),
        Request("prices import /nowhere.json --format razao", "/nowhere.json"),
        Request("prices import . --format razao", "folder"),
        Request("rates show 2026-02-30", "2026-02-30"),
        Request("rates import /nowhere.csv", "/nowhere.csv"),
        Request("rates fetch --from 2026-02-02 --to 2026-02-01", "swap"),
        Request("budget set nobody --unit brl --limit 5 --period daily", "nobody"),
        Request("budget set a --unit eur --limit 5 --period daily", "eur"),
        Request("budget set a --unit brl --limit 0 --period daily", "more than zero"),
        Request("budget set a --unit brl --limit -5 --period daily", "-5"),
        Request("budget set a --unit tokens --limit 1.5 --period daily", "1.5"),
        Request("budget set a --unit brl --limit 5 --period yearly", "yearly"),
        Request("budget set a --unit brl --limit 5 --period daily --alerts high", "percentages"),
        Request("budget set a --unit brl --limit 5 --period daily --alerts 0", "alerts"),
        Request("budget show nobody", "nobody"),
        Request("import /nowhere.jsonl", "/nowhere.jsonl"),
        Request("import .", "folder"),
        Request("replay", "--what-if"),
        Request("replay --rebuild --verify", "--what-if"),
        Request("replay --what-if /nowhere.json", "/nowhere.json"),
        Request("replay --what-if", "nothing would be different"),
        Request("replay --what-if --client nobody --markup 5", "nobody"),
        Request("replay --what-if --swap openai/gpt-4o=openai/nothing", "openai/nothing"),
        Request("replay --what-if --swap openai/gpt-4o", "PROVIDER/MODEL=PROVIDER/MODEL"),
        Request("replay --what-if --swap gpt-4o=openai/gpt-4o", "names no provider"),
        Request("replay --what-if --swap openai/gpt-4o=openai/gpt-4o", "own place"),
        Request("replay --what-if --price openai/gpt-4o", "input=2.50"),
        Request("replay --what-if --price openai/gpt-4o:", "at least one price"),
        Request("replay --what-if --price openai/gpt-4o:inptu=2", "inptu"),
        Request("replay --what-if --price openai/gpt-4o:input", "input=2.50"),
        Request("replay --what-if --price openai/gpt-4o:input=1,input=2", "twice"),
        Request("replay --what-if --price openai/gpt-4o:input=-1", "negative"),
        Request("replay --what-if --rate 0", "zero"),
        Request("replay --what-if --rate 5 --rate-rule same-day", "not both"),
        Request("replay --what-if --rate-rule sometimes", "sometimes"),
        Request("replay --what-if --markup -100.0001", "negative"),
        Request("replay --what-if --markup much", "much"),
        Request("replay --what-if --markup 5 --from 2026-10-02 --to 2026-10-01", "after --to"),
        Request("replay --what-if --markup 5 --output a.txt", "--format"),
        Request("replay --what-if --markup 5 --format html --output /nowhere/a.html", "/nowhere"),
        Request("replay --rebuild --markup 5", "--what-if"),
        Request("settings set statement.rate_rule sometimes", "sometimes"),
        Request("settings set colour red", "colour"),
        Request("frobnicate", "frobnicate"),
    ]

    @Test func `are refused in a sentence and change nothing`() throws {
        let place = try Workplace()
        try place.razao("client", "add", "a")
        let before = try place.razao("verify")
        for request in Self.requests {
            let end = try place.start(request.words).wait()
            let command = request.testDescription
            #expect(end.status > 0 && end.signal == 0, "\(command): \(end.status)")
            #expect(end.output.isEmpty, "\(command): \(end.output)")
            #expect(end.errors.contains(request.says), "\(command): \(end.errors)")
            // The parser's own sentence is followed by how to use the command.
            let lines = end.errors.split(separator: "\n").filter { line in
                !["Help:", "Usage:", "       ", "  See"].contains { line.hasPrefix($0) }
            }
            #expect(lines.count == 1, "\(command): \(end.errors)")
        }
        #expect(try place.razao("verify") == before)
    }

    @Test func `rates that contradict, jump or are exchanged are refused unless forced`() throws {
        let place = try Workplace()
        func file(_ rows: String) throws -> String {
            try place.write("\(UUID().uuidString).csv", "date,compra,venda\n" + rows)
        }
        try place.razao("rates", "import", file("2026-10-01,5.1,5.2\n2026-10-02,5.15,5.25\n"))
        let before = try place.razao("verify")
        for (rows, says) in [
            ("2026-10-02,5.15,5.26\n", "final"), ("2026-10-05,5.7,5.8\n", "10 %"),
            ("2026-10-05,4.6,4.7\n", "10 %"), ("2026-10-05,5.3,5.2\n", "compra"),
            ("2026-10-05,5.2,5.3\n2026-10-05,5.2,5.4\n", "two rates"),
            ("2026-10-05,5.2,5.123456789\n", "decimals"), ("2026-10-35,5.2,5.3\n", "line 2"),
            ("2026-10-05,5.2\n", "line 2"), ("2026-10-05,-5.2,5.3\n", "line 2"),
            ("2026-10-05,0,0\n", "line 2"), ("", "no row"),
        ] {
            // A good row before the fault is not taken either.
            let rows = rows.isEmpty ? "" : rows + "2026-10-06,5.2,5.25\n"
            try place.refused("rates", "import", file(rows), saying: [says])
        }
        #expect(try place.razao("verify") == before)
        try place.razao("rates", "import", file("2026-10-05,5.7,5.8\n"), "--force")
        try place.razao("rates", "import", file("2026-10-02,5.15,5.26\n"), "--force")
        #expect(try place.razao("rates", "show", "2026-10-05").contains("5.26"))
        #expect(try place.razao("rates", "show", "2026-10-06").contains("5.8"))
    }

    @Test(arguments: [
        ("colour = red\n", 1, "colour"), ("# fine\n\nrates.timeout = 5\n", 3, "seconds"),
        ("rates.timeout = 5 s\nrates.timeout = 6 s\n", 2, "line 1"),
        ("rates.timeout\n", 1, "key = value"), ("storage.map_size = 64 GB\n", 1, "GiB"),
        ("statement.rounding = up\n", 1, "half-even"),
        ("clients.time_zone = Mars/Base\n", 1, "IANA"),
    ])
    func `settings are refused with file and line`(text: String, line: Int, says: String) throws {
        let place = try Workplace()
        let file = try place.write("ledger.conf", text)
        try place.refused("status", "--config", file, saying: ["ledger.conf:\(line):", says])
        try place.refused(
            "status", saying: ["ledger.conf:\(line):"], environment: ["RAZAO_CONFIG": file])
    }

    @Test func `the environment goes before the file and a flag before both`() throws {
        let place = try Workplace()
        let file = try place.write("ledger.conf", "data.folder = \(place.folder)/from-file\n")
        try place.refused(
            "status", "--data", place.folder + "/from-flag", "--config", file,
            saying: ["from-flag", "razao init"])
        let end = try Child(
            Workplace.program, ["status"], in: place.folder, environment: ["RAZAO_CONFIG": file]
        ).wait()
        #expect(end.errors.contains("from-file"))
        try place.refused(
            "status", saying: ["RAZAO_RATES_TIMEOUT"], environment: ["RAZAO_RATES_TIMEOUT": "soon"])
    }
}
