import Foundation

/// Other programs that the bench runs.
enum Tool {
    /// What a program prints; throws when it fails.
    static func output(_ path: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Problem("\(path) \(arguments.joined(separator: " ")) failed; its words are above")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// The value behind `name=` in what clmdb prints.
    static func figure(_ name: String, in text: String) throws -> Double {
        for word in text.split(whereSeparator: \.isWhitespace) where word.hasPrefix(name + "=") {
            if let value = Double(word.dropFirst(name.count + 1)) { return value }
        }
        throw Problem("\"\(text)\" names no \(name)")
    }
}

/// Seconds that a piece of work takes.
func seconds(_ work: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let time = try clock.measure(work)
    return Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
}

/// Seconds of processor time that this process has used on all its threads; unlike the clock's,
/// they do not depend on what else the machine does.
func processorSeconds() -> Double {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}

/// The middle of some figures: one slow spell of the disk does not move it.
func median(_ figures: [Double]) -> Double {
    let sorted = figures.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}
