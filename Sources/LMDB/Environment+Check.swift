// Looking at a whole data file past the map.

extension Environment {
    /// Reads every page in use, past the map, and throws `corrupted` with the first one that is
    /// wrong.
    ///
    /// LMDB itself may end the process that reads a damaged page, so check a file that may be
    /// damaged before anything else is read from it. Values are not looked at. Holds one snapshot
    /// while it lasts; takes some µs a page, and memory of a few bits a page.
    public func checkPages() throws(LMDBError) {
        for _ in 0..<1_000 {
            let transaction = try core.beginRead()
            defer { core.end(transaction) }
            let isChecked = try unsafe core.withHandle("check") { (handle) throws(LMDBError) in
                try unsafe DataFile.check(
                    handle, snapshot: transaction.transactionID, path: path, operation: "check",
                    wholeUpTo: .max)
            }
            if isChecked { return }
        }
        throw LMDBError(
            .other, operation: "check", path: path,
            "others write so fast that no commit stays long enough to be checked; try again.")
    }
}
