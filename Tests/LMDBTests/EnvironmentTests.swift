import Glibc
import LMDB
import Testing

@Suite struct `Environments` {
    let folder = Folder()

    private func fill(_ environment: Environment, _ database: Database, _ keys: Range<UInt64>)
        throws
    {
        let value = [UInt8](repeating: 7, count: 2000)
        for key in keys {
            try environment.write { try $0.put(database, key: key, value: value) }
        }
    }

    @Test func `a second open of one folder is refused until the first is closed`() throws {
        let first = try Environment(path: folder.path)
        let error = #expect(throws: LMDBError.self) {
            _ = try Environment(path: folder.path + "/./")
        }
        #expect(error?.kind == .misuse)
        #expect(error?.description.contains("open already") == true)
        first.close()
        first.close()
        _ = try Environment(path: folder.path)
        _ = try Environment(path: folder.path)
    }

    @Test func `a closed environment refuses everything in words`() throws {
        let environment = try Environment(path: folder.path)
        let database = try environment.openDatabase("test", create: true)
        environment.close()
        let error = #expect(throws: LMDBError.self) { try environment.read { _ in } }
        #expect(error?.kind == .misuse)
        #expect(error?.description.contains("closed") == true)
        #expect(throws: LMDBError.self) { try environment.write { _ in } }
        #expect(throws: LMDBError.self) { try environment.openDatabase("test", create: false) }
        #expect(throws: LMDBError.self) { try environment.statistics(of: database) }
        #expect(environment.readerList().isEmpty)
        #expect(environment.information.mapSize == 0)
    }

    @Test func `a folder that does not exist is named`() {
        let error = #expect(throws: LMDBError.self) {
            _ = try Environment(path: "/nonexistent/folder")
        }
        #expect(error?.kind == .missing)
        #expect(error?.description.contains("/nonexistent/folder") == true)
    }

    @Test func `databases are apart, are kept, and are missed when they are not there`() throws {
        do {
            let environment = try Environment(path: folder.path)
            let one = try environment.openDatabase("one", create: true)
            let two = try environment.openDatabase("two", create: true)
            #expect(one != two)
            #expect(try environment.openDatabase("one", create: true) == one)
            try environment.write { try $0.put(one, key: "a", value: "1") }
            #expect(try environment.read { try !$0.contains(two, "a") })
        }
        let environment = try Environment(path: folder.path)
        let one = try environment.openDatabase("one", create: false)
        #expect(try environment.read { try $0.contains(one, "a") })
        let error = #expect(throws: LMDBError.self) {
            try environment.openDatabase("three", create: false)
        }
        #expect(error?.kind == .notFound)
        try environment.dropDatabase(one)
        #expect(throws: LMDBError.self) { try environment.openDatabase("one", create: false) }
    }

    @Test func `a database of another environment is refused`() throws {
        let other = Folder()
        let one = try Environment(path: folder.path)
        let two = try Environment(path: other.path)
        _ = try one.openDatabase("test", create: true)
        let foreign = try two.openDatabase("test", create: true)
        let error = #expect(throws: LMDBError.self) {
            try one.write { try $0.put(foreign, key: "a", value: "1") }
        }
        #expect(error?.kind == .misuse)
    }

    @Test func `one database too many is refused`() throws {
        let environment = try Environment(path: folder.path, options: .init(maxDatabases: 2))
        for name in ["a", "b"] { _ = try environment.openDatabase(name, create: true) }
        let error = #expect(throws: LMDBError.self) {
            try environment.openDatabase("c", create: true)
        }
        #expect(error?.description.contains("maxDatabases") == true)
    }

    @Test func `a full map grows and the write runs again`() throws {
        let environment = try Environment(
            path: folder.path, options: .init(mapSize: 1 << 17, mapLimit: 1 << 26, durable: false))
        let database = try environment.openDatabase("test", create: true)
        let before = environment.information.mapSize
        var runs = 0
        try environment.write { (transaction) throws in
            runs += 1
            for key in UInt64(0)..<1000 {
                try transaction.put(database, key: key, value: [UInt8](repeating: 1, count: 1000))
            }
        }
        #expect(runs > 1)
        #expect(environment.information.mapSize >= before * 8)
        #expect(try environment.statistics(of: database).entries == 1000)
        #expect(environment.information.usedBytes <= environment.information.mapSize)
    }

    @Test func `a body that hides the full map runs again all the same`() throws {
        let environment = try Environment(
            path: folder.path, options: .init(mapSize: 1 << 17, mapLimit: 1 << 26, durable: false))
        let database = try environment.openDatabase("test", create: true)
        try environment.write { (transaction) throws in
            for key in UInt64(0)..<1000 {
                try? transaction.put(database, key: key, value: [UInt8](repeating: 1, count: 1000))
            }
        }
        #expect(try environment.statistics(of: database).entries == 1000)
    }

    @Test func `at its limit the map refuses, and works again after deletes or a larger limit`()
        throws
    {
        let size = 1 << 18
        do {
            let environment = try Environment(
                path: folder.path, options: .init(mapSize: size, mapLimit: size, durable: false))
            let database = try environment.openDatabase("test", create: true)
            let error = #expect(throws: LMDBError.self) {
                try fill(environment, database, 0..<1000)
            }
            #expect(error?.kind == .mapFull)
            #expect(error?.description.contains("mapLimit") == true)
            let kept = try environment.statistics(of: database).entries
            #expect(kept > 20)

            try environment.write { (transaction) throws in
                for key in UInt64(0)..<20 { try transaction.delete(database, key: key) }
            }
            // Pages come free one commit after they were given up.
            try environment.write { try $0.put(database, key: "x", value: "") }
            try fill(environment, database, 5000..<5005)
            #expect(try environment.statistics(of: database).entries == kept - 20 + 1 + 5)
        }
        let environment = try Environment(
            path: folder.path, options: .init(mapSize: size, mapLimit: size * 16, durable: false))
        let database = try environment.openDatabase("test", create: false)
        try fill(environment, database, 10_000..<10_200)
    }

    @Test(.timeLimit(.minutes(1)))
    func `the map grows under a crowd of readers and writers`() async throws {
        let environment = try Environment(
            path: folder.path, options: .init(mapSize: 1 << 17, mapLimit: 1 << 28, durable: false))
        let database = try environment.openDatabase("test", create: true)
        let writes = { @Sendable (start: UInt64) throws in
            for key in start..<(start + 300) {
                try environment.write { (transaction) throws in
                    try transaction.put(
                        database, key: key, value: [UInt8](repeating: 1, count: 2000))
                }
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in UInt64(0)..<2 { group.addTask { try writes(writer * 1000) } }
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<3000 {
                        try environment.read { (outer) throws in
                            let entries = try outer.count(database)
                            let inner = try environment.read { try $0.count(database) }
                            #expect(inner >= entries)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try environment.statistics(of: database).entries == 600)
    }

    @Test func `a read-only environment reads and refuses to write`() throws {
        do {
            let environment = try Environment(path: folder.path)
            let database = try environment.openDatabase("test", create: true)
            try environment.write { try $0.put(database, key: "a", value: "1") }
        }
        let environment = try Environment(path: folder.path, options: .init(readOnly: true))
        let database = try environment.openDatabase("test", create: false)
        #expect(try environment.read { try $0.contains(database, "a") })
        let error = #expect(throws: LMDBError.self) {
            try environment.write { try $0.put(database, key: "b", value: "1") }
        }
        #expect(error?.kind == .permission)
        #expect(error?.description.contains("read-only") == true)
        let missing = #expect(throws: LMDBError.self) {
            try environment.openDatabase("new", create: true)
        }
        #expect(missing?.kind == .permission)
    }

    @Test(arguments: [false, true])
    func `a copy opens and is equal`(compact: Bool) throws {
        let environment = try Environment(path: folder.path)
        let database = try environment.openDatabase("test", create: true)
        try fill(environment, database, 0..<50)
        try environment.write { (transaction) throws in
            for key in UInt64(0)..<30 { try transaction.delete(database, key: key) }
        }
        let target = Folder()
        try environment.copy(toFolder: target.path, compact: compact)
        if compact { #expect(target.dataFileBytes < folder.dataFileBytes) }

        let copy = try Environment(path: target.path)
        let copied = try copy.openDatabase("test", create: false)
        try copy.read { (left) throws in
            #expect(try left.count(copied) == 20)
            try environment.read { (right) throws in
                try left.forEach(copied) { (key, value) throws in
                    #expect(try right.value(database, key) == [UInt8](value))
                    return true
                }
            }
        }
        let again = #expect(throws: LMDBError.self) {
            try environment.copy(toFolder: target.path, compact: compact)
        }
        #expect(again?.description.contains("empty folder") == true)
    }

    @Test func `without durability a sync still reaches the disk`() throws {
        let environment = try Environment(path: folder.path, options: .init(durable: false))
        let database = try environment.openDatabase("test", create: true)
        try fill(environment, database, 0..<3)
        try environment.sync()
    }

    @Test func `information counts what is there`() throws {
        let environment = try Environment(path: folder.path, options: .init(maxReaders: 50))
        let database = try environment.openDatabase("test", create: true)
        try fill(environment, database, 0..<20)
        let information = environment.information
        #expect(information.mapSize == 64 << 30)
        #expect(information.maxReaders == 50)
        #expect(information.fileBytes == folder.dataFileBytes)
        #expect(information.usedBytes >= 20 * 2000)
        #expect(information.readersInUse == 0)
        try environment.read { (transaction) throws in
            let readers = environment.readerList()
            #expect(readers.count == 1)
            #expect(readers.first?.pid == getpid())
            #expect(readers.first?.transactionID == transaction.transactionID)
            #expect(environment.information.readersInUse == 1)
        }
        let statistics = try environment.statistics(of: database)
        #expect(statistics.entries == 20)
        #expect(statistics.depth == 2)
        #expect(statistics.branchPages == 1)
        #expect(statistics.leafPages >= 10)
        #expect(statistics.overflowPages == 0)
    }
}
