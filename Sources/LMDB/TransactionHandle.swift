import CLMDB

/// What a transaction is underneath; of no use outside this module.
///
/// Not Sendable: it belongs to the thread and the closure that its transaction belongs to.
@safe
public struct TransactionHandle {
    let raw: OpaquePointer
    let core: EnvironmentCore
    /// When a scan in it becomes too old, on the monotonic clock.
    let deadline: UInt64

    func check(_ database: Database, _ operation: String) throws(LMDBError) {
        guard database.environment == core.number else {
            throw LMDBError(
                .misuse, operation: operation, path: core.path,
                "the database belongs to another environment.")
        }
    }

    func failure(_ code: Int32, _ operation: String) -> LMDBError {
        if code == MDB_MAP_FULL { core.noteMapFull() }
        return core.failure(code, operation)
    }

    /// The value's place in the map, valid until the next change or the transaction's end.
    @usableFromInline
    func find(
        _ database: Database, _ key: RawSpan
    ) throws(LMDBError) -> UnsafeRawBufferPointer? {
        try check(database, "get")
        var value = unsafe MDB_val()
        let code = unsafe key.withUnsafeBytes { key in
            var key = unsafe MDB_val(key)
            return unsafe mdb_get(raw, database.slot, &key, &value)
        }
        if code == MDB_NOTFOUND { return nil }
        guard code == 0 else { throw failure(code, "get") }
        return unsafe UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
    }

    func statistics(_ database: Database) throws(LMDBError) -> Environment.Statistics {
        try check(database, "statistics")
        var statistics = MDB_stat()
        let code = unsafe mdb_stat(raw, database.slot, &statistics)
        guard code == 0 else { throw failure(code, "statistics") }
        return Environment.Statistics(
            entries: statistics.ms_entries, depth: Int(statistics.ms_depth),
            branchPages: statistics.ms_branch_pages, leafPages: statistics.ms_leaf_pages,
            overflowPages: statistics.ms_overflow_pages)
    }

    /// Writes `value`, or with nil reserves `count` bytes and gives their place.
    @usableFromInline
    @discardableResult
    func store(
        _ database: Database, _ key: RawSpan, _ value: RawSpan?, count: Int, _ mode: PutMode
    ) throws(LMDBError) -> UnsafeMutableRawBufferPointer {
        try check(database, "put")
        var flags: Int32 =
            switch mode {
            case .upsert: 0
            case .noOverwrite: MDB_NOOVERWRITE
            case .append: MDB_APPEND
            }
        if value == nil { flags |= MDB_RESERVE }
        var cursor: OpaquePointer?
        var code = unsafe core.cursor(raw, database.slot, &cursor)
        guard code == 0 else { throw failure(code, "put") }
        var data = unsafe MDB_val(mv_size: count, mv_data: nil)
        code = unsafe key.withUnsafeBytes { key in
            var key = unsafe MDB_val(key)
            guard let value else {
                return unsafe mdb_cursor_put(cursor, &key, &data, UInt32(flags))
            }
            return unsafe value.withUnsafeBytes { value in
                unsafe data = MDB_val(value)
                return unsafe mdb_cursor_put(cursor, &key, &data, UInt32(flags))
            }
        }
        guard code == 0 else { throw failure(code, "put") }
        return unsafe UnsafeMutableRawBufferPointer(start: data.mv_data, count: data.mv_size)
    }

    @usableFromInline
    func insert(
        _ database: Database, _ key: RawSpan, _ value: RawSpan
    ) throws(LMDBError) -> Bool {
        try check(database, "insert")
        var cursor: OpaquePointer?
        var code = unsafe core.cursor(raw, database.slot, &cursor)
        guard code == 0 else { throw failure(code, "insert") }
        code = unsafe key.withUnsafeBytes { key in
            unsafe value.withUnsafeBytes { value in
                var key = unsafe MDB_val(key)
                var data = unsafe MDB_val(value)
                return unsafe mdb_cursor_put(cursor, &key, &data, UInt32(MDB_NOOVERWRITE))
            }
        }
        if code == MDB_KEYEXIST { return false }
        guard code == 0 else { throw failure(code, "insert") }
        return true
    }

    @usableFromInline
    func remove(_ database: Database, _ key: RawSpan) throws(LMDBError) -> Bool {
        try check(database, "delete")
        let code = unsafe key.withUnsafeBytes { key in
            var key = unsafe MDB_val(key)
            return unsafe mdb_del(raw, database.slot, &key, nil)
        }
        if code == MDB_NOTFOUND { return false }
        guard code == 0 else { throw failure(code, "delete") }
        return true
    }

    func clear(_ database: Database) throws(LMDBError) {
        try check(database, "clear")
        let code = unsafe mdb_drop(raw, database.slot, 0)
        guard code == 0 else { throw failure(code, "clear") }
    }

    var transactionID: UInt64 { unsafe UInt64(mdb_txn_id(raw)) }
}

extension MDB_val {
    /// LMDB only reads through the pointers it is given, though C cannot say so.
    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.init(
            mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}
