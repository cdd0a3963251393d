import CLMDB
import Glibc

/// What went wrong in an environment, where, and what to do about it.
///
/// Match on ``kind``; show ``description`` to people; ``code`` is the library's or the system's own
/// number, 0 where this wrapper itself refused.
public struct LMDBError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure a caller may want to tell apart.
    public enum Kind: Sendable, Hashable {
        /// A put found the key there already, or an append was out of order.
        case keyExists
        /// There is no such database.
        case notFound
        /// The map has reached its limit.
        case mapFull
        /// Another process has made the map larger while this thread was in a transaction.
        case mapResized
        /// The disk, the quota or the file size limit is used up.
        case diskFull
        /// All reader slots are taken.
        case readersFull
        /// A read has lasted longer than its environment allows.
        case readTooOld
        /// The data file is damaged.
        case corrupted
        /// The data file was written by another version of the library.
        case versionMismatch
        /// The file is not an LMDB data file.
        case invalid
        /// An earlier fatal failure has disabled the environment.
        case panic
        /// The system or a read-only environment does not allow it.
        case permission
        /// A folder or file does not exist.
        case missing
        /// The call itself is wrong: closed environment, foreign database, nested write, key size.
        case misuse
        /// Anything else.
        case other
    }

    /// The number the library or the system gave, or 0.
    public let code: Int32
    /// The kind of failure.
    public let kind: Kind
    /// What was being done, such as "put" or "open".
    public let operation: String
    /// The environment's folder.
    public let path: String
    /// The page of the data file that is damaged, where that is known.
    public let page: UInt64?
    /// What happened and what to do, without the place.
    public let advice: String

    init(code: Int32, operation: String, path: String) {
        self.code = code
        self.operation = operation
        self.path = path
        page = nil
        (kind, advice) = LMDBError.explain(code)
    }

    init(
        _ kind: Kind, operation: String, path: String, _ advice: String, code: Int32 = 0,
        page: UInt64? = nil
    ) {
        self.page = page
        self.code = code
        self.kind = kind
        self.operation = operation
        self.path = path
        self.advice = advice
    }

    /// One sentence with the operation and the place, then what to do.
    public var description: String { "LMDB \(operation) in \(path) failed: \(advice)" }

    private static func explain(_ code: Int32) -> (Kind, String) {
        switch code {
        case MDB_KEYEXIST:
            (.keyExists, "the key exists already, or is not greater than the last one.")
        case MDB_NOTFOUND: (.notFound, "there is no such database; open it with create.")
        case MDB_MAP_FULL: (.mapFull, "the map is full; raise its limit or delete data.")
        case MDB_MAP_RESIZED:
            (.mapResized, "another process enlarged the map; end this transaction and try again.")
        case ENOSPC, EDQUOT, EFBIG:
            (.diskFull, "no space is left for the file; free some, nothing was committed.")
        case MDB_READERS_FULL:
            (.readersFull, "all reader slots are taken; clear stale readers or raise maxReaders.")
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND:
            (.corrupted, "the data file is damaged; stop and restore it from a backup.")
        case MDB_VERSION_MISMATCH:
            (.versionMismatch, "the data file is of another LMDB version; use that to convert it.")
        case MDB_INVALID:
            (.invalid, "data.mdb is not an LMDB data file; check the path or restore a backup.")
        case MDB_PANIC:
            (.panic, "an earlier failure disabled the environment; close it and start again.")
        case EACCES, EPERM, EROFS:
            (.permission, "writing is not allowed; check permissions and the read-only option.")
        case ENOENT, ENOTDIR: (.missing, "the folder or data.mdb does not exist; check the path.")
        case MDB_DBS_FULL: (.misuse, "too many databases; raise maxDatabases.")
        case MDB_BAD_VALSIZE: (.misuse, "keys must have 1 to 511 bytes, values less than 4 GiB.")
        case MDB_BAD_TXN:
            (.misuse, "an earlier operation of this transaction failed; throw out of it.")
        case MDB_BAD_DBI, MDB_INCOMPATIBLE, EINVAL:
            (.misuse, "the database handle does not fit; open the database again.")
        case MDB_TXN_FULL: (.other, "the transaction is too large; write in smaller parts.")
        case EIO: (.other, "the disk reports an input/output error; check it and its free space.")
        default: (.other, "\(text(of: code)) (code \(code)).")
        }
    }

    private static func text(of code: Int32) -> String {
        guard let text = unsafe mdb_strerror(code) else { return "unknown error" }
        return unsafe String(cString: text)
    }
}
