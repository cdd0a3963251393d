import Ledger
import Money

// Names are stable; money is decimal text with every digit, and null where it is unknown.

extension ScenarioOutcome {
    /// The outcome as `--format json` shows it.
    func jsonValue() throws -> JSONValue {
        .object([
            "format": .string("razao-what-if"),
            "version": .integer(1),
            "scenario": scenario.jsonValue,
            "has_other_rate_rules": .bool(hasOtherRules),
            "rate_rule": .string(rateRule.description),
            "client": .optional(client),
            "from": .optional(from?.description),
            "to": .optional(to?.description),
            "rows": .array(
                try rows.map { row in
                    var members = try row.pair.members()
                    members["client"] = .string(row.client)
                    members["month"] = .string(row.month.description)
                    if isByModel { members["model"] = .optional(row.model?.description) }
                    return .object(members)
                }),
            "unchanged_groups": .integer(UInt64(clamping: unchangedCount)),
            "unchanged": .object(try unchanged.members()),
            "total": .object(try total.members()),
            "months": .array(
                try months.map { .object(try $0.pair.members(and: "month", $0.name)) }),
            "budgets": .array(budgets.map(\.jsonValue)),
            "unpriced": .array(gaps.map(\.jsonValue)),
            "unknown_usage_calls": .integer(unknownUsageCalls),
            "unused_models": .array(unusedModels.map { .string($0.description) }),
            "list_price_clients": .array(listPriceClients.map(JSONValue.string)),
            "provisional_days": .integer(UInt64(clamping: provisionalDays)),
        ])
    }

    /// The rows as `--format csv` shows them.
    func table() throws -> CSVTable {
        var table = CSVTable(
            header: ["client", "month"] + (isByModel ? ["model"] : []) + ScenarioPair.names)
        for row in rows {
            var cells: [CSVTable.Cell] = [.text(row.client), .text(row.month.description)]
            if isByModel { cells.append(.text(row.model?.description ?? "")) }
            table.rows.append(
                cells
                    + (try row.pair.figures()).map { figure in
                        figure.map { .number($0) } ?? .empty
                    })
        }
        return table
    }
}

extension ScenarioPair {
    /// The figures' names, in the order of ``figures()``.
    static let names = [
        "calls", "usd_before", "usd_after", "usd_difference", "brl_before", "brl_after",
        "brl_difference", "percent", "unpriced_calls_before", "unpriced_calls_after",
    ]

    /// The figures as decimal text; nil where one is unknown.
    func figures() throws(MoneyError) -> [String?] {
        [
            String(calls), before.usd.text, after.usd.text, try usdDifference()?.text,
            before.brl.text, after.brl.text, try brlDifference()?.text,
            try percentTenths().map { DecimalText.format($0, decimals: 1) },
            String(before.unpricedCalls), String(after.unpricedCalls),
        ]
    }

    fileprivate func members(
        and name: String? = nil, _ value: String = ""
    ) throws -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "calls": .integer(calls),
            "unpriced_calls_before": .integer(before.unpricedCalls),
            "unpriced_calls_after": .integer(after.unpricedCalls),
            "unpriced_quantity_before": .integer(before.unpricedQuantity),
            "unpriced_quantity_after": .integer(after.unpricedQuantity),
        ]
        for (figure, text) in zip(Self.names, try figures()) where members[figure] == nil {
            members[figure] = .optional(text)
        }
        if let name { members[name] = .string(value) }
        return members
    }
}

extension Scenario {
    fileprivate var jsonValue: JSONValue {
        .object([
            "price_entries": .integer(UInt64(clamping: entries.count)),
            "prices": .array(
                lastingPrices.map { entry in
                    .object([
                        "model": .string(entry.priceKey.description),
                        "effective_from": entry.isTimeless
                            ? .null : .string(entry.effectiveFrom.description),
                        "usd_per_million": .object(entry.prices.jsonMembers),
                    ])
                }),
            "rate_rule": .optional(rateRule?.description),
            "markup": .optional(markup?.text),
            "swaps": .array(
                swaps.map {
                    .object([
                        "from": .string($0.from.description), "to": .string($0.to.description),
                    ])
                }),
        ])
    }
}

extension PriceEntry {
    /// Provider, model and tier.
    var priceKey: PriceBook.Key {
        PriceBook.Key(provider: provider, model: model, serviceTier: serviceTier)
    }

    /// True for prices that have no beginning.
    var isTimeless: Bool { effectiveFrom == .distantPast }
}

extension PriceSet {
    fileprivate var jsonMembers: [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for usageClass in UsageClass.allCases {
            if let price = self[usageClass] { members[usageClass.name] = .string(price.text) }
        }
        return members
    }
}

extension ScenarioBudget {
    fileprivate var jsonValue: JSONValue {
        func text(_ value: Int128) -> JSONValue {
            .string(DecimalText.format(value, decimals: budget.unit.decimals))
        }
        return .object([
            "client": .string(budget.client),
            "budget": .string(budget.id),
            "unit": .string(budget.unit.rawValue),
            "period": .string(budget.period.rawValue),
            "first_day": .string(days.lowerBound.description),
            "last_day": .string(days.upperBound.adding(days: -1).description),
            "limit": text(budget.limit),
            "before": text(before),
            "after": text(after),
            "effect": .optional(effect?.rawValue),
            "reached_before": .optional(reachedBefore?.description),
            "reached_after": .optional(reachedAfter?.description),
            "is_partial": .bool(isPartial),
        ])
    }
}

extension ScenarioGap {
    fileprivate var jsonValue: JSONValue {
        .object([
            "model": .string(model.description),
            "priced_as": .optional(pricedAs?.description),
            "class": .optional(usageClass?.name),
            "quantity": .integer(quantity),
        ])
    }
}
