import Foundation
import Synchronization

/// Where commands write: results to standard output, everything about the run to standard error.
enum Console {
    /// Writes a line to standard output.
    static func line(_ text: String = "") { write(Array((text + "\n").utf8)) }

    /// Writes bytes to standard output.
    static func write(_ bytes: [UInt8]) {
        try? FileHandle.standardOutput.write(contentsOf: Data(bytes))
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
