import Foundation
import TestSupport
import Testing

// The same calls, in whatever order and by however many processes: nothing twice, same figures.
@Suite(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct `The same file` {
    /// The digest of the views, which depends on the events and not on their order.
    static func digest(_ place: Workplace) throws -> String {
        let lines = try place.razao("replay", "--verify").split(separator: "\n")
        let live = try #require(lines.first { $0.hasPrefix("live views") }).split(separator: " ")
        let fresh = try #require(lines.first { $0.hasPrefix("folded") }).split(separator: " ")
        #expect(live.last == fresh.last)
        return String(try #require(live.last))
    }

    static func lines(_ place: Workplace) throws -> String {
        let statement = try Figures(
            parsing: place.razao(
                "report", "--month", "2023-11", "--client", "universidade", "--format", "json"))
        let lines = statement["lines"].list.map(SecondOpinion.statementLine)
        return (lines + [statement["total_brl_exact"].text, statement["total_brl"].text])
            .joined(separator: "\n")
    }

    private func fresh() throws -> (Workplace, Traces) {
        let place = try Workplace()
        let traces = try Traces(place)
        try traces.book()
        try place.razao("client", "add", "universidade")
        return (place, traces)
    }

    @Test func `twice, in halves, by eight processes, and by way of events`() throws {
        let (place, traces) = try fresh()
        let file = try traces.burstGPT()
        try place.razao("import", file)
        let digest = try Self.digest(place)
        let lines = try Self.lines(place)
        #expect(
            try place.razao("import", file)
                == "19431 calls read: 0 new, 19431 already there, 0 refused\n")
        #expect(try Self.digest(place) == digest)
        #expect(try Self.lines(place) == lines)

        try halves(file, digest, lines)
        try eightProcesses(file, digest, lines)
        try events(place, digest, lines)
    }

    private func halves(_ file: String, _ digest: String, _ lines: String) throws {
        let all = try Traces.lines(file)
        for order in [[0, 1], [1, 0]] {
            let (place, _) = try fresh()
            let parts = [all[..<9_000], all[9_000...]]
            let names = try parts.enumerated().map {
                try place.write("half-\($0.offset).jsonl", $0.element.joined())
            }
            for index in order {
                let count = parts[index].count
                #expect(
                    try place.razao("import", names[index])
                        == "\(count) calls read: \(count) new, 0 already there, 0 refused\n")
            }
            #expect(try Self.digest(place) == digest)
            #expect(try Self.lines(place) == lines)
        }
    }

    private func eightProcesses(_ file: String, _ digest: String, _ lines: String) throws {
        let (place, _) = try fresh()
        let children = try (0..<8).map { _ in try place.start(["import", file]) }
        var new = 0
        for child in children {
            let end = try child.wait(seconds: 180)
            #expect(end.status == 0, "\(end.errors)")
            let words = end.output.split(separator: " ")
            try #require(words.count > 6, "\(end.output)")
            #expect(words[0] == "19431")
            new += try #require(Int(words[3]))
            #expect(Int(words[5]) == 19_431 - (Int(words[3]) ?? 0))
        }
        #expect(new == 19_431)
        #expect(try Self.digest(place) == digest)
        #expect(try Self.lines(place) == lines)
        try place.razao("verify")
    }

    private func events(_ from: Workplace, _ digest: String, _ lines: String) throws {
        let dump = try from.razao("events")
        let (place, _) = try fresh()
        let file = try place.write("events.jsonl", dump)
        #expect(
            try place.razao("import", file)
                == "19431 calls read: 19431 new, 0 already there, 0 refused\n")
        #expect(try Self.digest(place) == digest)
        #expect(try Self.lines(place) == lines)
        // And once more the same bytes: ids and all.
        #expect(try place.razao("events") == dump)
    }
}

// What an event carries beyond tokens comes out as it went in.
@Suite struct `Events as JSONL` {
    @Test func `of the sample give the same ledger elsewhere, by JSONL, by CSV and by pipe`() throws
    {
        let place = try Workplace()
        let sample = Workplace.fixture("sample/usage-2026-10.jsonl")
        try place.razao("import", sample, "--create-clients")
        let dump = try place.razao("events")
        let digest = try `The same file`.digest(place)

        let other = try Workplace()
        let end = try other.run(
            "import", "-", "--source", "x", "--create-clients",
            input: try other.write("events.jsonl", dump))
        #expect(end.status == 0, "\(end.errors)")
        #expect(try `The same file`.digest(other) == digest)
        #expect(try other.razao("events") == dump)

        let packed = try Child("gzip", ["-k", other.folder + "/events.jsonl"], in: other.folder)
        #expect(try packed.wait().status == 0)
        #expect(
            try other.razao("import", other.folder + "/events.jsonl.gz")
                == "1459 calls read: 0 new, 1459 already there, 0 refused\n")

        // As CSV, made by Python of the same objects.
        let third = try Workplace()
        let csv = third.folder + "/events.csv"
        try third.python(["-c", Self.toCSV, other.folder + "/events.jsonl", csv])
        try third.razao("import", csv, "--create-clients")
        #expect(try `The same file`.digest(third) == digest)
        #expect(try third.razao("events") == dump)
    }

    private static let toCSV = """
        import csv, json, sys
        rows = []
        for line in open(sys.argv[1], encoding="utf-8"):
            call = json.loads(line)
            row = {}
            for key, value in call.items():
                if key == "tokens":
                    # A cell says the same as no member, so a call known to use none says 0.
                    row.update({"tokens." + k: v for k, v in (value or {"input": 0}).items()})
                elif isinstance(value, bool):
                    row[key] = "true" if value else "false"
                elif isinstance(value, dict):
                    row[key] = json.dumps(value)
                else:
                    row[key] = value
            rows.append(row)
        names = sorted({name for row in rows for name in row})
        with open(sys.argv[2], "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, restval="")
            writer.writeheader()
            writer.writerows(rows)
        """

    @Test func `without an id standard input needs a name`() throws {
        let place = try Workplace()
        let line = """
            {"occurred_at":"2026-10-05T09:01:00-03:00","client":"a","provider":"openai",\
            "model":"gpt-4o","tokens":{"input":1}}

            """
        let file = try place.write("one.jsonl", line)
        try place.refused(
            "import", "-", "--create-clients", saying: ["line 1", "--source"], input: file)
        let end = try place.run(
            "import", "-", "--create-clients", "--source", "calls", input: file)
        #expect(end.output == "1 call read: 1 new, 0 already there, 0 refused\n")
    }
}
