import LMDB
public import Ledger
import Money

/// What usage is grouped by.
public enum UsageDimension: String, Sendable, CaseIterable {
    case client, model, provider, day, hour, conversation
}

/// Which usage is looked at: local days of each client, first and last included.
public struct UsageFilter: Sendable {
    /// One client, or all.
    public var client: String?
    /// The first local day, or the beginning.
    public var from: CivilDate?
    /// The last local day, or the end.
    public var to: CivilDate?

    /// A filter of those bounds.
    public init(client: String? = nil, from: CivilDate? = nil, to: CivilDate? = nil) {
        self.client = client
        self.from = from
        self.to = to
    }

    var days: Range<CivilDate> {
        let first = from ?? ViewSnapshot.allDays.lowerBound
        let end = to.map { $0.adding(days: 1) } ?? ViewSnapshot.allDays.upperBound
        return first..<max(first, end)
    }
}

/// One group of usage with everything that is known of it.
public struct UsageRow: Sendable {
    /// The group's values, in the order of the asked dimensions.
    public let group: [String]
    /// All calls, those that the response cache answered included.
    public internal(set) var all = UsageCell()
    /// The calls that the response cache answered.
    public internal(set) var cached = UsageCell()
    /// What the calls cost.
    public internal(set) var cost = CellCost()
    /// What the cached answers would have cost.
    public internal(set) var saved = CellCost()

    /// A row of no usage.
    public static let empty = UsageRow(group: [])

    /// Tokens of a class that were billed.
    public func billed(_ usageClass: UsageClass) -> UInt64 { all[usageClass] - cached[usageClass] }
}

extension Journal {
    /// Usage in groups, ordered by their values.
    ///
    /// Everything but conversations comes from cells and costs as many look-ups as there are cells;
    /// conversations are read from the log, as far as the asked days reach.
    public func usage(
        by dimensions: [UsageDimension], _ filter: UsageFilter = UsageFilter()
    ) throws -> [UsageRow] {
        try withViews { snapshot, state in
            var rows: [[String]: UsageRow] = [:]
            if dimensions.contains(.conversation) {
                try self.addCalls(to: &rows, dimensions, filter, snapshot, state)
            } else {
                try self.addCells(to: &rows, dimensions, filter, snapshot, state)
            }
            // Groups whose calls were all taken back are none.
            return rows.values.filter { $0.all.calls > 0 }.sorted {
                $0.group.lexicographicallyPrecedes($1.group)
            }
        }
    }

    /// Calls `body` with the views folded to the end of the log and the state of that same place.
    func withViews<R>(_ body: (ViewSnapshot, LedgerState) throws -> R) throws -> R {
        try holder.withLive { views, begin in
            // The same version that is read: a rebuild may put another in its place at any time.
            if !options.readOnly { try views.fold(store, knowing: self.state()) }
            return try views.environment.withSnapshot { snapshot in
                begin()
                let checkpoint = try snapshot.read { try views.checkpoint($0) }
                if options.readOnly { try self.requireWhole(checkpoint) }
                let state = try self.state(at: checkpoint)
                return try body(ViewSnapshot(snapshot, views, self.store, state), state)
            }
        }
    }

    /// The state at a place of the log: neither a price that was appended after it, nor without one
    /// that was appended before it by somebody else.
    func state(at place: SequenceNumber) throws -> LedgerState {
        let known = try state()
        guard known.sequence > place else { return known }
        return try store.environment.read {
            try store.ledgerState($0, after: LedgerState(), upTo: place)
        }
    }

    /// Who only reads cannot fold the rest, and figures without it would be wrong.
    private func requireWhole(_ checkpoint: SequenceNumber) throws {
        let end = try head().sequence
        guard checkpoint < end else { return }
        throw JournalError.refused(
            "the views end at record \(checkpoint) and the log at \(end); open the ledger once for "
                + "writing, so that they are folded")
    }

    private func addCells(
        to rows: inout [[String]: UsageRow], _ dimensions: [UsageDimension], _ filter: UsageFilter,
        _ snapshot: ViewSnapshot, _ state: LedgerState
    ) throws {
        var rating = Rating(book: state.prices)
        let table: ViewSnapshot.Table = dimensions.contains(.hour) ? .hours : .days
        try snapshot.scan(table, client: filter.client, days: filter.days) { key, cell in
            guard let calendar = state.clients[key.client]?.calendar else { return true }
            let charges = try rating.charges(for: key, cell, calendar: calendar, source: snapshot)
            let rate = state.rate(of: key.client, on: key.day).rate
            let group = dimensions.map { dimension in
                switch dimension {
                case .client: key.client
                case .model: "\(key.provider)/\(key.model)"
                case .provider: key.provider
                case .day: key.day.description
                case .hour:
                    Self.hourLabel(
                        calendar.interval(of: key.day, slot: key.slot).lowerBound, calendar)
                case .conversation: ""
                }
            }
            try rows[group, default: UsageRow(group: group)].add(
                cell, CellCost(charges, rate: rate), wasCached: key.wasCached)
            return true
        }
    }

    private func addCalls(
        to rows: inout [[String]: UsageRow], _ dimensions: [UsageDimension], _ filter: UsageFilter,
        _ snapshot: ViewSnapshot, _ state: LedgerState
    ) throws {
        let days = filter.days
        // A day is at most 14 hours away from UTC's: read that much more and look at each call's
        // day.
        let start = Instant(seconds: Int64(days.lowerBound.dayNumber) * 86_400 - 86_400)
        let end = Instant(seconds: Int64(days.upperBound.dayNumber) * 86_400 + 86_400)
        try snapshot.records(in: start..<end) { head, payload, part in
            guard !part.isReversal, state.reversals[head.sequence] == nil else { return }
            let call = try UsageCodec.decode(
                payload, version: head.version, occurredAt: head.occurredAt)
            if let client = filter.client, call.client != client { return }
            guard let calendar = state.clients[call.client]?.calendar else { return }
            let day = calendar.day(of: head.occurredAt)
            guard days.contains(day) else { return }
            var folder = CellFolder { _ in calendar }
            try folder.fold(head, payload)
            guard let (key, cell) = folder.drain().first else { return }
            let charge = Charge(
                prices: state.prices.prices(
                    key.price, at: head.occurredAt, inputTokens: call.tokens.totalInput),
                cell: cell)
            let group = dimensions.map { dimension in
                switch dimension {
                case .client: key.client
                case .model: "\(key.provider)/\(key.model)"
                case .provider: key.provider
                case .day: day.description
                case .hour:
                    Self.hourLabel(calendar.interval(of: day, slot: key.slot).lowerBound, calendar)
                case .conversation: call.conversation ?? ""
                }
            }
            try rows[group, default: UsageRow(group: group)].add(
                cell,
                CellCost([charge], rate: state.rate(of: call.client, on: day).rate),
                wasCached: call.wasCached)
        }
    }

    /// `2026-11-20 14:00`, the wall clock at the hour's start.
    static func hourLabel(_ start: Instant, _ calendar: ClientCalendar) -> String {
        let day = calendar.day(of: start)
        let zone = calendar.zone(in: day.month)
        let wall = start.seconds + zone.offset(atSecond: start.seconds)
        let minutes = (wall - wall / 86_400 * 86_400) / 60
        let hour = minutes / 60
        let minute = minutes % 60
        return "\(day) \(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}

extension UsageRow {
    /// Adds another row's sums.
    public mutating func merge(_ other: UsageRow) throws {
        all.merge(other.all)
        cached.merge(other.cached)
        try cost.add(other.cost)
        try saved.add(other.saved)
    }

    mutating func add(_ cell: UsageCell, _ cost: CellCost, wasCached: Bool) throws {
        all.merge(cell)
        if wasCached {
            cached.merge(cell)
            try saved.add(cost)
        } else {
            try self.cost.add(cost)
        }
    }
}
