import Foundation
import LMDB
public import Ledger

/// What was sent of the alerts in the log, and what is to be sent again.
///
/// ```swift
/// let outbox = try AlertOutbox(folder: "data")
/// try outbox.fold(journal, for: [.webhook], now: now)
/// for delivery in try outbox.due(for: .webhook, at: now) {
///     try outbox.put(delivery.tried(at: now, failed: send(delivery), jitter: random))
/// }
/// ```
/// `outbox/` is an environment of its own, so that no call waits for it. The log says what was
/// raised; here stands only what became of it. Where the folder is lost, the alerts of the last
/// ``AlertDelivery/maximumAgeSeconds`` are sent once more, under the ids they had. Blocks the
/// thread for a commit.
public final class AlertOutbox: Sendable {
    /// The most alerts that wait for a target; beyond them the oldest are given up.
    static let maximumPending = 10_000
    /// The most deliveries that are remembered; beyond them the oldest that ended are forgotten.
    static let maximumKept = 100_000

    /// How many records without an alert are looked past before that is written down.
    private static let stride: UInt64 = 4_096

    private let environment: LMDB.Environment
    private let tables: OutboxTables

    /// Opens the outbox of a data folder, or makes it.
    public convenience init(folder: String) throws {
        try self.init(
            folder: folder, pending: Self.maximumPending, kept: Self.maximumKept)
    }

    /// The outbox of a data folder; nil where nothing was ever sent.
    public static func existing(folder: String) throws -> AlertOutbox? {
        let path = folder + "/outbox/data.mdb"
        return FileManager.default.fileExists(atPath: path) ? try AlertOutbox(folder: folder) : nil
    }

    /// The same with other bounds, for a test.
    init(folder: String, pending: Int, kept: Int) throws {
        let path = folder + "/outbox"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var options = LMDB.Environment.Options()
        options.mapSize = 64 << 20
        options.mapLimit = 1 << 30
        environment = try DisposableEnvironment.open(path, options).0
        tables = try OutboxTables(environment, pending: pending, kept: kept)
    }

    /// Closes the environment.
    public func close() { environment.close() }

    /// Takes in what was raised since the last time, for those targets, and returns how much.
    ///
    /// What is too old and what a higher threshold covers is left out. What was raised while there
    /// was no target is not sent later. Cost: a look at the log's end where nothing was raised.
    @discardableResult
    public func fold(
        _ journal: Journal, for targets: Set<AlertDelivery.Target>, now: Instant
    ) throws -> Int {
        let oldest = Instant(
            nanoseconds: now.nanoseconds - AlertDelivery.maximumAgeSeconds * 1_000_000_000)
        var taken = 0
        while true {
            let place = try place(in: journal)
            let (alerts, upTo) = try journal.alerts(after: place?.sequence ?? .zero)
            // Under load the log grows all the time, and that alone is worth no commit.
            if let place, alerts.isEmpty, upTo.rawValue - place.sequence.rawValue < Self.stride {
                return taken
            }
            let wanted = alerts.filter { $0.at >= oldest && $0.alert.coveredBy == nil }
            let chain = try journal.store.environment.read {
                try journal.store.chain($0, at: upTo) ?? []
            }
            let (tables, isNew) = (tables, place == nil)
            try environment.write { transaction in
                if isNew { try tables.clear(&transaction) }
                for raised in wanted {
                    for target in targets.sorted(by: { $0.rawValue < $1.rawValue }) {
                        // A clock that was ahead when it was raised must not keep it back.
                        let at = min(raised.at, now)
                        try tables.put(
                            AlertDelivery(raised.sequence, target, raisedAt: at), &transaction)
                    }
                }
                try tables.bound(now, &transaction)
                try tables.putPlace(OutboxPlace(sequence: upTo, chain: chain), &transaction)
            }
            taken += wanted.count * targets.count
        }
    }

    /// What is to be sent to a target now, the oldest first.
    public func due(
        for target: AlertDelivery.Target, at instant: Instant, atMost count: Int = 100
    ) throws -> [AlertDelivery] {
        try environment.read { try tables.due(for: target, at: instant, atMost: count, $0) }
    }

    /// Writes down what became of a delivery. Durable when it returns.
    public func put(_ delivery: AlertDelivery) throws {
        let tables = tables
        try environment.write { try tables.put(delivery, &$0) }
    }

    /// What became of alerts, by their places in the log.
    public func deliveries(
        of sequences: some Sequence<SequenceNumber>
    ) throws -> [SequenceNumber: [AlertDelivery]] {
        try environment.read { transaction in
            var found: [SequenceNumber: [AlertDelivery]] = [:]
            for sequence in sequences {
                for target in AlertDelivery.Target.allCases {
                    guard let one = try tables.delivery(sequence, target, transaction) else {
                        continue
                    }
                    found[sequence, default: []].append(one)
                }
            }
            return found
        }
    }

    /// How far the log was taken in; nil where the outbox is new or belongs to another log, such as
    /// one that was put back from a backup.
    private func place(in journal: Journal) throws -> OutboxPlace? {
        guard let place = try environment.read({ try tables.place($0) }) else { return nil }
        let chain = try journal.store.environment.read {
            try journal.store.chain($0, at: place.sequence)
        }
        return chain == place.chain ? place : nil
    }
}
