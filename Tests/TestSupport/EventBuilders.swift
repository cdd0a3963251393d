public import Ledger
import Money

extension UsageEvent {
    /// A call with the usual names; tests say only what matters to them.
    public static func sample(
        client: String = "acme", provider: String = "openai", model: String = "gpt-4o",
        at instant: Instant = Instant(seconds: 1_700_000_000), input: UInt32 = 1_000,
        output: UInt32 = 100
    ) -> UsageEvent {
        var event = UsageEvent(
            client: client, provider: provider, model: model, occurredAt: instant)
        event.tokens = TokenCounts(input: input, output: output)
        return event
    }

    /// A call with every field drawn at random, within the bounds of ``EventLimits``.
    public static func random(using random: inout SeededRandom) -> UsageEvent {
        var event = UsageEvent(
            client: random.name(upTo: EventLimits.client),
            provider: random.name(upTo: EventLimits.provider),
            model: random.name(upTo: EventLimits.model),
            occurredAt: Instant(nanoseconds: random.int(0...2_000_000_000_000_000_000)))
        if random.once(in: 3) { event.modelRequested = random.name(upTo: EventLimits.model) }
        // Naming the model twice says nothing, and is not kept.
        if event.modelRequested == event.model { event.modelRequested = nil }
        event.operation = random.pick(UsageEvent.Operation.allCases)
        if random.once(in: 3) { event.serviceTier = random.name(upTo: EventLimits.serviceTier) }
        event.usageSource = random.pick(UsageEvent.UsageSource.allCases)
        event.outcome = random.pick(UsageEvent.Outcome.allCases)
        if event.usageSource != .missing { event.tokens = .random(using: &random) }
        event.wasCached = random.once(in: 4)
        event.wasFallback = random.once(in: 4)
        if random.once(in: 2) { event.latencyMilliseconds = random.int(0...UInt32.max) }
        if random.once(in: 2) { event.timeToFirstTokenMilliseconds = random.int(0...UInt32.max) }
        event.attempt = random.int(0...UInt8.max)
        func text(_ random: inout SeededRandom) -> String? {
            random.once(in: 2) ? random.name(upTo: EventLimits.text) : nil
        }
        event.fallbackReason = text(&random)
        event.key = text(&random)
        event.conversation = text(&random)
        event.requestID = text(&random)
        if random.once(in: 2) {
            event.endUser = EndUserPseudonym(high: random.next(), low: random.next())
        }
        if random.once(in: 3) { event.hold = EventID(high: random.next(), low: random.next()) }
        for _ in 0..<random.int(0...3) {
            event.tags[random.name(upTo: 40)] = random.once(in: 4) ? "" : random.name(upTo: 100)
        }
        if random.once(in: 2) { event.providerUsage = "{\"n\":\(random.next())}" }
        return event
    }
}

extension TokenCounts {
    /// Counts of which some are zero, some small and some as large as they can be.
    public static func random(using random: inout SeededRandom) -> TokenCounts {
        var counts = TokenCounts()
        for usageClass in UsageClass.allCases where random.once(in: 2) {
            counts[usageClass] =
                random.once(in: 8) ? random.int(0...UInt32.max) : random.int(0...300_000)
        }
        return counts
    }
}

extension SeededRandom {
    /// A text of at least one and at most that many UTF-8 bytes: letters of one to four bytes.
    public mutating func name(upTo limit: Int) -> String {
        let letters: [Character] = ["a", "Z", "0", ".", "-", "/", " ", "ã", "ç", "€", "語", "🜁"]
        let length = int(1...(once(in: 4) ? limit : min(limit, 12)))
        var text = ""
        while true {
            let letter = pick(letters)
            guard text.utf8.count + letter.utf8.count <= length else { break }
            text.append(letter)
        }
        return text.isEmpty ? "x" : text
    }
}

/// A civil date that must exist; a test that names another is wrong.
public func date(_ text: String) -> CivilDate {
    CivilDate(text) ?? CivilDate(dayNumber: .min)
}

/// A quote for every weekday from the first day named to the last, as high as the newest one named:
/// a hole would keep months from being closed.
public func dailyQuotes(_ named: KeyValuePairs<String, String>) throws -> [RateEntry] {
    var entries: [RateEntry] = []
    guard var day = named.first.map({ date($0.key) }), let last = named.last.map({ date($0.key) })
    else { return [] }
    while day <= last {
        if day.weekday < 6, let newest = named.last(where: { date($0.key) <= day }) {
            let sell = try ExchangeRate(newest.value)
            entries.append(RateEntry(date: day, buy: sell, sell: sell))
        }
        day = day.adding(days: 1)
    }
    return entries
}

/// The same as the Banco Central's file has it.
public func dailyQuotesFile(_ named: KeyValuePairs<String, String>) throws -> String {
    try dailyQuotes(named).map { "\($0.date),\($0.buy.text),\($0.sell.text)\n" }
        .reduce("date,compra,venda\n", +)
}

/// Prices of input and output, and cached input where given, in USD per million.
public func prices(
    _ input: String, _ output: String, cacheRead: String? = nil
) throws -> PriceSet {
    var set = PriceSet()
    set[.input] = try UnitPrice(input)
    set[.output] = try UnitPrice(output)
    if let cacheRead { set[.cacheRead] = try UnitPrice(cacheRead) }
    return set
}
