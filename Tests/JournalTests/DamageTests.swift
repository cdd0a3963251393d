import Foundation
import LMDB
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

/// Single bytes changed at random places of a ledger's file: each is found, or changes no figure.
///
/// Each is tried in a child process, since LMDB trusts its pages and may end the process that reads
/// a damaged one.
@Suite struct `A byte changed in the ledger's file` {
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

    /// The place and the change of one trial: the same in parent and child.
    private static func flip(_ number: Int, seed: UInt64, size: Int) -> (place: Int, bits: UInt8) {
        var random = SeededRandom(seed: seed &+ UInt64(number))
        let place = random.int(0...size - 1)
        let bits = random.once(in: 2) ? UInt8(1) << random.int(UInt8(0)...7) : random.int(1...255)
        return (place, bits)
    }

    /// Tries some flips and writes a line after each; runs in the child.
    private static func examine(
        _ original: String, _ results: String, seed: UInt64, from first: Int, count: Int
    ) throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: original + "/ledger/data.mdb"))
        let expected = try figures(original)
        for number in first..<first + count {
            let flip = flip(number, seed: seed, size: whole.count)
            try note("\(number) begun", in: results)
            // Inside the original's folder, so that a child that crashes leaves nothing behind.
            let scratch = try Scratch(inside: original)
            try FileManager.default.createDirectory(
                atPath: scratch.path + "/ledger", withIntermediateDirectories: true)
            var damaged = whole
            damaged[flip.place] ^= flip.bits
            try damaged.write(to: URL(fileURLWithPath: scratch.dataFile))
            // With the views as they were, or without any.
            if number % 2 == 0 {
                try FileManager.default.copyItem(
                    atPath: original + "/views-1", toPath: scratch.path + "/views-1")
            }
            var outcome = Outcome.found
            if let found = try? figures(scratch.path) {
                outcome = found == expected ? .harmless : .silent
            }
            try note("\(number) \(outcome.rawValue)", in: results)
        }
    }

    private static func note(_ line: String, in path: String) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data((line + "\n").utf8))
    }

    /// The outcomes so far; a trial that was begun and not ended crashed.
    private static func outcomes(_ path: String) throws -> [Int: Outcome] {
        var outcomes: [Int: Outcome] = [:]
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let number = Int(parts[0]) else { continue }
            outcomes[number] = Outcome(rawValue: String(parts[1])) ?? .crashed
        }
        return outcomes
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
        let results = original.path + "/results"
        try Data().write(to: URL(fileURLWithPath: results))
        let given = ProcessInfo.processInfo.environment["RAZAO_TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: .min ... .max)
        let total = 320
        var next = 0
        while next < total {
            let first = next
            // The child's own end tells nothing: what it wrote does.
            await withKnownIssue(isIntermittent: true) {
                await #expect(processExitsWith: .success) {
                    [
                        path = original.path as String, results = results as String,
                        seed = seed as UInt64, first = first as Int, total = total as Int
                    ] in
                    try Self.examine(path, results, seed: seed, from: first, count: total - first)
                }
            }
            let done = try Self.outcomes(results)
            next = (done.keys.max() ?? next) + 1
        }
        let outcomes = try Self.outcomes(results)
        let file = try Data(contentsOf: URL(fileURLWithPath: original.dataFile))
        let records = try await onThread { try Self.recordPlaces(original, in: file) }
        #expect(records.count > 60)
        var tally: [Outcome: Int] = [:]
        for (number, outcome) in outcomes {
            tally[outcome, default: 0] += 1
            let flip = Self.flip(number, seed: seed, size: file.count)
            let isRecord = records.contains { $0.contains(flip.place) }
            let text =
                "seed \(seed), trial \(number): byte \(flip.place) ^ \(flip.bits): \(outcome)"
            if outcome == .crashed { print(text) }
            #expect(outcome != .silent, "\(text)")
            if isRecord { #expect(outcome == .found, "\(text)") }
        }
        print("damage, seed \(seed): \(tally.map { "\($0.key.rawValue) \($0.value)" }.sorted())")
        #expect(outcomes.count == total)
    }
}
