import CLMDB

extension Environment {
    /// Opens a named database, and makes it first if `create` says so.
    ///
    /// Waits until no transaction runs in this process, then opens it in one of its own, so it is
    /// for the start of the program. A missing one gives `notFound`; a missing one to be made in a
    /// read-only environment gives `permission`; one too many gives `misuse`.
    public func openDatabase(_ name: String, create: Bool) throws(LMDBError) -> Database {
        do throws(LMDBError) {
            return try open(name, flags: 0, write: false)
        } catch {
            guard create, error.kind == .notFound else { throw error }
            return try open(name, flags: UInt32(MDB_CREATE), write: true)
        }
    }

    /// Deletes a database and all that is in it, at once and for good.
    ///
    /// Waits until no transaction runs in this process. The handle must not be used again: a
    /// database opened later may have the same one. To empty a database within a transaction, use
    /// ``WriteTransaction/clear(_:)``.
    public func dropDatabase(_ database: Database) throws(LMDBError) {
        guard database.environment == core.number else {
            throw core.failure(MDB_BAD_DBI, "drop")
        }
        try unsafe core.alone("drop", write: true) { (transaction) throws(LMDBError) -> Int32 in
            unsafe mdb_drop(transaction, database.slot, 1)
        }
    }

    private func open(_ name: String, flags: UInt32, write: Bool) throws(LMDBError) -> Database {
        var slot: MDB_dbi = 0
        let operation = "open of database \"\(name)\""
        try unsafe core.alone(operation, write: write) { (transaction) throws(LMDBError) -> Int32 in
            unsafe mdb_dbi_open(transaction, name, flags, &slot)
        }
        return Database(slot: slot, environment: core.number)
    }
}
