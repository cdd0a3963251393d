import Glibc

/// A new folder for one test, removed with all in it when the test is done with it.
final class Folder: Sendable {
    let path: String

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
        for name in ["data.mdb", "lock.mdb"] { unsafe unlink(path + "/" + name) }
        unsafe rmdir(path)
    }

    var dataFile: String { path + "/data.mdb" }

    var dataFileBytes: Int {
        var status = stat()
        return unsafe stat(dataFile, &status) == 0 ? Int(status.st_size) : 0
    }

    func writeDataFile(_ bytes: [UInt8]) {
        let file = unsafe open(dataFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(unsafe write(file, bytes, bytes.count) == bytes.count)
        close(file)
    }
}
