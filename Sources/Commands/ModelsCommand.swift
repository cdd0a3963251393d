import ArgumentParser
import Journal
import Ledger
import Money
import Statements

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List and describe the models of the registry.",
        subcommands: [List.self, Describe.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the models with abilities, sizes and the prices of now.",
            discussion: "Example:\n  razao models list --provider openai")

        @Option(help: "Only this provider.") var provider: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let state = try journal.state()
                let format = FigureFormat.brazilian
                var table = TextTable([
                    ("Model", .left), ("Input", .right), ("Output", .right),
                    ("Cached", .right), ("Context", .right), ("Most output", .right),
                    ("State", .left), ("Abilities", .left), ("Description", .left),
                ])
                let now = SystemClock.now()
                for (name, model) in state.models.sorted(by: { $0.key < $1.key })
                where provider == nil || model.provider == provider {
                    let key = PriceBook.Key(provider: model.provider, model: model.model)
                    let prices = state.prices.entry(key, at: now)?.entry.prices
                    table.add([
                        name, prices?.effective(.input)?.text ?? "no price",
                        prices?.effective(.output)?.text ?? "no price",
                        prices?[.cacheRead]?.text ?? "",
                        model.contextWindow.map { format.integer($0) } ?? "",
                        model.maximumOutput.map { format.integer($0) } ?? "",
                        model.isActive ? "active" : "inactive",
                        model.abilities.joined(separator: " "), model.summary,
                    ])
                }
                for line in table.lines(keys: 1) { Console.line(line) }
                Console.note("Prices are in USD per million tokens.")
            }
        }
    }

    struct Describe: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a model to the registry, or change what it says.",
            discussion: """
                Prices are set apart, with "razao prices set".

                Example:
                  razao models describe mistral/mistral-large-latest \\
                      --abilities text,tools,streaming --context-window 131072
                """)

        @Argument(help: "PROVIDER/MODEL.") var model: String
        @Option(help: "Of text, vision, tools, streaming; with commas.") var abilities: String?
        @Option(help: "The most tokens of input and output together.") var contextWindow: Int?
        @Option(help: "The most tokens of output.") var maximumOutput: Int?
        @Option(help: "One sentence for people.") var summary: String?
        @Flag(inversion: .prefixedNo, help: "Whether it is offered, or kept for history only.")
        var active: Bool?
        @OptionGroup var common: CommonOptions

        private static let known: Set<String> = ["text", "vision", "tools", "streaming"]

        func run() throws {
            let key = try PricesCommand.key(model)
            let named = abilities?.split(separator: ",").map(String.init)
            if let wrong = named?.first(where: { !Self.known.contains($0) }) {
                throw CommandError(
                    "--abilities: \"\(wrong)\" is none of text, vision, tools and streaming")
            }
            for (option, value) in [
                ("--context-window", contextWindow), ("--maximum-output", maximumOutput),
            ] {
                if let value, value <= 0 { throw CommandError("\(option) \(value): give tokens") }
            }
            try common.withJournal { journal, _ in
                let before = try journal.state().models[key.description]
                var description =
                    before
                    ?? ModelDescription(
                        provider: key.provider, model: key.model, abilities: ["text"],
                        contextWindow: nil, maximumOutput: nil, summary: "")
                if let named { description.abilities = named }
                if let contextWindow { description.contextWindow = contextWindow }
                if let maximumOutput { description.maximumOutput = maximumOutput }
                if let summary { description.summary = summary }
                if let active { description.isActive = active }
                guard description != before else {
                    Console.line("\(key.description) is described so already.")
                    return
                }
                try journal.record([.modelDescribed(description)], by: Actor.name)
                Console.line(
                    before == nil ? "Added \(key.description)." : "Changed \(key.description).")
            }
        }
    }
}
