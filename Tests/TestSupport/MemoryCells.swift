public import Ledger

/// Cells summed in the plainest way from events in an array: the naive model of the views.
public struct MemoryCells: CellSource {
    let calendar: ClientCalendar
    let events: [UsageEvent]

    /// The cells of these events; the first has the sequence number 1.
    public init(_ events: [UsageEvent], calendar: ClientCalendar) {
        self.events = events
        self.calendar = calendar
    }

    /// The key of an event's hour cell.
    public func key(of event: UsageEvent) -> CellKey {
        let place = calendar.place(of: event.occurredAt)
        return CellKey(
            client: event.client, day: place.day, slot: place.slot, provider: event.provider,
            model: event.model, serviceTier: event.serviceTier,
            size: InputSizeClass(inputTokens: event.tokens.totalInput), wasCached: event.wasCached)
    }

    /// A cell of one event.
    public static func cell(of event: UsageEvent, sequence: UInt64) -> UsageCell {
        var cell = UsageCell()
        cell.calls = 1
        cell.outcomes[Int(event.outcome.rawValue)] = 1
        if !event.tokens.isEmpty { cell.callsWithUsage = 1 }
        if event.wasFallback { cell.fallbacks = 1 }
        if event.usageSource == .missing { cell.missingUsage = 1 }
        if event.usageSource == .estimated { cell.estimatedUsage = 1 }
        for usageClass in UsageClass.allCases {
            cell.tokens[Int(usageClass.rawValue)] = UInt64(event.tokens[usageClass])
        }
        if let latency = event.latencyMilliseconds {
            cell.latencySum = UInt64(latency)
            cell.latencyCount = 1
            cell.latencies.record(latency)
        }
        if let first = event.timeToFirstTokenMilliseconds {
            cell.firstTokenSum = UInt64(first)
            cell.firstTokenCount = 1
        }
        cell.firstSequence = SequenceNumber(sequence)
        cell.lastSequence = SequenceNumber(sequence)
        return cell
    }

    /// Cells by key, of whole days or of hours.
    public func cells(wholeDays: Bool) -> [CellKey: UsageCell] {
        var cells: [CellKey: UsageCell] = [:]
        for (index, event) in events.enumerated() {
            var key = key(of: event)
            if wholeDays { key.slot = CellKey.wholeDay }
            cells[key, default: UsageCell()].merge(
                Self.cell(of: event, sequence: UInt64(index) + 1))
        }
        return cells
    }

    /// The hour cells of a day cell, in no order.
    public func hours(of day: CellKey, _ body: (CellKey, UsageCell) throws -> Void) throws {
        for (key, cell) in cells(wholeDays: false) {
            var whole = key
            whole.slot = CellKey.wholeDay
            if whole == day { try body(key, cell) }
        }
    }

    /// The calls of an hour cell.
    public func calls(
        of hour: CellKey, _ body: (Instant, TokenCounts, _ isReversal: Bool) throws -> Void
    ) throws {
        for event in events where key(of: event) == hour {
            try body(event.occurredAt, event.tokens, false)
        }
    }
}
