import Ledger
import Money

/// Calls for programs: a row for each class of usage of each call, under the JSON's names.
///
/// Rows that count have the status `billed`, and only they have a quantity and a cost: the columns'
/// sums by provider, model, tier, kind and price are the statement's lines. What a call that does
/// not count said of itself stands in a column of its own. Rows of the status `adjustment` are what
/// stands behind the adjustments: their sums by month of origin, model and reason are those lines'
/// quantities and dollars, and their reais are told before rounding.
struct DetailCSV: DetailStyle {
    let client: String
    let month: String

    var begin: String {
        CSVTable(header: [
            "client", "month", "sequence", "event_id", "occurred_at", "provider", "model",
            "service_tier", "outcome", "status", "kind", "quantity", "unit_price_usd_per_million",
            "unit_price_brl_per_million", "usd", "rate_brl_per_usd", "brl_exact",
            "uncounted_quantity", "origin_month", "reason", "words", "by", "call_sequence",
            "call_event_id",
        ]).text(.machines)
    }

    func entry(_ call: CallDetail, usd: String, brl: String) -> String {
        rows(
            of: call, sequence: call.sequence, id: call.id, status: call.status.rawValue,
            isBilled: call.status == .billed,
            end: [.empty, .empty, .text(call.words), .empty, .empty, .empty])
    }

    var changesBegin: String { "" }
    var changesEnd: String { "" }

    func change(_ change: ChangeDetail, usd: String, brl: String) -> String {
        let end: [CSVTable.Cell] = [
            .text(change.originMonth.description), .text(change.reason.rawValue),
            .text(change.words), .text(change.by),
            .number(change.call.map { String($0.sequence.rawValue) }),
            .text(change.call?.id.description),
        ]
        if let call = change.call {
            return rows(
                of: call, sequence: change.sequence, id: change.id, status: Self.adjustment,
                isBilled: true, isTakenBack: change.isTakenBack, end: end)
        }
        guard let fact = change.fact else { return "" }
        let isRate = change.reason == .rate
        var table = CSVTable(header: [])
        table.rows.append(
            [
                .text(client), .text(month), .number(String(change.sequence.rawValue)),
                .text(change.id.description), .text(fact.from), .text(fact.provider),
                .text(fact.model), .text(fact.serviceTier), .empty, .text(Self.adjustment),
                .text(fact.kind), .empty, .empty, .empty, .empty,
                .number(isRate ? fact.value : nil), .empty, .empty,
            ] + end.prefix(2) + [.text(isRate ? change.words : fact.value)] + end.dropFirst(3))
        return table.body(.machines)
    }

    private static let adjustment = "adjustment"

    /// A row for each class of a call; what is taken back has negative figures.
    private func rows(
        of call: CallDetail, sequence: SequenceNumber, id: EventID, status: String,
        isBilled: Bool, isTakenBack: Bool = false, end: [CSVTable.Cell]
    ) -> String {
        let parts = call.parts.map(Optional.some)
        let start: [CSVTable.Cell] = [
            .text(client), .text(month), .number(String(sequence.rawValue)),
            .text(id.description), .text(call.localTime), .text(call.provider),
            .text(call.model), .text(call.serviceTier), .text(call.outcome?.name), .text(status),
        ]
        func signed(_ digits: String?) -> String? {
            guard isTakenBack, let digits, digits != "0" else { return digits }
            return digits.hasPrefix("-") ? String(digits.dropFirst()) : "-" + digits
        }
        var table = CSVTable(header: [])
        // A call that consumed nothing, or that nobody knows about, has a row too.
        for part in parts.isEmpty ? [nil] : parts {
            let kind = part.map { $0.usageClass?.name ?? Statement.Line.adjustmentKind }
            table.rows.append(
                start + [
                    .text(kind),
                    .number(signed(isBilled ? part.map { String($0.quantity) } : nil)),
                    .number(part?.unitPrice?.text), .number(part?.listPrice?.text),
                    .number(signed(isBilled ? part?.usd?.text : nil)), .number(call.rate.text),
                    .number(signed(isBilled ? part?.brl?.text : nil)),
                    .number(isBilled ? nil : part.map { String($0.quantity) }),
                ] + end)
        }
        return table.body(.machines)
    }

    func end(count: UInt64, usd: String, brl: String) -> String { "" }
}
