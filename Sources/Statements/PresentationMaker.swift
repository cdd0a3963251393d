import Ledger
import Money

/// Writes out a statement's tables: groups of lines, days, and the facts above them.
struct PresentationMaker {
    let statement: Statement
    let words: Wording
    let format: FigureFormat
    /// Decimals of the dollar columns, the same in each row so that decimal signs align.
    private let usdDecimals: Int
    private let priceDecimals: Int

    init(_ statement: Statement, _ language: StatementLanguage) {
        self.statement = statement
        words = Wording(language)
        let format = FigureFormat(language)
        self.format = format
        usdDecimals = format.usdDecimals(
            statement.lines.compactMap(\.usd) + statement.days.map(\.usd) + [statement.totalUsd])
        priceDecimals = format.usdDecimals(statement.lines.compactMap(\.unitPriceUsdPerMillion))
    }

    /// A figure of a dollar column, without the symbol.
    func usd(_ text: String) -> String {
        format.decimal(text, decimals: usdDecimals...usdDecimals)
    }

    /// Who, what month, which period.
    var facts: [Presentation.Fact] {
        var client = statement.client.cleaned
        if let name = statement.clientName { client = "\(name.cleaned) (\(client))" }
        var facts = [Presentation.Fact(label: words[.client], value: client)]
        if let cnpj = statement.clientCnpj {
            facts.append(.init(label: words[.cnpj], value: format.cnpj(cnpj).cleaned))
        }
        facts.append(.init(label: words[.month], value: format.month(text: statement.month)))
        if let month = CivilMonth(statement.month) {
            facts.append(
                .init(
                    label: words[.period],
                    value: words.fill(
                        .periodValue, format.date(month.firstDay), format.date(month.lastDay),
                        statement.timeZone.cleaned)))
        }
        facts.append(
            .init(label: words[.status], value: words.status(statement.status).cleaned))
        facts.append(.init(label: words[.calls], value: calls))
        return facts
    }

    /// All calls, and those that cost nothing for a reason.
    var calls: String {
        var parts = [words.count(.callsAll, statement.calls)]
        if statement.cachedCalls > 0 {
            let share = format.percent(statement.cachedCalls, of: statement.calls)
            parts.append(words.count(.callsCached, statement.cachedCalls, share))
        }
        if statement.failedCalls > 0 {
            parts.append(words.count(.callsFailed, statement.failedCalls))
        }
        return parts.joined(separator: ", ")
    }

    /// The lines by provider, model and tier, in the document's order.
    var groups: [Presentation.Group] {
        var groups: [Presentation.Group] = []
        for lines in statement.lines.grouped(by: {
            $0.provider == $1.provider && $0.model == $1.model && $0.serviceTier == $1.serviceTier
        }) {
            guard let first = lines.first else { continue }
            let kinds = Dictionary(lines.map { ($0.kind, 1) }, uniquingKeysWith: +)
            groups.append(
                Presentation.Group(
                    provider: first.provider.cleaned, model: first.model.cleaned,
                    tier: first.serviceTier.isEmpty
                        ? "" : words.fill(.tier, first.serviceTier.cleaned),
                    usd: Self.sum(lines.map(\.usd)).map(usd) ?? Self.nothing,
                    brl: brl(
                        rounded: Self.sum(lines.map(\.brl)),
                        exact: Self.sum(lines.map(\.brlExact))),
                    rows: Self.byTime(lines).map { row($0, showsDays: (kinds[$0.kind] ?? 0) > 1) }))
        }
        return groups
    }

    /// Lines of one kind by their first day instead of by price: the earlier price comes first.
    private static func byTime(_ lines: [Statement.Line]) -> [Statement.Line] {
        lines.grouped { $0.kind == $1.kind }.flatMap { run in
            run.sorted { ($0.days.first?.date ?? "") < ($1.days.first?.date ?? "") }
        }
    }

    private func row(_ line: Statement.Line, showsDays: Bool) -> Presentation.Row {
        var kind = words.kind(line.kind).cleaned
        // Two prices of one kind in a month: the days tell the rows apart.
        if showsDays, let first = line.days.first.flatMap({ CivilDate($0.date) }),
            let last = line.days.last.flatMap({ CivilDate($0.date) })
        {
            let start = format.shortDate(first)
            kind =
                first == last
                ? words.fill(.lineDay, kind, start)
                : words.fill(.lineSpan, kind, start, format.shortDate(last))
        }
        let isUnpriced = line.unitPriceUsdPerMillion == nil
        let rate = isUnpriced ? nil : line.rateBrlPerUsd
        let decimals = line.rateIsAverage ? 4...4 : 4...8
        return Presentation.Row(
            kind: kind, quantity: format.integer(line.quantity),
            price: line.unitPriceUsdPerMillion.map {
                format.decimal($0, decimals: priceDecimals...priceDecimals)
            } ?? words[.unpriced],
            usd: line.usd.map(usd) ?? Self.nothing,
            average: rate != nil && line.rateIsAverage ? words[.average] : "",
            rate: rate.map { format.decimal($0, decimals: decimals) } ?? Self.nothing,
            brl: brl(rounded: line.brl, exact: line.brlExact), isUnpriced: isUnpriced)
    }

    /// The days with their rates.
    var days: [Presentation.DayRow] {
        let rounding = Rounding(rawValue: statement.rounding) ?? .halfEven
        return statement.days.map { day in
            let quote: String =
                switch (day.rateStatus, day.rateDate) {
                case (.provisional, _): words[.provisional]
                case (.stale, let date?): "\(format.date(text: date)), \(words[.stale])"
                case (.stale, nil): words[.stale]
                case (.final, let date?): format.date(text: date)
                case (.final, nil): words.rateSource(day.rateSource).cleaned
                }
            return Presentation.DayRow(
                date: format.date(text: day.date), calls: format.integer(day.calls),
                usd: usd(day.usd), rate: format.rate(day.rateBrlPerUsd), quote: quote,
                isDoubtful: day.rateStatus != .final,
                brl: format.decimal(day.brlExact, decimals: 2...2, rounding: rounding))
        }
    }

    /// Stands where a line has no figure.
    private static let nothing = "–"

    /// A figure of the column in reais, without the symbol.
    private func brl(rounded: String?, exact: String?) -> String {
        guard let rounded else { return Self.nothing }
        let isHidden = FigureFormat.isZero(rounded) && !FigureFormat.isZero(exact ?? "0")
        return format.decimal(
            isHidden ? exact ?? rounded : rounded, decimals: 2...2, rounding: .truncate)
    }

    /// The sum of those texts that are there; nil when none is or a figure cannot be read.
    private static func sum(_ texts: [String?]) -> String? {
        let present = texts.compactMap { $0 }
        guard !present.isEmpty else { return nil }
        var sum = Amount<BRL>.zero
        for text in present {
            guard let amount = try? Amount<BRL>(text), let next = try? sum.adding(amount) else {
                return nil
            }
            sum = next
        }
        return sum.text
    }
}

extension Array {
    /// Runs of neighbours that belong together.
    func grouped(by belongTogether: (Element, Element) -> Bool) -> [[Element]] {
        var runs: [[Element]] = []
        for element in self {
            if let last = runs.last?.last, belongTogether(last, element) {
                runs[runs.count - 1].append(element)
            } else {
                runs.append([element])
            }
        }
        return runs
    }
}
