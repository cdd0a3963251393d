public import ArgumentParser
import LMDB

/// The `razao` program.
public struct Razao: AsyncParsableCommand {
    /// What the program is called, does and consists of.
    public static let configuration = CommandConfiguration(
        commandName: "razao",
        abstract: "An exact ledger of AI usage: every call once, every cost in USD and BRL.",
        discussion: """
            Start with these:
              razao init                                     make a data folder
              razao client add acme --name "Acme Ltda"       a client
              razao rates import ptax.csv                    exchange rates
              razao import usage.jsonl                       usage
              razao report --month 2026-10 --client acme     the statement
            """,
        version: "0.1.0",
        subcommands: [
            InitCommand.self, ClientCommand.self, KeyCommand.self, ModelsCommand.self,
            PricesCommand.self, RatesCommand.self,
            ImportCommand.self, EventsCommand.self, UsageCommand.self, BudgetCommand.self,
            ReportCommand.self, ReplayCommand.self, VerifyCommand.self, StatusCommand.self,
            SettingsCommand.self, MockProviderCommand.self,
        ])

    /// What the program does before it reads its arguments: says that data may be damaged where
    /// it would end by a signal.
    public static func prepare() {
        MapFault.exits(
            saying: """
                Error: the program had to stop where data or the program itself is damaged; run \
                "razao verify" to find the place.

                """)
    }

    /// The command as the parser makes it.
    public init() {}
}
