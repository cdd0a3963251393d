public import ArgumentParser
import Glibc
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
            AlertsCommand.self, ReverseCommand.self, CorrectCommand.self, TermsCommand.self,
            IssuerCommand.self, CloseCommand.self, ReportCommand.self, ReconcileCommand.self,
            ReplayCommand.self, VerifyCommand.self, StatusCommand.self,
            SettingsCommand.self, GatewayCommand.self, MockProviderCommand.self,
        ])

    /// Runs the command that the arguments name and ends the process.
    public static func start() async -> Never {
        // Says that data may be damaged where the process would end by a signal.
        MapFault.exits(
            saying: """
                Error: the program had to stop where data or the program itself is damaged; run \
                "razao verify" to find the place.

                """)
        // A file that may grow no further is an error that is told, not the program's death.
        signal(SIGXFSZ, SIG_IGN)
        Console.hold()
        do {
            for argument in CommandLine.arguments.dropFirst() {
                try ArgumentText.check(argument)
            }
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
            try Console.finish()
            exit()
        } catch {
            guard exitCode(for: error).isSuccess else { end(error) }
            // Help, or the version.
            Console.line(HelpText.wrapped(fullMessage(for: error, columns: HelpText.columns)))
            do { try Console.finish() } catch { end(error) }
            exit()
        }
    }

    /// Says what is wrong, where there is anything to say, and ends the process.
    private static func end(_ error: any Error) -> Never {
        let text = HelpText.wrapped(fullMessage(for: error, columns: HelpText.columns))
        if !text.isEmpty { Console.note(text) }
        exit(withError: exitCode(for: error))
    }

    /// The command as the parser makes it.
    public init() {}
}
