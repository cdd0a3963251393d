public import Money

// Terms by stretches of days, the sections beside usage, and the sums.

/// Days of a month with the same mark-up and charges.
struct Stretch {
    var first: CivilDate
    var last: CivilDate
    var markup: Percent
    var rules: ChargeRules
}

/// Days in a row with the same mark-up, or with a charge that is the same share of its base: one
/// line, whatever other terms change on these days.
private struct Run<Kind: Equatable> {
    let kind: Kind
    let first: CivilDate
    private(set) var last: CivilDate
    private(set) var base: StretchAmount

    /// Adds a stretch to the run that ends on the day before it, or begins one.
    static func add(
        _ kind: Kind, _ stretch: Stretch, _ base: StretchAmount, to runs: inout [Run]
    ) throws(MoneyError) {
        let before = stretch.first.adding(days: -1)
        guard let index = runs.lastIndex(where: { $0.kind == kind && $0.last == before }) else {
            runs.append(
                Run(kind: kind, first: stretch.first, last: stretch.last, base: base))
            return
        }
        let (sum, overflow) = runs[index].base.units.addingReportingOverflow(base.units)
        if overflow { throw .overflow("the base of a charge") }
        runs[index].base = StretchAmount(units: sum)
        runs[index].last = stretch.last
    }
}

extension Percent {
    /// The share as an exact factor.
    fileprivate var ratio: ChargeRules.Ratio {
        ChargeRules.Ratio(numerator: Int128(units), denominator: Int128(Percent.whole.units))
    }
}

extension ChargeRules.Ratio {
    /// All of it.
    fileprivate static let whole = ChargeRules.Ratio(numerator: 1, denominator: 1)
}

extension StatementBuilder {
    /// The statement. `log` is how far the log was read and its chain value there; `digest` makes
    /// SHA-256 of the document's canonical form. An earlier `format` makes the document as it was
    /// made then, for holding one that was closed against it.
    public func finish(
        adjustments: [Statement.Adjustment] = [], format: Int = Statement.currentFormat,
        log: (sequence: SequenceNumber, chain: String), digest: (Statement) throws -> String
    ) throws -> Statement {
        let id = client.record.id
        let rounding = books.terms.rounding(of: id, on: month.lastDay) ?? books.rounding
        let rates = appliedRates()
        let stretches = try self.stretches()
        let usage = try makeLines(rates, stretches, rounding)
        let interval = client.calendar.interval(of: month)
        let rules = rateRules
        var statement = Statement(
            formatVersion: format, issuer: books.issuers.issuer(of: month), client: id,
            clientName: client.record.name,
            clientCnpj: client.record.cnpj, clientAddress: client.record.address,
            month: month.description,
            timeZone: client.calendar.zone(in: month).identifier,
            periodStart: interval.lowerBound.description,
            periodEnd: interval.upperBound.description, status: Statement.open,
            lines: usage.lines, adjustments: adjustments, subtotals: Statement.Subtotals(),
            totalUsd: usage.usd.text, totalBrl: "", totalBrlExact: "", roundingDifferenceBrl: "",
            calls: calls.calls, failedCalls: calls.count(.failed), cachedCalls: cachedCalls,
            unpricedCalls: unpricedCalls, unknownUsageCalls: calls.missingUsage,
            estimatedUsageCalls: calls.estimatedUsage, savings: try savings(rates),
            days: try makeDays(rates, usage, format), budgets: budgets(usage),
            rateRule: books.rule(of: id, on: month.lastDay).description,
            rateRules: rules.count > 1 ? rules : [],
            rounding: rounding.rawValue,
            firstSequence: calls.calls == 0 ? 0 : calls.firstSequence.rawValue,
            lastSequence: calls.lastSequence.rawValue, logSequence: log.sequence.rawValue,
            logHead: log.chain, digest: "")
        statement.credits = books.terms.credits(of: id, in: month).map {
            Statement.Credit(
                name: $0.name, reason: $0.reason, brl: Self.centsText(-Int128($0.cents)))
        }
        try addCharges(stretches, usage, rounding, to: &statement)
        statement.digest = try digest(statement)
        return statement
    }

    /// The month in stretches of equal terms.
    private func stretches() throws -> [Stretch] {
        let id = client.record.id
        var stretches: [Stretch] = []
        for day in books.terms.stretches(of: id, in: month) {
            let next = Stretch(
                first: day, last: month.lastDay, markup: books.terms.markup(of: id, on: day),
                rules: try ChargeRules(books.terms.charges(of: id, on: day)))
            if let last = stretches.last, last.markup == next.markup, last.rules == next.rules {
                continue
            }
            if !stretches.isEmpty {
                stretches[stretches.count - 1].last = day.adding(days: -1)
            }
            stretches.append(next)
        }
        return stretches
    }

    /// Every rate rule of the month with its first day.
    private var rateRules: [Statement.DatedRule] {
        var rules: [Statement.DatedRule] = []
        for day in books.terms.stretches(of: client.record.id, in: month) {
            let rule = books.rule(of: client.record.id, on: day).description
            if rules.last?.rule != rule {
                rules.append(Statement.DatedRule(from: day.description, rule: rule))
            }
        }
        return rules
    }

    /// Mark-ups, surcharges and taxes, and with them all sums.
    private func addCharges(
        _ stretches: [Stretch], _ usage: UsageTotals, _ rounding: Rounding,
        to statement: inout Statement
    ) throws {
        var sums = SectionSums(usage: usage.cents, exact: usage.brl)
        let runs = try runs(stretches, usage)
        for run in runs.markups where run.base.units != 0 {
            let amount = try LineAmount(run.base, run.kind.ratio, rounding)
            let base = try LineAmount(run.base, .whole, rounding).exact
            statement.markups.append(
                Self.charge(run, nil, run.kind, base: base, amount))
            try sums.add(amount, to: \.markups)
        }
        for run in runs.charges where run.base.units != 0 {
            let term = run.kind.term
            let amount = try LineAmount(run.base, run.kind.share, rounding)
            let base = try LineAmount(run.base, run.kind.gross, rounding).exact
            let charge = Self.charge(run, term, term.percent, base: base, amount)
            let isTax = term.tier == .tax
            if isTax { statement.taxes.append(charge) } else { statement.surcharges.append(charge) }
            if term.effect == .charged {
                try sums.add(amount, to: isTax ? \.taxes : \.surcharges)
            }
        }
        try sums.addFixed(statement.adjustments.compactMap(\.brl), to: \.adjustments)
        try sums.addFixed(statement.credits.map(\.brl), to: \.credits)
        try sums.write(to: &statement)
    }

    /// Mark-ups by day; charges by name, then by day. What one of them is due on does not depend on
    /// when others begin, so what is only shown moves no centavo of what is charged.
    private func runs(
        _ stretches: [Stretch], _ usage: UsageTotals
    ) throws(MoneyError) -> (markups: [Run<Percent>], charges: [Run<ChargeRules.Item>]) {
        var markups: [Run<Percent>] = []
        var charges: [Run<ChargeRules.Item>] = []
        for (index, stretch) in stretches.enumerated() {
            let cost = usage.stretchCost[index]
            if stretch.markup != .zero {
                let base = try Self.base(.zero, cost, .zero)
                try Run.add(stretch.markup, stretch, base, to: &markups)
            }
            guard !stretch.rules.charges.isEmpty else { continue }
            let base = try Self.base(stretch.markup, cost, usage.stretchListed[index])
            for item in stretch.rules.charges { try Run.add(item, stretch, base, to: &charges) }
        }
        charges.sort { ($0.kind.term.name, $0.first) < ($1.kind.term.name, $1.first) }
        return (markups, charges)
    }

    /// Cost with its mark-up, and what a price in reais was agreed for.
    private static func base(
        _ markup: Percent, _ cost: Amount<BRL>, _ listed: Amount<BRL>
    ) throws(MoneyError) -> StretchAmount {
        let whole = Percent.whole.units
        let (marked, first) = cost.units.multipliedReportingOverflow(
            by: Int128(whole + markup.units))
        let (plain, second) = listed.units.multipliedReportingOverflow(by: Int128(whole))
        let (sum, third) = marked.addingReportingOverflow(plain)
        if first || second || third { throw .overflow("the base of a charge") }
        return StretchAmount(units: sum)
    }

    private static func charge<Kind>(
        _ run: Run<Kind>, _ term: ChargeTerm?, _ percent: Percent, base: Amount<BRL>,
        _ amount: LineAmount
    ) -> Statement.Charge {
        Statement.Charge(
            name: term?.name ?? "", mode: term?.mode, effect: term?.effect ?? .charged,
            percent: percent.text, from: run.first.description, to: run.last.description,
            baseBrl: base.text, brl: centsText(amount.cents), brlExact: amount.exact.text)
    }

    /// What was used of the client's budgets by month, as they were at the month's end.
    private func budgets(_ usage: UsageTotals) -> [Statement.BudgetUse] {
        let end = client.calendar.interval(of: month).upperBound
        let held = books.budgets.budgets(of: client.record.id, before: end)
        return held.filter { $0.period == .monthly }.map { budget in
            let used: Int128 =
                switch budget.unit {
                case .tokens: Int128(usage.tokens)
                case .usd: usage.usd.units
                case .brl: usage.costBRL.units
                }
            return Statement.BudgetUse(
                id: budget.id, unit: budget.unit.rawValue,
                limit: DecimalText.format(budget.limit, decimals: budget.unit.decimals),
                used: DecimalText.format(used, decimals: budget.unit.decimals),
                percent: Self.percent(used, of: budget.limit), stops: budget.stops)
        }
    }

    /// Percent with one decimal, truncated; all of a limit of nothing is used.
    private static func percent(_ used: Int128, of limit: Int128) -> String {
        guard limit > 0 else { return "100.0" }
        let share = Rounding.truncate.multiply(used, by: 1_000, over: limit) ?? .max
        return DecimalText.format(share, decimals: 1, minimumDecimals: 1)
    }
}

/// The sums of a statement's sections in centavos, and all of it exactly.
private struct SectionSums {
    var usage: Int128
    var markups: Int128 = 0
    var surcharges: Int128 = 0
    var taxes: Int128 = 0
    var adjustments: Int128 = 0
    var credits: Int128 = 0
    var exact: Amount<BRL>

    init(usage: Int128, exact: Amount<BRL>) {
        self.usage = usage
        self.exact = exact
    }

    /// 10⁻²⁰ BRL in a centavo.
    private static let exactPerCent: Int128 = 1_000_000_000_000_000_000

    mutating func add(
        _ amount: LineAmount, to section: WritableKeyPath<SectionSums, Int128>
    ) throws(MoneyError) {
        self[keyPath: section] += amount.cents
        try exact.add(amount.exact)
    }

    /// Adds amounts that are fixed in centavos.
    mutating func addFixed(
        _ texts: [String], to section: WritableKeyPath<SectionSums, Int128>
    ) throws(MoneyError) {
        for text in texts {
            self[keyPath: section] += try DecimalText.parse(text, decimals: 2)
            try exact.add(Amount(text))
        }
    }

    func write(to statement: inout Statement) throws(MoneyError) {
        let text = StatementBuilder.centsText
        statement.subtotals.usage = text(usage)
        statement.subtotals.markups = text(markups)
        statement.subtotals.surcharges = text(surcharges)
        statement.subtotals.taxes = text(taxes)
        statement.subtotals.adjustments = text(adjustments)
        statement.subtotals.credits = text(credits)
        let total = usage + markups + surcharges + taxes + adjustments + credits
        // Lines rounded up can pass the largest amount though the exact total does not.
        let (units, overflow) = total.multipliedReportingOverflow(by: Self.exactPerCent)
        if overflow { throw .overflow("the rounded total in BRL") }
        statement.totalBrl = text(total)
        statement.totalBrlExact = exact.text
        statement.roundingDifferenceBrl = try Amount<BRL>(units: units).subtracting(exact).text
    }
}

extension Statement {
    /// The form that this program makes.
    ///
    /// Of the second form, the first that months were closed in, a day's reais were its cost in
    /// dollars at the day's rate; since the third they are what is charged for the day. Since then
    /// days in a hole of the quotes are stale, budgets are those that held in the month, and costs
    /// that were recorded without a call have their words.
    public static let currentFormat = 3
    /// The forms that this program can make anew.
    public static let knownFormats = 2...currentFormat
    /// The status of a month that may still change.
    public static let open = "open"
    /// The status of a month that was closed.
    public static let closed = "closed"
}
