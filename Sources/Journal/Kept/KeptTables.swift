import LMDB
import Ledger

/// The tables of `cache/`, and what changes in them together.
///
/// | table | key | value |
/// |---|---|---|
/// | `keys` | digest of client and key, 32 bytes | version, ended, id, begun at, request |
/// | `ages` | the call's id, 16 bytes | its key in `keys`, begun at |
/// | `answers` | the call's id | the sealed answer |
/// | `meta` | `bytes` | the length of all sealed answers |
///
/// Ids begin with time, so the first entry of `ages` and of `answers` is the oldest. Integers are
/// little-endian.
struct KeptTables: Sendable {
    /// The most old entries that go with one new one: more than come, so that they get fewer.
    static let sweptAtOnce = 16
    /// The most that go when there is nothing else to do.
    static let sweptWhenIdle = 4_096
    private static let version: UInt8 = 1

    let keys: Database
    private let ages: Database
    private let answers: Database
    private let meta: Database
    private let bounds: KeptAnswers.Bounds

    init(_ environment: LMDB.Environment, _ bounds: KeptAnswers.Bounds) throws {
        keys = try environment.openDatabase("keys", create: true)
        ages = try environment.openDatabase("ages", create: true)
        answers = try environment.openDatabase("answers", create: true)
        meta = try environment.openDatabase("meta", create: true)
        self.bounds = bounds
    }

    // MARK: What is done

    /// What is known of a key; nil, and the call is written down, where that is nothing.
    func begin(
        _ name: KeyedDigest, _ request: KeyedDigest, _ id: EventID, _ now: Instant,
        _ transaction: inout WriteTransaction
    ) throws -> KeptCall? {
        _ = try sweep(now, atMost: Self.sweptAtOnce, &transaction)
        if var there = try call(name, transaction), !isOld(there.begunAt, now) {
            if there.hasEnded { there.answer = try transaction.value(answers, there.id.key) }
            return there
        }
        try replace(name, request, id, now, &transaction)
        return nil
    }

    /// Puts a call that begins in the place of what its key stood for.
    func replace(
        _ name: KeyedDigest, _ request: KeyedDigest, _ id: EventID, _ now: Instant,
        _ transaction: inout WriteTransaction
    ) throws {
        if let old = try call(name, transaction) { try remove(name, old.id, &transaction) }
        try put(
            KeptCall(id: id, request: request, begunAt: now, hasEnded: false), name, &transaction)
        var age = ByteWriter(capacity: 40)
        age.append(contentsOf: name.bytes)
        age.append(now.nanoseconds)
        try transaction.put(ages, key: id.key, value: age.bytes)
        while try transaction.count(keys) > bounds.keys {
            guard let (oldest, its, _) = try oldest(transaction), oldest != id else { break }
            try remove(its, oldest, &transaction)
        }
    }

    /// Writes a call's end down, with its answer where it is to be kept and fits.
    func finish(
        _ name: KeyedDigest, _ id: EventID, _ sealed: [UInt8]?,
        _ transaction: inout WriteTransaction
    ) throws {
        guard var there = try call(name, transaction), there.id == id else { return }
        there.hasEnded = true
        try put(there, name, &transaction)
        guard let sealed, sealed.count <= bounds.bytes else { return }
        try shrink(to: bounds.bytes - sealed.count, &transaction)
        try transaction.put(answers, key: id.key, value: sealed)
        try putBytes(bytes(transaction) + UInt64(sealed.count), &transaction)
    }

    /// Takes a call out, unless its key has come to stand for another.
    func forget(
        _ name: KeyedDigest, _ id: EventID, _ transaction: inout WriteTransaction
    ) throws {
        if try call(name, transaction)?.id == id { try remove(name, id, &transaction) }
    }

    /// Takes out what is too old, the oldest first; true where there may be more.
    func sweep(
        _ now: Instant, atMost count: Int, _ transaction: inout WriteTransaction
    ) throws -> Bool {
        for _ in 0..<count {
            guard let (id, name, begunAt) = try oldest(transaction), isOld(begunAt, now) else {
                return false
            }
            try remove(name, id, &transaction)
        }
        return true
    }

    /// Takes the older half of the answers out; their calls stay.
    func halve(_ transaction: inout WriteTransaction) throws {
        try shrink(to: Int(bytes(transaction) / 2), &transaction)
    }

    /// The bytes of all sealed answers.
    func bytes(_ transaction: borrowing some Transaction & ~Copyable) throws -> UInt64 {
        try transaction.get(meta, "bytes") { value in
            guard let value else { return 0 }
            return try value.load(0)
        }
    }

    // MARK: Entries

    private func isOld(_ begunAt: Instant, _ now: Instant) -> Bool {
        now.seconds - begunAt.seconds >= bounds.seconds
    }

    private func call(
        _ name: KeyedDigest, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> KeptCall? {
        try transaction.get(keys, name.bytes) { value in
            guard let value else { return nil }
            // Another version's calls are as good as none.
            guard try value.load(0, as: UInt8.self) == Self.version else { return nil }
            return KeptCall(
                id: EventID(high: try value.loadBigEndian(2), low: try value.loadBigEndian(10)),
                request: KeyedDigest(bytes: try value.bytes(26, 32)),
                begunAt: Instant(nanoseconds: try value.load(18)),
                hasEnded: try value.load(1, as: UInt8.self) != 0)
        }
    }

    private func put(
        _ call: KeptCall, _ name: KeyedDigest, _ transaction: inout WriteTransaction
    ) throws {
        var row = ByteWriter(capacity: 58)
        row.append(Self.version)
        row.append(UInt8(call.hasEnded ? 1 : 0))
        row.appendBigEndian(call.id.high)
        row.appendBigEndian(call.id.low)
        row.append(call.begunAt.nanoseconds)
        row.append(contentsOf: call.request.bytes)
        try transaction.put(keys, key: name.bytes, value: row.bytes)
    }

    private func oldest(
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> (EventID, KeyedDigest, Instant)? {
        try transaction.first(ages) { key, value in
            (
                EventID(high: try key.loadBigEndian(0), low: try key.loadBigEndian(8)),
                KeyedDigest(bytes: try value.bytes(0, 32)),
                Instant(nanoseconds: try value.load(32))
            )
        }
    }

    private func remove(
        _ name: KeyedDigest, _ id: EventID, _ transaction: inout WriteTransaction
    ) throws {
        try removeAnswer(id, &transaction)
        try transaction.delete(ages, key: id.key)
        // A key that has come to stand for another call stays.
        let row = try transaction.get(keys, name.bytes) { value -> EventID? in
            guard let value else { return nil }
            return EventID(high: try value.loadBigEndian(2), low: try value.loadBigEndian(10))
        }
        if row == id { try transaction.delete(keys, key: name.bytes) }
    }

    private func removeAnswer(_ id: EventID, _ transaction: inout WriteTransaction) throws {
        let length = try transaction.get(answers, id.key) { $0?.byteCount }
        guard let length else { return }
        try transaction.delete(answers, key: id.key)
        try putBytes(bytes(transaction) - min(bytes(transaction), UInt64(length)), &transaction)
    }

    /// The oldest answers go until no more than so many bytes are left; their calls stay.
    private func shrink(to limit: Int, _ transaction: inout WriteTransaction) throws {
        while try bytes(transaction) > UInt64(limit) {
            let first = try transaction.first(answers) { key, _ in
                EventID(high: try key.loadBigEndian(0), low: try key.loadBigEndian(8))
            }
            guard let first else { return }
            try removeAnswer(first, &transaction)
        }
    }

    private func putBytes(_ count: UInt64, _ transaction: inout WriteTransaction) throws {
        var value = ByteWriter(capacity: 8)
        value.append(count)
        try transaction.put(meta, key: "bytes", value: value.bytes)
    }
}

extension EventID {
    fileprivate var key: WideKey { WideKey(high, low) }
}
