import Glibc
import LMDB
import Testing

@Suite struct `Damaged files` {
    let folder = Folder()

    private static func fill(_ environment: Environment, count: Int) throws {
        let database = try environment.openDatabase("test", create: true)
        try environment.write { (transaction) throws in
            for key in 0..<UInt64(count) {
                try transaction.put(
                    database, key: key, value: [UInt8](repeating: 7, count: 1000), mode: .append)
            }
        }
    }

    @Test(arguments: [1, 4096, 100_000], [false, true])
    func `a data file that was cut off is refused`(missing: Int, readOnly: Bool) throws {
        do { try Self.fill(Environment(path: folder.path), count: 300) }
        let size = folder.dataFileBytes
        folder.expectDamage()
        #expect(unsafe truncate(folder.dataFile, size - missing) == 0)
        let error = #expect(throws: LMDBError.self) {
            _ = try Environment(path: folder.path, options: .init(readOnly: readOnly))
        }
        #expect(error?.kind == .corrupted)
        #expect(error?.description.contains("shorter than its last page") == true)
        // The refusal changes nothing: with the missing part back, all is well.
        #expect(folder.dataFileBytes == size - missing)
    }

    @Test func `a data file cut within its first pages is refused`() throws {
        do { try Self.fill(Environment(path: folder.path), count: 3) }
        folder.expectDamage()
        for size in [8300, 8192, 4300, 4200, 4096, 100, 1] {
            #expect(unsafe truncate(folder.dataFile, size) == 0)
            let error = #expect(throws: LMDBError.self) { _ = try Environment(path: folder.path) }
            #expect(error?.kind == .corrupted || error?.kind == .invalid)
        }
    }

    @Test func `a foreign file is refused`() throws {
        for bytes in [[UInt8]("not a database\n".utf8), [UInt8](repeating: 0xa5, count: 20_000)] {
            folder.writeDataFile(bytes)
            let error = #expect(throws: LMDBError.self) { _ = try Environment(path: folder.path) }
            #expect(error?.kind == .invalid)
            #expect(error?.description.contains("not an LMDB data file") == true)
        }
    }

    @Test func `a file that is short by free pages only is accepted`() throws {
        var short = false
        var random = `Against a model`.Generator(state: 5)
        // Pages taken and given back in one transaction are not written: sooner or later these are
        // the last of the file, and then it must still open.
        for _ in 0..<200 {
            let environment = try Environment(path: folder.path, options: .init(durable: false))
            let database = try environment.openDatabase("test", create: true)
            try environment.write { (transaction) throws in
                let keys = (0..<40).map { _ in UInt64.random(in: 0..<200, using: &random) }
                for key in keys {
                    let size = Int.random(in: 0..<30_000, using: &random)
                    try transaction.put(
                        database, key: key, value: [UInt8](repeating: 1, count: size))
                }
                for key in keys where Int.random(in: 0..<4, using: &random) > 0 {
                    try transaction.delete(database, key: key)
                }
            }
            let information = environment.information
            short = short || information.fileBytes < information.usedBytes
        }
        #expect(short, "no run made a short file: this test has lost its point")
    }
}
