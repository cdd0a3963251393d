import ArgumentParser
import Journal
import Ledger

struct IssuerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issuer", abstract: "Say who issues the statements.",
        subcommands: [Set.self, Show.self])

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set the issuer, or change its data.",
            discussion: """
                Numbers of closed statements run without gaps for each --id. Other data may change
                from any month on; statements that are closed keep what they say.

                Examples:
                  razao issuer set --name "Revenda de IA Ltda" --cnpj 11.222.333/0001-81 \\
                      --address "Rua Um, 1, São Paulo" --from 2026-01-01
                """)

        @Option(help: "The name on statements.") var name: String
        @Option(help: "The CNPJ, with or without punctuation; letters are allowed.")
        var cnpj: String?
        @Option(help: "The address, one line.") var address: String?
        @Option(help: "How to reach it, one line.") var contact: String?
        @Option(help: "The first day that statements carry these data from.")
        var from: DayArgument
        @Option(help: "A short name for the row of numbers.") var id = Issuer.usualID
        @OptionGroup var common: CommonOptions

        func run() throws {
            let issuer = Issuer(
                id: id, name: name, cnpj: try cnpj.map(CNPJ.argument), address: address,
                contact: contact)
            do {
                try issuer.check()
            } catch {
                throw CommandError(
                    "--\(error.field == "issuer" ? "id" : error.field): \(error.reason)")
            }
            let change = IssuerChange(issuer: issuer, from: from.day)
            try common.withJournal { journal, _ in
                let recorded = try journal.record(by: Actor.name) { state in
                    state.issuers.history.last { $0.from <= change.from } == change
                        ? [] : [.issuerSet(change)]
                }
                Console.line(
                    recorded.isEmpty
                        ? "The issuer is this already; nothing was changed."
                        : "Statements from \(from.day) on are issued by \(name).")
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show who issues statements, and from when on.",
            discussion: "Example:\n  razao issuer show")

        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let history = try journal.state().issuers.history
                guard !history.isEmpty else {
                    Console.line("Nobody said yet who issues statements; see: razao issuer set -h")
                    return
                }
                var table = TextTable([
                    ("From", .left), ("Id", .left), ("Name", .left), ("CNPJ", .left),
                    ("Address", .left), ("Contact", .left),
                ])
                for change in history {
                    let issuer = change.issuer
                    table.add([
                        change.from.description, issuer.id, issuer.name,
                        issuer.cnpj.flatMap { CNPJ($0)?.formatted } ?? "", issuer.address ?? "",
                        issuer.contact ?? "",
                    ])
                }
                for line in table.lines { Console.line(line) }
            }
        }
    }
}

extension CNPJ {
    /// The fourteen characters of a CNPJ of the command line.
    static func argument(_ text: String) throws -> String {
        guard let number = CNPJ(text) else {
            throw CommandError(
                "\"\(text)\" is not a valid CNPJ: its check digits do not match; check for a "
                    + "typing error")
        }
        return number.characters
    }
}

/// A day of the command line.
struct DayArgument: ExpressibleByArgument {
    let day: CivilDate

    init?(argument: String) {
        guard let day = CivilDate(argument) else { return nil }
        self.day = day
    }
}
