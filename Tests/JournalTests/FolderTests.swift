import Foundation
import LMDB
import Ledger
import TestSupport
import Testing

@testable import Journal

/// Folders that are not what they should be.
@Suite struct `A data folder` {
    private static func filled(calls: UInt64 = 50) throws -> Scratch {
        let scratch = try Scratch()
        try scratch.withJournal { journal in
            try journal.prepare()
            _ = try journal.append((0..<calls).map { try usage($0, .sample()) }, expecting: nil)
            try journal.catchUp()
        }
        return scratch
    }

    private static func calls(_ scratch: Scratch) throws -> UInt64 {
        try scratch.withJournal { try $0.usage(by: [.client]).reduce(0) { $0 + $1.all.calls } }
    }

    private static func error(_ body: () throws -> Void) -> any Error {
        do {
            try body()
            Issue.record("nothing was thrown")
            return CancellationError()
        } catch {
            return error
        }
    }

    @Test func `without a ledger says how to make one`() throws {
        let scratch = try Scratch()
        let error = Self.error { try scratch.open().close() }
        guard case JournalError.noLedger(let path) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(path == scratch.path)
        #expect("\(error)".contains("razao init"))
        let nowhere = Self.error { try Journal.open(at: scratch.path + "/nowhere").close() }
        guard case JournalError.noLedger = nowhere else {
            Issue.record("\(nowhere)")
            return
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/nowhere"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
    }

    @Test func `of somebody else is refused and left as it is`() throws {
        let scratch = try Scratch()
        try Data("hello".utf8).write(to: URL(fileURLWithPath: scratch.path + "/notes.txt"))
        let foreign = Self.error { try scratch.open().close() }
        guard case JournalError.foreign = foreign else {
            Issue.record("\(foreign)")
            return
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["notes.txt"])
        let file = Self.error { try Journal.open(at: scratch.path + "/notes.txt").close() }
        #expect("\(file)".contains("notes.txt"), "\(file)")
        let inFile = Self.error { try Journal.create(at: scratch.path + "/notes.txt").close() }
        guard case JournalError.foreign = inFile else {
            Issue.record("\(inFile)")
            return
        }
    }

    @Test(arguments: [true, false])
    func `with another program's database is refused and left as it is`(create: Bool) throws {
        let scratch = try Scratch()
        let folder = scratch.path + "/ledger"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let environment = try LMDB.Environment(path: folder)
        let table = try environment.openDatabase("theirs", create: true)
        try environment.write { try $0.put(table, key: "a", value: "b") }
        environment.close()
        let error = Self.error {
            if create { try scratch.create().close() } else { try scratch.open().close() }
        }
        guard case JournalError.foreign = error else {
            Issue.record("\(error)")
            return
        }
        let again = try LMDB.Environment(path: folder)
        defer { again.close() }
        for name in ["meta", "log", "ids"] {
            #expect(
                (Self.error { _ = try again.openDatabase(name, create: false) } as? LMDBError)?.kind
                    == .notFound)
        }
    }

    @Test func `of a newer format is refused`() throws {
        let scratch = try Self.filled()
        let environment = try LMDB.Environment(path: scratch.path + "/ledger")
        let meta = try environment.openDatabase("meta", create: false)
        try environment.write { try $0.put(meta, key: "format", value: [2, 0, 0, 0]) }
        environment.close()
        for create in [true, false] {
            let error = Self.error {
                if create { try scratch.create().close() } else { try scratch.open().close() }
            }
            guard case JournalError.newerFormat(_, 2, 1) = error else {
                Issue.record("\(error)")
                continue
            }
        }
    }

    @Test func `with a file that was cut off is refused`() throws {
        let scratch = try Self.filled(calls: 2_000)
        let whole = try Data(contentsOf: URL(fileURLWithPath: scratch.dataFile))
        for length in [0, 1, 100, 4_096, 8_192, whole.count / 2, whole.count - 4_096] {
            let copy = try scratch.copy()
            try whole.prefix(length).write(to: URL(fileURLWithPath: copy.dataFile))
            let error = Self.error {
                let journal = try copy.open()
                defer { journal.close() }
                if try journal.verify().isSound { return }
                throw JournalError.refused("verify found it")
            }
            #expect(!"\(error)".isEmpty, "\(length): \(error)")
        }
    }

    enum Loss: String, CaseIterable {
        case deleted, emptied, cutOff, zeroed, checkpointBeyond, anotherLedger
    }

    @Test(arguments: Loss.allCases)
    func `folds its views anew when they are lost or of another log`(loss: Loss) throws {
        let scratch = try Self.filled(calls: 3_000)
        let digest = try scratch.withJournal { try $0.viewsDigest() }
        let views = scratch.path + "/views-1"
        let file = URL(fileURLWithPath: views + "/data.mdb")
        switch loss {
        case .deleted: try FileManager.default.removeItem(atPath: views)
        case .emptied:
            for name in try FileManager.default.contentsOfDirectory(atPath: views) {
                try FileManager.default.removeItem(atPath: views + "/" + name)
            }
        case .cutOff: try Data(contentsOf: file).prefix(8_192).write(to: file)
        case .zeroed: try Data(count: try Data(contentsOf: file).count).write(to: file)
        case .checkpointBeyond:
            // The views of a longer log beside an older copy of it.
            let older = try scratch.copy()
            try scratch.withJournal { journal in
                _ = try journal.append(
                    (5_000..<5_100).map { try usage($0, .sample()) }, expecting: nil)
                try journal.catchUp()
            }
            try FileManager.default.removeItem(atPath: scratch.path + "/ledger")
            try FileManager.default.copyItem(
                atPath: older.path + "/ledger", toPath: scratch.path + "/ledger")
        case .anotherLedger:
            let other = try Self.filled(calls: 7)
            try FileManager.default.removeItem(atPath: views)
            try FileManager.default.copyItem(atPath: other.path + "/views-1", toPath: views)
        }
        try scratch.withJournal { journal throws in
            #expect(try journal.usage(by: [.client]).map(\.all.calls) == [3_000])
            #expect(try journal.viewsDigest() == digest)
        }
    }

    @Test func `whose older ledger went on differently folds its views anew`() throws {
        let scratch = try Self.filled()
        let older = try scratch.copy()
        try scratch.withJournal { journal in
            _ = try journal.append((100..<110).map { try usage($0, .sample()) }, expecting: nil)
            try journal.catchUp()
        }
        // The same places hold other calls now, and more of them.
        try older.withJournal { journal in
            let call = UsageEvent.sample(input: 9, output: 9)
            _ = try journal.append((200..<220).map { try usage($0, call) }, expecting: nil)
        }
        try FileManager.default.removeItem(atPath: scratch.path + "/ledger")
        try FileManager.default.copyItem(
            atPath: older.path + "/ledger", toPath: scratch.path + "/ledger")
        try scratch.withJournal { journal in
            let row = try #require(try journal.usage(by: [.client]).first)
            #expect(row.all.calls == 70)
            #expect(row.all[.input] == 50_180)
            #expect(try journal.rebuildViews().isEqual)
        }
    }

    @Test func `is rebuilt when its views cannot be read`() throws {
        let scratch = try Self.filled()
        try scratch.withJournal { journal in
            let digest = try journal.viewsDigest()
            let views = try journal.views()
            try views.environment.write { transaction in
                try transaction.put(views.days, key: [1, 2, 3], value: [4])
            }
            #expect(throws: (any Error).self) { try journal.usage(by: [.client]) }
            let comparison = try journal.rebuildViews()
            #expect(!comparison.isEqual)
            #expect(comparison.rebuilt == digest)
            #expect(try journal.usage(by: [.client]).map(\.all.calls) == [50])
            #expect(try journal.rebuildViews().isEqual)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(left.filter { $0.hasPrefix("views-") } == ["views-3"])
    }

    @Test func `that is full refuses, keeps what it has, and goes on with more room`() throws {
        let scratch = try Scratch()
        var options = JournalOptions()
        options.mapSize = 1 << 18
        options.mapLimit = 1 << 18
        var taken: UInt64 = 0
        try scratch.withJournal(options: options) { journal in
            try journal.prepare()
            let failure = Self.error {
                while taken < 10_000 {
                    _ = try journal.append([usage(taken, .sample())], expecting: nil)
                    taken += 1
                }
            }
            #expect((failure as? LMDBError)?.kind == .mapFull)
            #expect("\(failure)".contains("limit"), "\(failure)")
            #expect(taken > 50)
            // Still answers, and refuses the same way.
            for _ in 0..<3 {
                let failure = Self.error {
                    _ = try journal.append([usage(taken, .sample())], expecting: nil)
                }
                #expect((failure as? LMDBError)?.kind == .mapFull)
            }
            #expect(try journal.head().sequence.rawValue == 6 + taken)
            #expect(try journal.verify().faults.isEmpty)
        }
        try scratch.withJournal { journal in
            #expect(try journal.head().sequence.rawValue == 6 + taken)
            let outcome = try journal.append([usage(taken, .sample())], expecting: nil)
            #expect(outcome == [.appended(SequenceNumber(7 + taken))])
            #expect(try journal.verify().faults.isEmpty)
            #expect(try journal.usage(by: [.client]).map(\.all.calls) == [taken + 1])
        }
    }

    @Test func `is read to its end by a reader who takes longer than a transaction may`() throws {
        let scratch = try Self.filled(calls: 5_000)
        var options = JournalOptions()
        options.maxReadAge = .zero
        try scratch.withJournal(options: options) { journal in
            var next: UInt64 = 1
            try journal.read(after: .zero) { head, _ in
                #expect(head.sequence.rawValue == next)
                next += 1
                return true
            }
            #expect(next == 5_007)
        }
    }

    @Test func `takes calls of any instant that can be named`() throws {
        let scratch = try Scratch()
        try scratch.withJournal { journal in
            try journal.prepare()
            for period in Budget.Period.allCases {
                let budget = try Budget(client: "zeta", unit: .brl, limit: "1", period: period)
                try journal.record([.budgetSet(budget)], by: "test")
            }
            let instants = [
                .distantPast, Instant(nanoseconds: .min + 1), Instant(seconds: -62_000_000_000),
                Instant(nanoseconds: -1), Instant(nanoseconds: 0),
                Instant(nanoseconds: .max - 1), Instant(seconds: 9_000_000_000),
            ]
            for (number, instant) in instants.enumerated() {
                for (index, client) in ["acme", "zeta"].enumerated() {
                    let outcome = try journal.append(
                        [usage(UInt64(number * 2 + index), .sample(client: client, at: instant))],
                        expecting: nil)
                    guard case .appended = outcome.first else {
                        Issue.record("\(instant): \(outcome)")
                        continue
                    }
                }
            }
            for dimension in UsageDimension.allCases {
                let rows = try journal.usage(by: [dimension])
                #expect(rows.reduce(0) { $0 + $1.all.calls } == 14, "\(dimension)")
            }
            #expect(try journal.rebuildViews().isEqual)
            #expect(try journal.verify().faults == [])
        }
    }

    @Test func `opened for reading is read and not written`() throws {
        let scratch = try Self.filled()
        let before = try Data(contentsOf: URL(fileURLWithPath: scratch.dataFile))
        var options = JournalOptions()
        options.readOnly = true
        let journal = try scratch.open(options: options)
        #expect(try journal.head().sequence == SequenceNumber(56))
        #expect(try journal.usage(by: [.client]).map(\.all.calls) == [50])
        #expect(try journal.verify().faults.isEmpty)
        let month = date("2023-11-14").month
        #expect(
            try journal.statement(client: "acme", month: month, digest: { _ in "" }).calls == 50)
        #expect(throws: LogError.self) {
            try journal.append([usage(99, .sample())], expecting: nil)
        }
        #expect(throws: LogError.self) { try journal.record([], by: "test") }
        #expect(throws: (any Error).self) { try journal.rebuildViews() }
        journal.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.dataFile)) == before)
        // Views that lag behind would show too little.
        try scratch.withJournal { journal in
            _ = try journal.append([usage(99, .sample())], expecting: nil)
        }
        let again = try scratch.open(options: options)
        defer { again.close() }
        let refusal = Self.error { _ = try again.usage(by: [.client]) }
        #expect("\(refusal)".contains("56"), "\(refusal)")
        #expect(try again.head().sequence == SequenceNumber(57))
    }
}
