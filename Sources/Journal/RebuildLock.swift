import Foundation

/// Lets one rebuild of a data folder's views run at a time, over all processes.
///
/// Two would write into the same new folder and count every call twice. The system drops the lock
/// of a process that dies.
struct RebuildLock: ~Copyable {
    private let file: Int32

    /// Takes the lock, after waiting for whoever has it.
    init(folder: String) throws {
        let path = folder + "/rebuild.lock"
        file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw JournalError.refused(
                "\(path) cannot be made (error \(errno)); check the folder's permissions")
        }
        while flock(file, LOCK_EX) != 0 {
            let code = errno
            if code == EINTR { continue }
            Foundation.close(file)
            throw JournalError.refused("\(path) cannot be locked (error \(code))")
        }
    }

    /// Gives the lock back.
    func release() { Foundation.close(file) }
}
