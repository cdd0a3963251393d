import Foundation
import LMDB
import Ledger
import TestSupport
import Testing

@testable import Journal

/// Folders that are not what they should be.
@Suite struct `A data folder` {
    static func filled(calls: UInt64 = 50) throws -> Scratch {
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

    static func error(_ body: () throws -> Void) -> any Error {
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
            copy.expectDamage()
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
        case deleted, emptied, cutOff, zeroed, scrambled, checkpointBeyond, anotherLedger
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
        case .scrambled:
            // What LMDB itself would follow out of the file.
            var bytes = try Data(contentsOf: file)
            for page in 2..<bytes.count / 4_096 { bytes[page * 4_096 + 17] ^= 0xF0 }
            try bytes.write(to: file)
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

    @Test func `is locked for one program, and another fault is not taken for that`() throws {
        let scratch = try Self.filled()
        let lock = try FolderLock(folder: scratch.path, name: "outbox", waits: false)
        func why(_ folder: String) -> JournalError? {
            do {
                try FolderLock(folder: folder, name: "outbox", waits: false).release()
                return nil
            } catch {
                return error as? JournalError
            }
        }
        guard case .inUse(let path, let name) = why(scratch.path) else {
            Issue.record("a second lock was taken")
            return
        }
        #expect(path == scratch.path && name == "outbox")
        guard case .refused = why(scratch.path + "/nowhere") else {
            Issue.record("a folder that is not there is taken for one in use")
            return
        }
        lock.release()
        #expect(why(scratch.path) == nil)
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
}
