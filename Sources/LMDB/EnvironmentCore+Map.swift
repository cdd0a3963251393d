import CLMDB
import Glibc

// The map's growth. LMDB allows it only while this process has no transaction, so the gate is
// closed around it.
extension EnvironmentCore {
    /// Doubles the map unless another thread has done so since it had `size` bytes.
    func grow(from size: Int) throws(LMDBError) {
        gate.close()
        defer { gate.open() }
        let handle = try unsafe openHandle("write")
        if mapBytes > size { return }
        try unsafe enlarge(handle)
    }

    func enlarge(_ handle: OpaquePointer) throws(LMDBError) {
        let limit = EnvironmentCore.wholePages(max(options.mapLimit, options.mapSize))
        guard mapBytes < limit else {
            throw LMDBError(
                .mapFull, operation: "write", path: path,
                "the map has reached its limit of \(limit) bytes; raise mapLimit or delete data.",
                code: MDB_MAP_FULL)
        }
        let size = min(mapBytes > limit / 2 ? limit : mapBytes * 2, limit)
        // LMDB unmaps the old map before it maps the new one, and is lost if the latter fails.
        let trial = unsafe mmap(
            nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard unsafe trial != MAP_FAILED else {
            throw LMDBError(
                .mapFull, operation: "write", path: path,
                "the system refuses a map of \(size) bytes; raise the address space limit.",
                code: errno)
        }
        unsafe munmap(trial, size)
        let code = unsafe resize(handle, to: size)
        guard code == 0 else { throw failure(code, "write") }
    }

    /// Sets the map's size, or with 0 takes over the one that another process has set.
    func resize(_ handle: OpaquePointer, to size: Int) -> Int32 {
        let code = unsafe mdb_env_set_mapsize(handle, size)
        var information = unsafe MDB_envinfo()
        unsafe mdb_env_info(handle, &information)
        unsafe mapBytes = information.me_mapsize
        return code
    }
}
