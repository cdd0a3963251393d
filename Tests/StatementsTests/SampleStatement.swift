import Ledger
import Money
import Testing

/// Makes statements the way the program does: cells, prices and rates through the real arithmetic.
struct SampleStatement {
    var client = ClientRecord(
        id: "clinica-sao-joao", name: "Clínica São João & Filhos Ltda.", cnpj: "12345678000195")
    var month = CivilMonth(index: 2026 * 12 + 2)
    var rule = RateRule.previousBusinessDay
    var rounding = Rounding.halfEven
    private var prices = PriceBook()
    private var rates = RateBook()
    private var cells: [(key: CellKey, cell: UsageCell)] = []
    private var sequence: UInt64 = 1_200

    /// A price in USD per million for each class, from an instant on.
    mutating func price(
        _ model: String, _ texts: [UsageClass: String], tier: String = "",
        from instant: String = "2026-01-01T00:00:00Z"
    ) throws {
        var set = PriceSet()
        for (usageClass, text) in texts { set[usageClass] = try UnitPrice(text) }
        let (provider, name) = Self.parts(model)
        prices.record(
            PriceEntry(
                provider: provider, model: name, serviceTier: tier,
                effectiveFrom: try Instant(instant), prices: set),
            at: SequenceNumber(1), recordedAt: try Instant(instant))
    }

    /// The Banco Central's quote of a day of the month.
    mutating func rate(_ day: Int, _ text: String, source: String = RateEntry.ptax) throws {
        let sell = try ExchangeRate(text)
        rates.record(
            RateEntry(date: date(day), buy: sell, sell: sell, source: source),
            at: SequenceNumber(UInt64(100 + day)))
    }

    /// A day's calls of one model.
    mutating func usage(
        _ day: Int, _ model: String, _ tokens: [UsageClass: UInt64], calls: UInt64 = 1,
        tier: String = "", cached: Bool = false, failed: UInt64 = 0, missing: UInt64 = 0,
        estimated: UInt64 = 0
    ) {
        let (provider, name) = Self.parts(model)
        var cell = UsageCell()
        cell.calls = calls
        cell.outcomes[Int(UsageEvent.Outcome.succeeded.rawValue)] = calls - failed
        cell.outcomes[Int(UsageEvent.Outcome.failed.rawValue)] = failed
        cell.missingUsage = missing
        cell.callsWithUsage = tokens.isEmpty ? 0 : calls - missing
        cell.estimatedUsage = estimated
        for (usageClass, count) in tokens { cell.tokens[Int(usageClass.rawValue)] = count }
        cell.firstSequence = SequenceNumber(sequence)
        sequence += calls
        cell.lastSequence = SequenceNumber(sequence - 1)
        let key = CellKey(
            client: client.id, day: date(day), slot: CellKey.wholeDay, provider: provider,
            model: name, serviceTier: tier, size: InputSizeClass(inputTokens: 0),
            wasCached: cached)
        cells.append((key, cell))
    }

    /// The document.
    func make() throws -> Statement {
        var state = LedgerState()
        try state.apply(
            .clientRegistered(client), at: SequenceNumber(1), recordedAt: Instant(seconds: 0))
        let known = try #require(state.clients[client.id])
        var books = StatementBooks(state)
        books.rates = rates
        books.rateRule = rule
        books.rounding = rounding
        var builder = StatementBuilder(client: known, month: month, books: books)
        var rating = Rating(book: prices)
        for (key, cell) in cells {
            let charges = try rating.charges(
                for: key, cell, calendar: known.calendar, source: NoFinerCells())
            try builder.add(key, cell, charges)
        }
        return try builder.finish(
            log: (SequenceNumber(20_640), String(repeating: "0123456789abcdef", count: 4)),
            digest: { _ in String(repeating: "fedcba9876543210", count: 4) })
    }

    private func date(_ day: Int) -> CivilDate { month.firstDay.adding(days: day - 1) }

    private static func parts(_ model: String) -> (provider: String, model: String) {
        let parts = model.split(separator: "/", maxSplits: 1).map(String.init)
        return (parts.first ?? "", parts.last ?? "")
    }

    /// Prices change at midnight in these samples, so no day needs its hours.
    private struct NoFinerCells: CellSource {
        func hours(of day: CellKey, _ body: (CellKey, UsageCell) throws -> Void) throws {}
        func calls(
            of hour: CellKey, _ body: (Instant, TokenCounts, _ isReversal: Bool) throws -> Void
        ) throws {}
    }
}

extension SampleStatement {
    /// A small month with one of everything: two prices of a model, tiers, caches, a model without
    /// price, unknown usage, an average rate, a stale and a provisional one.
    static func everything() throws -> Statement {
        var sample = SampleStatement()
        try sample.addPricesAndRates()
        sample.addUsage()
        return try sample.make()
    }

    private mutating func addPricesAndRates() throws {
        try price("openai/gpt-4o", [.input: "2.50", .cacheRead: "1.25", .output: "10"])
        try price(
            "openai/gpt-4o", [.input: "2", .cacheRead: "0.50", .output: "8"],
            from: "2026-03-16T03:00:00Z")
        try price("openai/gpt-4o", [.input: "1.25", .output: "5"], tier: "batch")
        try price(
            "anthropic/claude-sonnet-4-5",
            [
                .input: "3", .cacheRead: "0.30", .cacheWrite5m: "3.75", .cacheWrite1h: "6",
                .output: "15", .webSearch: "10000",
            ])
        try price("google/gemini-2.5-flash", [.input: "0.075", .output: "2.50"])
        for (day, text) in [
            (2, "5.6880"), (3, "5.7012"), (4, "5.6634"), (13, "5.6021"), (16, "5.5987"),
            (17, "5.6105"), (26, "5.7420"),
        ] { try rate(day, text) }
    }

    private mutating func addUsage() {
        let long: [UsageClass: UInt64] = [.input: 1_234_567, .cacheRead: 800_000, .output: 345_678]
        usage(1, "openai/gpt-4o", [.input: 52_000, .output: 9_100], calls: 31)
        usage(4, "openai/gpt-4o", long, calls: 812, failed: 12)
        usage(5, "openai/gpt-4o", long, calls: 790)
        usage(17, "openai/gpt-4o", long, calls: 801, estimated: 3)
        usage(18, "openai/gpt-4o", [.input: 96_000, .output: 11_000], calls: 40, tier: "batch")
        usage(
            5, "anthropic/claude-sonnet-4-5",
            [
                .input: 210_400, .cacheRead: 1_900_000, .cacheWrite5m: 64_000,
                .cacheWrite1h: 12_800, .output: 98_765, .webSearch: 14,
            ], calls: 120)
        usage(
            17, "google/gemini-2.5-flash",
            [.input: 1_003, .output: 1, .reasoning: 7_700, .inputAudio: 4_000, .inputImage: 3],
            calls: 9, missing: 2)
        usage(18, "mistral/mistral-large-2512", [.input: 5_000, .output: 700], calls: 4)
        usage(17, "openai/gpt-4o", [.input: 40_000, .output: 8_000], calls: 55, cached: true)
        usage(31, "openai/gpt-4o", [.input: 30_000, .output: 2_000], calls: 12)
    }

    /// A month without any call.
    static func nothing() throws -> Statement { try SampleStatement().make() }

    /// One call of a day with a rate of 5.0000 the day before.
    static func single(
        _ tokens: [UsageClass: UInt64], price: [UsageClass: String],
        _ change: (inout SampleStatement) throws -> Void = { _ in }
    ) throws -> Statement {
        var sample = SampleStatement()
        try sample.price("openai/gpt-4o", price)
        try sample.rate(3, "5")
        sample.usage(4, "openai/gpt-4o", tokens)
        try change(&sample)
        return try sample.make()
    }
}
