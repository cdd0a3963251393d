import Money

// Usage: lines, days, and what caches saved.

/// What a month's usage came to.
struct UsageTotals {
    var lines: [Statement.Line] = []
    var usd = Amount<USD>.zero
    var brl = Amount<BRL>.zero
    /// What the usage cost in reais, whatever the client's list says.
    var costBRL = Amount<BRL>.zero
    var cents: Int128 = 0
    /// Tokens that were billed.
    var tokens: UInt64 = 0
    var dayUSD: [CivilDate: Amount<USD>] = [:]
    /// What is charged for each day.
    var dayBRL: [CivilDate: Amount<BRL>] = [:]
    /// Of each stretch what the mark-up goes on, and what a price in reais was agreed for.
    var stretchCost: [Amount<BRL>]
    var stretchListed: [Amount<BRL>]
}

extension StatementBuilder {
    /// The rate of every day that has usage.
    func appliedRates() -> [CivilDate: AppliedRate] {
        var rates: [CivilDate: AppliedRate] = [:]
        func look(_ day: CivilDate) {
            if rates[day] == nil { rates[day] = books.rate(of: client.record.id, on: day) }
        }
        for (day, calls) in dayCalls where calls > 0 { look(day) }
        for days in lines.values { for day in days.keys { look(day) } }
        return rates
    }

    func makeLines(
        _ rates: [CivilDate: AppliedRate], _ stretches: [Stretch], _ rounding: Rounding
    ) throws -> UsageTotals {
        let nothing = [Amount<BRL>](repeating: .zero, count: stretches.count)
        var totals = UsageTotals(stretchCost: nothing, stretchListed: nothing)
        for key in lines.keys.sorted() {
            guard let shares = lines[key] else { continue }
            try addLine(key, shares, rates, stretches, rounding, to: &totals)
        }
        return totals
    }

    private func addLine(
        _ key: LineKey, _ shares: [CivilDate: DayShare], _ rates: [CivilDate: AppliedRate],
        _ stretches: [Stretch], _ rounding: Rounding, to totals: inout UsageTotals
    ) throws {
        var usd = Amount<USD>.zero
        var brl = Amount<BRL>.zero
        var quantity: UInt64 = 0
        var days: [Statement.LineDay] = []
        var used: Set<AppliedRate> = []
        let isCosted = key.price != nil || key.usageClass == nil
        let isCharged = isCosted || key.listed != nil
        var stretch = 0
        for day in shares.keys.sorted() {
            guard let share = shares[day], let applied = rates[day] else { continue }
            while stretch + 1 < stretches.count, stretches[stretch + 1].first <= day {
                stretch += 1
            }
            quantity += share.quantity
            used.insert(applied)
            var cost = share.recorded
            if let price = key.price { try cost.add(price.cost(ofTokens: Int128(share.quantity))) }
            let converted = try cost.converted(at: applied.rate)
            let charged = try key.listed?.listed(share.quantity) ?? converted
            try usd.add(cost)
            try brl.add(charged)
            if isCosted {
                try totals.dayUSD[day, default: .zero].add(cost)
                try totals.costBRL.add(converted)
            }
            if isCharged { try totals.dayBRL[day, default: .zero].add(charged) }
            if key.listed != nil {
                try totals.stretchListed[stretch].add(charged)
            } else {
                try totals.stretchCost[stretch].add(charged)
            }
            days.append(
                .init(
                    date: day.description, quantity: share.quantity,
                    usd: isCosted ? cost.text : nil, brlExact: isCharged ? charged.text : nil))
        }
        if key.usageClass?.isToken == true { totals.tokens += quantity }
        let cents = brl.cents(rounding)
        let isConverted = key.listed == nil
        let rate = isConverted ? Self.shown(Set(used.map(\.rate)), usd, brl) : nil
        let dates = Set(used.map(\.date))
        totals.lines.append(
            Statement.Line(
                provider: key.book.provider, model: key.book.model,
                serviceTier: key.book.serviceTier,
                kind: key.usageClass?.name ?? Statement.Line.adjustmentKind, quantity: quantity,
                unitPriceUsdPerMillion: key.price?.text,
                unitPriceBrlPerMillion: key.listed?.text, usd: isCosted ? usd.text : nil,
                rateBrlPerUsd: rate,
                rateIsAverage: isConverted && Set(used.map(\.rate)).count > 1,
                rateDate: isConverted && dates.count == 1
                    ? dates.first?.map(\.description) : nil,
                brl: isCharged ? Self.centsText(cents) : nil,
                brlExact: isCharged ? brl.text : nil, days: days, words: words[key]))
        if isCosted { try totals.usd.add(usd) }
        guard isCharged else { return }
        try totals.brl.add(brl)
        totals.cents += cents
    }

    /// The one rate of a line, or for reading the mean of its days' rates.
    private static func shown(
        _ rates: Set<ExchangeRate>, _ usd: Amount<USD>, _ brl: Amount<BRL>
    ) -> String? {
        if rates.count == 1 { return rates.first?.text }
        guard usd.units > 0 else { return nil }
        return ExchangeRate(
            units: Int64(clamping: Rounding.halfEven.divide(brl.units, by: usd.units))
        ).text
    }

    static func centsText(_ cents: Int128) -> String {
        DecimalText.format(cents, decimals: 2, minimumDecimals: 2)
    }

    func makeDays(
        _ rates: [CivilDate: AppliedRate], _ usage: UsageTotals, _ format: Int
    ) throws -> [Statement.Day] {
        var days: [Statement.Day] = []
        for day in rates.keys.sorted() {
            guard let applied = rates[day] else { continue }
            let usd = usage.dayUSD[day] ?? .zero
            let brl = format < 3 ? try usd.converted(at: applied.rate) : usage.dayBRL[day] ?? .zero
            days.append(
                Statement.Day(
                    date: day.description, calls: dayCalls[day] ?? 0, usd: usd.text,
                    rateBrlPerUsd: applied.rate.text, rateDate: applied.date?.description,
                    rateSource: applied.source, rateStatus: applied.status,
                    brlExact: brl.text))
        }
        return days
    }

    func savings(_ rates: [CivilDate: AppliedRate]) throws -> Statement.Savings {
        func sum(_ byDay: [CivilDate: Amount<USD>]) throws -> (Amount<USD>, Amount<BRL>) {
            var usd = Amount<USD>.zero
            var brl = Amount<BRL>.zero
            for (day, amount) in byDay {
                guard let applied = rates[day] else { continue }
                try usd.add(amount)
                try brl.add(amount.converted(at: applied.rate))
            }
            return (usd, brl)
        }
        let response = try sum(responseCache)
        let prompt = try sum(promptCache)
        var promptTokens: UInt64 = 0
        for (key, shares) in lines where key.usageClass == .cacheRead {
            promptTokens += shares.values.reduce(0) { $0 + $1.quantity }
        }
        return Statement.Savings(
            responseCacheTokens: responseCacheTokens, responseCacheUsd: response.0.text,
            responseCacheBrlExact: response.1.text, promptCacheTokens: promptTokens,
            promptCacheUsd: prompt.0.text, promptCacheBrlExact: prompt.1.text)
    }
}

extension UnitPrice {
    /// Tokens at a price that is in reais: 10⁻¹² BRL each, as exact reais.
    func listed(_ quantity: UInt64) throws(MoneyError) -> Amount<BRL> {
        let (units, overflow) = (Int128(quantity) * Int128(self.units))
            .multipliedReportingOverflow(by: 100_000_000)
        if overflow { throw .overflow("tokens times a price in reais") }
        return Amount(units: units)
    }
}

extension Statement.Line {
    /// The ``kind`` of a cost that was recorded without a call.
    public static let adjustmentKind = "adjustment"
}
