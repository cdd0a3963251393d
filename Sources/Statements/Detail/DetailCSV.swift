import Ledger
import Money

/// Calls for programs: a row for each class of usage of each call, under the JSON's names.
///
/// Rows that count have the status `billed`, and only they have a quantity and a cost: the columns'
/// sums by provider, model, tier, kind and price are the statement's lines. What a call that does
/// not count said of itself stands in a column of its own.
struct DetailCSV: DetailStyle {
    let client: String
    let month: String

    var begin: String {
        CSVTable(header: [
            "client", "month", "sequence", "event_id", "occurred_at", "provider", "model",
            "service_tier", "outcome", "status", "kind", "quantity", "unit_price_usd_per_million",
            "unit_price_brl_per_million", "usd", "rate_brl_per_usd", "brl_exact",
            "uncounted_quantity",
        ]).text(.machines)
    }

    func entry(_ call: CallDetail, usd: String, brl: String) -> String {
        let isBilled = call.status == .billed
        let parts = call.parts.map(Optional.some)
        let start: [CSVTable.Cell] = [
            .text(client), .text(month), .number(String(call.sequence.rawValue)),
            .text(call.id.description), .text(call.localTime), .text(call.provider),
            .text(call.model), .text(call.serviceTier), .text(call.outcome?.name),
            .text(call.status.rawValue),
        ]
        var table = CSVTable(header: [])
        // A call that consumed nothing, or that nobody knows about, has a row too.
        for part in parts.isEmpty ? [nil] : parts {
            let kind = part.map { $0.usageClass?.name ?? Statement.Line.adjustmentKind }
            table.rows.append(
                start + [
                    .text(kind), .number(isBilled ? part.map { String($0.quantity) } : nil),
                    .number(part?.unitPrice?.text), .number(part?.listPrice?.text),
                    .number(isBilled ? part?.usd?.text : nil), .number(call.rate.text),
                    .number(isBilled ? part?.brl?.text : nil),
                    .number(isBilled ? nil : part.map { String($0.quantity) }),
                ])
        }
        return table.body(.machines)
    }

    func end(count: UInt64, usd: String, brl: String) -> String { "" }
}
