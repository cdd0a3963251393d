import Foundation
import Glibc
import TestSupport
import Testing

// Data folders that are missing, foreign, newer, cut off or closed to us.
@Suite struct `Data folders that cannot be used` {
    static let commands = [
        "status", "verify", "events", "usage --by client", "client list", "client add a",
        "report --month 2026-10 --all", "replay --verify", "budget show", "rates show 2026-10-01",
        "prices show openai/gpt-4o", "settings show",
    ].map { $0.split(separator: " ").map(String.init) }

    @Test func `without one every command says razao init`() throws {
        let place = try Workplace(initialized: false)
        for command in Self.commands {
            let end = try place.start(command).wait()
            #expect(end.status == 1, "\(command)")
            #expect(end.errors.contains("razao init"), "\(command): \(end.errors)")
            #expect(end.errors.split(separator: "\n").count == 1, "\(command): \(end.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: place.data))
    }

    @Test func `a foreign folder is left alone`() throws {
        let place = try Workplace(initialized: false)
        let file = try place.write("data/letters.txt", "dear diary")
        for command in Self.commands + [["init"]] {
            let end = try place.start(command).wait()
            #expect(end.status == 1, "\(command)")
            #expect(end.errors.contains("data"), "\(command): \(end.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.data) == ["letters.txt"])
        try place.refused("status", "--data", file, saying: ["letters.txt"])
        try place.refused("init", "--data", file, saying: ["is a file"])

        // Something else's data.mdb.
        try place.write("other/ledger/data.mdb", String(repeating: "not a ledger ", count: 2_000))
        let end = try place.run("status", "--data", place.folder + "/other")
        #expect(end.status == 1 && end.signal == 0)
        #expect(end.errors.contains("other"), "\(end.errors)")
    }

    @Test func `init is done once and leaves a ledger as it is`() throws {
        let place = try Workplace()
        try place.razao("client", "add", "a")
        let before = try place.razao("verify")
        #expect(try place.razao("init").contains("nothing was changed"))
        #expect(try place.razao("verify") == before)
    }

    @Test(arguments: [0, 4_096, 20_000])
    func `a data file that was cut off is an error with its place`(size: Int) throws {
        let place = try Workplace()
        let file = try place.write("a.jsonl", MadeUsage.lines(2_000, client: "a"))
        try place.razao("import", file, "--create-clients")
        try place.razao("usage", "--by", "client")
        let ledger = place.data + "/ledger/data.mdb"
        try Data(contentsOf: URL(filePath: ledger)).prefix(size).write(to: URL(filePath: ledger))
        for command in [["status"], ["verify"], ["usage", "--by", "day"], ["import", file]] {
            let end = try place.start(command).wait()
            #expect(end.signal == 0, "\(command) died of signal \(end.signal)")
            #expect(end.status == 1, "\(command): \(end.output)")
            #expect(end.errors.split(separator: "\n").count == 1, "\(command): \(end.errors)")
            #expect(end.errors.contains(place.data), "\(command): \(end.errors)")
        }
        let cut = try Data(contentsOf: URL(filePath: ledger)).count
        #expect(cut == size, "a cut file of \(size) bytes was made anew, with \(cut)")
    }

    @Test func `a newer format says so`() throws {
        let place = try Workplace()
        try place.python(["-c", Self.makeNewer, place.data + "/ledger/data.mdb"])
        for command in Self.commands {
            let end = try place.start(command).wait()
            #expect(end.status == 1, "\(command)")
            #expect(end.errors.contains("format 2"), "\(command): \(end.errors)")
            #expect(end.errors.contains("update razao"), "\(command): \(end.errors)")
        }
    }

    /// A key's value stands right behind the key; all pages that bear it are changed.
    private static let makeNewer = """
        import sys
        data = open(sys.argv[1], "rb").read()
        old, new = b"format" + bytes([1, 0, 0, 0]), b"format" + bytes([2, 0, 0, 0])
        assert old in data
        open(sys.argv[1], "wb").write(data.replace(old, new))
        """

    @Test func `a flipped bit in the log is found by verify with its place`() throws {
        let place = try Workplace()
        let file = try place.write("a.jsonl", MadeUsage.lines(100, client: "a"))
        try place.razao("import", file, "--create-clients")
        try place.python(["-c", Self.flip, place.data + "/ledger/data.mdb"])
        let end = try place.run("verify")
        #expect(end.status == 1)
        #expect(end.errors.contains("record "), "\(end.errors)")
    }

    /// Changes one byte within the stored request id of a call.
    private static let flip = """
        import sys
        data = bytearray(open(sys.argv[1], "rb").read())
        at = data.rindex(b"a-57")
        data[at + 2] ^= 1
        open(sys.argv[1], "wb").write(data)
        """

    /// Runs as nobody where the tests run as root, whom no permission stops.
    private static func unprivileged(_ place: Workplace, _ words: [String]) throws -> Child.End {
        let settings = try place.write("closed.conf", "")
        let environment = ["RAZAO_DATA": place.data, "RAZAO_CONFIG": settings]
        guard geteuid() == 0 else {
            return try Child(
                Workplace.program, words, in: place.folder, environment: environment
            ).wait()
        }
        return try Child(
            "setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", Workplace.program] + words,
            in: place.folder, environment: environment
        ).wait()
    }

    @Test func `a folder that may not be written is refused and stays as it is`() throws {
        let place = try Workplace()
        guard try Self.unprivileged(place, ["--version"]).status == 0 else {
            print("skipped: as root, and the program cannot be run as somebody else")
            return
        }
        try place.razao(
            "import", place.write("a.jsonl", MadeUsage.lines(9, client: "a")), "--create-clients")
        let before = try place.razao("verify")
        let folders = [place.data, place.data + "/ledger", place.data + "/keys"]
        for folder in folders { try Self.permit(folder, 0o555, files: 0o444) }
        for command in Self.commands + [["init"]] {
            let end = try Self.unprivileged(place, command)
            #expect(end.signal == 0, "\(command)")
            #expect(end.status == 1, "\(command): \(end.output)")
            #expect(end.errors.split(separator: "\n").count == 1, "\(command): \(end.errors)")
            #expect(end.errors.contains(place.data), "\(command): \(end.errors)")
        }
        for folder in folders { try Self.permit(folder, 0o755, files: 0o644) }
        #expect(try place.razao("verify") == before)
    }

    private static func permit(_ folder: String, _ mode: Int, files: Int) throws {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: folder) where name.hasSuffix(".mdb") {
            try manager.setAttributes(
                [.posixPermissions: files], ofItemAtPath: "\(folder)/\(name)")
        }
        try manager.setAttributes([.posixPermissions: mode], ofItemAtPath: folder)
    }
}
