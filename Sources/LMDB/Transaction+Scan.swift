// Walking through a database in key order, either way.

extension Transaction where Self: ~Copyable {
    /// Calls `body` with each key and value in order, until it returns false.
    ///
    /// Ascending it starts at the first key that is not less than `from`; with `reverse` it starts
    /// at the last key that is not greater and goes down. Without `from` it starts at the end in
    /// question. Every 1,024 steps a read checks its age and throws `readTooOld` beyond the
    /// environment's `maxReadAge`: begin a new read and go on from the last key.
    @inlinable
    public func forEach(
        _ database: Database, from: [UInt8]? = nil, reverse: Bool = false,
        _ body: (_ key: RawSpan, _ value: RawSpan) throws -> Bool
    ) throws {
        guard let from else {
            let scan = try Scan(handle, database, reverse: reverse)
            try scan.start()
            try scan.run(body)
            return
        }
        try forEach(database, from: unsafe from.span.bytes, reverse: reverse, body)
    }

    /// Calls `body` with each key and value in order, from a key of any kind.
    ///
    /// As the other `forEach`, without an array for the key.
    @inlinable
    public func forEach<K: ByteSource & ~Escapable>(
        _ database: Database, from: K, reverse: Bool = false,
        _ body: (_ key: RawSpan, _ value: RawSpan) throws -> Bool
    ) throws {
        let scan = try Scan(handle, database, reverse: reverse)
        try from.withBytes { (from) throws(LMDBError) in try scan.start(at: from) }
        try scan.run(body)
    }

    /// Calls `body` with the first key and its value; gives nil if the database is empty.
    @inlinable
    public func first<R>(
        _ database: Database, _ body: (_ key: RawSpan, _ value: RawSpan) throws -> R
    ) throws -> R? {
        let scan = try Scan(handle, database, reverse: false)
        try scan.start()
        return try scan.one(body)
    }

    /// Calls `body` with the last key and its value; gives nil if the database is empty.
    @inlinable
    public func last<R>(
        _ database: Database, _ body: (_ key: RawSpan, _ value: RawSpan) throws -> R
    ) throws -> R? {
        let scan = try Scan(handle, database, reverse: true)
        try scan.start()
        return try scan.one(body)
    }
}
