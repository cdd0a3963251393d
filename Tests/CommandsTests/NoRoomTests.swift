import Foundation
import TestSupport
import Testing

// Disks and maps that are full: a refusal, a whole ledger, and the rest later.
@Suite struct `No room` {
    static let lines = 12_000

    private func prepared() throws -> (Workplace, String) {
        let place = try Workplace()
        try place.razao("client", "add", "a")
        return (place, try place.write("a.jsonl", MadeUsage.lines(Self.lines, client: "a")))
    }

    private func completes(_ place: Workplace, _ file: String, told: String) throws {
        try place.razao("verify")
        let there = try MadeUsage.numbers(place, client: "a")
        // What the refusal said of the calls before it is so.
        #expect(told.contains("kept: \(there.count) call") || there.isEmpty)
        #expect(Set(there).count == there.count)
        #expect(there.count < Self.lines)
        #expect(
            try place.razao("import", file)
                == "\(Self.lines) calls read: \(Self.lines - there.count) new, \(there.count) "
                + "already there, 0 refused\n")
        #expect(try MadeUsage.numbers(place, client: "a").count == Self.lines)
        try place.razao("verify")
        try place.razao("replay", "--verify")
    }

    @Test(arguments: [100, 600, 2_000, 4_500])
    func `on the disk ends an import and loses nothing`(blocks: Int) throws {
        let (place, file) = try prepared()
        // Blocks of 512 bytes, for every file that the program writes.
        let end = try Child(
            "sh",
            [
                "-c", "ulimit -f $1 && exec \"$2\" import \"$3\"", "sh", "\(blocks)",
                Workplace.program, file,
            ], in: place.folder,
            environment: ["RAZAO_DATA": place.data, "RAZAO_CONFIG": place.folder + "/empty.conf"]
        ).wait()
        #expect(end.signal == 0, "killed by signal \(end.signal)")
        #expect(end.status == 1, "\(end.output)")
        #expect(end.errors.contains("no space is left"), "\(end.errors)")
        try completes(place, file, told: end.errors)
    }

    @Test func `on the disk stops a budget, a price and a rebuild and loses nothing`() throws {
        let (place, file) = try prepared()
        try place.razao("import", file)
        try place.razao(
            "budget", "set", "a", "--unit", "brl", "--limit", "10", "--period", "daily")
        let before = try place.razao("verify")
        let figures = try place.razao("usage", "--by", "day", "--format", "json")
        for command in [
            "budget set a --unit tokens --limit 10 --period daily", "replay --rebuild",
            "prices set openai/gpt-4o-mini --input 0.1 --output 0.5 --cache-read 0.05 "
                + "--effective-from 2026-10-02T00:00:00Z",
        ] {
            let end = try Child(
                "sh",
                ["-c", "ulimit -f 8 && exec \"$1\" \(command)", "sh", Workplace.program],
                in: place.folder,
                environment: [
                    "RAZAO_DATA": place.data, "RAZAO_CONFIG": place.folder + "/empty.conf",
                ]
            ).wait()
            #expect(end.signal == 0, "\(command)")
            #expect(end.status == 1, "\(command): \(end.output)")
            #expect(end.errors.split(separator: "\n").count == 1, "\(command): \(end.errors)")
            #expect(try place.razao("verify") == before)
            #expect(try place.razao("usage", "--by", "day", "--format", "json") == figures)
        }
        try place.razao("replay", "--rebuild")
    }

    @Test func `in the map ends an import, and a larger limit takes the rest`() throws {
        let (place, file) = try prepared()
        let small = try place.write(
            "small.conf", "storage.map_size = 256 KiB\nstorage.map_limit = 1 MiB\n")
        let told = try place.refused(
            "import", file, "--config", small, saying: ["storage.map_limit"])
        // With the small limit still, what is there can be read.
        try place.razao("verify", "--config", small)
        try place.razao("usage", "--by", "client", "--config", small)
        try completes(place, file, told: told)
    }

    @Test func `in the map grows by itself up to its limit`() throws {
        let (place, file) = try prepared()
        let growing = try place.write(
            "growing.conf", "storage.map_size = 128 KiB\nstorage.map_limit = 64 MiB\n")
        let children = try (0..<3).map { _ in
            try place.start(["import", file, "--config", growing])
        }
        var new = 0
        for child in children {
            let end = try child.wait()
            #expect(end.status == 0, "\(end.errors)")
            new += Int(end.output.split(separator: " ").dropFirst(3).first ?? "") ?? 0
        }
        #expect(new == Self.lines)
        try place.razao("verify", "--config", growing)
        try place.razao("replay", "--verify", "--config", growing)
    }

    @Test func `for a statement's file leaves no half of it`() throws {
        let (place, file) = try prepared()
        try place.razao("import", file)
        let target = try place.write("statement.html", "the one before")
        let end = try Child(
            "sh",
            [
                "-c",
                "ulimit -f 2 && exec \"$1\" report --month 2026-10 --client a --format html "
                    + "--output \"$2\"", "sh", Workplace.program, target,
            ], in: place.folder,
            environment: ["RAZAO_DATA": place.data, "RAZAO_CONFIG": place.folder + "/empty.conf"]
        ).wait()
        #expect(end.signal == 0)
        #expect(end.status == 1)
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "the one before")
    }
}
