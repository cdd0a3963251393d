import Foundation

/// A lock on a data folder, over all processes, under a name; the system drops the lock of a
/// process that dies.
///
/// ```swift
/// let lock = try FolderLock(folder: "data", name: "gateway", waits: false)
/// defer { lock.release() }
/// ```
public struct FolderLock: ~Copyable {
    private let file: Int32

    /// Takes the lock. Waits for whoever has it, or throws ``JournalError`` where it shall not.
    public init(folder: String, name: String, waits: Bool) throws {
        let path = "\(folder)/\(name).lock"
        file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw JournalError.refused(
                "\(path) cannot be made (error \(errno)); check the folder's permissions")
        }
        while flock(file, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            Foundation.close(file)
            if code == EWOULDBLOCK { throw JournalError.inUse(path: folder, by: name) }
            throw JournalError.refused("\(path) cannot be locked (error \(code))")
        }
    }

    /// Gives the lock back.
    public func release() { Foundation.close(file) }
}
