/// The environment's one write transaction, which lasts as long as the closure given to `write`.
///
/// It reads what it has written. All changes are `mutating`, so the compiler refuses a put while a
/// span from a `get` or `forEach` of the same transaction is in use; collect first, then put. Each
/// database's puts share a cursor that keeps its place: puts near one another skip the descent.
///
/// After an error other than `keyExists` the transaction is lost: let the error leave the closure.
public struct WriteTransaction: Transaction, ~Copyable {
    /// The transaction underneath.
    public let handle: TransactionHandle

    /// Writes a value under a key.
    ///
    /// Allocates nothing for keys and values that stand on the stack or in an array. Throws
    /// `keyExists` where `mode` forbids it, and `misuse` for a key that is empty or longer than
    /// 511 bytes. A full map is an error too: let it pass, `write` enlarges the map and starts
    /// again.
    @inlinable
    public mutating func put<K: ByteSource & ~Escapable, V: ByteSource & ~Escapable>(
        _ database: Database, key: K, value: V, mode: PutMode = .upsert
    ) throws(LMDBError) {
        let handle = handle
        try key.withBytes { (key) throws(LMDBError) in
            try value.withBytes { (value) throws(LMDBError) in
                _ = try unsafe handle.store(database, key, value, count: value.byteCount, mode)
            }
        }
    }

    /// Writes a value under a key that is new; false, and nothing is written, if it was there
    /// already.
    ///
    /// One descent of the tree where a look-up and a put would be two.
    @inlinable
    public mutating func insert<K: ByteSource & ~Escapable, V: ByteSource & ~Escapable>(
        _ database: Database, key: K, value: V
    ) throws(LMDBError) -> Bool {
        let handle = handle
        return try key.withBytes { (key) throws(LMDBError) -> Bool in
            try value.withBytes { (value) throws(LMDBError) -> Bool in
                try handle.insert(database, key, value)
            }
        }
    }

    /// Writes a value of `count` bytes by letting `fill` encode it in place.
    ///
    /// Saves the copy from a buffer of one's own. What `fill` leaves unwritten becomes zero; an
    /// append beyond `count` traps. If `fill` throws, the entry stays, as zeros where unwritten:
    /// let the error leave the closure of `write`. Other errors as for `put`.
    @inlinable
    public mutating func reserve<K: ByteSource & ~Escapable>(
        _ database: Database, key: K, count: Int, mode: PutMode = .upsert,
        _ fill: (inout OutputRawSpan) throws -> Void
    ) throws {
        let handle = handle
        let place = try unsafe key.withBytes {
            (key) throws(LMDBError) -> UnsafeMutableRawBufferPointer in
            try unsafe handle.store(database, key, nil, count: count, mode)
        }
        // LMDB does not clear what it reserves: the rest would be whatever was in memory there.
        unsafe place.initializeMemory(as: UInt8.self, repeating: 0)
        var output = unsafe OutputRawSpan(buffer: place, initializedCount: 0)
        try fill(&output)
    }

    /// Deletes a key; false if it was not there.
    @inlinable
    @discardableResult
    public mutating func delete<K: ByteSource & ~Escapable>(
        _ database: Database, key: K
    ) throws(LMDBError) -> Bool {
        let handle = handle
        return try key.withBytes { (key) throws(LMDBError) -> Bool in
            try handle.remove(database, key)
        }
    }

    /// Deletes all keys of a database, which stays open.
    public mutating func clear(_ database: Database) throws(LMDBError) {
        try handle.clear(database)
    }
}
