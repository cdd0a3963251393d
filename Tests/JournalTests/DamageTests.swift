import Foundation
import LMDB
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

/// A ledger's file damaged at random places: each damage is found, or changes no figure.
///
/// Tried in child processes, since LMDB trusts its pages and may end the process that reads a
/// damaged one. None does, because the pages are checked before.
@Suite struct `Damage to the ledger's file` {
    enum Outcome: String { case found, harmless, silent, crashed }

    /// Everything the journal shows, as text. Throws when reading finds damage.
    private static func figures(_ folder: String) throws -> String {
        let journal = try Journal.open(at: folder, clock: { Instant(seconds: 1_705_000_000) })
        defer { journal.close() }
        let report = try journal.verify()
        guard report.isSound else { throw JournalError.refused(report.faults.joined()) }
        var text = "\(try journal.head())\n\(try journal.viewsDigest())"
        for row in try journal.usage(by: [.client, .model, .conversation]) {
            text += "\n\(row.group) \(row.all) \(row.cost) \(row.saved)"
        }
        for row in try journal.usage(by: [.hour]) { text += "\n\(row.group) \(row.all.calls)" }
        for client in try journal.state().clients.keys.sorted() {
            text += "\n\(try journal.statement(client: client, month: month, digest: { _ in "" }))"
        }
        for status in try journal.budgets(at: Instant(seconds: 1_700_000_000)) {
            text += "\n\(status)"
        }
        let balances = try journal.storedBalances()
        for key in balances.keys.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            text += "\n\(key) \(balances[key] ?? BudgetBalance())"
        }
        return text
    }

    private static let month = date("2023-11-14").month

    private static func fill(_ scratch: Scratch) throws {
        try scratch.withJournal { journal in
            try journal.prepare()
            for unit in Budget.Unit.allCases {
                let budget = try Budget(client: "acme", unit: unit, limit: "9", period: .weekly)
                try journal.record([.budgetSet(budget)], by: "test")
            }
            var random = SeededRandom(seed: 3)
            let events = try (0..<60).map { number in
                var call = UsageEvent.sample(
                    client: number % 2 == 0 ? "acme" : "zeta",
                    at: Instant(seconds: 1_700_000_000 + Int64(number) * 3_000))
                call.conversation = "c\(number % 7)"
                call.latencyMilliseconds = random.int(1...5_000)
                return try usage(UInt64(number), call)
            }
            for event in events { _ = try journal.append([event], expecting: nil) }
            try journal.catchUp()
        }
        // Without the pages that former commits left, so that nearly every byte is in use.
        let compact = scratch.path + "/compact"
        try FileManager.default.createDirectory(
            atPath: compact, withIntermediateDirectories: true)
        let environment = try LMDB.Environment(path: scratch.path + "/ledger")
        try environment.copy(toFolder: compact, compact: true)
        environment.close()
        try FileManager.default.removeItem(atPath: scratch.dataFile)
        try FileManager.default.moveItem(atPath: compact + "/data.mdb", toPath: scratch.dataFile)
    }

    /// Tries some damages and notes how each went; runs in the child.
    private static func examine(
        _ original: String, _ log: TrialLog, seed: UInt64, from first: Int, count: Int
    ) throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: original + "/ledger/data.mdb"))
        let expected = try figures(original)
        for number in first..<first + count {
            try log.begin(number)
            // Inside the original's folder, so that a child that crashes leaves nothing behind.
            let scratch = try Scratch(inside: original)
            scratch.expectDamage()
            try FileManager.default.createDirectory(
                atPath: scratch.path + "/ledger", withIntermediateDirectories: true)
            let damage = Damage(number, seed: seed, to: whole)
            try damage.bytes.write(to: URL(fileURLWithPath: scratch.dataFile))
            // With the views as they were, or without any.
            if number % 2 == 0 {
                try FileManager.default.copyItem(
                    atPath: original + "/views-1", toPath: scratch.path + "/views-1")
            }
            var outcome = Outcome.found
            if let found = try? figures(scratch.path) {
                outcome = found == expected ? .harmless : .silent
            }
            try log.end(number, outcome.rawValue)
        }
    }

    /// The stored records: what the chain and the checksums cover.
    private static func recordPlaces(_ scratch: Scratch, in file: Data) throws -> [Range<Int>] {
        let journal = try scratch.open()
        defer { journal.close() }
        var places: [Range<Int>] = []
        try journal.store.environment.read { transaction in
            try transaction.forEach(journal.store.log) { _, record in
                if let place = file.firstRange(of: Data(record.copied)) { places.append(place) }
                return true
            }
        }
        return places
    }

    @Test func `is found or changes nothing that is shown`() async throws {
        let original = try Scratch()
        defer { try? FileManager.default.removeItem(atPath: original.path) }
        try await onThread { try Self.fill(original) }
        let log = try TrialLog.make(at: original.path + "/results")
        let seed = testSeed()
        let total = 400
        var next = 0
        while next < total {
            let first = next
            await #expect(processExitsWith: .success) {
                [
                    path = original.path as String, log = log.path as String,
                    seed = seed as UInt64, first = first as Int, total = total as Int
                ] in
                try Self.examine(
                    path, TrialLog(path: log), seed: seed, from: first, count: total - first)
            }
            next = (try log.outcomes().keys.max() ?? next) + 1
        }
        let outcomes = try log.outcomes().mapValues { Outcome(rawValue: $0) ?? .crashed }
        let file = try Data(contentsOf: URL(fileURLWithPath: original.dataFile))
        let records = try await onThread { try Self.recordPlaces(original, in: file) }
        #expect(records.count > 60)
        var tally: [Outcome: Int] = [:]
        for (number, outcome) in outcomes {
            tally[outcome, default: 0] += 1
            let damage = Damage(number, seed: seed, to: file)
            #expect(outcome != .silent && outcome != .crashed, "\(damage): \(outcome)")
            let hitsRecord = damage.changed(from: file).contains { place in
                records.contains { $0.contains(place) }
            }
            if hitsRecord { #expect(outcome == .found, "\(damage): \(outcome)") }
        }
        print("damage, seed \(seed): \(tally.map { "\($0.key.rawValue) \($0.value)" }.sorted())")
        #expect(outcomes.count == total)
    }
}
