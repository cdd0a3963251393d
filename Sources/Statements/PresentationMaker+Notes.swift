import Ledger
import Money

// What stands around the tables: warnings, rates, savings, rounding and proof.

extension PresentationMaker {
    /// What makes the total smaller than the truth, or may still change it.
    var warnings: [String] {
        var warnings: [String] = []
        let unpricedLines = statement.lines.count { $0.brl == nil }
        if statement.unpricedCalls > 0 {
            warnings.append(words.count(.warnUnpriced, statement.unpricedCalls))
        } else if unpricedLines > 0 {
            warnings.append(words.count(.warnUnpricedLines, unpricedLines))
        }
        let unpricedChanges = statement.adjustments.count { $0.brl == nil }
        if unpricedChanges > 0 {
            warnings.append(words.count(.warnUnpricedChanges, unpricedChanges))
        }
        if statement.unknownUsageCalls > 0 {
            warnings.append(words.count(.warnUnknown, statement.unknownUsageCalls))
        }
        if statement.estimatedUsageCalls > 0 {
            warnings.append(words.count(.warnEstimated, statement.estimatedUsageCalls))
        }
        if statement.acceptedUnpriced { warnings.append(words[.warnAccepted]) }
        for (status, label) in [
            (AppliedRate.Status.stale, Label.warnStale), (.provisional, .warnProvisional),
        ] {
            let dates = daysWithCost.filter { $0.rateStatus == status }.map(\.date)
            guard !dates.isEmpty else { continue }
            warnings.append(words.count(label, dates.count, ranges(dates)))
        }
        return warnings
    }

    /// Days whose rate made a difference to the total.
    private var daysWithCost: [Statement.Day] {
        statement.days.filter { convertedDays.contains($0.date) }
    }

    /// Dates with neighbours drawn together: `01/03/2026 a 05/03/2026, 08/03/2026`.
    private func ranges(_ texts: [String]) -> String {
        let dates = texts.compactMap { CivilDate($0) }
        let runs = dates.grouped { $0.adding(days: 1) == $1 }
        return runs.compactMap { run in
            guard let first = run.first, let last = run.last else { return nil }
            return first == last
                ? format.date(first)
                : words.fill(.dateRange, format.date(first), format.date(last))
        }.joined(separator: ", ")
    }

    /// The rule, the rates that were used, and who published them.
    var rateSection: Presentation.Section {
        var facts = [
            Presentation.Fact(label: words[.rule], value: rule),
            Presentation.Fact(label: words[.ratesUsed], value: ratesUsed),
        ]
        var sources: [String] = []
        for day in daysWithCost where !sources.contains(day.rateSource) {
            sources.append(day.rateSource)
        }
        if !sources.isEmpty {
            let names = sources.map { words.rateSource($0).cleaned }
            facts.append(.init(label: words[.source], value: names.joined(separator: "; ")))
        }
        return .init(heading: words[.rates], facts: facts)
    }

    private var rule: String {
        guard statement.rateRules.count > 1 else {
            return words.rateRule(statement.rateRule).cleaned
        }
        return statement.rateRules.map {
            words.fill(.ruleFrom, format.date(text: $0.from), words.rateRule($0.rule)).cleaned
        }.joined(separator: "; ")
    }

    private var ratesUsed: String {
        let days = daysWithCost.compactMap { day in
            (try? ExchangeRate(day.rateBrlPerUsd)).map { (rate: $0, day: day) }
        }
        guard let lowest = days.min(by: { $0.rate < $1.rate }),
            let highest = days.max(by: { $0.rate < $1.rate })
        else { return words[hasUnusedRates ? .ratesUnused : .ratesNone] }
        if lowest.rate == highest.rate {
            let isOneQuote = days.allSatisfy {
                $0.day.rateDate == lowest.day.rateDate && $0.day.rateStatus == lowest.day.rateStatus
            }
            let rate =
                isOneQuote ? described(lowest.day) : format.rate(lowest.day.rateBrlPerUsd)
            return rate + " " + words.count(.onDays, days.count)
        }
        return words.fill(.ratesRange, described(lowest.day), described(highest.day))
    }

    /// True where something is charged, and no rate played a part in it.
    private var hasUnusedRates: Bool {
        !statement.hasFormerLook && statement.lines.contains { $0.unitPriceBrlPerMillion != nil }
    }

    /// True where the rate of a day is the mean of its month's quotes.
    func isAverage(on date: String) -> Bool {
        guard !statement.hasFormerLook else { return false }
        let rule = statement.rateRules.last { $0.from <= date }?.rule ?? statement.rateRule
        return RateRule(rule) == .monthAverage
    }

    private func described(_ day: Statement.Day) -> String {
        let rate = format.rate(day.rateBrlPerUsd)
        let quote = day.rateDate.map { format.date(text: $0) } ?? ""
        return switch day.rateStatus {
        case .provisional: words.fill(.quoteProvisional, rate)
        case .stale: words.fill(.quoteStale, rate, quote)
        case .final where isAverage(on: day.date): words.fill(.averageOf, rate, quote)
        case .final: quote.isEmpty ? rate : words.fill(.quoteOf, rate, quote)
        }
    }

    /// What caches saved.
    var savings: Presentation.Section {
        let saved = statement.savings
        func value(_ tokens: UInt64, _ brl: String, _ usd: String) -> String {
            words.count(.savingsValue, tokens, format.brl(brl), format.usd(usd))
        }
        return .init(
            heading: words[.savings],
            facts: [
                .init(
                    label: words[.savingsResponse],
                    value: value(
                        saved.responseCacheTokens, saved.responseCacheBrlExact,
                        saved.responseCacheUsd)),
                .init(
                    label: words[.savingsPrompt],
                    value: value(
                        saved.promptCacheTokens, saved.promptCacheBrlExact, saved.promptCacheUsd)),
            ])
    }

    /// How lines were rounded and what that did.
    var rounding: Presentation.Section {
        .init(
            heading: words[.rounding],
            facts: [
                .init(
                    label: words[.roundingRule], value: words.rounding(statement.rounding).cleaned),
                .init(
                    label: words[.totalExact], value: format.brlExact(statement.totalBrlExact)),
                .init(
                    label: words[.roundingDifference],
                    value: format.brlExact(statement.roundingDifferenceBrl)),
            ])
    }

    /// Where in the log the document comes from.
    var proof: Presentation.Section {
        let head = statement.logHead.cleaned
        let events =
            statement.calls == 0
            ? words[.none]
            : words.fill(
                .eventsValue, format.integer(statement.firstSequence),
                format.integer(statement.lastSequence))
        var facts: [Presentation.Fact] = [
            .init(
                label: words[.periodUTC],
                value: words.fill(
                    .periodUTCValue, statement.periodStart.cleaned, statement.periodEnd.cleaned)),
            .init(label: words[.events], value: events),
            .init(label: words[.logRead], value: format.integer(statement.logSequence)),
            .init(
                label: words[.logHead], value: head, isCode: true,
                // Sixteen digits are enough to compare two heads by eye.
                shortValue: head.utf8.count > 16 ? head.prefix(16) + "…" : nil),
        ]
        if let previous = statement.previousDigest {
            facts.append(
                .init(label: words[.previousDigest], value: previous.cleaned, isCode: true))
        }
        facts.append(
            .init(label: words[.digest], value: statement.digest.cleaned, isCode: true))
        return .init(heading: words[.proof], facts: facts)
    }
}
