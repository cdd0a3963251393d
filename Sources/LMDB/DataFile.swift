import CLMDB
import Glibc

/// Looks at the data file from outside the map, where a missing page is an error and not a SIGBUS.
enum DataFile {
    /// Looks at the two pages that LMDB goes by when it opens a file, before it does.
    ///
    /// A file that cannot be opened, or is empty, is left to LMDB.
    static func checkHeads(ofFolder path: String) throws(LMDBError) {
        let descriptor = unsafe open(path + "/data.mdb", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        // LMDB's locks are on the other file: closing this one drops none.
        defer { close(descriptor) }
        var attempts = 20
        while true {
            let file = PageFile(
                descriptor: descriptor, bytes: bytes(descriptor), pageSize: systemPageSize)
            guard file.bytes > 0 else { return }
            do throws(PageFault) {
                _ = try MetaPage.both(file)
                return
            } catch {
                // Another process may be writing them at this moment.
                attempts -= 1
                guard attempts > 0 else { throw refusal(file, error, path: path) }
                usleep(1_000)
            }
        }
    }

    /// Looks at the pages of the newest commit: at all of a file of `limit` bytes or fewer, at the
    /// upper levels of one of up to eight times as many, else at the roots.
    static func check(
        _ handle: OpaquePointer, path: String, operation: String, wholeUpTo limit: Int
    ) throws(LMDBError) {
        for _ in 0..<1_000 {
            var begun: OpaquePointer?
            let code = unsafe mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &begun)
            if code == MDB_MAP_RESIZED, unsafe mdb_env_set_mapsize(handle, 0) == 0 { continue }
            guard code == 0, let transaction = unsafe begun else {
                throw LMDBError(code: code, operation: operation, path: path)
            }
            defer { unsafe mdb_txn_abort(transaction) }
            let isChecked = try unsafe check(
                handle, snapshot: UInt64(mdb_txn_id(transaction)), path: path,
                operation: operation, wholeUpTo: limit)
            if isChecked { return }
        }
        throw LMDBError(
            .other, operation: operation, path: path,
            "others write so fast that no commit stays long enough to be checked; try again.")
    }

    /// The same at a commit that a read transaction of the caller holds; false, and nothing was
    /// looked at, when two later commits have taken the place of its head.
    static func check(
        _ handle: OpaquePointer, snapshot: UInt64, path: String, operation: String,
        wholeUpTo limit: Int
    ) throws(LMDBError) -> Bool {
        let descriptor = unsafe descriptor(handle)
        var statistics = MDB_stat()
        unsafe mdb_env_stat(handle, &statistics)
        let file = PageFile(
            descriptor: descriptor, bytes: bytes(descriptor), pageSize: Int(statistics.ms_psize))
        do throws(PageFault) {
            let buffer = PageBuffer(capacity: MetaPage.size)
            try buffer.fill(from: file, page: snapshot & 1, count: MetaPage.size)
            let meta: MetaPage
            do throws(PageFault) {
                meta = try MetaPage(snapshot & 1, buffer)
            } catch {
                // Half written, or damaged: the heads themselves were right a moment ago.
                if (try? MetaPage.both(file)) != nil { return false }
                throw error
            }
            guard meta.transactionID == snapshot else { return false }
            let scope = PageCheck.Scope.opening(file.bytes, wholeUpTo: limit)
            try PageCheck(file, meta, scope: scope).run()
            return true
        } catch {
            throw error.error(operation, path: path)
        }
    }

    static func fileBytes(_ handle: OpaquePointer) -> Int { unsafe bytes(descriptor(handle)) }

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

    /// Tells a file that is something else from one of ours that is damaged.
    private static func refusal(
        _ file: PageFile, _ fault: PageFault, path: String
    ) -> LMDBError {
        var kinds: [MetaPage.Kind] = []
        let buffer = PageBuffer(capacity: MetaPage.size)
        for page: UInt64 in 0...1 {
            if (try? buffer.fill(from: file, page: page, count: MetaPage.size)) != nil,
                let kind = try? MetaPage.kind(buffer)
            {
                kinds.append(kind)
            }
        }
        if kinds.contains(.meta) { return fault.error("open", path: path) }
        let code = kinds.contains(.otherVersion) ? MDB_VERSION_MISMATCH : MDB_INVALID
        return LMDBError(code: code, operation: "open", path: path)
    }

    private static var systemPageSize: Int { Int(sysconf(Int32(_SC_PAGESIZE))) }

    private static func bytes(_ descriptor: Int32) -> Int {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    private static func descriptor(_ handle: OpaquePointer) -> Int32 {
        var file: Int32 = -1
        unsafe mdb_env_get_fd(handle, &file)
        return file
    }
}
