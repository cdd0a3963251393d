import Foundation
import Testing

// Every command tells how it is used.
@Suite struct `Help` {
    /// The names that a help text lists under SUBCOMMANDS.
    private func subcommands(_ help: String) -> [String] {
        guard let list = help.components(separatedBy: "SUBCOMMANDS:\n").dropFirst().first else {
            return []
        }
        return list.split(separator: "\n").compactMap { line in
            line.firstMatch(of: #/^  ([a-z-]+)(?: |$)/#).map { String($0.1) }
        }
    }

    @Test func `is there for every command, with an example`() throws {
        let place = try Workplace(initialized: false)
        var open: [[String]] = [[]]
        var seen: Set<String> = []
        while let words = open.popLast() {
            let command = (["razao"] + words).joined(separator: " ")
            let end = try place.start(words + ["--help"]).wait()
            #expect(end.status == 0)
            #expect(end.output.contains("USAGE: \(command)"))
            let inner = subcommands(end.output)
            // Groups list their commands, which have the examples.
            #expect(
                !inner.isEmpty || end.output.contains("Example"), "\(command) has no example")
            for line in end.output.split(separator: "\n") {
                #expect(line.count <= 78, "\(command): \(line)")
            }
            seen.insert(words.joined(separator: " "))
            open += inner.map { words + [$0] }
        }
        let contract: Set<String> = [
            "init", "client add", "client remove", "client list", "prices set", "prices import",
            "prices show", "rates import", "rates fetch", "rates show", "import", "events", "usage",
            "budget set",
            "budget show", "report", "replay", "verify", "status",
        ]
        #expect(contract.subtracting(seen).isEmpty)
        #expect(try place.razao("--version").isEmpty == false)
    }
}
