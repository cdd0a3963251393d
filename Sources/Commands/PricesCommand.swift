import ArgumentParser
import Foundation
import Journal
import Ledger
import Money

struct PricesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prices", abstract: "Set, import and show prices.",
        subcommands: [Set.self, Import.self, Show.self, List.self])

    /// Splits `provider/model`; the model may hold further slashes.
    static func key(_ text: String, tier: String = "") throws -> PriceBook.Key {
        guard let slash = text.firstIndex(of: "/"), slash > text.startIndex,
            text.index(after: slash) < text.endIndex
        else {
            throw CommandError(
                "\"\(text)\" names no provider; write PROVIDER/MODEL, for example openai/gpt-4o")
        }
        return PriceBook.Key(
            provider: String(text[..<slash]), model: String(text[text.index(after: slash)...]),
            serviceTier: tier)
    }

    /// Throws when the gate finds prices that are probably a fault of the feed.
    static func gate(_ entries: [PriceEntry], _ book: PriceBook, force: Bool) throws {
        guard !force else { return }
        let suspicions = PriceSanity.check(entries, against: book)
        guard let first = suspicions.first else { return }
        // One price may fall under several rules: one sentence of them is enough.
        if entries.count == 1 { throw CommandError("\(first)") }
        for suspicion in suspicions.prefix(20) { Console.note("  \(suspicion)") }
        if suspicions.count > 20 { Console.note("  and \(suspicions.count - 20) more") }
        let count = Swift.Set(suspicions.map(\.index)).count
        throw CommandError(
            "\(count) \(count == 1 ? "price looks" : "prices look") wrong, so none was taken; "
                + "repeat with --force to take all, or with --skip-suspicious to take the others")
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set one model's prices from an instant on.",
            discussion: """
                Prices are in USD per million tokens, with at most six decimals. A class
                without a price is billed as plain input or output.

                Examples:
                  razao prices set openai/gpt-4o --input 2.50 --output 10.00 \\
                      --cache-read 1.25 --effective-from 2024-11-13T02:40:52Z
                  razao prices set openai/gpt-4o --service-tier batch \\
                      --input 1.25 --output 5 --effective-from 2024-12-24
                """)

        @Argument(help: "PROVIDER/MODEL, exactly as usage names them.")
        var model: String
        @Option(parsing: .unconditional, help: "Input tokens.") var input: String?
        @Option(parsing: .unconditional, help: "Output tokens.") var output: String?
        @Option(
            parsing: .unconditional, help: "Input tokens read from the provider's prompt cache.")
        var cacheRead: String?
        @Option(
            name: .customLong("cache-write-5m"), parsing: .unconditional,
            help: "Input tokens written to a cache kept for five minutes.")
        var cacheWrite5m: String?
        @Option(
            name: .customLong("cache-write-1h"), parsing: .unconditional,
            help: "Input tokens written to a cache kept for an hour.")
        var cacheWrite1h: String?
        @Option(parsing: .unconditional, help: "Audio input tokens.") var inputAudio: String?
        @Option(parsing: .unconditional, help: "Image input tokens.") var inputImage: String?
        @Option(parsing: .unconditional, help: "Hidden reasoning tokens.") var reasoning: String?
        @Option(parsing: .unconditional, help: "Audio output tokens.") var outputAudio: String?
        @Option(parsing: .unconditional, help: "Image output tokens.") var outputImage: String?
        @Option(help: "The provider's service tier, such as batch or priority.")
        var serviceTier = ""
        @Option(help: "From when on: 2026-11-20T00:00:00-03:00, or a day's start: 2026-11-20.")
        var effectiveFrom: InstantArgument
        @Flag(help: "Take the price even when it looks wrong.")
        var force = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            let tier = ServiceTier.normalized(serviceTier)
            let key = try PricesCommand.key(model, tier: tier)
            var prices = PriceSet()
            for (usageClass, option, text) in options {
                guard let text else { continue }
                do {
                    prices[usageClass] = try UnitPrice(text)
                } catch {
                    throw CommandError("\(option): \(error)")
                }
            }
            let zone = try ZoneRules.named(try common.settings().text("clients.time_zone"))
            let from = try effectiveFrom.instant(zone, "--effective-from")
            let entry = PriceEntry(
                provider: key.provider, model: key.model, serviceTier: tier, effectiveFrom: from,
                prices: prices, source: "razao prices set")
            try entry.check()
            try common.withJournal { journal, _ in
                let before = try journal.state().prices.entry(key, at: from)?.entry
                let recorded = try journal.record(by: Actor.name) { state in
                    var book = state.prices
                    guard !PricesCommand.new([entry], in: &book).isEmpty else { return [] }
                    try PricesCommand.gate([entry], state.prices, force: force)
                    return [.priceSet(entry)]
                }
                guard !recorded.isEmpty else {
                    Console.line(
                        "\(key.description) has these prices already; nothing was changed.")
                    return
                }
                PricesCommand.noteLost(of: before?.prices, in: prices)
                Console.line("\(key.description) from \(from): \(PricesCommand.summary(prices))")
            }
        }

        private var options: [(UsageClass, String, String?)] {
            [
                (.input, "--input", input), (.output, "--output", output),
                (.cacheRead, "--cache-read", cacheRead),
                (.cacheWrite5m, "--cache-write-5m", cacheWrite5m),
                (.cacheWrite1h, "--cache-write-1h", cacheWrite1h),
                (.inputAudio, "--input-audio", inputAudio),
                (.inputImage, "--input-image", inputImage),
                (.reasoning, "--reasoning", reasoning),
                (.outputAudio, "--output-audio", outputAudio),
                (.outputImage, "--output-image", outputImage),
            ]
        }
    }

    /// Says which classes had a price of their own and have none among the new ones.
    static func noteLost(of before: PriceSet?, in prices: PriceSet) {
        for usageClass in UsageClass.tokens where prices[usageClass] == nil {
            guard let old = before?[usageClass] else { continue }
            let now = prices.effective(usageClass).map { "is billed at \($0.text)" }
            Console.note(
                "note: \(usageClass.name) had a price of its own (\(old.text)) and now "
                    + (now ?? "has none"))
        }
    }

    static func summary(_ prices: PriceSet) -> String {
        UsageClass.allCases.compactMap { usageClass in
            prices[usageClass].map { "\(usageClass.name) \($0.text)" }
        }.joined(separator: ", ")
    }
}
