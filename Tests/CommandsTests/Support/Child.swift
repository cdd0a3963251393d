import Foundation
import Glibc

/// A program that a test started: its output goes to files, and it ends within a time limit.
///
/// `posix_spawn` and `waitpid` on the one id, so that tests which run side by side, and kill what
/// they started, touch no other process.
final class Child {
    /// How a program ended and what it wrote.
    struct End {
        /// The exit status; -1 when a signal ended it.
        var status: Int32
        /// The signal that ended it, or 0.
        var signal: Int32
        var output: String
        var errors: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let id: pid_t
    private let outputPath: String
    private let errorsPath: String
    private var end: Int32?

    /// Starts a program. `folder` takes the two files of its output.
    init(
        _ program: String, _ arguments: [String], in folder: String,
        environment: [String: String] = [:], input: String = "/dev/null"
    ) throws {
        let name = UUID().uuidString
        outputPath = "\(folder)/\(name).out"
        errorsPath = "\(folder)/\(name).err"
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        unsafe posix_spawn_file_actions_addopen(&actions, 1, outputPath, flags, 0o644)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errorsPath, flags, 0o644)
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("RAZAO_") }
        variables.merge(environment) { $1 }
        var words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        var settings = unsafe variables.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (words + settings).forEach { unsafe free($0) } }
        var id: pid_t = 0
        let code = unsafe posix_spawnp(&id, program, &actions, nil, &words, &settings)
        guard code == 0 else {
            throw Failure(description: "cannot start \(program): error \(code)")
        }
        self.id = id
    }

    deinit { if end == nil { stop(SIGKILL) } }

    /// True until the program has ended.
    var isRunning: Bool {
        guard end == nil else { return false }
        var status: Int32 = 0
        guard unsafe waitpid(id, &status, WNOHANG) == id else { return true }
        end = status
        return false
    }

    /// What it has written so far.
    var output: String { Self.text(outputPath) }

    /// Waits for the end; kills the program and throws when that takes longer than `seconds`.
    func wait(seconds: Int = 90) throws -> End {
        let limit = Date().addingTimeInterval(TimeInterval(seconds))
        while isRunning {
            guard Date() < limit else {
                stop(SIGKILL)
                throw Failure(
                    description: "still running after \(seconds) s; it wrote: "
                        + Self.text(outputPath).suffix(500) + Self.text(errorsPath).suffix(500))
            }
            usleep(2_000)
        }
        let status = end ?? 0
        let signal = status & 0x7F
        return End(
            status: signal == 0 ? (status >> 8) & 0xFF : -1, signal: signal,
            output: Self.text(outputPath), errors: Self.text(errorsPath))
    }

    /// Sends a signal and, when it is a deadly one, waits for the end.
    func stop(_ signal: Int32) {
        guard end == nil else { return }
        kill(id, signal)
        var status: Int32 = 0
        unsafe waitpid(id, &status, 0)
        end = status
    }

    private static func text(_ path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) }
            ?? ""
    }
}
