import Glibc
import LMDB
import Testing

// What happens in other processes: each runs as an exit test's child on the same folder.
@Suite struct `Other processes` {
    let folder = Folder()

    private static let small = Environment.Options(mapSize: 1 << 17)

    private static func put(_ path: String, _ keys: Range<UInt64>) throws {
        let environment = try Environment(path: path, options: small)
        let database = try environment.openDatabase("test", create: true)
        try put(environment, database, keys)
    }

    private static func put(
        _ environment: Environment, _ database: Database, _ keys: Range<UInt64>
    ) throws {
        try environment.write { transaction in
            for key in keys {
                try transaction.put(database, key: key, value: [UInt8](repeating: 7, count: 1000))
            }
        }
    }

    private static func dieReading(_ path: String) throws {
        let environment = try Environment(path: path)
        try environment.read { _ in _ = kill(getpid(), SIGKILL) }
    }

    private static func dieWriting(_ path: String) throws {
        let environment = try Environment(path: path)
        let database = try environment.openDatabase("test", create: false)
        try environment.write { transaction in
            try transaction.put(database, key: "lost", value: "")
            _ = kill(getpid(), SIGKILL)
        }
    }

    private static func meetFullDisk(_ path: String, limit: UInt) throws {
        signal(SIGXFSZ, SIG_IGN)
        let environment = try Environment(path: path)
        let database = try environment.openDatabase("test", create: true)
        var limits = rlimit(rlim_cur: limit, rlim_max: limit)
        try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limits) == 0)
        let error = #expect(throws: LMDBError.self) { try put(environment, database, 0..<1000) }
        #expect(error?.kind == .diskFull)
        #expect(try environment.statistics(of: database).entries == 0)
        try put(environment, database, 0..<3)
        #expect(try environment.statistics(of: database).entries == 3)
    }

    @Test func `the slot of a reader that was killed is cleared on demand`() async throws {
        let environment = try Environment(path: folder.path)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
            try Self.dieReading(path)
        }
        #expect(environment.readerList().count == 1)
        #expect(try environment.clearStaleReaders() == 1)
        #expect(environment.readerList().isEmpty)
    }

    @Test func `the slot of a reader that was killed is cleared when another process opens`()
        async throws
    {
        let environment = try Environment(path: folder.path)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
            try Self.dieReading(path)
        }
        #expect(environment.readerList().count == 1)
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            _ = try Environment(path: path)
        }
        #expect(environment.readerList().isEmpty)
    }

    @Test func `a write that was killed leaves the last commit and a free lock`() async throws {
        try Self.put(folder.path, 0..<5)
        let environment = try Environment(path: folder.path)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
            try Self.dieWriting(path)
        }
        let database = try environment.openDatabase("test", create: false)
        try Self.put(environment, database, 5..<6)
        #expect(try environment.statistics(of: database).entries == 6)
    }

    @Test func `a map that another process enlarged is taken over`() async throws {
        let environment = try Environment(path: folder.path, options: Self.small)
        let database = try environment.openDatabase("test", create: true)
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            try Self.put(path, 0..<1000)
        }
        #expect(try environment.statistics(of: database).entries == 1000)
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            try Self.put(path, 5000..<8000)
        }
        try Self.put(environment, database, 1000..<1001)
        #expect(try environment.statistics(of: database).entries == 4001)
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            try Self.put(path, 10_000..<20_000)
        }
        _ = try environment.openDatabase("another", create: true)
    }

    @Test(arguments: [200_000, 204_800, 300_500] as [UInt])
    func `a full disk is told from other errors, and nothing is committed`(limit: UInt)
        async throws
    {
        await #expect(processExitsWith: .success) {
            [path = folder.path as String, limit = limit as UInt] in
            try Self.meetFullDisk(path, limit: limit)
        }
        let environment = try Environment(path: folder.path)
        let database = try environment.openDatabase("test", create: false)
        #expect(try environment.statistics(of: database).entries == 3)
    }
}
