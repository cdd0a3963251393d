import Foundation

/// A second opinion: runs a Python script, whose `decimal`, `datetime` and `zoneinfo` share no line
/// of code with ours.
public enum Python {
    /// True when `python3` runs on this machine.
    public static let isAvailable: Bool = (try? run("print(1)", input: "")) == "1\n"

    /// The standard output of `python3 -c script` with `input` on its standard input.
    ///
    /// Throws ``Failure`` with what it wrote to standard error when it ends with a code that is not
    /// 0.
    public static func run(_ script: String, input: String) throws -> String {
        let name = "razao-python-\(UUID().uuidString)"
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Files instead of pipes: neither side can wait for the other.
        let source = folder.appendingPathComponent("in")
        let result = folder.appendingPathComponent("out")
        let errors = folder.appendingPathComponent("err")
        try Data(input.utf8).write(to: source)
        try Data().write(to: result)
        try Data().write(to: errors)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        process.standardInput = try FileHandle(forReadingFrom: source)
        process.standardOutput = try FileHandle(forWritingTo: result)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                description: "python3 ended with \(process.terminationStatus): "
                    + String(decoding: try Data(contentsOf: errors), as: UTF8.self))
        }
        return String(decoding: try Data(contentsOf: result), as: UTF8.self)
    }

    /// The lines that the script wrote.
    public static func lines(_ script: String, input: String) throws -> [Substring] {
        try run(script, input: input).split(separator: "\n")
    }

    /// The script failed.
    public struct Failure: Error, CustomStringConvertible {
        /// What Python said.
        public let description: String
    }
}
