import Foundation

/// What stands at a path.
enum FileKind {
    case missing, file, folder

    init(path: String) {
        let url = URL(fileURLWithPath: path)
        guard FileManager.default.fileExists(atPath: path) else {
            self = .missing
            return
        }
        let isFolder = try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory
        self = isFolder == true ? .folder : .file
    }

    /// True when both paths lead to one place.
    static func isSame(_ one: String, _ other: String) -> Bool {
        func place(_ path: String) -> String {
            URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
        }
        return place(one) == place(other)
    }
}

/// Files that commands read: plain, gzipped, or `-` for standard input.
enum InputFile {
    /// The whole content of a small file. Throws when it cannot be read or is larger than `most`.
    static func contents(of path: String, most: Int) throws -> Data {
        let stream = try open(path)
        defer { stream.close() }
        var data = Data()
        while let piece = try stream.next() {
            data.append(piece)
            guard data.count <= most else {
                throw CommandError("\(path) is larger than \(most >> 20) MiB; check what it is")
            }
        }
        return data
    }

    /// A file to be read piece by piece.
    static func open(_ path: String) throws -> InputStreamReader {
        if path == "-" { return InputStreamReader(.standardInput, nil, size: nil) }
        switch FileKind(path: path) {
        case .missing: throw CommandError("there is no file \(path); check the path")
        case .folder: throw CommandError("\(path) is a folder; name a file")
        case .file: break
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandError("\(path) cannot be read; check its rights")
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let size = attributes?[.size] as? Int
        guard path.hasSuffix(".gz") else { return InputStreamReader(handle, nil, size: size) }
        try? handle.close()
        let unpacker = Process()
        unpacker.executableURL = URL(fileURLWithPath: "/bin/gzip")
        unpacker.arguments = ["-dc", "--", path]
        let pipe = Pipe()
        unpacker.standardOutput = pipe
        do {
            try unpacker.run()
        } catch {
            throw CommandError("\(path) is gzipped and gzip cannot be run; unpack it first")
        }
        return InputStreamReader(pipe.fileHandleForReading, unpacker, size: nil)
    }
}

/// Pieces of a file, one after the other.
final class InputStreamReader {
    private let handle: FileHandle
    private let unpacker: Process?
    /// The file's size, where it says how far reading is.
    let size: Int?

    init(_ handle: FileHandle, _ unpacker: Process?, size: Int?) {
        self.handle = handle
        self.unpacker = unpacker
        self.size = size
    }

    /// The next piece, or nil at the end.
    func next() throws -> Data? {
        let piece = try handle.read(upToCount: 1 << 20)
        if let piece, !piece.isEmpty { return piece }
        if let unpacker {
            unpacker.waitUntilExit()
            guard unpacker.terminationStatus == 0 else {
                throw CommandError("the file is not whole: gzip could not unpack it")
            }
        }
        return nil
    }

    func close() {
        try? handle.close()
        if let unpacker, unpacker.isRunning { unpacker.terminate() }
    }
}
