import Foundation

/// Files that commands write: whole or not at all.
enum OutputFile {
    /// Writes beside the target and renames, so that no half file is ever there.
    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw refusal(error, path)
        }
    }

    /// The path of an option; nil where standard output is meant.
    static func path(_ option: String?) -> String? { option == "-" ? nil : option }

    /// What a person is told of a failed write: what stands in its way, where that can be seen.
    static func refusal(
        _ error: any Error, _ path: String, isFolder: Bool = false
    ) -> CommandError {
        let reason =
            switch (error as? CocoaError)?.code {
            case .fileWriteOutOfSpace?: "the disk is full; free some space and run this again"
            case .fileWriteNoPermission?, .fileWriteVolumeReadOnly?:
                "writing is not allowed there; name another place or change its rights"
            default:
                obstacle(path, isFolder: isFolder) ?? "the system refuses it "
                    + "(\(error.localizedDescription)); name another place"
            }
        return CommandError("cannot write \(path): \(reason), nothing was written")
    }

    private static func obstacle(_ path: String, isFolder: Bool) -> String? {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        switch (kind(of: path), isFolder) {
        case (.folder, false): return "it is a folder; name a file in it"
        case (.file, true): return "it is a file, and this needs a folder; name one"
        default: break
        }
        switch kind(of: folder) {
        case .nothing where !isFolder: return "there is no folder \(folder); make it first"
        case .file: return "\(folder) is a file and no folder; name another place"
        default: return nil
        }
    }

    private enum Kind { case nothing, file, folder }

    private static func kind(of path: String) -> Kind {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            return .nothing
        }
        return isFolder.boolValue ? .folder : .file
    }
}

/// Many files for one folder: all of them arrive there, or none.
///
/// They are written to a folder within it and moved out when the last is whole. What a run left
/// behind that was killed has the number of its process in its name and can be deleted.
struct OutputFolder {
    private let path: String
    private let staging: String
    /// True when the folder was not there before.
    private let isNew: Bool
    private var names: [String] = []

    /// Makes the folder where it is missing.
    init(_ path: String) throws {
        self.path = path
        staging = "\(path)/.razao-\(ProcessInfo.processInfo.processIdentifier)"
        isNew = !FileManager.default.fileExists(atPath: path)
        do {
            try FileManager.default.createDirectory(
                atPath: staging, withIntermediateDirectories: true)
        } catch {
            throw OutputFile.refusal(error, path, isFolder: true)
        }
    }

    /// Writes one file, which is not seen yet.
    mutating func write(_ bytes: [UInt8], as name: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(staging)/\(name)"))
        } catch {
            throw OutputFile.refusal(error, "\(path)/\(name)")
        }
        names.append(name)
    }

    /// Moves the files to their place, over those of an earlier run.
    func finish() throws {
        for name in names {
            let target = "\(path)/\(name)"
            guard unsafe rename("\(staging)/\(name)", target) == 0 else {
                throw CommandError(
                    "cannot put \(target) in its place; check the folder's rights and run this "
                        + "again")
            }
        }
        try? FileManager.default.removeItem(atPath: staging)
    }

    /// Takes away what was written; a folder that was there before stays as it was.
    func discard() {
        try? FileManager.default.removeItem(atPath: isNew ? path : staging)
    }
}

/// A file, or standard output, that is written piece by piece.
///
/// A file appears when all of it is there: until then it lies beside its place under another name.
final class OutputSink {
    private let path: String?
    private let staging: String
    /// Nil where the console takes the bytes.
    private let handle: FileHandle?
    private var buffer: [UInt8] = []

    private static let bufferSize = 1 << 16

    /// A sink for a path, or for standard output.
    init(_ path: String?) throws {
        self.path = path
        staging = (path ?? "") + ".razao-\(ProcessInfo.processInfo.processIdentifier)"
        guard let path else {
            handle = nil
            return
        }
        do {
            try Data().write(to: URL(fileURLWithPath: staging))
            handle = try FileHandle(forWritingTo: URL(fileURLWithPath: staging))
        } catch {
            throw OutputFile.refusal(error, path)
        }
    }

    /// Adds bytes.
    func write(_ bytes: [UInt8]) throws {
        buffer += bytes
        if buffer.count >= Self.bufferSize { try flush() }
    }

    private func flush() throws {
        defer { buffer = [] }
        guard let handle, let path else {
            Console.write(buffer)
            return try Console.check()
        }
        do {
            try handle.write(contentsOf: Data(buffer))
        } catch {
            throw OutputFile.refusal(error, path)
        }
    }

    /// Writes the rest and puts the file in its place.
    func finish() throws {
        try flush()
        guard let path else { return }
        try? handle?.close()
        guard unsafe rename(staging, path) == 0 else {
            throw OutputFile.refusal(CocoaError(.fileWriteUnknown), path)
        }
    }

    /// Takes away what was written to a file.
    func discard() {
        guard path != nil else { return }
        try? handle?.close()
        try? FileManager.default.removeItem(atPath: staging)
    }
}
