import Ledger
import Money
import TestSupport
import Testing

struct `The statement builder` {
    @Test(arguments: [
        ("2023-10", ""), ("2023-11", "brl-monthly 10, usd-monthly 3"),
        ("2023-12", "brl-monthly 20, usd-monthly 3"), ("2024-01", "brl-monthly 20"),
    ])
    func `shows the budgets that held at the month's end`(month: String, shown: String) throws {
        var state = LedgerState()
        func budget(_ unit: Budget.Unit, _ limit: String, _ period: Budget.Period = .monthly)
            throws -> ControlEvent
        {
            .budgetSet(try Budget(client: "acme", unit: unit, limit: limit, period: period))
        }
        let facts: [(String, ControlEvent)] = [
            ("2023-01-01T00:00:00Z", .clientRegistered(ClientRecord(id: "acme"))),
            ("2023-11-20T00:00:00Z", try budget(.brl, "5")),
            ("2023-11-21T00:00:00Z", try budget(.tokens, "5", .daily)),
            // The month ends at 03:00 UTC.
            ("2023-12-01T02:59:59Z", try budget(.brl, "10")),
            ("2023-11-30T00:00:00Z", try budget(.usd, "3")),
            ("2023-12-01T03:00:00Z", try budget(.brl, "20")),
            (
                "2024-01-31T00:00:00Z",
                .budgetRemoved(BudgetRemoval(client: "acme", id: "usd-monthly"))
            ),
        ]
        for (index, fact) in facts.enumerated() {
            try state.apply(
                fact.1, at: SequenceNumber(UInt64(index + 1)), recordedAt: Instant(fact.0))
        }
        let builder = StatementBuilder(
            client: try #require(state.clients["acme"]), month: try #require(CivilMonth(month)),
            books: StatementBooks(state))
        let statement = try builder.finish(log: (.zero, ""), digest: { _ in "" })
        #expect(statement.budgets.map { "\($0.id) \($0.limit)" }.joined(separator: ", ") == shown)
    }

    /// A month of random calls with everything that prices them.
    struct Month {
        var state = LedgerState()
        var events: [UsageEvent] = []
        let month: CivilMonth
        let client: LedgerState.Client

        init(using random: inout SeededRandom, calls: Int) throws {
            let start = try Instant("2023-11-01T03:00:00Z")
            let registered = ControlEvent.clientRegistered(ClientRecord(id: "acme", name: "Acme"))
            try state.apply(registered, at: SequenceNumber(1), recordedAt: start)
            var sequence: UInt64 = 2
            func record(_ event: ControlEvent, into state: inout LedgerState) throws {
                try state.apply(event, at: SequenceNumber(sequence), recordedAt: start)
                sequence += 1
            }
            for model in ["a", "b", "c"] {
                for _ in 0..<random.int(1...3) {
                    var entry = PriceEntry(
                        provider: "p", model: model,
                        effectiveFrom: Instant(
                            seconds: start.seconds + random.int(-2...20) * 86_400
                                + random.int(0...9)),
                        prices: try prices(
                            "\(random.int(0...60)).\(random.int(0...999_999))",
                            "\(random.int(1...90))",
                            cacheRead: random.once(in: 2) ? "0.25" : nil))
                    if random.once(in: 2) {
                        entry.sizes = [.init(above: 150_000, prices: try prices("99", "199"))]
                    }
                    try record(.priceSet(entry), into: &state)
                }
            }
            for day in 1...30 where random.once(in: 2) {
                let sell = ExchangeRate(units: random.int(450_000_000...600_000_000))
                let day = date(day < 10 ? "2023-11-0\(day)" : "2023-11-\(day)")
                try record(
                    .rateRecorded(RateEntry(date: day, buy: sell, sell: sell)), into: &state)
            }
            for _ in 0..<calls {
                var event = UsageEvent.sample(
                    provider: "p", model: random.pick(["a", "b", "c", "unknown"]),
                    at: Instant(seconds: start.seconds + random.int(0...30 * 86_400 - 1)))
                event.serviceTier = random.once(in: 9) ? "batch" : ""
                event.tokens[.input] =
                    random.once(in: 5) ? random.int(140_000...160_000) : random.int(0...999)
                event.tokens[.cacheRead] = random.once(in: 3) ? random.int(0...5_000) : 0
                event.tokens[.webSearch] = random.once(in: 9) ? 1 : 0
                event.wasCached = random.once(in: 6)
                event.outcome = random.pick(UsageEvent.Outcome.allCases)
                if random.once(in: 8) {
                    event.usageSource = .missing
                    event.tokens = TokenCounts()
                } else if random.once(in: 8) {
                    event.usageSource = .estimated
                }
                events.append(event)
            }
            month = try #require(CivilMonth("2023-11"))
            client = try #require(state.clients["acme"])
        }

        /// The statement of cells in this order.
        func statement(
            _ cells: [(CellKey, UsageCell)], rule: RateRule = .previousBusinessDay,
            rounding: Rounding = .halfEven
        ) throws -> Statement {
            var books = StatementBooks(state)
            books.rateRule = rule
            books.rounding = rounding
            var builder = StatementBuilder(client: client, month: month, books: books)
            var rating = Rating(book: state.prices)
            let source = MemoryCells(events, calendar: client.calendar)
            for (key, cell) in cells {
                let charges = try rating.charges(
                    for: key, cell, calendar: client.calendar, source: source)
                try builder.add(key, cell, charges)
            }
            return try builder.finish(
                log: (SequenceNumber(99), "head"), digest: { _ in "digest" })
        }

        func cells(wholeDays: Bool = true) -> [(CellKey, UsageCell)] {
            MemoryCells(events, calendar: client.calendar).cells(wholeDays: wholeDays)
                .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }

    @Test func `does not depend on the order or the grain of the cells`() throws {
        try withSeed { random in
            for _ in 0..<10 {
                let month = try Month(using: &random, calls: 60)
                let first = try month.statement(month.cells())
                try #require(try month.statement(month.cells().shuffled(using: &random)) == first)
                let hours = month.cells(wholeDays: false).shuffled(using: &random)
                try #require(try month.statement(hours) == first)
            }
        }
    }

    @Test(arguments: Rounding.allCases)
    func `adds up to the same as pricing every call alone`(rounding: Rounding) throws {
        try withSeed { random in
            for _ in 0..<10 {
                let month = try Month(using: &random, calls: 80)
                let rules = [
                    RateRule.previousBusinessDay, .sameDay, .monthClose,
                    .fixed(try ExchangeRate("5.4")),
                ]
                let rule = random.pick(rules)
                let made = try month.statement(month.cells(), rule: rule, rounding: rounding)
                let naive = try Naive(month, rule: rule)
                try #require(made.totalUsd == naive.usd.text)
                try #require(made.totalBrlExact == naive.brl.text)
                try #require(made.unpricedCalls == naive.unpriced)
                let saved = made.savings
                let shown = [
                    "\(saved.responseCacheTokens)", saved.responseCacheUsd,
                    saved.responseCacheBrlExact, "\(saved.promptCacheTokens)", saved.promptCacheUsd,
                    saved.promptCacheBrlExact,
                ]
                try #require(try NaiveSavings(month, rule: rule).shown == shown)
                try checkSums(made, rounding: rounding)
                try #require(made.calls == 80 && made.firstSequence == 1 && made.lastSequence == 80)
                let billed = month.events.filter { !$0.wasCached }
                try #require(made.cachedCalls == UInt64(month.events.count - billed.count))
                let outcomes = month.events.map(\.outcome)
                try #require(made.failedCalls == UInt64(outcomes.count { $0 == .failed }))
                let sources = month.events.map(\.usageSource)
                try #require(made.unknownUsageCalls == UInt64(sources.count { $0 == .missing }))
                try #require(made.estimatedUsageCalls == UInt64(sources.count { $0 == .estimated }))
                for usageClass in UsageClass.allCases {
                    let lines = made.lines.filter { $0.kind == usageClass.name }
                    let quantity = billed.reduce(0 as UInt64) { $0 + UInt64($1.tokens[usageClass]) }
                    try #require(lines.reduce(0) { $0 + $1.quantity } == quantity)
                }
            }
        }
    }

    /// What must hold within any statement, from its own texts alone.
    private func checkSums(_ made: Statement, rounding: Rounding) throws {
        var cents: Int128 = 0
        var usd = Amount<USD>.zero
        var exact = Amount<BRL>.zero
        for line in made.lines {
            let days = line.days
            try #require(days.reduce(0) { $0 + $1.quantity } == line.quantity)
            try #require(days.map(\.date) == Set(days.map(\.date)).sorted())
            guard let brlExact = line.brlExact, let price = line.unitPriceUsdPerMillion else {
                try #require(
                    line.usd == nil && line.brl == nil && days.allSatisfy { $0.usd == nil })
                continue
            }
            let lineExact = try Amount<BRL>(brlExact)
            let rounded = try DecimalText.parse(try #require(line.brl), decimals: 2)
            try #require(rounded == lineExact.cents(rounding))
            let cost = try UnitPrice(price).cost(ofTokens: Int128(line.quantity))
            try #require(line.usd == cost.text)
            try #require(try Self.sum(days.map(\.brlExact)) == lineExact)
            cents += rounded
            try usd.add(cost)
            try exact.add(lineExact)
        }
        try #require(made.totalBrl == DecimalText.format(cents, decimals: 2, minimumDecimals: 2))
        try #require(made.totalUsd == usd.text && made.totalBrlExact == exact.text)
        let difference = try Amount<BRL>(made.totalBrl).subtracting(exact)
        try #require(made.roundingDifferenceBrl == difference.text)
        try #require(try Self.sum(made.days.map { $0.brlExact }) == exact)
        try #require(made.days.reduce(0) { $0 + $1.calls } == made.calls)
        for day in made.days {
            let rate = try ExchangeRate(day.rateBrlPerUsd)
            try #require(try Amount<USD>(day.usd).converted(at: rate).text == day.brlExact)
        }
    }

    private static func sum(_ texts: [String?]) throws -> Amount<BRL> {
        var sum = Amount<BRL>.zero
        for text in texts { try sum.add(Amount<BRL>(#require(text))) }
        return sum
    }

    @Test func `of a month without calls is all zeros`() throws {
        try withSeed { random in
            let made = try Month(using: &random, calls: 0).statement([])
            try #require(made.lines.isEmpty && made.days.isEmpty && made.calls == 0)
            try #require(
                made.totalBrl == "0.00" && made.totalUsd == "0" && made.totalBrlExact == "0")
            try #require(made.firstSequence == 0 && made.lastSequence == 0)
            try #require(made.periodStart == "2023-11-01T03:00:00Z")
            try #require(made.periodEnd == "2023-12-01T03:00:00Z")
            try #require(made.timeZone == "America/Sao_Paulo" && made.digest == "digest")
        }
    }

    /// 0.125 reais a line: the three rules part, and the difference says by how much.
    @Test(arguments: [
        (Rounding.halfEven, "0.12", "-0.005"), (.halfUp, "0.13", "0.005"),
        (.truncate, "0.12", "-0.005"),
    ])
    func `rounds once a line by its rule`(
        rounding: Rounding, total: String, difference: String
    ) throws {
        try withSeed { random in
            var month = try Month(using: &random, calls: 0)
            month.state = LedgerState()
            let at = try Instant("2023-11-10T12:00:00Z")
            let entry = PriceEntry(
                provider: "p", model: "tie", effectiveFrom: Instant(seconds: 0),
                prices: try prices("25", "1"))
            try month.state.apply(.priceSet(entry), at: SequenceNumber(1), recordedAt: at)
            month.events = (0..<5).map { _ in
                .sample(provider: "p", model: "tie", at: at, input: 1_000, output: 0)
            }
            let made = try month.statement(
                month.cells(), rule: .fixed(ExchangeRate("1")), rounding: rounding)
            try #require(made.totalBrlExact == "0.125" && made.totalBrl == total)
            try #require(made.roundingDifferenceBrl == difference)
            try #require(made.rounding == rounding.rawValue && made.rateRule == "fixed:1.0000")
        }
    }

    @Test func `throws where rounding up passes what can be kept`() throws {
        try withSeed { random in
            var month = try Month(using: &random, calls: 0)
            var set = PriceSet()
            set[.input] = UnitPrice(units: .max)
            set[.webSearch] = UnitPrice(units: 1_000_000_000)
            let entry = PriceEntry(
                provider: "p", model: "vast", effectiveFrom: .distantPast, prices: set)
            try month.state.apply(
                .priceSet(entry), at: SequenceNumber(900), recordedAt: Instant(seconds: 0))
            let source = MemoryCells([], calendar: month.client.calendar)
            let key = source.key(
                of: .sample(provider: "p", model: "vast", at: try Instant("2023-11-10T12:00:00Z")))
            var cell = UsageCell()
            cell.calls = 1
            cell.tokens[Int(UsageClass.input.rawValue)] = .max
            cell.tokens[Int(UsageClass.webSearch.rawValue)] = 18_000_000_000
            let rule = RateRule.fixed(ExchangeRate(units: 1))
            #expect(throws: Never.self) { try month.statement([(key, cell)], rule: rule) }
            // 731.6 centavos more than …704.0 fit; rounded up to 732 they do not.
            cell.tokens[Int(UsageClass.webSearch.rawValue)] = 27_600_000_000
            #expect(throws: MoneyError.self) { try month.statement([(key, cell)], rule: rule) }
        }
    }
}
