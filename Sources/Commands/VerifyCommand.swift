import ArgumentParser
import Journal
import Ledger

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the whole log: checksums, chain, balances and closed statements.",
        discussion: """
            Every page of the log's file is checked before anything is read from it.
            Ends with status 1 and the place when anything is off. The views are
            checked by "razao replay --verify".

            Example:
              razao verify
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.withJournal { journal, _ in
            let end = try journal.head().sequence.rawValue
            let progress = ProgressLine("verify", total: end)
            let report = try journal.verify {
                progress.update($0.rawValue, "\($0.rawValue) of \(end) records")
            }
            progress.finish()
            Console.line("records    \(report.records) (\(counted(report.usage, "call")))")
            Console.line("balances   \(report.balances)")
            Console.line("statements \(report.statements)")
            Console.line("log head   \(report.head.chainText)")
            guard report.isSound else {
                for fault in report.faults { Console.note(fault) }
                throw CommandError(
                    "the ledger is damaged (\(counted(report.faults.count, "fault")) above); stop "
                        + "using it and restore a backup")
            }
            Console.line("The ledger is whole.")
        }
    }
}
