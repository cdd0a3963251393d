import Foundation
import Glibc
import LMDB
import TestSupport
import Testing

/// The check of pages against damaged files: what it lets pass must be safe to use, all of it.
@Suite struct `Pages that are checked` {
    enum Outcome: String { case found, passed, wrong, crashed }

    static let names = ["one", "two", "three"]
    static let options = Environment.Options(
        mapSize: 1 << 26, mapLimit: 1 << 30, durable: false, checkLimit: .max)

    let folder = Folder()

    /// Random puts and deletes, with values on pages of their own among them.
    static func change(
        _ environment: Environment, _ random: inout SeededRandom, commits: Int
    ) throws {
        let databases = try names.map { try environment.openDatabase($0, create: true) }
        for _ in 0..<commits {
            let start = random
            try environment.write { (transaction) throws in
                random = start
                for _ in 0..<random.int(1...60) {
                    let database = databases[random.int(0...2)]
                    // Keys of 10 to 452 bytes, so that there are several levels of branches.
                    let number = random.int(0...900)
                    let key =
                        [UInt8](repeating: 0x6B, count: number % 3 == 0 ? 450 : 8)
                        + [UInt8(number >> 8), UInt8(number & 0xFF)]
                    if random.once(in: 3) {
                        try transaction.delete(database, key: key)
                    } else {
                        let size = random.once(in: 80) ? random.int(2_000...20_000) : number % 90
                        try transaction.put(
                            database, key: key, value: [UInt8](repeating: 1, count: size))
                    }
                }
                if random.once(in: 40) { try transaction.clear(databases[1]) }
            }
        }
    }

    /// Reads and changes everything in a file that was let pass, and checks it again.
    static func use(_ path: String, seed: UInt64) throws -> Outcome {
        let environment: Environment
        do {
            environment = try Environment(path: path, options: options)
        } catch {
            return .found
        }
        defer { environment.close() }
        try environment.checkPages()
        for name in names {
            let database = try environment.openDatabase(name, create: false)
            try environment.read { (transaction) throws in
                var count = 0
                var sum = 0
                for reverse in [false, true] {
                    try transaction.forEach(database, reverse: reverse) { key, value in
                        count += 1
                        let last = value.bigEndian(UInt8.self, at: value.byteCount - 1) ?? 0
                        sum += key.byteCount + Int(last)
                        return true
                    }
                }
                #expect(try transaction.count(database) * 2 == count)
                #expect(sum >= 0)
            }
        }
        var random = SeededRandom(seed: seed)
        try change(environment, &random, commits: 8)
        try environment.checkPages()
        return .passed
    }

    static func examine(
        _ original: String, _ log: TrialLog, seed: UInt64, from first: Int, count: Int
    ) throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: original))
        for number in first..<first + count {
            try log.begin(number)
            let folder = Folder()
            let damage = Damage(number, seed: seed, to: whole)
            folder.writeDataFile([UInt8](damage.bytes))
            var outcome = Outcome.wrong
            do {
                outcome = try use(folder.path, seed: seed &+ UInt64(number))
            } catch {
                print("\(damage): \(error)")
            }
            try log.end(number, outcome.rawValue)
        }
    }

    @Test func `are refused, or can be read and written without harm`() async throws {
        let seed = testSeed()
        do {
            let environment = try Environment(path: folder.path, options: Self.options)
            var random = SeededRandom(seed: seed)
            try Self.change(environment, &random, commits: 60)
            try environment.checkPages()
        }
        let log = try TrialLog.make(at: folder.path + "/results")
        defer { try? FileManager.default.removeItem(atPath: log.path) }
        let total = 250
        var next = 0
        while next < total {
            let first = next
            await #expect(processExitsWith: .success) {
                [
                    file = folder.dataFile as String, log = log.path as String,
                    seed = seed as UInt64, first = first as Int, total = total as Int
                ] in
                try Self.examine(
                    file, TrialLog(path: log), seed: seed, from: first, count: total - first)
            }
            next = (try log.outcomes().keys.max() ?? next) + 1
        }
        let outcomes = try log.outcomes().mapValues { Outcome(rawValue: $0) ?? .crashed }
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder.dataFile))
        var tally: [Outcome: Int] = [:]
        for (number, outcome) in outcomes {
            tally[outcome, default: 0] += 1
            #expect(
                outcome == .found || outcome == .passed,
                "\(Damage(number, seed: seed, to: whole)): \(outcome)")
        }
        print("pages, seed \(seed): \(tally.map { "\($0.key.rawValue) \($0.value)" }.sorted())")
        #expect(outcomes.count == total)
    }

    /// What a check says, without the place: nil when it finds nothing.
    private static func fault(_ body: () throws(LMDBError) -> Void) -> String? {
        do throws(LMDBError) {
            try body()
            return nil
        } catch {
            #expect([.corrupted, .invalid, .versionMismatch].contains(error.kind), "\(error)")
            return error.description
        }
    }

    @Test func `of a large file have their upper levels checked when it is opened`() throws {
        let seed = testSeed()
        do {
            let environment = try Environment(path: folder.path, options: Self.options)
            var random = SeededRandom(seed: seed)
            try Self.change(environment, &random, commits: 60)
        }
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder.dataFile))
        var tally = [0, 0, 0]
        for number in 0..<300 {
            let copy = Folder()
            let damage = Damage(number, seed: seed, to: whole)
            copy.writeDataFile([UInt8](damage.bytes))
            var options = Self.options
            let atOnce = Self.fault { () throws(LMDBError) in
                _ = try Environment(path: copy.path, options: options)
            }
            options.checkLimit = 0
            var late: String?
            let early = Self.fault { () throws(LMDBError) in
                let environment = try Environment(path: copy.path, options: options)
                late = Self.fault { () throws(LMDBError) in try environment.checkPages() }
            }
            #expect((early == nil && late == nil) == (atOnce == nil), "\(damage)")
            tally[early != nil ? 0 : late != nil ? 1 : 2] += 1
        }
        print("upper levels, seed \(seed): found at once, later, never \(tally)")
        #expect(tally[0] > 0 && tally[1] > 0)
    }

    @Test(.timeLimit(.minutes(2)))
    func `are right at every moment while others write`() async throws {
        let environment = try Environment(path: folder.path, options: Self.options)
        var random = SeededRandom(seed: 7)
        try Self.change(environment, &random, commits: 20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in UInt64(0)..<2 {
                group.addTask {
                    var random = SeededRandom(seed: writer)
                    try Self.change(environment, &random, commits: 150)
                }
            }
            group.addTask { for _ in 0..<60 { try environment.checkPages() } }
            try await group.waitForAll()
        }
    }

    private static func write(_ path: String, until stop: String) throws {
        let environment = try Environment(path: path, options: options)
        let database = try environment.openDatabase("two", create: true)
        var number: UInt64 = 0
        while unsafe access(stop, F_OK) != 0 {
            number += 1
            try environment.write { try $0.put(database, key: number % 500, value: number) }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `are right whenever they are opened while another process writes`() async throws {
        let stop = folder.path + "/stop"
        async let writer: Void = {
            await #expect(processExitsWith: .success) {
                [path = folder.path as String, stop = stop as String] in
                try Self.write(path, until: stop)
            }
        }()
        var last: UInt64 = 0
        var opened = 0
        while opened < 200 || last < 1_000 {
            do throws(LMDBError) {
                let environment = try Environment(path: folder.path, options: Self.options)
                last = environment.information.lastTransactionID
                environment.close()
                opened += 1
            } catch {
                Issue.record(error)
                break
            }
            await Task.yield()
        }
        try Data().write(to: URL(fileURLWithPath: stop))
        await writer
        try FileManager.default.removeItem(atPath: stop)
        #expect(last >= 1_000)
    }
}
