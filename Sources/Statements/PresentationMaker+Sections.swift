import Ledger
import Money

// The sections beside usage: mark-ups, surcharges, taxes, adjustments, credits, their sums and the
// budgets. One that is empty is not there.

extension PresentationMaker {
    /// The sections that are not empty, in the document's order.
    var sections: [Presentation.Table] {
        [
            charges("markups", .markups, statement.markups, statement.subtotals.markups),
            charges(
                "surcharges", .surcharges, statement.surcharges, statement.subtotals.surcharges),
            charges("taxes", .taxes, statement.taxes, statement.subtotals.taxes),
            adjustments, credits,
        ].compactMap { $0 }
    }

    /// What is only shown has a column of its own, so that each column adds up to what stands below
    /// it.
    private func charges(
        _ name: String, _ heading: Label, _ charges: [Statement.Charge], _ subtotal: String
    ) -> Presentation.Table? {
        guard !charges.isEmpty else { return nil }
        let hasInformative = charges.contains { $0.effect == .informative }
        var rows = charges.map { charge in
            let amount = brl(rounded: charge.brl, exact: charge.brlExact)
            let isCharged = charge.effect == .charged
            var figures = [
                format.decimal(charge.baseBrl, decimals: 2...2, rounding: lineRounding),
                format.percent(text: charge.percent),
            ]
            if hasInformative { figures.append(isCharged ? Self.nothing : amount) }
            figures.append(isCharged ? amount : Self.nothing)
            var trail = charge.mode.map { [words.mode($0)] } ?? []
            trail.append(span(charge.from, charge.to))
            if !isCharged { trail.append(words[.onlyInformative]) }
            return Presentation.Row(
                kind: .line, name: charge.name.isEmpty ? words[.markup] : charge.name.cleaned,
                trail: trail.joined(separator: ", "), figures: figures)
        }
        let exact = Self.sum(charges.filter { $0.effect == .charged }.map(\.brlExact))
        let total =
            ["", ""] + (hasInformative ? [""] : []) + [brl(rounded: subtotal, exact: exact)]
        rows.append(.init(kind: .sum, name: words[.subtotal], figures: total))
        let titles =
            [words[.base], words[.percent]] + (hasInformative ? [words[.informative]] : [])
            + [words[.brl]]
        return .init(
            name: name, heading: words[heading], nameTitle: words[.item], titles: titles,
            rows: rows, hint: baseHint(charges))
    }

    /// A base below a sum of rounded lines may differ from it by what was rounded.
    private func baseHint(_ charges: [Statement.Charge]) -> String {
        let isFiner = charges.contains { (try? DecimalText.parse($0.baseBrl, decimals: 2)) == nil }
        return isFiner && !statement.hasFormerLook ? words[.baseNote] : ""
    }

    private func span(_ from: String, _ to: String) -> String {
        guard let first = CivilDate(from), let last = CivilDate(to) else {
            return words.fill(.span, from.cleaned, to.cleaned)
        }
        return words.fill(.span, format.shortDate(first), format.shortDate(last))
    }

    /// The changes by the month that they change.
    private var adjustments: Presentation.Table? {
        guard !statement.adjustments.isEmpty else { return nil }
        let decimals =
            statement.hasFormerLook
            ? format.usdDecimals(statement.adjustments.compactMap(\.usd)) : usdDecimals
        var rows: [Presentation.Row] = []
        for changes in statement.adjustments.grouped(by: {
            $0.originMonth == $1.originMonth && $0.originNumber == $1.originNumber
        }) {
            guard let first = changes.first else { continue }
            rows.append(
                .init(
                    kind: .group, name: format.month(text: first.originMonth).cleaned,
                    trail: first.originNumber.map { words.fill(.originNumber, $0.cleaned) }
                        ?? words[.originUnnumbered],
                    figures: [
                        "", "", brl(rounded: Self.sum(changes.map(\.brl)), exact: trace(changes)),
                    ]))
            rows += changes.map { row($0, decimals) }
        }
        rows.append(
            .init(
                kind: .sum, name: words[.subtotal],
                figures: [
                    "", "",
                    brl(
                        rounded: statement.subtotals.adjustments,
                        exact: trace(statement.adjustments)),
                ]))
        return .init(
            name: "adjustments", heading: words[.adjustments], nameTitle: words[.whatAndWhy],
            titles: [words[.quantity], words[.usd], words[.brl]], rows: rows)
    }

    private func trace(_ changes: [Statement.Adjustment]) -> String? {
        statement.hasFormerLook ? nil : Statement.trace(of: changes)
    }

    private func row(_ change: Statement.Adjustment, _ decimals: Int) -> Presentation.Row {
        var name = words.section(change.section)
        if change.section == .usage {
            let parts = [change.provider, change.model].compactMap { $0?.cleaned }
            name = parts.filter { !$0.isEmpty }.joined(separator: " / ")
        } else if let own = change.name, !own.isEmpty {
            name += " " + own.cleaned
        }
        let isUnpriced = change.brl == nil
        let isRecorded = change.reason == .recorded
        let own = shown(change.words)
        let reason = words.reason(change.reason) + (own.isEmpty ? "" : ": " + own)
        return .init(
            kind: .line, name: name,
            trail: isUnpriced ? "\(reason), \(words[.unpriced])" : reason,
            figures: [
                isRecorded
                    ? Self.nothing : change.quantity.map { format.integer($0) } ?? Self.nothing,
                change.usd.map { format.decimal($0, decimals: decimals...decimals) }
                    ?? Self.nothing,
                brl(rounded: change.brl, exact: trace([change])),
            ], isDoubtful: isUnpriced)
    }

    private var credits: Presentation.Table? {
        guard !statement.credits.isEmpty else { return nil }
        // A name that was made of the reason says nothing beside it.
        func says(_ credit: Statement.Credit) -> Bool {
            !statement.hasFormerLook && credit.isNameMade
        }
        var rows = statement.credits.map { credit in
            Presentation.Row(
                kind: .line, name: says(credit) ? credit.reason.cleaned : credit.name.cleaned,
                trail: says(credit) ? "" : credit.reason.cleaned,
                figures: [brl(rounded: credit.brl, exact: nil)])
        }
        rows.append(
            .init(
                kind: .sum, name: words[.subtotal],
                figures: [brl(rounded: statement.subtotals.credits, exact: nil)]))
        return .init(
            name: "credits", heading: words[.credits], nameTitle: words[.nameAndReason],
            titles: [words[.brl]], rows: rows)
    }

    // MARK: Sums

    /// How the sections add up; nil where usage is all there is.
    var summary: Presentation.Table? {
        let sums = statement.subtotals
        let parts: [(label: Label, sum: String, exact: String?, isThere: Bool)] = [
            (.usage, sums.usage, Self.sum(statement.lines.map(\.brlExact)), true),
            charged(.markups, sums.markups, statement.markups),
            charged(.surcharges, sums.surcharges, statement.surcharges),
            charged(.taxes, sums.taxes, statement.taxes),
            (
                .adjustments, sums.adjustments, trace(statement.adjustments),
                !statement.adjustments.isEmpty
            ),
            (.credits, sums.credits, nil, !statement.credits.isEmpty),
        ]
        let present = parts.filter(\.isThere)
        guard present.count > 1 else { return nil }
        var rows = present.map { part in
            Presentation.Row(
                kind: .line, name: words[part.label],
                figures: [brl(rounded: part.sum, exact: part.exact)])
        }
        rows.append(
            .init(
                kind: .sum, name: words[.total],
                figures: [
                    format.brl(rounded: statement.totalBrl, exact: statement.totalBrlExact)
                ]))
        return .init(
            name: "summary", heading: words[.summary], nameTitle: words[.item],
            titles: [words[.brl]], rows: rows)
    }

    private func charged(
        _ label: Label, _ sum: String, _ charges: [Statement.Charge]
    ) -> (label: Label, sum: String, exact: String?, isThere: Bool) {
        let due = charges.filter { $0.effect == .charged }
        return (label, sum, Self.sum(due.map(\.brlExact)), !due.isEmpty)
    }

    // MARK: Budgets

    /// What was used of the month's budgets. *Orçamento* warns and *limite* stops: the words stay
    /// apart.
    var budgets: Presentation.Table? {
        guard !statement.budgets.isEmpty else { return nil }
        let rows = statement.budgets.map { budget in
            Presentation.Row(
                kind: .line, name: words[budget.stops ? .budgetStops : .budgetWarns],
                trail: budget.id.cleaned,
                figures: [
                    amount(budget.used, budget.unit), amount(budget.limit, budget.unit),
                    format.percent(text: budget.percent),
                ])
        }
        return .init(
            name: "budgets", heading: words[.budgets], nameTitle: words[.item],
            titles: [words[.used], words[.defined], words[.share]], rows: rows,
            hint: !statement.hasFormerLook ? words[.budgetsNote] : "")
    }

    private func amount(_ text: String, _ unit: String) -> String {
        switch unit {
        case "brl": return format.brl(text)
        case "usd": return format.usd(text)
        default:
            return words.fill(.tokensValue, format.decimal(text, decimals: 0...0)).cleaned
        }
    }
}
