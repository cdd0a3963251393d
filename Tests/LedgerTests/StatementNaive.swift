import Ledger
import Money
import TestSupport
import Testing

/// The statement's figures again, computed without cells, lines or days.
extension `The statement builder` {
    /// Every call priced and converted by itself, with nothing but the books.
    struct Naive {
        var usd = Amount<USD>.zero
        var brl = Amount<BRL>.zero
        var unpriced: UInt64 = 0

        init(_ month: Month, rule: RateRule) throws {
            for event in month.events where !event.wasCached {
                let key = PriceBook.Key(
                    provider: event.provider, model: event.model, serviceTier: event.serviceTier)
                let day = month.client.calendar.day(of: event.occurredAt)
                let rate = month.state.rates.rate(for: day, rule: rule).rate
                guard
                    let prices = month.state.prices.prices(
                        key, at: event.occurredAt, inputTokens: event.tokens.totalInput)
                else {
                    unpriced += event.tokens.isEmpty ? 0 : 1
                    continue
                }
                for usageClass in UsageClass.allCases {
                    guard let price = prices.effective(usageClass) else { continue }
                    let cost = try price.cost(ofTokens: Int128(event.tokens[usageClass]))
                    try usd.add(cost)
                    try brl.add(cost.converted(at: rate))
                }
            }
        }
    }

    /// What caches saved, call by call.
    struct NaiveSavings {
        let shown: [String]

        init(_ month: Month, rule: RateRule) throws {
            var tokens: (response: UInt64, prompt: UInt64) = (0, 0)
            var usd: (response: Amount<USD>, prompt: Amount<USD>) = (.zero, .zero)
            var brl: (response: Amount<BRL>, prompt: Amount<BRL>) = (.zero, .zero)
            for event in month.events {
                let day = month.client.calendar.day(of: event.occurredAt)
                let rate = month.state.rates.rate(for: day, rule: rule).rate
                let prices = month.state.prices.prices(
                    PriceBook.Key(
                        provider: event.provider, model: event.model,
                        serviceTier: event.serviceTier), at: event.occurredAt,
                    inputTokens: event.tokens.totalInput)
                let read = event.tokens[.cacheRead]
                if event.wasCached {
                    tokens.response += event.tokens.totalTokens
                    for usageClass in UsageClass.allCases {
                        guard let price = prices?.effective(usageClass) else { continue }
                        let cost = try price.cost(ofTokens: Int128(event.tokens[usageClass]))
                        try usd.response.add(cost)
                        try brl.response.add(cost.converted(at: rate))
                    }
                } else {
                    tokens.prompt += UInt64(read)
                    guard let plain = prices?.effective(.input),
                        let cached = prices?.effective(.cacheRead), plain > cached
                    else { continue }
                    let saved = Amount<USD>(
                        units: Int128(plain.units - cached.units) * Int128(read))
                    try usd.prompt.add(saved)
                    try brl.prompt.add(saved.converted(at: rate))
                }
            }
            shown = [
                "\(tokens.response)", usd.response.text, brl.response.text, "\(tokens.prompt)",
                usd.prompt.text, brl.prompt.text,
            ]
        }
    }
}
