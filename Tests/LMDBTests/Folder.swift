import Glibc
import LMDB
import Synchronization
import Testing

/// A new folder for one test, removed with all in it when the test is done with it.
///
/// Before that every page of what the test left is checked, unless the test damaged it.
final class Folder: Sendable {
    let path: String
    private let isDamaged = Atomic(false)

    init() {
        var template = Array("/tmp/lmdb-tests-XXXXXX".utf8CString)
        path = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = unsafe mkdtemp(base) else {
                fatalError("mkdtemp failed with errno \(errno)")
            }
            return unsafe String(cString: made)
        }
    }

    deinit {
        checkPages()
        for name in ["data.mdb", "lock.mdb"] { unsafe unlink(path + "/" + name) }
        unsafe rmdir(path)
    }

    /// Finds pages that are wrong, or right ones that the check takes for wrong.
    private func checkPages() {
        guard !isDamaged.load(ordering: .relaxed), dataFileBytes > 0 else { return }
        do throws(LMDBError) {
            try Environment(path: path, options: .init(checkLimit: .max)).checkPages()
        } catch {
            if error.kind == .corrupted { Issue.record(error) }
        }
    }

    /// Says that what is in the folder is damaged on purpose.
    func expectDamage() { isDamaged.store(true, ordering: .relaxed) }

    var dataFile: String { path + "/data.mdb" }

    var dataFileBytes: Int {
        var status = stat()
        return unsafe stat(dataFile, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Puts a file there that may be anything.
    func writeDataFile(_ bytes: [UInt8]) {
        expectDamage()
        let file = unsafe open(dataFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(unsafe write(file, bytes, bytes.count) == bytes.count)
        close(file)
    }
}
