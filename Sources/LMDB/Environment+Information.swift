import CLMDB
import Glibc

extension Environment {
    /// The environment's sizes and counters at one moment.
    public struct Information: Sendable, Hashable {
        /// Bytes of address space that the map takes.
        public let mapSize: Int
        /// Bytes up to the last page that was ever used.
        public let usedBytes: Int
        /// The number of the last committed write.
        public let lastTransactionID: UInt64
        /// Reads that are open now, over all processes.
        public let readersInUse: Int
        /// The most reads that may be open at once.
        public let maxReaders: Int
        /// The data file's length in bytes.
        public let fileBytes: Int
    }

    /// One read that is open, in this or another process.
    public struct ReaderSlot: Sendable, Hashable {
        /// The process.
        public let pid: Int32
        /// The system's number for the thread that began it.
        public let thread: UInt64
        /// The snapshot it sees, or nil if it sees none yet.
        public let transactionID: UInt64?
    }

    /// The shape of one database's tree.
    public struct Statistics: Sendable, Hashable {
        /// Keys in the database.
        public let entries: Int
        /// Levels of the tree.
        public let depth: Int
        /// Pages that only lead to others.
        public let branchPages: Int
        /// Pages with keys and values.
        public let leafPages: Int
        /// Pages with values too large for a leaf.
        public let overflowPages: Int
    }

    /// The sizes and counters now; all zero once the environment is closed.
    public var information: Information {
        let readers = readerList().count
        let found = try? unsafe core.withHandle("information") { (handle) throws(LMDBError) in
            var information = unsafe MDB_envinfo()
            var statistics = MDB_stat()
            unsafe mdb_env_info(handle, &information)
            unsafe mdb_env_stat(handle, &statistics)
            return unsafe Information(
                mapSize: information.me_mapsize,
                usedBytes: (information.me_last_pgno + 1) * Int(statistics.ms_psize),
                lastTransactionID: UInt64(information.me_last_txnid), readersInUse: readers,
                maxReaders: Int(information.me_maxreaders), fileBytes: DataFile.fileBytes(handle))
        }
        return found
            ?? Information(
                mapSize: 0, usedBytes: 0, lastTransactionID: 0, readersInUse: 0, maxReaders: 0,
                fileBytes: 0)
    }

    /// The shape of a database, as last committed.
    public func statistics(of database: Database) throws(LMDBError) -> Statistics {
        let handle = try core.beginRead()
        defer { core.end(handle) }
        return try handle.statistics(database)
    }

    /// All open reads; none once the environment is closed.
    ///
    /// A slot whose process is gone stays until ``clearStaleReaders()``.
    public func readerList() -> [ReaderSlot] {
        var text = ""
        try? unsafe core.withHandle("reader list") { (handle) throws(LMDBError) in
            _ = unsafe withUnsafeMutablePointer(to: &text) { target in
                unsafe mdb_reader_list(
                    handle,
                    { message, context in
                        guard let message = unsafe message, let context = unsafe context else {
                            return -1
                        }
                        unsafe context.assumingMemoryBound(to: String.self).pointee += String(
                            cString: message)
                        return 0
                    }, target)
            }
        }
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count == 3, let pid = Int32(fields[0]),
                let thread = UInt64(fields[1], radix: 16)
            else { return nil }
            return ReaderSlot(pid: pid, thread: thread, transactionID: UInt64(fields[2]))
        }
    }

    /// Frees the reader slots of processes that died while reading; gives how many there were.
    @discardableResult
    public func clearStaleReaders() throws(LMDBError) -> Int {
        try unsafe core.withHandle("reader check") { (handle) throws(LMDBError) in
            var cleared: Int32 = 0
            let code = unsafe mdb_reader_check(handle, &cleared)
            guard code == 0 else { throw core.failure(code, "reader check") }
            return Int(cleared)
        }
    }

    /// Writes a consistent copy into a folder, which must exist and have no `data.mdb`.
    ///
    /// The copy is on the disk when this returns. `compact` leaves out free pages, which takes more
    /// time. Other transactions go on meanwhile, but pages they free are kept until the end, and
    /// the map cannot grow. A failure leaves an incomplete file behind: delete it.
    public func copy(toFolder path: String, compact: Bool) throws(LMDBError) {
        try unsafe core.withHandle("copy") { (handle) throws(LMDBError) in
            let code = unsafe mdb_env_copy2(handle, path, compact ? UInt32(MDB_CP_COMPACT) : 0)
            guard code == 0 else {
                if code == EEXIST {
                    throw LMDBError(
                        .misuse, operation: "copy", path: path,
                        "the folder has a data.mdb already; copy to an empty folder.", code: code)
                }
                throw LMDBError(code: code, operation: "copy", path: path)
            }
        }
        for part in [path + "/data.mdb", path] {
            let file = unsafe open(part, O_RDONLY | O_CLOEXEC)
            guard file >= 0, fsync(file) == 0 else {
                let error = LMDBError(code: errno, operation: "copy", path: path)
                if file >= 0 { Glibc.close(file) }
                throw error
            }
            Glibc.close(file)
        }
    }

    /// Brings to the disk all that was committed, which only matters if not `durable`.
    @available(*, noasync, message: "A sync blocks its thread; give it to a thread of its own")
    public func sync() throws(LMDBError) {
        try unsafe core.withHandle("sync") { (handle) throws(LMDBError) in
            let code = unsafe mdb_env_sync(handle, 1)
            guard code == 0 else { throw core.failure(code, "sync") }
        }
    }
}
