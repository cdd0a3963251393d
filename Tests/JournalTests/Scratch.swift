import Foundation
import LMDB
import Ledger
import Money
import Synchronization
import TestSupport
import Testing

@testable import Journal

/// A data folder for one test, removed with all in it when the test is done with it.
///
/// Before that every page of what the test left is checked, unless the test damaged it.
final class Scratch: Sendable {
    let path: String
    private let isDamaged = Atomic(false)

    init(inside folder: String = FileManager.default.temporaryDirectory.path) throws {
        path = "\(folder)/razao-journal-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        checkPages()
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Finds pages that are wrong, or right ones that the check takes for wrong.
    private func checkPages() {
        guard !isDamaged.load(ordering: .relaxed),
            let parts = try? FileManager.default.contentsOfDirectory(atPath: path)
        else { return }
        for part in parts.map({ "\(path)/\($0)" }) {
            let file = try? FileManager.default.attributesOfItem(atPath: part + "/data.mdb")
            guard let size = file?[.size] as? Int, size > 0 else { continue }
            do throws(LMDBError) {
                try LMDB.Environment(path: part, options: .init(checkLimit: .max)).checkPages()
            } catch {
                if error.kind == .corrupted { Issue.record(error) }
            }
        }
    }

    /// Says that what is in the folder is damaged on purpose.
    func expectDamage() { isDamaged.store(true, ordering: .relaxed) }

    /// The file that holds the log.
    var dataFile: String { path + "/ledger/data.mdb" }

    func create(
        options: JournalOptions = JournalOptions(), clock: TestClock = TestClock()
    ) throws -> Journal {
        try Journal.create(at: path, options: options, clock: { clock.tick() })
    }

    func open(
        options: JournalOptions = JournalOptions(), clock: TestClock = TestClock()
    ) throws -> Journal {
        try Journal.open(at: path, options: options, clock: { clock.tick() })
    }

    /// Opens the journal and closes it whatever happens.
    func withJournal<R>(
        options: JournalOptions = JournalOptions(), clock: TestClock = TestClock(),
        _ body: (Journal) throws -> R
    ) throws -> R {
        let journal = try create(options: options, clock: clock)
        defer { journal.close() }
        return try body(journal)
    }

    /// A second folder with the same files.
    func copy() throws -> Scratch {
        let other = try Scratch()
        try FileManager.default.removeItem(atPath: other.path)
        try FileManager.default.copyItem(atPath: path, toPath: other.path)
        return other
    }
}

/// A clock that only moves when it is told to, or by a step at each look.
final class TestClock: Sendable {
    private let state: Mutex<(now: Int64, step: Int64)>

    init(at instant: Instant = Instant(seconds: 1_705_000_000), step: Int64 = 0) {
        state = Mutex((instant.nanoseconds, step))
    }

    func tick() -> Instant {
        state.withLock {
            $0.now += $0.step
            return Instant(nanoseconds: $0.now)
        }
    }

    func set(_ instant: Instant) { state.withLock { $0.now = instant.nanoseconds } }
}

extension EventID {
    /// An id that is only a number.
    static func test(_ number: UInt64) -> EventID { EventID(high: 0x7E57, low: number) }
}

/// A usage event with an id that is only a number.
func usage(_ number: UInt64, _ event: UsageEvent) throws -> NewEvent {
    try NewEvent(event, id: .test(number))
}

extension Journal {
    /// What most tests start from: two clients, prices of two models and a few days' rates.
    func prepare() throws {
        try record(
            [
                .clientRegistered(ClientRecord(id: "acme", name: "Acme Ltda")),
                .clientRegistered(ClientRecord(id: "zeta", timeZone: "America/Noronha")),
            ], by: "test")
        try record(
            [
                .priceSet(
                    PriceEntry(
                        provider: "openai", model: "gpt-4o",
                        effectiveFrom: try Instant("2023-01-01T00:00:00Z"),
                        prices: prices("2.50", "10.00", cacheRead: "1.25"))),
                .priceSet(
                    PriceEntry(
                        provider: "anthropic", model: "claude",
                        effectiveFrom: try Instant("2023-01-01T00:00:00Z"),
                        prices: prices("3.00", "15.00"))),
                .rateRecorded(
                    RateEntry(
                        date: date("2023-11-13"), buy: ExchangeRate("4.90"),
                        sell: ExchangeRate("4.9123"))),
                .rateRecorded(
                    RateEntry(
                        date: date("2023-11-14"), buy: ExchangeRate("4.80"),
                        sell: ExchangeRate("4.8765"))),
            ], by: "test")
    }

    /// The digest of the views, folded to the end of the log.
    func viewsDigest() throws -> String {
        try catchUp()
        return try views().digest().digest
    }

    /// Every balance as the table has it.
    func storedBalances() throws -> [BalanceKey: BudgetBalance] {
        var found: [BalanceKey: BudgetBalance] = [:]
        try store.environment.read { transaction in
            try transaction.forEach(store.balances) { key, value in
                found[try BalanceKey(key)] = try BudgetBalance(value)
                return true
            }
        }
        return found
    }
}
