// What both kinds of transaction can do: look things up and walk through a database.

/// What can be read in a transaction, be it a read or a write.
///
/// Write helpers that only read against this, and both kinds can be passed:
///
/// ```swift
/// func balance(_ id: UInt64, in transaction: borrowing some Transaction & ~Copyable) throws
/// ```
///
/// Spans point into the map and cannot leave the closure they are given to. Only this module's own
/// types conform.
public protocol Transaction: ~Copyable {
    /// The transaction underneath.
    var handle: TransactionHandle { get }
}

/// A snapshot of the environment, which lasts as long as the closure given to `read`.
public struct ReadTransaction: Transaction, ~Copyable {
    /// The transaction underneath.
    public let handle: TransactionHandle
}

extension Transaction where Self: ~Copyable {
    /// Calls `body` with the value of a key, or with nil if there is none, and gives its result.
    ///
    /// Copies nothing; costs a descent of the tree. Throws what `body` throws, and `misuse` for an
    /// empty key or a database of another environment.
    @inlinable
    public func get<K: ByteSource & ~Escapable, R>(
        _ database: Database, _ key: K, _ body: (RawSpan?) throws -> R
    ) throws -> R {
        let handle = handle
        return try key.withBytes { (key) throws(any Error) -> R in
            guard let value = try unsafe handle.find(database, key) else { return try body(nil) }
            return try body(unsafe RawSpan(_unsafeBytes: value))
        }
    }

    /// A copy of the value of a key, or nil if there is none; for cold paths.
    @inlinable
    public func value<K: ByteSource & ~Escapable>(
        _ database: Database, _ key: K
    ) throws(LMDBError) -> [UInt8]? {
        let handle = handle
        return try key.withBytes { (key) throws(LMDBError) -> [UInt8]? in
            try unsafe handle.find(database, key).map { value in unsafe [UInt8](value) }
        }
    }

    /// Whether a key exists.
    @inlinable
    public func contains<K: ByteSource & ~Escapable>(
        _ database: Database, _ key: K
    ) throws(LMDBError) -> Bool {
        let handle = handle
        return try key.withBytes { (key) throws(LMDBError) -> Bool in
            try unsafe handle.find(database, key) != nil
        }
    }

    /// How many keys a database has; costs no walk.
    public func count(_ database: Database) throws(LMDBError) -> Int {
        try handle.statistics(database).entries
    }

    /// The snapshot's number: that of the last commit it sees, or of the write itself.
    public var transactionID: UInt64 { handle.transactionID }
}
