import ArgumentParser
import Foundation
import Glibc
import Synchronization

/// Where commands write: results to standard output, everything about the run to standard error.
///
/// Nothing else writes to standard output, so that a command whose results are lost can say so: the
/// first failure is kept, what comes after it is dropped, and ``check()`` throws it.
enum Console {
    /// The number of the error that ended standard output.
    private static let loss = Mutex<Int32?>(nil)

    /// Writes a line to standard output.
    static func line(_ text: String = "") { write(Array((text + "\n").utf8)) }

    /// Writes bytes to standard output.
    static func write(_ bytes: [UInt8]) {
        loss.withLock { loss in
            if loss == nil { loss = failure(writing: bytes) }
        }
    }

    /// Throws when something of what was written is lost. Work that writes much looks now and then.
    static func check() throws {
        guard let code = loss.withLock({ $0 }) else { return }
        // Who reads no further, as `head` does, has what he wants.
        if code == EPIPE { throw ExitCode(128 + SIGPIPE) }
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(code)
        let reason = isFull ? "no space is left" : unsafe String(cString: strerror(code))
        throw CommandError(
            "cannot write to standard output: \(reason); what came out of it is cut off, and what "
                + "was recorded stands")
    }

    /// Ends standard output: some systems tell only then that it was not written.
    static func finish() throws {
        loss.withLock { loss in
            if close(1) != 0, loss == nil { loss = errno }
        }
        try check()
    }

    /// Gives a program that was started without standard output one that refuses everything, lest
    /// the next file that is opened, such as the ledger's, takes its place.
    static func hold() {
        for number: Int32 in 0...2 where fcntl(number, F_GETFD) < 0 {
            _ = unsafe open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    private static func failure(writing bytes: [UInt8]) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(1, $0.baseAddress, $0.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var wait = pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&wait, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }

    /// Writes a line to standard error.
    static func note(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }

    /// True when a person watches standard error.
    static var isWatched: Bool { isatty(2) == 1 }
}

/// A number and what it counts: "1 price", "2 prices".
func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}

/// A line on the terminal that says how far long work is; silent where nobody watches.
final class ProgressLine: Sendable {
    private let label: String
    private let total: UInt64?
    private let isShown: Bool
    private let lastShown = Atomic<UInt64>(0)

    init(_ label: String, total: UInt64?) {
        self.label = label
        self.total = total
        isShown = Console.isWatched
    }

    /// Shows the state, at most ten times a second.
    func update(_ done: UInt64, _ text: @autoclosure () -> String) {
        guard isShown else { return }
        let now = DispatchTime.now().uptimeNanoseconds
        guard now &- lastShown.load(ordering: .relaxed) > 100_000_000 else { return }
        lastShown.store(now, ordering: .relaxed)
        var bar = ""
        if let total, total > 0 {
            let filled = Int(min(done, total) * 30 / total)
            bar =
                "[" + String(repeating: "#", count: filled)
                + String(repeating: ".", count: 30 - filled) + "] "
                + "\(min(done, total) * 100 / total) % "
        }
        clear("\(label) \(bar)\(text())")
    }

    /// Takes the line away.
    func finish() { if isShown { clear("") } }

    private func clear(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[2K\(text)".utf8))
    }
}
