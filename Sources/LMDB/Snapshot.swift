/// A read transaction that can be stored and handed around while the closure that it belongs to
/// runs.
///
/// Where several objects must read one and the same state of the environment, a borrowed
/// ``ReadTransaction`` cannot be kept in them; a snapshot can.
///
/// ```swift
/// try environment.withSnapshot { snapshot in
///     let reader = Reader(snapshot)                 // stores it
///     try snapshot.read { try $0.value(database, key) }
/// }
/// ```
/// Not Sendable: it stays on its thread. Using it after the closure throws `misuse`.
public final class Snapshot {
    private var handle: TransactionHandle?
    private let path: String

    init(_ handle: TransactionHandle, path: String) {
        self.handle = handle
        self.path = path
    }

    /// Reads the state that the snapshot was taken of. Throws what `body` throws.
    public func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        guard let handle else {
            throw LMDBError(
                .misuse, operation: "read", path: path,
                "the snapshot has ended; take another.")
        }
        return try body(ReadTransaction(handle: handle))
    }

    func end() { handle = nil }
}

extension Environment {
    /// Runs `body` on a snapshot that may be stored until it returns. Cost and errors as for
    /// `read`.
    public func withSnapshot<R>(_ body: (Snapshot) throws -> R) throws -> R {
        let handle = try core.beginRead()
        let snapshot = Snapshot(handle, path: path)
        defer {
            snapshot.end()
            core.end(handle)
        }
        return try body(snapshot)
    }
}
