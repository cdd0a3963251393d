import CLMDB

/// A cursor on its way through a database, closed when nobody holds it any more.
///
/// A class and not a noncopyable struct, because Swift 6.3's optimiser crashes when it inlines the
/// deinit of such a struct into a function that other modules inline.
@safe
@usableFromInline
final class Scan {
    private let cursor: OpaquePointer
    private let handle: TransactionHandle
    private let reverse: Bool
    private var steps = 0
    /// Whether the cursor stands on an entry.
    @usableFromInline var found: Bool
    @usableFromInline var key: UnsafeRawBufferPointer
    @usableFromInline var value: UnsafeRawBufferPointer

    @usableFromInline
    init(_ handle: TransactionHandle, _ database: Database, reverse: Bool) throws(LMDBError) {
        try handle.check(database, "scan")
        var opened: OpaquePointer?
        let code = unsafe mdb_cursor_open(handle.raw, database.slot, &opened)
        guard code == 0, let cursor = unsafe opened else { throw handle.failure(code, "scan") }
        unsafe self.cursor = cursor
        self.handle = handle
        self.reverse = reverse
        found = false
        unsafe key = UnsafeRawBufferPointer(start: nil, count: 0)
        unsafe value = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    deinit { unsafe mdb_cursor_close(cursor) }

    /// Goes to the first entry, or in reverse to the last.
    @usableFromInline
    func start() throws(LMDBError) { try move(reverse ? MDB_LAST : MDB_FIRST) }

    /// Goes to the first entry not less than `from`, or in reverse to the last not greater.
    @usableFromInline
    func start(at from: RawSpan) throws(LMDBError) {
        // LMDB refuses an empty key, but all keys are greater than it.
        if from.isEmpty {
            if !reverse { try move(MDB_FIRST) }
            return
        }
        let exact = try seek(from)
        if reverse && !exact { try move(found ? MDB_PREV : MDB_LAST) }
    }

    @inlinable
    func run(_ body: (RawSpan, RawSpan) throws -> Bool) throws {
        while found {
            let more = try body(
                unsafe RawSpan(_unsafeBytes: key), unsafe RawSpan(_unsafeBytes: value))
            guard more else { return }
            try advance()
        }
    }

    @inlinable
    func one<R>(_ body: (RawSpan, RawSpan) throws -> R) throws -> R? {
        guard found else { return nil }
        return try body(unsafe RawSpan(_unsafeBytes: key), unsafe RawSpan(_unsafeBytes: value))
    }

    @usableFromInline
    func advance() throws(LMDBError) {
        steps += 1
        if steps % 1024 == 0, handle.deadline != .max, monotonicNanoseconds() > handle.deadline {
            throw LMDBError(
                .readTooOld, operation: "scan", path: handle.core.path,
                "the read has lasted longer than maxReadAge; begin a new one and go on from there.")
        }
        try move(reverse ? MDB_PREV : MDB_NEXT)
    }

    /// Moves to the first key not less than `from`; whether it is `from` itself.
    private func seek(_ from: RawSpan) throws(LMDBError) -> Bool {
        var keyValue = unsafe MDB_val()
        var dataValue = unsafe MDB_val()
        var exact = false
        let code = unsafe from.withUnsafeBytes { from in
            unsafe keyValue = MDB_val(from)
            let code = unsafe mdb_cursor_get(cursor, &keyValue, &dataValue, MDB_SET_RANGE)
            if code == 0 {
                exact = unsafe UnsafeRawBufferPointer(
                    start: keyValue.mv_data, count: keyValue.mv_size
                ).elementsEqual(from)
            }
            return code
        }
        try unsafe settle(code, keyValue, dataValue)
        return exact
    }

    private func move(_ operation: MDB_cursor_op) throws(LMDBError) {
        var keyValue = unsafe MDB_val()
        var dataValue = unsafe MDB_val()
        let code = unsafe mdb_cursor_get(cursor, &keyValue, &dataValue, operation)
        try unsafe settle(code, keyValue, dataValue)
    }

    private func settle(
        _ code: Int32, _ keyValue: MDB_val, _ dataValue: MDB_val
    ) throws(LMDBError) {
        guard code == 0 || code == MDB_NOTFOUND else { throw handle.failure(code, "scan") }
        found = code == 0
        guard found else { return }
        unsafe key = UnsafeRawBufferPointer(start: keyValue.mv_data, count: keyValue.mv_size)
        unsafe value = UnsafeRawBufferPointer(start: dataValue.mv_data, count: dataValue.mv_size)
    }
}
