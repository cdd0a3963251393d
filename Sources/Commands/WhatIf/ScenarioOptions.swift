import ArgumentParser
import Foundation
import Ledger
import Money

/// What would be different, as the command line says it.
struct ScenarioOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A model's prices: provider/model:input=2.50,output=10 (repeatable).",
            valueName: "prices"))
    var price: [String] = []
    @Option(help: ArgumentHelp("A model at another's prices (repeatable).", valueName: "a=b"))
    var swap: [String] = []
    @Option(parsing: .unconditional, help: "Reais for a dollar, on all days.")
    var rate: String?
    @Option(help: RateRule.help)
    var rateRule: String?
    @Option(parsing: .unconditional, help: "Percent on the cost in reais, for all clients.")
    var markup: String?
    @Option(help: PriceFileFormat.help) var pricesFormat = PriceFileFormat.usual
    @Option(help: PriceFileFormat.effectiveFromHelp)
    var effectiveFrom: InstantArgument?

    /// True when something is given that only makes sense for a scenario.
    var isGiven: Bool {
        !price.isEmpty || !swap.isEmpty || rate != nil || rateRule != nil || markup != nil
    }

    /// The scenario, with the prices of a file where one is named.
    func scenario(file: String?, zone: ZoneRules) throws -> Scenario {
        var scenario = Scenario()
        let from = try effectiveFrom?.instant(zone, "--effective-from")
        if let file {
            do {
                scenario.entries = try PriceFile.parse(
                    InputFile.contents(of: file, most: 64 << 20), format: pricesFormat,
                    effectiveFrom: from
                ).entries
            } catch let error as PriceFileError {
                throw CommandError("\(file): \(error)")
            }
            guard !scenario.entries.isEmpty else {
                throw CommandError("\(file): there is no price in it that can be read")
            }
        }
        scenario.lastingPrices = try price.map { text in
            let price = try PriceArgument(text)
            return PriceEntry(
                provider: price.key.provider, model: price.key.model,
                serviceTier: price.key.serviceTier, effectiveFrom: from ?? .distantPast,
                prices: price.prices, source: "what-if")
        }
        scenario.swaps = try swap.map(Self.swap)
        scenario.rateRule = try rule()
        if let markup {
            scenario.markup = try Self.reading("--markup") { () throws(MoneyError) in
                try Percent(markup)
            }
        }
        return scenario
    }

    private func rule() throws -> RateRule? {
        if rate != nil, rateRule != nil {
            throw CommandError("give --rate or --rate-rule, not both")
        }
        if let rate {
            return .fixed(
                try Self.reading("--rate") { () throws(MoneyError) in try ExchangeRate(rate) })
        }
        guard let rateRule else { return nil }
        guard let rule = RateRule(rateRule) else {
            throw CommandError("--rate-rule \(rateRule): give \(RateRule.names)")
        }
        return rule
    }

    /// `openai/gpt-4o=openai/gpt-4o-mini`.
    private static func swap(_ text: String) throws -> ModelSwap {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw CommandError(
                "--swap \(text): write PROVIDER/MODEL=PROVIDER/MODEL, the one that was used first")
        }
        return ModelSwap(
            from: try PricesCommand.key(String(parts[0])),
            to: try PricesCommand.key(String(parts[1])))
    }

    private static func reading<R>(
        _ option: String, _ body: () throws(MoneyError) -> R
    ) throws -> R {
        do {
            return try body()
        } catch {
            throw CommandError("\(option): \(error)")
        }
    }
}
