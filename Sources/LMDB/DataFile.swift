import CLMDB
import Glibc

/// Looks at the data file from outside the map, where a missing page is an error and not a SIGBUS.
enum DataFile {
    /// Throws `corrupted` when pages in use lie beyond the end of the file.
    ///
    /// Pages that one transaction both took and gave back are never written, so a sound file may
    /// be short by those: a short file is refused only if a missing page is not on the free list.
    static func verify(_ handle: OpaquePointer, path: String) throws(LMDBError) {
        var information = unsafe MDB_envinfo()
        var statistics = MDB_stat()
        unsafe mdb_env_info(handle, &information)
        unsafe mdb_env_stat(handle, &statistics)
        let pageSize = Int(statistics.ms_psize)
        // The order matters: pages are written before they are counted.
        let bytes = unsafe fileBytes(handle)
        guard unsafe bytes < (information.me_last_pgno + 1) * pageSize else { return }

        var begun: OpaquePointer?
        let code = unsafe mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &begun)
        guard code == 0, let transaction = unsafe begun else {
            throw LMDBError(code: code, operation: "open", path: path)
        }
        // Holding a read keeps other processes from reusing the pages that are looked at here.
        defer { unsafe mdb_txn_abort(transaction) }
        var free = unsafe FreePages(
            descriptor: descriptor(handle), pageSize: pageSize, filePages: bytes / pageSize)
        guard free.coverTail(transactionID: unsafe UInt64(mdb_txn_id(transaction))) else {
            throw LMDBError(
                .corrupted, operation: "open", path: path,
                """
                the data file is shorter than its last page (\(bytes) bytes); it was cut off: \
                restore it from a backup.
                """, code: MDB_CORRUPTED)
        }
    }

    static func fileBytes(_ handle: OpaquePointer) -> Int {
        var status = stat()
        return unsafe fstat(descriptor(handle), &status) == 0 ? Int(status.st_size) : 0
    }

    /// Whether the file system or the process's file size limit has nothing left for the file.
    static func hasNoRoom(_ handle: OpaquePointer) -> Bool {
        let file = unsafe descriptor(handle)
        var volume = statvfs()
        if unsafe fstatvfs(file, &volume) == 0, volume.f_bavail == 0 { return true }
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit) == 0
        else { return false }
        return unsafe UInt64(fileBytes(handle)) >= limit.rlim_cur
    }

    private static func descriptor(_ handle: OpaquePointer) -> Int32 {
        var file: Int32 = -1
        unsafe mdb_env_get_fd(handle, &file)
        return file
    }
}
