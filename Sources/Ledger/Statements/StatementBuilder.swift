public import Money

/// Collects a month's rated cells and makes the ``Statement`` of them.
///
/// ```swift
/// var builder = StatementBuilder(client: client, month: month, rates: rates, rule: rule)
/// try builder.add(key, cell, charges)          // in any order
/// let statement = try builder.finish(rounding: .halfEven, log: head)
/// ```
/// The result does not depend on the order of the cells. Rounding happens in one place, once a
/// line.
public struct StatementBuilder {
    private struct LineKey: Hashable, Comparable {
        var book: PriceBook.Key
        var usageClass: UsageClass
        var price: UnitPrice?

        static func < (left: LineKey, right: LineKey) -> Bool {
            if left.book != right.book { return left.book < right.book }
            if left.usageClass != right.usageClass {
                return left.usageClass.rawValue < right.usageClass.rawValue
            }
            return (left.price?.units ?? -1) < (right.price?.units ?? -1)
        }
    }

    private let client: LedgerState.Client
    private let month: CivilMonth
    private let rates: RateBook
    private let rule: RateRule
    private var lines: [LineKey: [CivilDate: UInt64]] = [:]
    private var dayCalls: [CivilDate: UInt64] = [:]
    private var calls = UsageCell()
    private var cachedCalls: UInt64 = 0
    private var unpricedCalls: UInt64 = 0
    private var responseCacheTokens: UInt64 = 0
    private var responseCache: [CivilDate: Amount<USD>] = [:]
    private var promptCache: [CivilDate: Amount<USD>] = [:]

    /// A builder of one client's month.
    public init(
        client: LedgerState.Client, month: CivilMonth, rates: RateBook, rule: RateRule
    ) {
        self.client = client
        self.month = month
        self.rates = rates
        self.rule = rule
    }

    /// Adds a cell and the parts of constant price that rating made of it.
    public mutating func add(_ key: CellKey, _ cell: UsageCell, _ charges: [Charge]) throws {
        calls.merge(cell)
        dayCalls[key.day, default: 0] += cell.calls
        if key.wasCached {
            cachedCalls += cell.calls
            for usageClass in UsageClass.tokens { responseCacheTokens += cell[usageClass] }
            for charge in charges {
                try responseCache[key.day, default: .zero].add(charge.cost())
            }
            return
        }
        for charge in charges {
            if charge.prices == nil { unpricedCalls += charge.calls }
            for usageClass in UsageClass.allCases {
                let count = charge.tokens[Int(usageClass.rawValue)]
                guard count > 0 else { continue }
                let line = LineKey(
                    book: key.price, usageClass: usageClass,
                    price: charge.prices?.effective(usageClass))
                lines[line, default: [:]][key.day, default: 0] += count
            }
            try addPromptCacheSaving(charge, day: key.day)
        }
    }

    private mutating func addPromptCacheSaving(_ charge: Charge, day: CivilDate) throws {
        let read = charge.tokens[Int(UsageClass.cacheRead.rawValue)]
        guard read > 0, let prices = charge.prices, let plain = prices.effective(.input),
            let cached = prices.effective(.cacheRead), plain > cached
        else { return }
        let saving = UnitPrice(units: plain.units - cached.units)
        try promptCache[day, default: .zero].add(saving.cost(ofTokens: Int128(read)))
    }

    /// The statement. `log` is how far the log was read and its chain value there; `digest` makes
    /// SHA-256 of the document's canonical form.
    public func finish(
        rounding: Rounding, log: (sequence: SequenceNumber, chain: String),
        digest: (Statement) throws -> String
    ) throws -> Statement {
        var rateOf: [CivilDate: AppliedRate] = [:]
        for day in dayCalls.keys { rateOf[day] = rates.rate(for: day, rule: rule) }
        var dayUSD: [CivilDate: Amount<USD>] = [:]
        var totalUSD = Amount<USD>.zero
        var totalBRL = Amount<BRL>.zero
        var totalCents: Int128 = 0
        var made: [Statement.Line] = []
        for key in lines.keys.sorted() {
            guard let quantities = lines[key] else { continue }
            let line = try makeLine(
                key, quantities, rateOf, rounding: rounding, dayUSD: &dayUSD)
            made.append(line.line)
            try totalUSD.add(line.usd)
            try totalBRL.add(line.brl)
            totalCents += line.cents
        }
        let interval = client.calendar.interval(of: month)
        // Lines rounded up can pass the largest amount though the exact total does not.
        let (exactCents, overflow) = totalCents.multipliedReportingOverflow(by: Self.exactPerCent)
        if overflow { throw MoneyError.overflow("the rounded total in BRL") }
        let centsAsExact = Amount<BRL>(units: exactCents)
        var statement = Statement(
            client: client.record.id, clientName: client.record.name,
            clientCnpj: client.record.cnpj, month: month.description,
            timeZone: client.calendar.zone(in: month).identifier,
            periodStart: interval.lowerBound.description,
            periodEnd: interval.upperBound.description, status: "open", lines: made,
            subtotals: Statement.Subtotals(),
            totalUsd: totalUSD.text, totalBrl: Self.centsText(totalCents),
            totalBrlExact: totalBRL.text,
            roundingDifferenceBrl: try centsAsExact.subtracting(totalBRL).text, calls: calls.calls,
            failedCalls: calls.count(.failed), cachedCalls: cachedCalls,
            unpricedCalls: unpricedCalls, unknownUsageCalls: calls.missingUsage,
            estimatedUsageCalls: calls.estimatedUsage, savings: try savings(rateOf),
            days: try makeDays(rateOf, dayUSD), rateRule: rule.description,
            rounding: rounding.rawValue,
            firstSequence: calls.calls == 0 ? 0 : calls.firstSequence.rawValue,
            lastSequence: calls.lastSequence.rawValue, logSequence: log.sequence.rawValue,
            logHead: log.chain, digest: "")
        statement.digest = try digest(statement)
        return statement
    }

    /// 10⁻²⁰ BRL in a centavo.
    private static let exactPerCent: Int128 = 1_000_000_000_000_000_000

    static func centsText(_ cents: Int128) -> String {
        DecimalText.format(cents, decimals: 2, minimumDecimals: 2)
    }

    private func makeLine(
        _ key: LineKey, _ quantities: [CivilDate: UInt64], _ rateOf: [CivilDate: AppliedRate],
        rounding: Rounding, dayUSD: inout [CivilDate: Amount<USD>]
    ) throws -> (line: Statement.Line, usd: Amount<USD>, brl: Amount<BRL>, cents: Int128) {
        var usd = Amount<USD>.zero
        var brl = Amount<BRL>.zero
        var total: UInt64 = 0
        var days: [Statement.LineDay] = []
        var used: Set<AppliedRate> = []
        for day in quantities.keys.sorted() {
            guard let count = quantities[day], let applied = rateOf[day] else { continue }
            total += count
            used.insert(applied)
            guard let price = key.price else {
                days.append(.init(date: day.description, quantity: count, usd: nil, brlExact: nil))
                continue
            }
            let cost = try price.cost(ofTokens: Int128(count))
            let converted = try cost.converted(at: applied.rate)
            try usd.add(cost)
            try brl.add(converted)
            try dayUSD[day, default: .zero].add(cost)
            days.append(
                .init(
                    date: day.description, quantity: count, usd: cost.text,
                    brlExact: converted.text))
        }
        let cents = brl.cents(rounding)
        let distinct = Set(used.map(\.rate))
        let isPriced = key.price != nil
        var rate: String?
        if distinct.count == 1 {
            rate = distinct.first?.text
        } else if usd.units > 0 {
            rate =
                ExchangeRate(
                    units: Int64(clamping: Rounding.halfEven.divide(brl.units, by: usd.units))
                ).text
        }
        let dates = Set(used.map(\.date))
        let line = Statement.Line(
            provider: key.book.provider, model: key.book.model, serviceTier: key.book.serviceTier,
            kind: key.usageClass.name, quantity: total, unitPriceUsdPerMillion: key.price?.text,
            usd: isPriced ? usd.text : nil, rateBrlPerUsd: rate,
            rateIsAverage: distinct.count > 1,
            rateDate: dates.count == 1 ? dates.first?.map(\.description) : nil,
            brl: isPriced ? Self.centsText(cents) : nil, brlExact: isPriced ? brl.text : nil,
            days: days)
        return (line, usd, brl, isPriced ? cents : 0)
    }

    private func makeDays(
        _ rateOf: [CivilDate: AppliedRate], _ dayUSD: [CivilDate: Amount<USD>]
    ) throws -> [Statement.Day] {
        var days: [Statement.Day] = []
        for day in dayCalls.keys.sorted() {
            guard let applied = rateOf[day], let calls = dayCalls[day] else { continue }
            let usd = dayUSD[day] ?? .zero
            days.append(
                Statement.Day(
                    date: day.description, calls: calls, usd: usd.text,
                    rateBrlPerUsd: applied.rate.text, rateDate: applied.date?.description,
                    rateSource: applied.source, rateStatus: applied.status,
                    brlExact: try usd.converted(at: applied.rate).text))
        }
        return days
    }

    private func savings(_ rateOf: [CivilDate: AppliedRate]) throws -> Statement.Savings {
        func sum(_ byDay: [CivilDate: Amount<USD>]) throws -> (Amount<USD>, Amount<BRL>) {
            var usd = Amount<USD>.zero
            var brl = Amount<BRL>.zero
            for (day, amount) in byDay {
                guard let applied = rateOf[day] else { continue }
                try usd.add(amount)
                try brl.add(amount.converted(at: applied.rate))
            }
            return (usd, brl)
        }
        let response = try sum(responseCache)
        let prompt = try sum(promptCache)
        var promptTokens: UInt64 = 0
        for (key, quantities) in lines where key.usageClass == .cacheRead {
            promptTokens += quantities.values.reduce(0, +)
        }
        return Statement.Savings(
            responseCacheTokens: responseCacheTokens, responseCacheUsd: response.0.text,
            responseCacheBrlExact: response.1.text, promptCacheTokens: promptTokens,
            promptCacheUsd: prompt.0.text, promptCacheBrlExact: prompt.1.text)
    }
}
