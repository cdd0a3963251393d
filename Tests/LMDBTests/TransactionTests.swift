import LMDB
import Testing

@Suite struct `Transactions` {
    let folder = Folder()

    private func open() throws -> (Environment, Database) {
        let environment = try Environment(path: folder.path)
        return (environment, try environment.openDatabase("test", create: true))
    }

    @Test func `what was put is got back, for every kind of key`() throws {
        let (environment, database) = try open()
        try environment.write { (transaction) throws in
            try transaction.put(database, key: UInt64(7), value: [1, 2, 3])
            try transaction.put(database, key: WideKey(1, 2), value: UInt64(9))
            try transaction.put(database, key: [5, 6] as [UInt8], value: [] as [UInt8])
            try transaction.put(database, key: "naïve", value: [0xff][...])
            try transaction.put(database, key: UInt32(3), value: [8, 9] as [2 of UInt8])
        }
        try environment.read { (transaction) throws in
            #expect(try transaction.value(database, [0, 0, 0, 0, 0, 0, 0, 7]) == [1, 2, 3])
            #expect(
                try transaction.get(database, WideKey(1, 2)) { $0?.bigEndian(UInt64.self) } == 9)
            #expect(try transaction.value(database, [5, 6]) == [])
            #expect(try transaction.value(database, "naïve") == [0xff])
            #expect(try transaction.value(database, UInt32(3)) == [8, 9])
            #expect(try transaction.value(database, UInt64(8)) == nil)
            #expect(try transaction.get(database, UInt64(8)) { $0 == nil })
            #expect(try transaction.contains(database, "naïve"))
            #expect(try transaction.count(database) == 5)
        }
    }

    @Test func `an insert says whether the key was new, and leaves what is there`() throws {
        let (environment, database) = try open()
        try environment.write { (transaction) throws in
            #expect(try transaction.insert(database, key: UInt64(1), value: [1]))
            #expect(try !transaction.insert(database, key: UInt64(1), value: [2]))
            #expect(try transaction.insert(database, key: UInt64(0), value: [3]))
            // The transaction goes on after a key that was there.
            try transaction.put(database, key: UInt64(2), value: [4])
            #expect(throws: LMDBError.self) {
                try transaction.insert(database, key: [] as [UInt8], value: [5])
            }
        }
        try environment.read { (transaction) throws in
            #expect(try transaction.value(database, UInt64(1)) == [1])
            #expect(try transaction.value(database, UInt64(0)) == [3])
            #expect(try transaction.count(database) == 3)
        }
    }

    @Test func `a reserved value is encoded in place and the rest of it is zero`() throws {
        let (environment, database) = try open()
        try environment.write { (transaction) throws in
            try transaction.reserve(database, key: UInt64(1), count: 12) { output in
                output.append(bigEndian: UInt32(0x0102_0304))
                output.append(copying: unsafe ([5, 6] as [UInt8]).span.bytes)
            }
            #expect(
                try transaction.value(database, UInt64(1)) == [1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0])
        }
    }

    @Test func `integer keys come back in the order of the numbers`() throws {
        let (environment, database) = try open()
        let numbers: [UInt64] = [300, 1, .max, 255, 256, 0, 1 << 40]
        try environment.write { (transaction) throws in
            for number in numbers { try transaction.put(database, key: number, value: number) }
        }
        var found: [UInt64] = []
        try environment.read { (transaction) throws in
            try transaction.forEach(database) { key, value in
                let pair: (UInt64?, UInt64?) = (key.bigEndian(), value.bigEndian())
                #expect(pair.0 == pair.1)
                found.append(key.bigEndian() ?? 0)
                return true
            }
            #expect(try transaction.first(database) { key, _ in key.bigEndian() } == UInt64(0))
            #expect(try transaction.last(database) { key, _ in key.bigEndian() } == UInt64.max)
        }
        #expect(found == numbers.sorted())
    }

    @Test func `append refuses a key that is not the greatest and goes on afterwards`() throws {
        let (environment, database) = try open()
        try environment.write { (transaction) throws in
            for key: UInt64 in [1, 2, 5] {
                try transaction.put(database, key: key, value: key, mode: .append)
            }
            for key: UInt64 in [5, 3, 0] {
                let error = #expect(throws: LMDBError.self) {
                    try transaction.put(database, key: key, value: key, mode: .append)
                }
                #expect(error?.kind == .keyExists)
            }
            try transaction.put(database, key: UInt64(6), value: UInt64(6), mode: .append)
        }
        #expect(try environment.statistics(of: database).entries == 4)
    }

    @Test func `a put without overwriting leaves what is there`() throws {
        let (environment, database) = try open()
        try environment.write { (transaction) throws in
            try transaction.put(database, key: "a", value: "first", mode: .noOverwrite)
            let error = #expect(throws: LMDBError.self) {
                try transaction.put(database, key: "a", value: "second", mode: .noOverwrite)
            }
            #expect(error?.kind == .keyExists)
            try transaction.put(database, key: "b", value: "third", mode: .noOverwrite)
        }
        try environment.read { (transaction) throws in
            #expect(try transaction.value(database, "a") == Array("first".utf8))
            #expect(try transaction.value(database, "b") == Array("third".utf8))
        }
    }

    @Test func `a write that throws leaves nothing behind`() throws {
        struct Stop: Error {}
        let (environment, database) = try open()
        try environment.write { try $0.put(database, key: "kept", value: "1") }
        #expect(throws: Stop.self) {
            try environment.write { (transaction) throws in
                try transaction.put(database, key: "lost", value: "2")
                try transaction.delete(database, key: "kept")
                throw Stop()
            }
        }
        try environment.read { (transaction) throws in
            #expect(try transaction.contains(database, "kept"))
            #expect(try !transaction.contains(database, "lost"))
        }
    }

    @Test func `delete says whether the key was there, and clear empties`() throws {
        let (environment, database) = try open()
        try environment.write { (transaction) throws in
            try transaction.put(database, key: "a", value: "1")
            try transaction.put(database, key: "b", value: "2")
            #expect(try transaction.delete(database, key: "a"))
            #expect(try !transaction.delete(database, key: "a"))
            try transaction.clear(database)
            #expect(try transaction.count(database) == 0)
            try transaction.put(database, key: "c", value: "3", mode: .append)
            #expect(try transaction.count(database) == 1)
        }
    }

    @Test func `keys that are empty or too long are refused`() throws {
        let (environment, database) = try open()
        for size in [0, 512] {
            let error = #expect(throws: LMDBError.self) {
                try environment.write { (transaction) throws in
                    try transaction.put(
                        database, key: [UInt8](repeating: 1, count: size), value: "")
                }
            }
            #expect(error?.kind == .misuse)
            #expect(error?.description.contains("1 to 511 bytes") == true)
        }
        try environment.write { (transaction) throws in
            try transaction.put(database, key: [UInt8](repeating: 1, count: 511), value: "")
        }
    }

    @Test func `reads nest in reads and in writes, and see what was committed`() throws {
        let (environment, database) = try open()
        try environment.write { (transaction) throws in
            try transaction.put(database, key: "a", value: "1")
            let inside = try environment.read { (read) throws in
                try environment.read {
                    try $0.contains(database, "a") || read.contains(database, "a")
                }
            }
            #expect(!inside)
            #expect(try transaction.contains(database, "a"))
        }
        #expect(try environment.read { try $0.contains(database, "a") })
    }

    @Test func `a write within a transaction of the same thread is refused`() throws {
        let (environment, database) = try open()
        func attempt() {
            let error = #expect(throws: LMDBError.self) {
                try environment.write { try $0.put(database, key: "x", value: "") }
            }
            #expect(error?.kind == .misuse)
        }
        try environment.read { _ in attempt() }
        try environment.write { _ in attempt() }
        try environment.write { try $0.put(database, key: "x", value: "") }
    }

    @Test func `transactions are numbered by their commits`() throws {
        let (environment, database) = try open()
        let before = try environment.read { $0.transactionID }
        let written = try environment.write { (transaction) throws in
            try transaction.put(database, key: "a", value: "1")
            return transaction.transactionID
        }
        #expect(written == before + 1)
        #expect(try environment.read { $0.transactionID } == written)
        #expect(environment.information.lastTransactionID == written)
    }

    @Test func `a read that lasts too long is told so`() throws {
        let environment = try Environment(
            path: folder.path, options: .init(maxReadAge: .nanoseconds(1)))
        let database = try environment.openDatabase("test", create: true)
        try environment.write { (transaction) throws in
            for key in UInt64(0)..<3000 {
                try transaction.put(database, key: key, value: "", mode: .append)
            }
            var steps = 0
            try transaction.forEach(database) { _, _ in
                steps += 1
                return true
            }
            #expect(steps == 3000)
        }
        var steps = 0
        let error = #expect(throws: LMDBError.self) {
            try environment.read { (transaction) throws in
                try transaction.forEach(database) { _, _ in
                    steps += 1
                    return true
                }
            }
        }
        #expect(error?.kind == .readTooOld)
        #expect(steps == 1024)
    }
}
