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
                from any month on; statements that are closed keep what they say. What is not
                given stays as it is on that day; --clear takes something away.

                Examples:
                  razao issuer set --name "Revenda de IA Ltda" --cnpj 11.222.333/0001-81 \\
                      --address "Rua Um, 1, São Paulo" --from 2026-01-01
                  razao issuer set --contact contas@revenda.example --from 2026-06-01
                  razao issuer set --clear contact --from 2026-09-01
                """)

        @Option(help: "The name on statements; needed the first time.") var name: String?
        @Option(help: "The CNPJ, with or without punctuation; letters are allowed.")
        var cnpj: String?
        @Option(help: "The address, one line.") var address: String?
        @Option(help: "How to reach it, one line.") var contact: String?
        @Option(help: "Take away cnpj, address or contact; may be repeated.")
        var clear: [Clearable] = []
        @Option(help: "The first day that statements carry these data from.")
        var from: DayArgument
        @Option(help: "A short name for the row of numbers.") var id = Issuer.usualID
        @OptionGroup var common: CommonOptions

        enum Clearable: String, ExpressibleByArgument, CaseIterable { case cnpj, address, contact }

        func validate() throws {
            let given: [(Clearable, String?)] = [
                (.cnpj, cnpj), (.address, address), (.contact, contact),
            ]
            for (field, value) in given where value != nil && clear.contains(field) {
                throw ValidationError("Give --\(field.rawValue) or --clear it, not both.")
            }
        }

        func run() throws {
            try common.withJournal { journal, _ in
                let recorded = try journal.record(by: Actor.name) { state in
                    let known = state.issuers.history.last { $0.from <= from.day }
                    let ofID = state.issuers.history.last {
                        $0.from <= from.day && $0.issuer.id == id
                    }
                    let change = IssuerChange(issuer: try changed(ofID?.issuer), from: from.day)
                    // Nothing is new where it holds already, from that day or an earlier one.
                    return known?.issuer == change.issuer ? [] : [.issuerSet(change)]
                }
                guard case .issuerSet(let change)? = recorded.first else {
                    return Console.line("The issuer is this already; nothing was changed.")
                }
                Console.line("Statements from \(from.day) on are issued by \(change.issuer.name).")
            }
        }

        /// The issuer's data with what was given in place of what was.
        private func changed(_ known: Issuer?) throws -> Issuer {
            guard let name = name ?? known?.name else {
                throw CommandError(
                    "there is no issuer \(id) on \(from.day) yet; say its name with --name")
            }
            func field(_ given: String?, _ old: String?, _ field: Clearable) -> String? {
                clear.contains(field) ? nil : given ?? old
            }
            let issuer = Issuer(
                id: id, name: name,
                cnpj: field(try cnpj.map(CNPJ.argument), known?.cnpj, .cnpj),
                address: field(address, known?.address, .address),
                contact: field(contact, known?.contact, .contact))
            do {
                try issuer.check()
            } catch {
                throw CommandError(
                    "--\(error.field == "issuer" ? "id" : error.field): \(error.reason)")
            }
            return issuer
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
                    ("Address", .left), ("Contact", .left), ("State", .left),
                ])
                for (index, change) in history.enumerated() {
                    // Of equal days the one recorded last counts.
                    let isReplaced = history.dropFirst(index + 1).contains {
                        $0.from == change.from
                    }
                    let issuer = change.issuer
                    table.add([
                        change.from.description, issuer.id, issuer.name,
                        issuer.cnpj.flatMap { CNPJ($0)?.formatted } ?? "", issuer.address ?? "",
                        issuer.contact ?? "", isReplaced ? "replaced" : "",
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
