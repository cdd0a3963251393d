import ArgumentParser
import Foundation
import Journal
import Ledger
import Money

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a data folder with six models to begin with.",
        discussion: """
            Examples:
              razao init
              razao init --data /srv/razao

            A folder that holds a ledger already is left as it is.
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        let settings = try common.settings()
        let folder = common.folder(settings)
        let files = FileManager.default
        switch FileKind(path: folder) {
        case .missing: break
        case .file: throw CommandError("\(folder) is a file; name a folder")
        case .folder:
            if files.fileExists(atPath: folder + "/ledger/data.mdb") {
                let journal = try Journal.open(
                    at: folder, options: CommonOptions.options(settings))
                defer { journal.close() }
                Self.clear(folder)
                Console.line(
                    "\(folder) holds a ledger already, at record \(try journal.head().sequence); "
                        + "nothing was changed.")
                return
            }
            let content = (try? files.contentsOfDirectory(atPath: folder)) ?? []
            guard content.allSatisfy({ $0.hasPrefix(Self.unfinished) || $0 == "lost+found" }) else {
                throw JournalError.foreign(
                    path: folder, detail: "it is not empty and has no ledger")
            }
        }
        do {
            try files.createDirectory(
                atPath: folder, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError("cannot make the folder \(folder); check the path and its rights")
        }
        try make(in: folder, settings)
        Console.line("Made a ledger in \(folder) with these models, in USD per million tokens:")
        var table = TextTable([
            ("Model", .left), ("Input", .right), ("Output", .right), ("Cached input", .right),
        ])
        for model in SeedModels.all {
            table.add([
                "\(model.provider)/\(model.model)", model.input, model.output,
                model.cacheRead ?? "",
            ])
        }
        for line in table.lines { Console.line("  " + line) }
        Console.line("Next: razao client add ID --name \"NAME\"")
    }

    /// Where a ledger is made until it is whole.
    private static let unfinished = ".init-"

    /// Takes away what an `init` that was killed left behind.
    private static func clear(_ folder: String) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix(unfinished) {
            try? files.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    /// Makes the ledger beside its place and moves it there at the end, so that an `init` that was
    /// killed leaves no ledger without its models.
    private func make(in folder: String, _ settings: Settings) throws {
        let files = FileManager.default
        let beside =
            "\(folder)/\(Self.unfinished)\(ProcessInfo.processInfo.processIdentifier)"
        try? files.removeItem(atPath: beside)
        defer { try? files.removeItem(atPath: beside) }
        let journal = try Journal.create(at: beside, options: CommonOptions.options(settings))
        do {
            defer { journal.close() }
            try journal.record(try SeedModels.events() + changes(settings), by: Actor.name)
        }
        do {
            try files.moveItem(atPath: beside + "/ledger", toPath: folder + "/ledger")
        } catch {
            throw CommandError(
                "cannot put the ledger into \(folder); check its rights, and whether another "
                    + "\"razao init\" runs")
        }
        Self.clear(folder)
    }

    /// Rules that differ from the defaults belong in the log, since figures depend on them.
    private func changes(_ settings: Settings) -> [ControlEvent] {
        let fresh = LedgerState()
        var events: [ControlEvent] = []
        let rule = settings.text("statement.rate_rule")
        if rule != fresh.rateRule.description {
            events.append(
                .settingsChanged(SettingsChange(name: "statement.rate_rule", value: rule)))
        }
        let rounding = settings.text("statement.rounding")
        if rounding != fresh.rounding.rawValue {
            events.append(
                .settingsChanged(SettingsChange(name: "statement.rounding", value: rounding)))
        }
        return events
    }
}

/// The models that a new ledger begins with.
enum SeedModels {
    struct Model {
        let provider: String
        let model: String
        let input: String
        let output: String
        var cacheRead: String?
        var cacheWrite5m: String?
        var cacheWrite1h: String?
        let contextWindow: Int
        let maximumOutput: Int
        let abilities: [String]
        let summary: String
    }

    /// In effect from before the first call of any of them, so that history can be imported; a
    /// price that was different then is set with its own date.
    static let effectiveFrom = Instant(seconds: 1_672_531_200)

    static let all = [
        Model(
            provider: "openai", model: "gpt-4o", input: "2.50", output: "10.00", cacheRead: "1.25",
            contextWindow: 128_000, maximumOutput: 16_384,
            abilities: ["text", "vision", "tools", "streaming"],
            summary: "OpenAI's general model for text and images"),
        Model(
            provider: "openai", model: "gpt-4o-mini", input: "0.150", output: "0.600",
            cacheRead: "0.075", contextWindow: 128_000, maximumOutput: 16_384,
            abilities: ["text", "vision", "tools", "streaming"],
            summary: "OpenAI's small model for text and images"),
        Model(
            provider: "groq", model: "llama-3.3-70b-versatile", input: "0.590", output: "0.790",
            contextWindow: 128_000, maximumOutput: 32_768,
            abilities: ["text", "tools", "streaming"], summary: "Llama 3.3 70B, served fast by Groq"
        ),
        Model(
            provider: "anthropic", model: "claude-3-5-sonnet-20241022", input: "3.00",
            output: "15.00", cacheRead: "0.30", cacheWrite5m: "3.75", cacheWrite1h: "6.00",
            contextWindow: 200_000, maximumOutput: 8_192,
            abilities: ["text", "vision", "tools", "streaming"],
            summary: "Anthropic's balanced model of October 2024"),
        Model(
            provider: "anthropic", model: "claude-3-opus-20240229", input: "15.00",
            output: "75.00", cacheRead: "1.50", cacheWrite5m: "18.75", cacheWrite1h: "30.00",
            contextWindow: 200_000, maximumOutput: 4_096,
            abilities: ["text", "vision", "tools", "streaming"],
            summary: "Anthropic's largest model of February 2024"),
        Model(
            provider: "google", model: "gemini-2.0-flash-exp", input: "0", output: "0",
            contextWindow: 1_048_576, maximumOutput: 8_192,
            abilities: ["text", "vision", "tools", "streaming"],
            summary: "Google's experimental model, free of charge"),
    ]

    static func events() throws -> [ControlEvent] {
        try all.flatMap { model in
            var prices = PriceSet()
            prices[.input] = try UnitPrice(model.input)
            prices[.output] = try UnitPrice(model.output)
            prices[.cacheRead] = try model.cacheRead.map { try UnitPrice($0) }
            prices[.cacheWrite5m] = try model.cacheWrite5m.map { try UnitPrice($0) }
            prices[.cacheWrite1h] = try model.cacheWrite1h.map { try UnitPrice($0) }
            return [
                ControlEvent.modelDescribed(
                    ModelDescription(
                        provider: model.provider, model: model.model, abilities: model.abilities,
                        contextWindow: model.contextWindow, maximumOutput: model.maximumOutput,
                        summary: model.summary)),
                .priceSet(
                    PriceEntry(
                        provider: model.provider, model: model.model,
                        effectiveFrom: effectiveFrom, prices: prices, source: "razao init")),
            ]
        }
    }
}
