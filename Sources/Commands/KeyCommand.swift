import ArgumentParser
import Journal
import Ledger

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Issue, list and revoke the keys of clients' programs.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Issue a key for a client and print it, once.",
            discussion: """
                Examples:
                  razao key create acme --name chatbot
                  export OPENAI_API_KEY=$(razao key create acme --name chatbot --quiet)

                Only a hash of the key is kept: who loses it makes another and revokes
                the old one.
                """)

        @Argument(help: "The client whose calls it makes.")
        var client: String
        @Option(help: "What it is for, such as the program that uses it.")
        var name: String?
        @Flag(help: "Print the key and nothing else.")
        var quiet = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let (text, record) = try AccessKeys.make(client: client, name: name)
                _ = try journal.record(by: Actor.name) { state in
                    guard state.clients[client] != nil else {
                        throw CommandError(
                            "there is no client \(client); add it with: razao client add \(client)")
                    }
                    return [.keyIssued(record)]
                }
                if quiet { return Console.line(text) }
                Console.line("Key \(record.id) of client \(client):")
                Console.line("")
                Console.line("  \(text)")
                Console.line("")
                Console.line("It is shown this once; only its hash is kept. Revoke it with:")
                Console.line("  razao key revoke \(record.id)")
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keys, of all clients or of one.",
            discussion: "Examples:\n  razao key list\n  razao key list acme")

        @Argument(help: "Only this client's keys.")
        var client: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let state = try journal.state()
                if let client, state.clients[client] == nil {
                    throw CommandError(
                        "there is no client \(client); see them with: razao client list")
                }
                let entries = state.keys.all.filter { client == nil || $0.record.client == client }
                guard !entries.isEmpty else {
                    Console.line("There are no keys yet; issue one with: razao key create CLIENT")
                    return
                }
                var table = TextTable([
                    ("Key", .left), ("Client", .left), ("Name", .left), ("Issued", .left),
                    ("State", .left),
                ])
                for entry in entries {
                    table.add([
                        entry.record.id, entry.record.client, entry.record.name ?? "",
                        String("\(entry.issuedAt)".prefix(10)),
                        entry.revokedAt.map { "revoked \("\($0)".prefix(10))" } ?? "open",
                    ])
                }
                for line in table.lines { Console.line(line) }
            }
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key: calls with it are refused from now on.",
            discussion: "Example:\n  razao key revoke k-3f9a12bc77d0")

        @Argument(help: "The key's id, as the list shows it.")
        var id: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let recorded = try journal.record(by: Actor.name) { state in
                    guard let entry = state.keys[id: id] else {
                        throw CommandError("there is no key \(id); see them with: razao key list")
                    }
                    return entry.revokedAt == nil ? [.keyRevoked(KeyRevocation(id: id))] : []
                }
                Console.line(
                    recorded.isEmpty ? "Key \(id) was revoked before." : "Revoked key \(id).")
            }
        }
    }
}
