public import Foundation

/// The folder of real data that lies beside the package, for the tests that use it.
///
/// ```swift
/// @Test(.enabled(if: SharedData.isPresent, "the real data is not there"))
/// func `…`() throws { let lines = try #require(SharedData.unzipped("a/b.jsonl.gz")) }
/// ```
/// `RAZAO_SHARED_DATA` names it; without that, `../shared/data` beside the package's folder.
public enum SharedData {
    /// The folder, or nil when it is not there.
    public static let folder: URL? = {
        let named = ProcessInfo.processInfo.environment["RAZAO_SHARED_DATA"]
        let package = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder =
            named.map { URL(filePath: $0) }
            ?? package.deletingLastPathComponent().appending(path: "shared/data")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    /// True when the folder is there.
    public static var isPresent: Bool { folder != nil }

    /// What tests that need the folder say when they are skipped.
    public static let absence: String =
        "the real data is not there; set RAZAO_SHARED_DATA to its folder"

    /// A file's bytes, or nil when the folder or the file is not there.
    public static func data(_ path: String) -> Data? {
        folder.flatMap { try? Data(contentsOf: $0.appending(path: path)) }
    }

    /// A gzip file's content, or nil when it is not there or cannot be unpacked.
    public static func unzipped(_ path: String) -> Data? {
        guard let folder else { return nil }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", folder.appending(path: path).path]
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return nil }
        let data = try? pipe.fileHandleForReading.readToEnd()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? data : nil
    }

    /// The names of a folder's files in order; none when it is not there.
    public static func files(_ path: String) -> [String] {
        guard let folder else { return [] }
        let names = try? FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: path).path)
        return (names ?? []).sorted().map { "\(path)/\($0)" }
    }
}
