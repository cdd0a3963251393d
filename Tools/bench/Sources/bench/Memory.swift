import Foundation
import Synchronization

/// The most memory of its own that this process had: what the kernel counts as RssAnon, which
/// leaves out the pages of the map. Looked at twenty times a second.
final class Memory: Sendable {
    private let peak = Atomic<Int>(0)

    init() {
        let thread = Thread { [self] in
            while true {
                look()
                Thread.sleep(forTimeInterval: 0.05)
            }
        }
        thread.start()
    }

    /// The peak so far, in megabytes.
    var megabytes: Double {
        look()
        return Double(peak.load(ordering: .relaxed)) / 1024
    }

    private func look() {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
            return
        }
        for line in status.split(separator: "\n") where line.hasPrefix("RssAnon:") {
            let digits = line.filter { $0.isNumber }
            peak.max(Int(digits) ?? 0, ordering: .relaxed)
        }
    }
}
