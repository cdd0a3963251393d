import Ledger
import Money

/// Writes out a statement's parts: here who and when, the lines of usage and the days.
struct PresentationMaker {
    let statement: Statement
    let words: Wording
    let format: FigureFormat
    /// How the document's lines were rounded, so that what is shown of exact amounts fits them.
    let lineRounding: Rounding
    /// Decimals of the dollar columns, the same in each row so that decimal signs align.
    let usdDecimals: Int
    private let priceDecimals: Int
    /// True where prices in reais and in dollars stand in one column.
    private let mixesPrices: Bool
    /// The days whose rate made a difference to what is charged.
    let convertedDays: Set<String>

    init(_ statement: Statement, _ language: StatementLanguage) {
        self.statement = statement
        words = Wording(language)
        let format = FigureFormat(language)
        self.format = format
        lineRounding = Rounding(rawValue: statement.rounding) ?? .halfEven
        var dollars =
            statement.lines.compactMap(\.usd) + statement.days.map(\.usd) + [statement.totalUsd]
        if !statement.hasFormerLook { dollars += statement.adjustments.compactMap(\.usd) }
        usdDecimals = format.usdDecimals(dollars)
        priceDecimals = format.usdDecimals(statement.lines.compactMap(\.unitPriceUsdPerMillion))
        mixesPrices =
            !statement.hasFormerLook
            && statement.lines.contains { $0.unitPriceBrlPerMillion != nil }
        convertedDays = Self.convertedDays(of: statement)
    }

    private static func convertedDays(of statement: Statement) -> Set<String> {
        if statement.hasFormerLook {
            return Set(statement.days.filter { !FigureFormat.isZero($0.usd) }.map(\.date))
        }
        let lines = statement.lines.filter { $0.unitPriceBrlPerMillion == nil }
        return Set(
            lines.flatMap(\.days).filter { !FigureFormat.isZero($0.usd ?? "0") }.map(\.date))
    }

    /// A figure of a dollar column, without the symbol.
    func usd(_ text: String) -> String {
        format.decimal(text, decimals: usdDecimals...usdDecimals)
    }

    // MARK: Who and when

    /// The issuer, where one is known, and the client.
    var parties: [Presentation.Section] {
        var parties: [Presentation.Section] = []
        if let issuer = statement.issuer {
            parties.append(
                party(
                    .issuer, issuer.name.cleaned, issuer.cnpj, issuer.address, issuer.contact))
        }
        var client = statement.client.cleaned
        if let name = statement.clientName { client = "\(name.cleaned) (\(client))" }
        parties.append(
            party(.client, client, statement.clientCnpj, statement.clientAddress, nil))
        return parties
    }

    private func party(
        _ label: Label, _ name: String, _ cnpj: String?, _ address: String?, _ contact: String?
    ) -> Presentation.Section {
        var facts = [Presentation.Fact(label: words[label], value: name)]
        if let cnpj {
            facts.append(.init(label: words[.cnpj], value: format.cnpj(cnpj).cleaned))
        }
        if let address { facts.append(.init(label: words[.address], value: address.cleaned)) }
        if let contact { facts.append(.init(label: words[.contact], value: contact.cleaned)) }
        return .init(heading: words[label], facts: facts)
    }

    /// Which document, what month, which period.
    var facts: [Presentation.Fact] {
        var facts: [Presentation.Fact] = []
        if let number = statement.number {
            facts.append(.init(label: words[.number], value: number.cleaned))
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
        if let closedAt = statement.closedAt {
            facts.append(.init(label: words[.closedAt], value: format.instant(text: closedAt)))
        }
        facts.append(.init(label: words[.calls], value: calls))
        return facts
    }

    /// All calls, and those that cost nothing for a reason.
    private var calls: String {
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

    // MARK: Usage

    /// The lines by provider, model and tier, in the document's order.
    var usage: Presentation.Table {
        var rows: [Presentation.Row] = []
        for lines in statement.lines.grouped(by: {
            $0.provider == $1.provider && $0.model == $1.model && $0.serviceTier == $1.serviceTier
        }) {
            guard let first = lines.first else { continue }
            let kinds = Dictionary(lines.map { ($0.kind, 1) }, uniquingKeysWith: +)
            let model = first.model.isEmpty ? words[.noModel] : first.model.cleaned
            rows.append(
                .init(
                    kind: .group, lead: first.provider.cleaned, name: model,
                    trail: first.serviceTier.isEmpty
                        ? "" : words.fill(.tier, first.serviceTier.cleaned),
                    figures: [
                        "", "", Self.sum(lines.map(\.usd)).map(usd) ?? Self.nothing, "",
                        brl(
                            rounded: Self.sum(lines.map(\.brl)),
                            exact: Self.sum(lines.map(\.brlExact))),
                    ]))
            let looks = Dictionary(lines.map { (Self.look($0), 1) }, uniquingKeysWith: +)
            rows += byTime(lines).map { line in
                let hasTwin = line.unitPriceBrlPerMillion != nil && looks[Self.look(line)] != 1
                return row(
                    line, showsDays: (kinds[line.kind] ?? 0) > 1,
                    showsCost: hasTwin && !statement.hasFormerLook)
            }
        }
        let isAll = summary == nil
        let total = [
            "", "", usd(statement.totalUsd), "",
            isAll
                ? format.brl(rounded: statement.totalBrl, exact: statement.totalBrlExact)
                : brl(
                    rounded: statement.subtotals.usage,
                    exact: Self.sum(statement.lines.map(\.brlExact))),
        ]
        let name = words[isAll ? .total : .subtotal]
        rows.append(.init(kind: .sum, name: name, figures: total))
        return .init(
            name: "lines", heading: words[.usageByModel], nameTitle: words[.kind],
            titles: [
                words[.quantity], words[mixesPrices ? .unitPriceAny : .unitPrice], words[.usd],
                words[.rate], words[.brl],
            ], rows: rows, hint: usageHint)
    }

    private var usageHint: String {
        if statement.lines.isEmpty { return words[.noUsage] }
        let isCut = statement.lines.contains { line in
            (line.usd?.split(separator: ".").dropFirst().first?.utf8.count ?? 0) > usdDecimals
        }
        guard isCut, !statement.hasFormerLook else { return "" }
        return words.fill(.usdNote, format.integer(usdDecimals))
    }

    /// Lines of one kind by their days instead of by price: the earlier price comes first, and of
    /// two that begin on one day the one that ends before.
    private func byTime(_ lines: [Statement.Line]) -> [Statement.Line] {
        func days(_ line: Statement.Line) -> (String, String) {
            let last = statement.hasFormerLook ? nil : line.days.last
            return (line.days.first?.date ?? "", last?.date ?? "")
        }
        return lines.grouped { $0.kind == $1.kind }.flatMap { run in
            run.sorted { days($0) < days($1) }
        }
    }

    /// What tells lines of a model apart at sight. Two of one look have a price in reais that did
    /// not change when that in dollars did, so their days alone would not say why they are two.
    private static func look(_ line: Statement.Line) -> [String?] {
        [line.kind, line.unitPriceBrlPerMillion]
    }

    private func row(
        _ line: Statement.Line, showsDays: Bool, showsCost: Bool
    ) -> Presentation.Row {
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
        if showsCost, let price = line.unitPriceUsdPerMillion {
            kind = words.fill(.linePrice, kind, format.decimal(price, decimals: 2...6))
        }
        let isUnpriced = line.brl == nil
        var rate = Self.nothing
        if !isUnpriced, let text = line.rateBrlPerUsd {
            rate = format.decimal(text, decimals: line.rateIsAverage ? 4...4 : 4...8)
            if line.rateIsAverage { rate = words[.average] + " " + rate }
        }
        return .init(
            kind: .line, name: kind, trail: shown(line.words),
            figures: [
                line.isWithoutCall ? Self.nothing : format.integer(line.quantity), price(line),
                line.usd.map(usd) ?? Self.nothing, rate,
                brl(rounded: line.brl, exact: line.brlExact),
            ], isDoubtful: isUnpriced)
    }

    /// The words that costs were recorded with, for one line.
    func shown(_ words: [String]?) -> String {
        (words ?? []).map(\.cleaned).joined(separator: "; ")
    }

    private func price(_ line: Statement.Line) -> String {
        if let price = line.unitPriceBrlPerMillion { return format.brlPrice(price) }
        if let price = line.unitPriceUsdPerMillion {
            let digits = format.decimal(price, decimals: priceDecimals...priceDecimals)
            return mixesPrices ? "US$\u{A0}" + digits : digits
        }
        return line.brl == nil ? words[.unpriced] : Self.nothing
    }

    // MARK: Days

    /// The days with their rates.
    var days: Presentation.Table? {
        guard !statement.days.isEmpty else { return nil }
        let rows = statement.days.map { day in
            let isConverted = statement.hasFormerLook || convertedDays.contains(day.date)
            let quote: String =
                switch (day.rateStatus, day.rateDate) {
                case _ where !isConverted: Self.nothing
                case (.provisional, _): words[.provisional]
                case (.stale, let date?): "\(format.date(text: date)), \(words[.stale])"
                case (.stale, nil): words[.stale]
                case (.final, let date?) where isAverage(on: day.date):
                    words.fill(.averageTo, format.date(text: date))
                case (.final, let date?): format.date(text: date)
                case (.final, nil): words.rateSource(day.rateSource).cleaned
                }
            return Presentation.Row(
                kind: .line, name: format.date(text: day.date),
                figures: [
                    format.integer(day.calls), usd(day.usd),
                    isConverted ? format.rate(day.rateBrlPerUsd) : Self.nothing, quote,
                    format.decimal(day.brlExact, decimals: 2...2, rounding: lineRounding),
                ], isDoubtful: isConverted && day.rateStatus != .final)
        }
        return .init(
            name: "days", heading: words[.usageByDay], nameTitle: words[.day],
            titles: [
                words[.calls], words[.usd], words[.rate], words[.quote], words[.brl],
            ], rows: rows, hint: words[.daysNote])
    }

    // MARK: Figures

    /// Stands where a line has no figure.
    static let nothing = "–"

    /// A figure of the column in reais, without the symbol.
    func brl(rounded: String?, exact: String?) -> String {
        guard let rounded else { return Self.nothing }
        let isHidden = FigureFormat.isZero(rounded) && !FigureFormat.isZero(exact ?? "0")
        return format.decimal(
            isHidden ? exact ?? rounded : rounded, decimals: 2...2, rounding: .truncate)
    }

    /// The sum of those texts that are there; nil when none is or a figure cannot be read.
    static func sum(_ texts: [String?]) -> String? {
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

extension Statement.Line {
    /// True for a cost that was recorded without a call, which has no quantity.
    var isWithoutCall: Bool { kind == Self.adjustmentKind }
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
