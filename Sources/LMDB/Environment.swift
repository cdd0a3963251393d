// An LMDB environment: one folder, one memory map, its databases, and the transactions on them.
//
//     let environment = try Environment(path: "/var/lib/example")
//     let prices = try environment.openDatabase("prices", create: true)
//     try environment.write { transaction in
//         try transaction.put(prices, key: UInt64(1), value: [1, 2, 3])
//     }
//     let length = try environment.read { transaction in
//         try transaction.get(prices, UInt64(1)) { value in value?.byteCount ?? 0 }
//     }
//
// Reads see the state at which they began, take no lock that a writer holds, and hand out spans
// into the map itself, valid only within the closure. One write runs at a time, across processes.

/// An open LMDB environment.
///
/// Open each folder once and keep it for the life of the process; a second open of the same folder
/// in one process is refused, since LMDB's file locks would break. Safe to use from all threads.
public final class Environment: Sendable {
    let core: EnvironmentCore

    /// Opens the environment in a folder, which must exist; its files are made if missing.
    ///
    /// Reader slots of dead processes are cleared. A file that is not LMDB's gives `invalid` or
    /// `versionMismatch`; one that was cut off or has damaged pages gives `corrupted`, before
    /// anything is read through the map (see `checkLimit`); an open one gives `misuse`. An empty
    /// `data.mdb` counts as a new one: who must not lose data checks for what should be there.
    public init(path: String, options: Options = Options()) throws(LMDBError) {
        guard let resolved = OpenPaths.resolve(path) else {
            throw LMDBError(
                .missing, operation: "open", path: path, "the folder does not exist; create it.")
        }
        guard OpenPaths.claim(resolved) else {
            throw LMDBError(
                .misuse, operation: "open", path: resolved,
                "this process has it open already; use that environment or close it first.")
        }
        do throws(LMDBError) {
            core = try EnvironmentCore(path: resolved, options: options)
        } catch {
            OpenPaths.release(resolved)
            throw error
        }
    }

    /// The folder, with all symbolic links resolved.
    public var path: String { core.path }

    /// The options it was opened with.
    public var options: Options { core.options }

    /// Closes the environment, after waiting for all transactions in this process to end.
    ///
    /// Later calls throw `misuse`; a second close does nothing. Must not be called from within a
    /// transaction of the same environment. Dropping the last reference closes too.
    public func close() { core.close() }

    // MARK: Transactions

    /// Runs `body` on a snapshot of the environment.
    ///
    /// Costs some 300 ns and a reader slot; takes no lock but to keep the map from growing, so
    /// reads may nest and may be within a write. Keep it short: while it lasts, no page freed since
    /// can be used again, and the map cannot grow. Throws what `body` throws, `readersFull` when
    /// there are more than `maxReaders`, and `mapResized` in a nested read whose map another
    /// process enlarged.
    public func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        let transaction = ReadTransaction(handle: try core.beginRead())
        defer { core.end(transaction.handle) }
        return try body(transaction)
    }

    /// Runs `body` in the environment's one write transaction and commits it; aborts if it throws.
    ///
    /// `body` may run again: when the map is full, everything is undone, the map is doubled up to
    /// `mapLimit` and `body` starts afresh, so it must have no effects outside the transaction. At
    /// the limit `mapFull` is thrown. `diskFull` or another error at commit means that nothing was
    /// written.
    ///
    /// Blocks until other writers are done and, if `durable`, until the disk has the data: never
    /// call it where blocking is wrong. A write inside a transaction of the same environment on the
    /// same thread is refused; reads inside a write see the state before it.
    @available(*, noasync, message: "A write blocks its thread; give it to a thread of its own")
    public func write<R>(_ body: (inout WriteTransaction) throws -> R) throws -> R {
        while true {
            let handle = try core.beginWrite()
            var transaction = WriteTransaction(handle: handle)
            let result: R
            do {
                result = try body(&transaction)
            } catch {
                guard let size = core.abort(handle) else { throw error }
                try core.grow(from: size)
                continue
            }
            guard let size = try core.commit(handle) else { return result }
            try core.grow(from: size)
        }
    }
}
