public import Ledger
import Money

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
    /// nothing. Groups without a difference are left out.
    ///
    /// Cost: some 100 ns for each day cell, and two ratings for each one of a model whose prices
    /// the entries can change.
    public func whatIf(
        _ entries: [PriceEntry], _ filter: UsageFilter = UsageFilter()
    ) throws -> [PriceDifference] {
        try withViews { snapshot, state in
            var comparison = PriceComparison(state, entries, after: snapshot.checkpoint)
            try snapshot.scanRows(
                .days, client: filter.client, days: filter.days
            ) { reader, cell in
                try comparison.add(&reader, cell, snapshot)
                return true
            }
            return comparison.differences
        }
    }
}

/// Cells priced by two books, summed by client, month and model.
private struct PriceComparison {
    /// What is known of a local day: its instants, its rate and its month.
    private struct Day {
        let extent: Range<Instant>
        let rate: ExchangeRate
        let month: CivilMonth
    }

    private let state: LedgerState
    private var now: Rating
    private var then: Rating
    /// Models that the entries can change: those they name, and the aliases of those.
    private let affected: Set<PriceBook.Key>
    /// Of each numbered model the number of its provider and name, without tier; nil where the
    /// entries change nothing.
    private var groups: [Int?] = []
    private var groupNumbers: [PriceBook.Key: Int] = [:]
    /// Of each numbered client its calendar's number; nil for a client that is not registered.
    private var clientCalendars: [Int?] = []
    private var calendars: [ClientCalendar] = []
    private var days: [[CivilDate: Day]] = []
    private var rows: [PriceDifference] = []
    /// The rows of the client and month of the moment, by group.
    private var current: [Int?] = []
    private var client = -1
    private var month: CivilMonth?

    init(_ state: LedgerState, _ entries: [PriceEntry], after place: SequenceNumber) {
        var book = state.prices
        for (index, entry) in entries.enumerated() {
            book.record(entry, at: SequenceNumber(place.rawValue + 1 + UInt64(index)))
        }
        var affected = Set(
            entries.map { PriceBook.Key(provider: $0.provider, model: $0.model) })
        for (key, target) in state.prices.aliasNames + book.aliasNames
        where affected.contains(PriceBook.Key(provider: key.provider, model: target)) {
            affected.insert(key)
        }
        self.affected = affected
        self.state = state
        now = Rating(book: state.prices)
        then = Rating(book: book)
    }

    /// The groups that differ, by client, month and model.
    var differences: [PriceDifference] {
        rows.filter { $0.before != $0.after }
            .sorted { ($0.client, $0.month, $0.model) < ($1.client, $1.month, $1.model) }
    }

    mutating func add(
        _ reader: inout CellKeyReader, _ bytes: RawSpan, _ snapshot: ViewSnapshot
    ) throws {
        guard !reader.wasCached, let group = group(of: reader), let day = day(of: reader) else {
            return
        }
        let cell = try CellCodec.decode(bytes, withLatencies: false)
        let before = try Self.cost(cell, &now, reader, day, state, snapshot)
        let after = try Self.cost(cell, &then, reader, day, state, snapshot)
        let row = row(of: group, reader, day.month)
        rows[row].calls += cell.calls
        try rows[row].before.add(before)
        try rows[row].after.add(after)
    }

    private static func cost(
        _ cell: UsageCell, _ rating: inout Rating, _ reader: CellKeyReader, _ day: Day,
        _ state: LedgerState, _ snapshot: ViewSnapshot
    ) throws -> CellCost {
        switch rating.answer(model: reader.modelNumber, of: reader, in: day.extent) {
        case .constant(let prices):
            return try CellCost(Charge(prices: prices, cell: cell), rate: day.rate)
        case .unpriced: return try CellCost(Charge(prices: nil, cell: cell), rate: day.rate)
        case .varies: break
        }
        let key = reader.key
        guard let calendar = state.clients[key.client]?.calendar else { return CellCost() }
        return try CellCost(
            rating.charges(for: key, cell, calendar: calendar, source: snapshot), rate: day.rate)
    }

    private mutating func group(of reader: CellKeyReader) -> Int? {
        while groups.count < reader.models.count {
            let model = reader.models[groups.count]
            let name = PriceBook.Key(provider: model.provider, model: model.model)
            guard affected.contains(name) else {
                groups.append(nil)
                continue
            }
            let number = groupNumbers[name] ?? groupNumbers.count
            groupNumbers[name] = number
            groups.append(number)
        }
        return groups[reader.modelNumber]
    }

    private mutating func day(of reader: CellKeyReader) -> Day? {
        while clientCalendars.count < reader.clients.count {
            let name = reader.clients[clientCalendars.count]
            guard let calendar = state.clients[name]?.calendar else {
                clientCalendars.append(nil)
                continue
            }
            let known = calendars.firstIndex(of: calendar)
            if known == nil {
                calendars.append(calendar)
                days.append([:])
            }
            clientCalendars.append(known ?? calendars.count - 1)
        }
        guard let calendar = clientCalendars[reader.clientNumber] else { return nil }
        if let known = days[calendar][reader.day] { return known }
        let day = Day(
            extent: calendars[calendar].interval(of: reader.day),
            rate: state.rates.rate(for: reader.day, rule: state.rateRule).rate,
            month: reader.day.month)
        days[calendar][reader.day] = day
        return day
    }

    private mutating func row(
        of group: Int, _ reader: CellKeyReader, _ month: CivilMonth
    ) -> Int {
        if client != reader.clientNumber || self.month != month {
            client = reader.clientNumber
            self.month = month
            for index in current.indices { current[index] = nil }
        }
        while current.count <= group { current.append(nil) }
        if let known = current[group] { return known }
        let model = reader.models[reader.modelNumber]
        rows.append(
            PriceDifference(
                client: reader.clients[reader.clientNumber], month: month,
                model: "\(model.provider)/\(model.model)"))
        current[group] = rows.count - 1
        return rows.count - 1
    }
}
