import Glibc
import Synchronization

/// The folders that this process has open.
///
/// LMDB's locks belong to the process: a second open of one folder would, when either is closed,
/// drop the locks of both, and other processes could then overwrite pages that are being read.
enum OpenPaths {
    private static let paths = Mutex<Set<String>>([])

    /// The folder's one true path, or nil with `errno` set when it does not exist.
    static func resolve(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Takes the path; false if it is taken.
    static func claim(_ path: String) -> Bool { paths.withLock { $0.insert(path).inserted } }

    static func release(_ path: String) { paths.withLock { _ = $0.remove(path) } }
}
