public import Ledger

/// What other prices would change for one client, month and model.
public struct PriceDifference: Sendable {
    /// The client.
    public let client: String
    /// The local month.
    public let month: CivilMonth
    /// Provider and model, as `provider/model`.
    public let model: String
    /// Calls that were charged.
    public internal(set) var calls: UInt64 = 0
    /// What they cost now.
    public internal(set) var before = CellCost()
    /// What they would cost.
    public internal(set) var after = CellCost()
}

extension Journal {
    /// Prices all usage twice, by the book as it is and by the book with `entries` added; writes
    /// nothing. Groups without a difference are left out. Cost: two ratings of each day cell.
    public func whatIf(
        _ entries: [PriceEntry], _ filter: UsageFilter = UsageFilter()
    ) throws -> [PriceDifference] {
        try withViews { snapshot, state in
            var book = state.prices
            for (index, entry) in entries.enumerated() {
                book.record(
                    entry, at: SequenceNumber(snapshot.checkpoint.rawValue + 1 + UInt64(index)))
            }
            var now = Rating(book: state.prices)
            var then = Rating(book: book)
            var rows: [String: PriceDifference] = [:]
            try snapshot.scan(.days, client: filter.client, days: filter.days) { key, cell in
                guard !key.wasCached, let calendar = state.clients[key.client]?.calendar else {
                    return true
                }
                let rate = state.rates.rate(for: key.day, rule: state.rateRule).rate
                let before = try CellCost(
                    now.charges(for: key, cell, calendar: calendar, source: snapshot), rate: rate)
                let after = try CellCost(
                    then.charges(for: key, cell, calendar: calendar, source: snapshot), rate: rate)
                let model = "\(key.provider)/\(key.model)"
                let group = "\(key.client)\u{0}\(key.day.month)\u{0}\(model)"
                var row =
                    rows[group]
                    ?? PriceDifference(client: key.client, month: key.day.month, model: model)
                row.calls += cell.calls
                try row.before.add(before)
                try row.after.add(after)
                rows[group] = row
                return true
            }
            return rows.values.filter { $0.before != $0.after }
                .sorted { ($0.client, $0.month, $0.model) < ($1.client, $1.month, $1.model) }
        }
    }
}
