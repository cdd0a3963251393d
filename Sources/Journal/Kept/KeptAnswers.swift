import Crypto
import Foundation
import LMDB
public import Ledger

/// Answers that were charged and may be asked for again, with the keys they were asked for by.
///
/// ```swift
/// let kept = try KeptAnswers(folder: "data", secrets: people)
/// let name = kept.name(client: "acme", key: "order-42")
/// if let there = try await kept.begin(name, digest, id: id, at: now) { … it is known … }
/// …
/// try await kept.finish(name, id: id, answer: bytes)
/// ```
/// They are in `cache/`: an environment of its own, bounded in bytes, in keys and in age, and the
/// only place where an answer's text may lie. It lies there sealed (AES-256-GCM); keys and requests
/// are there as HMAC-SHA256 alone. The secrets of both are in `keys/`. Whoever deletes the folder
/// loses nothing but the memory of those calls.
///
/// A call is written down durably before it is made and again at its end, so that a call that was
/// charged is known by its key even where its answer was too large, has made room for others, or
/// never came to be written. All of it happens on one thread of its own, since a commit blocks and
/// a large answer takes its time to be sealed.
public final class KeptAnswers: Sendable {
    /// How much is kept, and for how long.
    public struct Bounds: Sendable, Equatable {
        /// Seconds that a key is remembered for.
        public var seconds: Int64 = 86_400
        /// The most bytes of sealed answers; beyond them the oldest answers go, their keys stay.
        public var bytes = 1 << 30
        /// The most keys; beyond them the oldest go.
        public var keys = 1_000_000

        /// A day, 1 GiB, a million keys.
        public init() {}
    }

    /// True where what was there could not be read, so that it was thrown away.
    public let isNewForDamage: Bool
    private let environment: LMDB.Environment
    private let tables: KeptTables
    private let writer: KeptWriter
    private let seal: KeptSeal
    private let nameKey: SymmetricKey

    /// Opens what is kept in a data folder, or makes it. Damage is no error: nothing that is kept
    /// is worth more than a gateway that starts.
    public convenience init(
        folder: String, secrets: PeopleKeys, bounds: Bounds = Bounds(),
        clock: @escaping @Sendable () -> Instant = SystemClock.now
    ) throws {
        try self.init(
            folder: folder, secrets: secrets, bounds: bounds, mapSize: Self.mapSize(bounds),
            sweepSeconds: 60, clock: clock)
    }

    /// The same, for a test that does not wait for a minute or fill a gigabyte.
    init(
        folder: String, secrets: PeopleKeys, bounds: Bounds, mapSize: Int, sweepSeconds: Double,
        clock: @escaping @Sendable () -> Instant
    ) throws {
        let path = folder + "/cache"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        seal = KeptSeal(key: SymmetricKey(data: try secrets.secret(named: "kept answers, seal")))
        nameKey = SymmetricKey(data: try secrets.secret(named: "kept answers, name"))
        let (environment, isNew) = try Self.open(path, mapSize: mapSize)
        self.environment = environment
        isNewForDamage = isNew
        let tables = try KeptTables(environment, bounds)
        self.tables = tables
        writer = KeptWriter(environment, sweepSeconds: sweepSeconds) { transaction in
            try tables.sweep(clock(), atMost: KeptTables.sweptWhenIdle, &transaction)
        }
    }

    /// Twice the answers, since what was freed lies in pieces; and the keys with their order.
    private static func mapSize(_ bounds: Bounds) -> Int {
        2 * max(bounds.bytes, 1 << 20) + 1_024 * max(bounds.keys, 1) + (64 << 20)
    }

    private static func open(
        _ path: String, mapSize: Int
    ) throws -> (LMDB.Environment, Bool) {
        var options = LMDB.Environment.Options()
        options.mapSize = mapSize
        options.mapLimit = mapSize
        return try DisposableEnvironment.open(path, options)
    }

    /// Ends the thread after what is queued, and closes the environment.
    public func close() {
        writer.close()
        environment.close()
    }

    // MARK: Names

    /// Under what a client's key is kept.
    public func name(client: String, key: String) -> KeyedDigest {
        digest("\(client.utf8.count) \(client)", Array(key.utf8))
    }

    /// What a request is compared by.
    public func digest(_ context: String, _ request: [UInt8]) -> KeyedDigest {
        var code = HMAC<SHA256>(key: nameKey)
        code.update(data: Array("\(context)\u{0}".utf8))
        code.update(data: request)
        return KeyedDigest(bytes: Array(code.finalize()))
    }

    // MARK: Calls

    /// Writes down that a call is about to be made, unless its key is known: then what is known.
    /// Durable when it returns.
    public func begin(
        _ name: KeyedDigest, _ request: KeyedDigest, id: EventID, at instant: Instant
    ) async throws -> KeptCall? {
        let (tables, seal) = (tables, seal)
        return try await work { transaction in
            var there = try tables.begin(name, request, id, instant, &transaction)
            if let known = there {
                there?.answer = known.answer.flatMap { seal.open($0, name, known.id) }
            }
            return there
        }
    }

    /// Writes down that a call is about to be made, in the place of one that came to nothing.
    public func replace(
        _ name: KeyedDigest, _ request: KeyedDigest, id: EventID, at instant: Instant
    ) async throws {
        let tables = tables
        try await work { try tables.replace(name, request, id, instant, &$0) }
    }

    /// Keeps a call's answer; nil where the call was charged and its answer is not to be kept.
    ///
    /// Where there is no room for the answer the call is kept without it, and this throws.
    public func finish(_ name: KeyedDigest, id: EventID, answer: [UInt8]?) async throws {
        let (tables, seal) = (tables, seal)
        do {
            try await work(bytes: answer?.count ?? 0) { transaction in
                let sealed = try answer.map { try seal.seal($0, name, id) }
                try tables.finish(name, id, sealed, &transaction)
            }
        } catch {
            if answer != nil { try? await work { try tables.finish(name, id, nil, &$0) } }
            // Pages that lie in too many pieces, within all bounds: the next one shall have room.
            if case .mapFull = (error as? LMDBError)?.kind {
                try? await work { try tables.halve(&$0) }
            }
            throw error
        }
    }

    /// Forgets a call that cost nothing, so that its key may be used again.
    public func forget(_ name: KeyedDigest, id: EventID) async throws {
        let tables = tables
        try await work { try tables.forget(name, id, &$0) }
    }

    /// How many keys there are, and the bytes of their answers.
    public func totals() async throws -> (keys: Int, bytes: Int) {
        let tables = tables
        return try await work { (try $0.count(tables.keys), Int(try tables.bytes($0))) }
    }

    private func work<Value: Sendable>(
        bytes: Int = 0,
        _ body: @escaping @Sendable (inout WriteTransaction) throws -> Value
    ) async throws -> Value {
        try await Reply.wait { writer.submit(KeptTask(bytes: bytes, $0, body)) }
    }
}

/// Seals answers and opens them, each in its own place only.
private struct KeptSeal: Sendable {
    let key: SymmetricKey

    func seal(_ answer: [UInt8], _ name: KeyedDigest, _ id: EventID) throws -> [UInt8] {
        let box = try AES.GCM.seal(answer, using: key, authenticating: Self.place(name, id))
        return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
    }

    /// Nil where the seal does not open: then the answer is as good as gone.
    func open(_ sealed: [UInt8], _ name: KeyedDigest, _ id: EventID) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let answer = try? AES.GCM.open(box, using: key, authenticating: Self.place(name, id))
        else { return nil }
        return Array(answer)
    }

    private static func place(_ name: KeyedDigest, _ id: EventID) -> [UInt8] {
        name.bytes + Array("\(id)".utf8)
    }
}

/// HMAC-SHA256 under a secret of the data folder: tells equal things, and tells nothing of them.
public struct KeyedDigest: Hashable, Sendable {
    /// Its 32 bytes.
    public let bytes: [UInt8]

    /// A digest of those bytes.
    public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// A call as it is known by its key.
public struct KeptCall: Sendable, Equatable {
    /// The call's own id: that of its hold and of its first event.
    public var id: EventID
    /// What was asked.
    public var request: KeyedDigest
    /// When.
    public var begunAt: Instant
    /// True where its end was written down; else it is in flight, or its gateway was killed.
    public var hasEnded: Bool
    /// The answer; nil where it was too large, or has made room for others.
    public var answer: [UInt8]?

    /// A call of those data.
    public init(
        id: EventID, request: KeyedDigest, begunAt: Instant, hasEnded: Bool, answer: [UInt8]? = nil
    ) {
        self.id = id
        self.request = request
        self.begunAt = begunAt
        self.hasEnded = hasEnded
        self.answer = answer
    }
}
