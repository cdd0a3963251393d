import ArgumentParser
import Journal
import Ledger
import Money

struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "Show and change the settings that figures depend on.",
        discussion: """
            These stand in the log, so that every figure can be computed from it alone:
              statement.rate_rule  previous-business-day, same-day, month-close,
                                   month-average or fixed:5.40
              statement.rounding   half-even, half-up or truncate
            """, subcommands: [Show.self, Set.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show them.", discussion: "Example:\n  razao settings show")
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let state = try journal.state()
                Console.line("statement.rate_rule  \(state.rateRule)")
                Console.line("statement.rounding   \(state.rounding.rawValue)")
            }
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change one.",
            discussion: "Example:\n  razao settings set statement.rounding half-up")
        @Argument(help: "statement.rate_rule or statement.rounding.") var name: String
        @Argument(help: "The new value.") var value: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            switch name {
            case "statement.rate_rule":
                guard RateRule(value) != nil else {
                    throw CommandError(
                        "statement.rate_rule is \"\(value)\"; give \(RateRule.names)")
                }
            case "statement.rounding":
                guard Rounding(rawValue: value) != nil else {
                    throw CommandError(
                        "statement.rounding is \"\(value)\"; give half-even, half-up or truncate")
                }
            default:
                throw CommandError(
                    "there is no setting \"\(name)\" in the log; the two are "
                        + "statement.rate_rule and statement.rounding")
            }
            try common.withJournal { journal, _ in
                try journal.record(
                    [.settingsChanged(SettingsChange(name: name, value: value))], by: Actor.name)
                Console.line("\(name) is now \(value).")
            }
        }
    }
}
