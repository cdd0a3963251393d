import Foundation
import Journal

/// Measures the ledger and prints what it found.
///
///     bench REPOSITORY CLMDB FOLDER EVENTS APPENDS ROUNDS [CASE]
///
/// Without a case it runs every one in a process of its own and prints the table.
@main
struct Bench {
    static let cases = [
        "appends-64", "appends-512", "holds-64", "holds-512", "decision", "fill", "views",
        "rebuild", "price",
        "month", "verify", "closing",
    ]

    static func main() async {
        do {
            try await run(CommandLine.arguments)
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ words: [String]) async throws {
        guard words.count >= 7, let events = Int(words[4]), let appends = Int(words[5]),
            let rounds = Int(words[6])
        else { throw Problem("run Tools/bench/run; it gives this program what it needs") }
        if words.count == 8 {
            let findings = try await one(
                words[7], repository: words[1], clmdb: words[2], folder: words[3], events: events,
                appends: appends, rounds: rounds)
            let encoder = JSONEncoder()
            FileHandle.standardOutput.write(try encoder.encode(findings))
            return
        }
        print("\(Figure.heading)")
        var digests: [String] = []
        for name in cases {
            let text = try Tool.output("/proc/self/exe", Array(words.dropFirst()) + [name])
            let findings = try JSONDecoder().decode(Findings.self, from: Data(text.utf8))
            for figure in findings.figures { print(figure.line) }
            if let digest = findings.digest { digests.append("\(name) \(digest)") }
            fflush(nil)
        }
        print("digest of what was done: \(Chain.hexDigest(digests.joined(separator: "\n").utf8))")
    }

    private static func one(
        _ name: String, repository: String, clmdb: String, folder: String, events: Int,
        appends: Int, rounds: Int
    ) async throws -> Findings {
        let workload = Workload(try Trace(repository: repository))
        let large = LargeLedger(
            workload: workload, events: events, folder: folder, memory: Memory())
        switch name {
        case "appends-64", "appends-512", "holds-64", "holds-512":
            return try await Appends(
                workload: workload, holds: name.hasPrefix("holds"),
                callers: name.hasSuffix("-64") ? 64 : 512, events: appends,
                rounds: rounds, folder: folder, clmdb: clmdb
            ).run()
        case "decision": return try await large.decision()
        case "fill": return try large.fill()
        case "views": return try large.views()
        case "rebuild": return try large.rebuild()
        case "price": return try large.price()
        case "month": return try large.month()
        case "verify": return try large.verify()
        case "closing":
            return try ClosingMonth(
                Trace(repository: repository), events: events, folder: folder, memory: Memory()
            ).run()
        default: throw Problem("there is no case \(name)")
        }
    }
}
