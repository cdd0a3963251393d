import CLMDB
import Glibc
import Synchronization

/// The environment's C handle and all that must happen around a transaction.
///
/// `@unchecked Sendable`: `handle` and `mapBytes` change only while the gate is closed, and are
/// read only from inside it or while it is closed. `cursors` and `mapFilled` are touched only
/// within a write transaction, and LMDB's own writer lock lets one of these run at a time. The rest
/// are constants of Sendable types.
@safe
final class EnvironmentCore: @unchecked Sendable {
    private static let lastNumber = Atomic<UInt32>(0)

    let path: String
    let options: Environment.Options
    /// Tells this environment's database handles from those of others.
    let number: UInt32
    let gate: TransactionGate
    private let maxReadNanoseconds: UInt64
    private let cursorCount: Int

    var handle: OpaquePointer?
    var mapBytes: Int
    private let cursors: UnsafeMutablePointer<OpaquePointer?>
    private var mapFilled = false

    init(path: String, options: Environment.Options) throws(LMDBError) {
        guard let gate = TransactionGate() else {
            throw LMDBError(code: EAGAIN, operation: "open", path: path)
        }
        let (handle, mapBytes) = try unsafe EnvironmentCore.openHandle(path, options)
        self.path = path
        self.options = options
        self.gate = gate
        unsafe self.handle = handle
        self.mapBytes = mapBytes
        number = EnvironmentCore.lastNumber.add(1, ordering: .relaxed).newValue
        maxReadNanoseconds = EnvironmentCore.nanoseconds(options.maxReadAge)
        cursorCount = options.maxDatabases + 2  // The library's own two come first.
        unsafe cursors = .allocate(capacity: cursorCount)
        unsafe cursors.initialize(repeating: nil, count: cursorCount)
    }

    deinit {
        close()
        unsafe cursors.deallocate()
    }

    private static func openHandle(
        _ path: String, _ options: Environment.Options
    ) throws(LMDBError) -> (OpaquePointer, Int) {
        try DataFile.checkHeads(ofFolder: path)
        var created: OpaquePointer?
        var code = unsafe mdb_env_create(&created)
        guard code == 0, let handle = unsafe created else {
            throw LMDBError(code: code, operation: "open", path: path)
        }
        do throws(LMDBError) {
            var flags = UInt32(MDB_NOTLS)
            if options.readOnly { flags |= UInt32(MDB_RDONLY) }
            if !options.durable { flags |= UInt32(MDB_NOSYNC) }
            code = unsafe mdb_env_set_mapsize(handle, EnvironmentCore.wholePages(options.mapSize))
            if code == 0 { code = unsafe mdb_env_set_maxdbs(handle, UInt32(options.maxDatabases)) }
            if code == 0 {
                code = unsafe mdb_env_set_maxreaders(handle, UInt32(options.maxReaders))
            }
            if code == 0 { code = unsafe mdb_env_open(handle, path, flags, 0o600) }
            if code == 0 {
                var cleared: Int32 = 0
                code = unsafe mdb_reader_check(handle, &cleared)
            }
            guard code == 0 else { throw LMDBError(code: code, operation: "open", path: path) }
            try unsafe DataFile.check(
                handle, path: path, operation: "open", wholeUpTo: options.checkLimit)
        } catch {
            unsafe mdb_env_close(handle)
            throw error
        }
        var information = unsafe MDB_envinfo()
        unsafe mdb_env_info(handle, &information)
        return unsafe (handle, information.me_mapsize)
    }

    /// Runs `body` with the handle, from inside the gate, so that it cannot be closed meanwhile.
    func withHandle<R>(
        _ operation: String, _ body: (OpaquePointer) throws(LMDBError) -> R
    ) throws(LMDBError) -> R {
        gate.enter()
        defer { gate.leave() }
        return try unsafe body(try openHandle(operation))
    }

    func close() {
        gate.close()
        defer { gate.open() }
        guard let handle = unsafe handle else { return }
        unsafe mdb_env_close(handle)
        unsafe self.handle = nil
        OpenPaths.release(path)
    }

    // MARK: Transactions

    func beginRead() throws(LMDBError) -> TransactionHandle {
        gate.enter()
        do throws(LMDBError) {
            let transaction = try unsafe begin(UInt32(MDB_RDONLY), "read")
            let limit = monotonicNanoseconds().addingReportingOverflow(maxReadNanoseconds)
            return unsafe TransactionHandle(
                raw: transaction, core: self, deadline: limit.overflow ? .max : limit.partialValue)
        } catch {
            gate.leave()
            throw error
        }
    }

    func beginWrite() throws(LMDBError) -> TransactionHandle {
        guard gate.depth == 0 else {
            throw LMDBError(
                .misuse, operation: "write", path: path,
                "this thread is in a transaction of this environment; begin the write outside it.")
        }
        gate.enter()
        do throws(LMDBError) {
            let transaction = try unsafe begin(0, "write")
            mapFilled = false
            unsafe cursors.update(repeating: nil, count: cursorCount)
            return unsafe TransactionHandle(raw: transaction, core: self, deadline: .max)
        } catch {
            gate.leave()
            throw error
        }
    }

    func end(_ transaction: TransactionHandle) {
        unsafe mdb_txn_abort(transaction.raw)
        gate.leave()
    }

    /// Drops the write. Gives the size of the map if the write failed because it was full.
    func abort(_ transaction: TransactionHandle) -> Int? {
        // Read before the abort: that lets the next writer in, who resets it.
        let filled = mapFilled ? mapBytes : nil
        end(transaction)
        return filled
    }

    /// Commits the write. Gives the size of the map if it did not fit in it.
    func commit(_ transaction: TransactionHandle) throws(LMDBError) -> Int? {
        if mapFilled { return abort(transaction) }
        let size = mapBytes
        // Whatever the outcome, the handle is freed by this call.
        let code = unsafe mdb_txn_commit(transaction.raw)
        let error = code == 0 ? nil : failure(code, "commit")
        gate.leave()
        if code == MDB_MAP_FULL { return size }
        if let error { throw error }
        return nil
    }

    func noteMapFull() { mapFilled = true }

    /// The write transaction's one cursor on a database, which keeps its place between puts.
    ///
    /// LMDB frees a write transaction's cursors with it, so these are only ever forgotten.
    func cursor(
        _ transaction: OpaquePointer, _ slot: UInt32, _ cursor: inout OpaquePointer?
    ) -> Int32 {
        guard slot < cursorCount else { return EINVAL }
        unsafe cursor = cursors[Int(slot)]
        guard unsafe cursor == nil else { return 0 }
        let code = unsafe mdb_cursor_open(transaction, slot, &cursor)
        if code == 0 { unsafe cursors[Int(slot)] = cursor }
        return code
    }

    private func begin(_ flags: UInt32, _ operation: String) throws(LMDBError) -> OpaquePointer {
        // Each round answers one growth by another process; more than a few is something else.
        for _ in 0..<8 {
            var transaction: OpaquePointer?
            let code = unsafe mdb_txn_begin(
                try openHandle(operation), nil, flags, &transaction)
            if code == 0, let transaction = unsafe transaction { return unsafe transaction }
            guard code == MDB_MAP_RESIZED, gate.depth == 1 else { throw failure(code, operation) }
            gate.leave()
            gate.close()
            let resized = unsafe handle.map { handle in unsafe resize(handle, to: 0) } ?? 0
            gate.open()
            gate.enter()
            guard resized == 0 else { throw failure(resized, operation) }
        }
        throw failure(MDB_MAP_RESIZED, operation)
    }

    /// Runs `body` in a transaction while no other runs in this process, and commits it.
    func alone(
        _ operation: String, write: Bool,
        _ body: (OpaquePointer) throws(LMDBError) -> Int32
    ) throws(LMDBError) {
        guard gate.depth == 0 else {
            throw LMDBError(
                .misuse, operation: operation, path: path,
                "this thread is in a transaction; do it before or after.")
        }
        gate.close()
        defer { gate.open() }
        let handle = try unsafe openHandle(operation)
        while true {
            var begun: OpaquePointer?
            var code = unsafe mdb_txn_begin(handle, nil, write ? 0 : UInt32(MDB_RDONLY), &begun)
            if code == MDB_MAP_RESIZED {
                code = unsafe resize(handle, to: 0)
                guard code == 0 else { throw failure(code, operation) }
                continue
            }
            guard code == 0, let transaction = unsafe begun else { throw failure(code, operation) }
            do throws(LMDBError) {
                code = try unsafe body(transaction)
            } catch {
                unsafe mdb_txn_abort(transaction)
                throw error
            }
            if code == 0 {
                code = unsafe mdb_txn_commit(transaction)
            } else {
                unsafe mdb_txn_abort(transaction)
            }
            if code == 0 { return }
            guard code == MDB_MAP_FULL else { throw failure(code, operation) }
            try unsafe enlarge(handle)
        }
    }

    // MARK: Errors

    func failure(_ code: Int32, _ operation: String) -> LMDBError {
        // A write that the disk or a limit cut short is reported as an input/output error.
        if code == EIO, let handle = unsafe handle, unsafe DataFile.hasNoRoom(handle) {
            return LMDBError(code: ENOSPC, operation: operation, path: path)
        }
        return LMDBError(code: code, operation: operation, path: path)
    }

    func openHandle(_ operation: String) throws(LMDBError) -> OpaquePointer {
        guard let handle = unsafe handle else {
            throw LMDBError(
                .misuse, operation: operation, path: path, "the environment has been closed.")
        }
        return unsafe handle
    }

    static func wholePages(_ size: Int) -> Int {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        return max(size, 16 * page) / page * page
    }

    private static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        // Above some 292 years the sum below would not fit; nobody can tell the difference.
        guard seconds < 9_000_000_000 else { return .max }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}

/// Nanoseconds of a clock that never goes back.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
