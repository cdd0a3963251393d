import Foundation
import TestSupport
import Testing

// A ledger's data file with damaged pages: commands say so in words, and never end by a signal.
@Suite struct `A data file with damaged pages` {
    static let commands = [
        "verify", "status", "report --month 2026-10 --all", "usage --by day", "events",
        "replay --verify", "client add somebody",
    ].map { $0.split(separator: " ").map(String.init) }

    static let size = 4_096

    private static func filled() throws -> (Workplace, Data) {
        let place = try Workplace()
        let file = try place.write("a.jsonl", MadeUsage.lines(3_000, client: "a"))
        try place.razao("import", file, "--create-clients")
        return (place, try Data(contentsOf: ledger(place)))
    }

    private static func ledger(_ place: Workplace) -> URL {
        URL(filePath: place.data + "/ledger/data.mdb")
    }

    /// The pages that bear records of calls, in a file as it was.
    private static func leaves(_ whole: Data) -> [Int] {
        (2..<whole.count / size).filter { page in
            let bytes = whole[page * size..<(page + 1) * size]
            return bytes[bytes.startIndex + 10] == 2 && bytes.range(of: Data("a-1".utf8)) != nil
        }
    }

    @Test func `is refused with the page's number by every command`() throws {
        let (place, whole) = try Self.filled()
        let page = try #require(Self.leaves(whole).dropFirst(20).first)
        var damaged = whole
        damaged.replaceSubrange(
            page * Self.size..<(page + 1) * Self.size, with: Data(count: Self.size))
        try damaged.write(to: Self.ledger(place))
        for command in Self.commands {
            let end = try place.start(command).wait()
            #expect(end.status == 1 && end.signal == 0, "\(command)")
            #expect(end.errors.split(separator: "\n").count == 1, "\(command): \(end.errors)")
            #expect(end.errors.contains("page \(page) of data.mdb"), "\(command): \(end.errors)")
            #expect(end.errors.contains("backup"), "\(command): \(end.errors)")
        }
        #expect(try Data(contentsOf: Self.ledger(place)) == damaged)
    }

    @Test(arguments: ["64 MiB", "1 KiB"])
    func `ends no command by a signal`(limit: String) throws {
        let (place, whole) = try Self.filled()
        place.environment["RAZAO_STORAGE_CHECK_LIMIT"] = limit
        let seed = testSeed()
        let leaf = try #require(Self.leaves(whole).last)
        var zeroed = whole
        zeroed.replaceSubrange(
            leaf * Self.size..<(leaf + 1) * Self.size, with: Data(count: Self.size))
        let random = (0..<8).map { Damage($0, seed: seed, to: whole) }
        let damages = random.map { ($0.bytes, $0.description) } + [(zeroed, "a leaf zeroed")]
        for (bytes, what) in damages {
            try bytes.write(to: Self.ledger(place))
            for command in Self.commands {
                let end = try place.start(command).wait()
                #expect(end.signal == 0, "\(what): \(command): signal \(end.signal)")
                #expect(end.status == 0 || end.status == 1, "\(what): \(command): \(end.status)")
                #expect(end.status == 0 || !end.errors.isEmpty, "\(what): \(command)")
                if what == "a leaf zeroed", command == ["verify"] {
                    #expect(end.errors.contains("page \(leaf) of data.mdb"), "\(end.errors)")
                }
            }
        }
    }
}
