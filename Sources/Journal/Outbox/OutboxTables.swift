import LMDB
import Ledger

/// How far the log was taken in.
struct OutboxPlace: Equatable {
    let sequence: SequenceNumber
    /// The log's chain value there.
    let chain: [UInt8]
}

/// The tables of `outbox/`.
///
/// | table | key | value |
/// |---|---|---|
/// | `deliveries` | sequence (8), target (1) | version, state, attempts, at, raised at, reason |
/// | `due` | target (1), at (8), sequence (8) | empty; the deliveries that are pending |
/// | `meta` | `place` | sequence, chain value |
///
/// Numbers in keys are big-endian, in values little-endian.
struct OutboxTables: Sendable {
    private static let version: UInt8 = 1

    private let deliveries: Database
    private let waiting: Database
    private let meta: Database
    private let maximumPending: Int
    private let maximumKept: Int

    init(_ environment: LMDB.Environment, pending: Int, kept: Int) throws {
        deliveries = try environment.openDatabase("deliveries", create: true)
        waiting = try environment.openDatabase("due", create: true)
        meta = try environment.openDatabase("meta", create: true)
        maximumPending = pending
        maximumKept = kept
    }

    func clear(_ transaction: inout WriteTransaction) throws {
        try transaction.clear(deliveries)
        try transaction.clear(waiting)
        try transaction.clear(meta)
    }

    func place(_ transaction: borrowing some Transaction & ~Copyable) throws -> OutboxPlace? {
        guard let value = try transaction.value(meta, "place"), value.count > 8 else { return nil }
        return OutboxPlace(
            sequence: SequenceNumber(try unsafe value.span.bytes.load(0)),
            chain: Array(value[8...]))
    }

    func putPlace(_ place: OutboxPlace, _ transaction: inout WriteTransaction) throws {
        var value = ByteWriter(capacity: 40)
        value.append(place.sequence.rawValue)
        value.append(contentsOf: place.chain)
        try transaction.put(meta, key: "place", value: value.bytes)
    }

    /// Puts a delivery in the place of what was known of it.
    func put(_ delivery: AlertDelivery, _ transaction: inout WriteTransaction) throws {
        if let old = try self.delivery(delivery.sequence, delivery.target, transaction),
            old.state == .pending
        {
            try transaction.delete(waiting, key: Self.waitingKey(old))
        }
        var row = ByteWriter(capacity: 64)
        row.append(Self.version)
        row.append(delivery.state.rawValue)
        row.append(delivery.attempts)
        row.append(delivery.at.nanoseconds)
        row.append(delivery.raisedAt.nanoseconds)
        row.append(text: delivery.reason)
        try transaction.put(
            deliveries, key: Self.key(delivery.sequence, delivery.target), value: row.bytes)
        if delivery.state == .pending {
            try transaction.put(waiting, key: Self.waitingKey(delivery), value: [UInt8]())
        }
    }

    func delivery(
        _ sequence: SequenceNumber, _ target: AlertDelivery.Target,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> AlertDelivery? {
        try transaction.get(deliveries, Self.key(sequence, target)) { value in
            guard let value, try value.load(0, as: UInt8.self) == Self.version,
                let state = AlertDelivery.State(rawValue: try value.load(1))
            else { return nil }
            var delivery = AlertDelivery(
                sequence, target, raisedAt: Instant(nanoseconds: try value.load(12)))
            delivery.state = state
            delivery.attempts = try value.load(2)
            delivery.at = Instant(nanoseconds: try value.load(4))
            delivery.reason = try value.text(20, value.byteCount - 20)
            return delivery
        }
    }

    func due(
        for target: AlertDelivery.Target, at instant: Instant, atMost count: Int,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> [AlertDelivery] {
        var sequences: [SequenceNumber] = []
        try transaction.forEach(waiting, from: [target.rawValue]) { key, _ in
            guard try key.load(0, as: UInt8.self) == target.rawValue, sequences.count < count,
                Self.instant(try key.loadBigEndian(1)) <= instant
            else { return false }
            sequences.append(SequenceNumber(try key.loadBigEndian(9)))
            return true
        }
        return try sequences.compactMap { try delivery($0, target, transaction) }
    }

    /// Gives up the oldest that wait, and forgets the oldest that ended, where there are too many.
    func bound(_ now: Instant, _ transaction: inout WriteTransaction) throws {
        for target in AlertDelivery.Target.allCases {
            var pending = try due(
                for: target, at: .distantFuture, atMost: .max, transaction
            ).sorted { $0.sequence < $1.sequence }
            while pending.count > maximumPending {
                var oldest = pending.removeFirst()
                oldest.state = .givenUp
                oldest.at = now
                oldest.reason = "too many alerts waited for this target"
                try put(oldest, &transaction)
            }
        }
        let excess = try transaction.count(deliveries) - maximumKept
        guard excess > 0 else { return }
        var oldest: [[UInt8]] = []
        try transaction.forEach(deliveries) { key, value in
            if try value.load(1, as: UInt8.self) != AlertDelivery.State.pending.rawValue {
                oldest.append(key.copied)
            }
            return oldest.count < excess
        }
        for key in oldest { try transaction.delete(deliveries, key: key) }
    }

    // MARK: Keys

    private static func key(
        _ sequence: SequenceNumber, _ target: AlertDelivery.Target
    ) -> [UInt8] {
        var key = ByteWriter(capacity: 9)
        key.appendBigEndian(sequence.rawValue)
        key.append(target.rawValue)
        return key.bytes
    }

    private static func waitingKey(_ delivery: AlertDelivery) -> [UInt8] {
        var key = ByteWriter(capacity: 17)
        key.append(delivery.target.rawValue)
        // Biased, so that the order of bytes is the order of time.
        key.appendBigEndian(UInt64(bitPattern: delivery.at.nanoseconds) ^ 1 << 63)
        key.appendBigEndian(delivery.sequence.rawValue)
        return key.bytes
    }

    private static func instant(_ biased: UInt64) -> Instant {
        Instant(nanoseconds: Int64(bitPattern: biased ^ 1 << 63))
    }
}
