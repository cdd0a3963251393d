import Foundation
import TestSupport
import Testing

// Standard output that is full, gone or was never there: a command that lost what it printed says so.
@Suite struct `Standard output` {
    private func place() throws -> Workplace {
        let place = try Workplace()
        try place.razao("client", "add", "a")
        try place.razao("issuer", "set", "--name", "Revenda", "--from", "2024-01-01")
        try place.razao("settings", "set", "statement.rate_rule", "fixed:5.40")
        let call = """
            {"occurred_at":"2024-11-05T12:00:00Z","client":"a","provider":"openai",\
            "model":"gpt-4o","tokens":{"input":1000,"output":7},"request_id":"r"}

            """
        try place.razao("import", place.write("calls.jsonl", call))
        return place
    }

    /// Runs a line of the shell, in which `razao` is the program.
    private func shell(_ line: String, in place: Workplace) throws -> Child.End {
        try Child(
            "bash",
            ["-c", "cd \(place.folder); razao() { \"$0\" \"$@\"; }; \(line)", Workplace.program],
            in: place.folder,
            environment: ["RAZAO_DATA": place.data, "RAZAO_CONFIG": place.folder + "/empty.conf"]
        ).wait()
    }

    static let month = "--month 2024-11"

    @Test(arguments: [
        "status", "verify", "models", "settings", "--help", "report --help", "--version", "events",
        "events --format table", "usage --by day", "usage --by day --format json",
        "usage --by day --format csv", "report \(month) --client a",
        "report \(month) --client a --format pdf", "report \(month) --client a --format json",
        "report \(month) --client a --format focus", "report \(month) --client a --detail",
        "report \(month) --all --format html", "close \(month) --all --dry-run",
        "replay --what-if --rate 6", "replay --what-if --rate 6 --format html",
        "terms show a", "issuer show", "client list", "budget show",
    ])
    func `on a full disk makes every command end with an error`(command: String) throws {
        let place = try place()
        let end = try shell("razao \(command) > /dev/full", in: place)
        #expect(end.status == 1, "\(command): \(end.errors)")
        let said = end.errors.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
        #expect(said.count == 1, "\(end.errors)")
        #expect(end.errors.contains("standard output: no space is left"), "\(end.errors)")
        // With room it works.
        #expect(try shell("razao \(command) > out", in: place).status == 0)
    }

    @Test func `on a full disk leaves a closing as it is, and it is told`() throws {
        let place = try place()
        let end = try shell("razao close --month 2024-11 --all > /dev/full", in: place)
        #expect(end.status == 1)
        #expect(end.errors.contains("2024-11 is closed for 1 client"), "\(end.errors)")
        #expect(end.errors.contains("2024-11/000001"))
        #expect(end.errors.contains("what was recorded stands"))
        #expect(
            try place.razao("report", "--month", "2024-11", "--client", "a").contains("fechado"))
    }

    @Test(arguments: ["", "trap '' PIPE; "])
    func `that nobody reads any further ends a command without a word`(before: String) throws {
        let place = try place()
        try place.razao(
            "import", place.write("more.jsonl", MadeUsage.lines(12_000, client: "a")))
        let end = try shell(
            before + "razao events | head -n 1 > one; echo ${PIPESTATUS[0]}", in: place)
        #expect(end.output == "141\n")
        #expect(end.errors.isEmpty, "\(end.errors)")
        #expect(try String(contentsOfFile: place.folder + "/one", encoding: .utf8).count > 100)
    }

    @Test func `that was closed is no place for the ledger's files`() throws {
        let place = try place()
        let before = try place.razao("verify")
        for streams in [">&-", ">&- <&-", ">&- 2>&- <&-"] {
            let end = try shell("razao status \(streams)", in: place)
            #expect(end.status == 1)
            #expect(streams.contains("2>") || end.errors.contains("cannot write to standard out"))
        }
        #expect(try place.razao("verify") == before)
    }
}
