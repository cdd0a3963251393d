import ArgumentParser
import Journal
import Ledger

struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Add and list clients.",
        subcommands: [Add.self, List.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a client, or change its data.",
            discussion: """
                Examples:
                  razao client add acme --name "Acme Ltda" --cnpj 11.222.333/0001-81
                  razao client add manaus --time-zone America/Manaus

                For a client that is there, what is given replaces what was; a new time zone
                takes effect with its next month.
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
                let recorded = try journal.record(by: Actor.name) { state in
                    let known = state.clients[id]?.record
                    let record = try changed(known ?? ClientRecord(id: id, timeZone: zone))
                    if record == known { return [] }
                    return [known == nil ? .clientRegistered(record) : .clientUpdated(record)]
                }
                switch recorded.first {
                case nil: Console.line("Client \(id) is there already, with the same data.")
                case .clientRegistered: Console.line("Added client \(id).")
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
                ])
                for client in clients {
                    let record = client.record
                    table.add([
                        record.id, record.name ?? "",
                        record.cnpj.flatMap { CNPJ($0)?.formatted } ?? "", record.timeZone,
                    ])
                }
                for line in table.lines { Console.line(line) }
            }
        }
    }
}
