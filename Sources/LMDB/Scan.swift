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
    /// Where the cursor was put at the start; nil when on no entry. The steps from there hand
    /// entries on as results, since each access to a variable of a class is checked at run time.
    @usableFromInline var first: Entry?

    /// A key and its value in the map.
    @unsafe
    @usableFromInline
    struct Entry {
        @usableFromInline let key: UnsafeRawBufferPointer
        @usableFromInline let value: UnsafeRawBufferPointer

        init(_ key: MDB_val, _ value: MDB_val) {
            unsafe self.key = UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size)
            unsafe self.value = UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
        }
    }

    @usableFromInline
    init(_ handle: TransactionHandle, _ database: Database, reverse: Bool) throws(LMDBError) {
        try handle.check(database, "scan")
        var opened: OpaquePointer?
        let code = unsafe mdb_cursor_open(handle.raw, database.slot, &opened)
        guard code == 0, let cursor = unsafe opened else { throw handle.failure(code, "scan") }
        unsafe self.cursor = cursor
        self.handle = handle
        self.reverse = reverse
        unsafe first = nil
    }

    deinit { unsafe mdb_cursor_close(cursor) }

    /// Goes to the first entry, or in reverse to the last.
    @usableFromInline
    func start() throws(LMDBError) { unsafe first = try move(reverse ? MDB_LAST : MDB_FIRST) }

    /// Goes to the first entry not less than `from`, or in reverse to the last not greater.
    @usableFromInline
    func start(at from: RawSpan) throws(LMDBError) {
        // LMDB refuses an empty key, but all keys are greater than it.
        if from.isEmpty {
            if !reverse { unsafe first = try move(MDB_FIRST) }
            return
        }
        let exact = try seek(from)
        if reverse && !exact {
            unsafe first = try move(first != nil ? MDB_PREV : MDB_LAST)
        }
    }

    @inlinable
    func run(_ body: (RawSpan, RawSpan) throws -> Bool) throws {
        var steps = 0
        var next = unsafe first
        while let entry = unsafe next {
            let more = try body(
                unsafe RawSpan(_unsafeBytes: entry.key), unsafe RawSpan(_unsafeBytes: entry.value))
            guard more else { return }
            steps += 1
            unsafe next = try advance(steps)
        }
    }

    @inlinable
    func one<R>(_ body: (RawSpan, RawSpan) throws -> R) throws -> R? {
        guard let entry = unsafe first else { return nil }
        return try body(
            unsafe RawSpan(_unsafeBytes: entry.key), unsafe RawSpan(_unsafeBytes: entry.value))
    }

    /// The entry after the one that the cursor stands on; `steps` counts from 1.
    @usableFromInline
    func advance(_ steps: Int) throws(LMDBError) -> Entry? {
        if steps % 1024 == 0, handle.deadline != .max, monotonicNanoseconds() > handle.deadline {
            throw LMDBError(
                .readTooOld, operation: "scan", path: handle.core.path,
                "the read has lasted longer than maxReadAge; begin a new one and go on from there.")
        }
        return try unsafe move(reverse ? MDB_PREV : MDB_NEXT)
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
        unsafe first = try settle(code, keyValue, dataValue)
        return exact
    }

    private func move(_ operation: MDB_cursor_op) throws(LMDBError) -> Entry? {
        var keyValue = unsafe MDB_val()
        var dataValue = unsafe MDB_val()
        let code = unsafe mdb_cursor_get(cursor, &keyValue, &dataValue, operation)
        return try unsafe settle(code, keyValue, dataValue)
    }

    private func settle(
        _ code: Int32, _ keyValue: MDB_val, _ dataValue: MDB_val
    ) throws(LMDBError) -> Entry? {
        guard code == 0 || code == MDB_NOTFOUND else { throw handle.failure(code, "scan") }
        return code == 0 ? unsafe Entry(keyValue, dataValue) : nil
    }
}
