import ArgumentParser
import Journal
import Ledger

struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Add, remove and list clients.",
        subcommands: [Add.self, Remove.self, List.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a client, or change its data.",
            discussion: """
                Examples:
                  razao client add acme --name "Acme Ltda" --cnpj 11.222.333/0001-81
                  razao client add manaus --time-zone America/Manaus

                For a client that is there, what is given replaces what was; a new time zone
                takes effect with its next month. One that was removed is taken back; its
                keys stay revoked.
                """)

        @Argument(help: "The id that usage carries: letters, digits, dot, dash, underscore.")
        var id: String
        @Option(help: "The name on statements.")
        var name: String?
        @Option(help: "The CNPJ, with or without punctuation; letters are allowed.")
        var cnpj: String?
        @Option(help: "The address on statements, one line.")
        var address: String?
        @Option(help: "The IANA time zone of its days and months.")
        var timeZone: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, settings in
                let zone = settings.text("clients.time_zone")
                var known: LedgerState.Client?
                let recorded = try journal.record(by: Actor.name) { state in
                    known = state.clients[id]
                    let record = try changed(
                        known?.record ?? ClientRecord(id: id, timeZone: zone))
                    guard let known, known.removedAt == nil else {
                        return [.clientRegistered(record)]
                    }
                    return record == known.record ? [] : [.clientUpdated(record)]
                }
                switch (recorded.first, known?.removedOn) {
                case (nil, _): Console.line("Client \(id) is there already, with the same data.")
                case (.clientRegistered, let day?):
                    Console.line("Took back client \(id), which was removed on \(day).")
                    Console.line(
                        "Keys it had stay revoked; issue one with: razao key create \(id)")
                case (.clientRegistered, nil): Console.line("Added client \(id).")
                default: Console.line("Changed client \(id).")
                }
            }
        }

        /// The client's data with what was given in place of what was.
        private func changed(_ known: ClientRecord) throws -> ClientRecord {
            var record = known
            if let name { record.name = name }
            if let cnpj { record.cnpj = try CNPJ.argument(cnpj) }
            if let address { record.address = address }
            if let timeZone { record.timeZone = timeZone }
            try record.check()
            return record
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a client: it takes no calls and nothing else that is new.",
            discussion: """
                Examples:
                  razao client remove acme
                  razao client remove acme --reason "The contract ended"

                Its keys are revoked, and what comes for it is refused: usage, budgets, terms,
                reversals, corrections. Calls in flight are recorded. Its history stays, with
                usage and statements, and its months can be closed. What removes a client is
                an event itself, and "razao client add" takes the client back.
                """)

        @Argument(help: "The client's id.")
        var id: String
        @Option(help: "Why, in one line.")
        var reason: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                var keys = 0
                let recorded = try journal.record(by: Actor.name) { state in
                    guard let client = state.clients[id] else {
                        throw CommandError(
                            "there is no client \(id); see them with: razao client list")
                    }
                    keys = state.keys.openCount(of: id)
                    return client.removedAt == nil
                        ? [.clientRemoved(ClientRemoval(client: id, reason: reason))] : []
                }
                guard !recorded.isEmpty else {
                    let day = try journal.state().clients[id]?.removedOn
                    return Console.line(
                        "Client \(id) was removed before\(day.map { ", on \($0)" } ?? "").")
                }
                Console.line("Removed client \(id): it takes nothing new, and its history stays.")
                if keys > 0 { Console.line("Revoked \(counted(keys, "key")) of it.") }
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the clients.", discussion: "Example:\n  razao client list")

        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let clients = try journal.state().clients.values.sorted {
                    $0.record.id < $1.record.id
                }
                guard !clients.isEmpty else {
                    Console.line("There are no clients yet; add one with: razao client add ID")
                    return
                }
                var table = TextTable([
                    ("Client", .left), ("Name", .left), ("CNPJ", .left), ("Time zone", .left),
                    ("State", .left),
                ])
                for client in clients {
                    let record = client.record
                    table.add([
                        record.id, record.name ?? "",
                        record.cnpj.flatMap { CNPJ($0)?.formatted } ?? "", record.timeZone,
                        client.removedOn.map { "removed \($0)" } ?? "active",
                    ])
                }
                for line in table.lines { Console.line(line) }
            }
        }
    }
}
