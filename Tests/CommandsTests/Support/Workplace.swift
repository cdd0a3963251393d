import Foundation
import Testing

/// A temporary folder with a data folder in it, and the built `razao` to be run there.
///
/// ```swift
/// let place = try Workplace()
/// try place.razao("client", "add", "acme")
/// let end = try place.run("report", "--month", "2026-13", "--client", "acme")
/// ```
/// Removed with all in it when the test is done with it.
final class Workplace {
    let folder: String
    /// The data folder that `RAZAO_DATA` names.
    let data: String
    /// More environment for every run.
    var environment: [String: String] = [:]

    /// The program that was built beside the tests.
    static let program: String = {
        var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appending(path: "razao").path
            let attributes = try? FileManager.default.attributesOfItem(atPath: candidate)
            if attributes?[.type] as? FileAttributeType == .typeRegular {
                return candidate
            }
        }
        return "razao-was-not-built"
    }()

    /// The package's folder, where Fixtures, Tools and Tests lie.
    static let package = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// A new folder; with `razao init` in it unless told otherwise.
    init(initialized: Bool = true) throws {
        folder =
            FileManager.default.temporaryDirectory
            .appending(path: "razao-commands-\(UUID().uuidString)").path
        data = folder + "/data"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        if initialized { try razao("init") }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Starts `razao` and returns at once.
    func start(
        _ arguments: [String], input: String = "/dev/null", environment more: [String: String] = [:]
    ) throws -> Child {
        var variables = ["RAZAO_DATA": data, "RAZAO_ACTOR": "tests"]
        variables.merge(environment) { $1 }
        variables.merge(more) { $1 }
        // A folder without a ledger.conf of its own, whatever the tests' own folder holds.
        if variables["RAZAO_CONFIG"] == nil { variables["RAZAO_CONFIG"] = try emptySettings() }
        return try Child(
            Self.program, arguments, in: folder, environment: variables, input: input)
    }

    /// Runs `razao` to its end, whatever that is.
    func run(
        _ arguments: String..., input: String = "/dev/null", environment: [String: String] = [:]
    ) throws -> Child.End {
        try start(arguments, input: input, environment: environment).wait()
    }

    /// Runs `razao`, which has to succeed, and returns what it printed.
    @discardableResult
    func razao(
        _ arguments: String..., place: SourceLocation = #_sourceLocation
    ) throws -> String {
        let end = try start(arguments).wait()
        try #require(
            end.status == 0 && end.signal == 0,
            "razao \(arguments.joined(separator: " ")) ended with \(end.status): \(end.errors)",
            sourceLocation: place)
        return end.output
    }

    /// Runs `razao`, which has to refuse: a status that is not 0, one sentence without a trace of a
    /// crash, and the given words in it. Returns what it said.
    @discardableResult
    func refused(
        _ arguments: String..., saying words: [String],
        input: String = "/dev/null", environment: [String: String] = [:],
        place: SourceLocation = #_sourceLocation
    ) throws -> String {
        let end = try start(arguments, input: input, environment: environment).wait()
        let command = "razao " + arguments.joined(separator: " ")
        #expect(end.signal == 0, "\(command) died of a signal", sourceLocation: place)
        #expect(
            end.status != 0, "\(command) succeeded: \(end.output)", sourceLocation: place)
        for word in words {
            #expect(
                end.errors.contains(word), "\(command) does not say \"\(word)\": \(end.errors)",
                sourceLocation: place)
        }
        #expect(!end.errors.contains("Fatal error"), sourceLocation: place)
        return end.errors
    }

    /// Writes a file into the folder and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(
            atPath: URL(filePath: path).deletingLastPathComponent().path,
            withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    /// Runs a Python program of the package, which has to succeed.
    @discardableResult
    func python(_ arguments: [String], place: SourceLocation = #_sourceLocation) throws -> String {
        let end = try Child("python3", arguments, in: folder).wait()
        try #require(
            end.status == 0, "python3 \(arguments.joined(separator: " ")): \(end.errors)",
            sourceLocation: place)
        return end.output
    }

    static func fixture(_ path: String) -> String { "\(package)/Fixtures/\(path)" }

    private func emptySettings() throws -> String {
        let path = folder + "/empty.conf"
        if !FileManager.default.fileExists(atPath: path) { try write("empty.conf", "") }
        return path
    }
}
