/// Folds usage records into hour cells.
///
/// ```swift
/// var folder = CellFolder { client in state.clients[client]?.calendar }
/// try folder.fold(head, payload)            // for each usage record
/// for (key, cell) in folder.drain() { … }   // sums, in key order
/// ```
/// The sums do not depend on the order of the records. Cost: about 100 ns a record while a model's
/// calls come in order of time, since the cell of the last call is remembered.
public struct CellFolder {
    /// Calls, sums and nothing else for one combination of names.
    private struct Series {
        let client: String
        let provider: String
        let model: String
        let tier: String
        let calendar: ClientCalendar
        var start = Int64.max
        var end = Int64.min
        var day = CivilDate(dayNumber: 0)
        var slot: UInt8 = 0
        /// The cell of each size class, provider's answers and cached ones, in the current hour.
        var cells = InlineArray<14, Int32>(repeating: -1)
    }

    private struct Place: Hashable {
        var series: Int32
        var day: Int32
        var slot: UInt8
        var kind: UInt8
    }

    private let calendarOf: (String) -> ClientCalendar?
    private var table = DimensionTable()
    private var series: [Series] = []
    private var cells: [UsageCell] = []
    private var places: [Place] = []
    private var index: [Place: Int32] = [:]

    /// A folder that asks for the calendar of each client it meets.
    public init(calendarOf: @escaping (String) -> ClientCalendar?) { self.calendarOf = calendarOf }

    /// How many cells are being summed.
    public var cellCount: Int { cells.count }

    /// Adds one usage record. Throws when its bytes are no event or its client is unknown.
    public mutating func fold(_ head: RecordHead, _ payload: RawSpan) throws(CodecError) {
        let facts = try UsageFacts(payload, version: head.version)
        let found = try table.index(of: payload, facts)
        if found.isNew { series.append(try makeSeries(facts, payload)) }
        let number = found.index
        let tokens = try facts.tokens(payload)
        let kind =
            Int(InputSizeClass(inputTokens: tokens.totalInput).rawValue) * 2
            + (facts.wasCached ? 1 : 0)
        let instant = head.occurredAt.nanoseconds
        if instant < series[number].start || instant >= series[number].end {
            moveTo(head.occurredAt, number)
        }
        var cell = Int(series[number].cells[kind])
        if cell < 0 { cell = findCell(number, kind) }
        try add(
            to: cell, facts, tokens, head.sequence, latency: facts.latency(payload),
            firstToken: facts.timeToFirstToken(payload))
    }

    /// Everything folded so far, in key order; the folder is empty afterwards.
    public mutating func drain() -> [(key: CellKey, cell: UsageCell)] {
        var result: [(key: CellKey, cell: UsageCell)] = []
        result.reserveCapacity(cells.count)
        for (place, cell) in zip(places, cells) {
            let names = series[Int(place.series)]
            let key = CellKey(
                client: names.client, day: CivilDate(dayNumber: place.day), slot: place.slot,
                provider: names.provider, model: names.model, serviceTier: names.tier,
                size: InputSizeClass(known: place.kind / 2), wasCached: place.kind % 2 == 1)
            result.append((key, cell))
        }
        cells.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        index.removeAll(keepingCapacity: true)
        for number in series.indices {
            series[number].start = .max
            series[number].end = .min
        }
        result.sort { $0.key < $1.key }
        return result
    }

    private mutating func add(
        to cell: Int, _ facts: UsageFacts, _ tokens: TokenCounts, _ sequence: SequenceNumber,
        latency: UInt32?, firstToken: UInt32?
    ) {
        cells[cell].calls += 1
        cells[cell].outcomes[Int(facts.outcome.rawValue)] += 1
        if !tokens.isEmpty { cells[cell].callsWithUsage += 1 }
        if facts.wasFallback { cells[cell].fallbacks += 1 }
        switch facts.usageSource {
        case .provider: break
        case .estimated: cells[cell].estimatedUsage += 1
        case .missing: cells[cell].missingUsage += 1
        }
        for usageClass in 0..<13 {
            cells[cell].tokens[usageClass] += UInt64(tokens.counts[usageClass])
        }
        if let latency {
            cells[cell].latencySum += UInt64(latency)
            cells[cell].latencyCount += 1
            cells[cell].latencies.record(latency)
        }
        if let firstToken {
            cells[cell].firstTokenSum += UInt64(firstToken)
            cells[cell].firstTokenCount += 1
        }
        cells[cell].firstSequence = min(cells[cell].firstSequence, sequence)
        cells[cell].lastSequence = max(cells[cell].lastSequence, sequence)
    }

    private func makeSeries(
        _ facts: UsageFacts, _ payload: RawSpan
    ) throws(CodecError) -> Series {
        let client = try payload.text(UsageFacts.dimensionsOffset, facts.clientLength)
        guard let calendar = calendarOf(client) else {
            throw .badValue("client (\"\(client)\" was never registered)")
        }
        return Series(
            client: client, provider: try payload.text(facts.providerOffset, facts.providerLength),
            model: try payload.text(facts.modelOffset, facts.modelLength),
            tier: try payload.text(facts.tierOffset, facts.tierLength), calendar: calendar)
    }

    private mutating func moveTo(_ instant: Instant, _ number: Int) {
        let calendar = series[number].calendar
        let place = calendar.place(of: instant)
        let interval = calendar.interval(of: place.day, slot: place.slot)
        series[number].start = interval.lowerBound.nanoseconds
        series[number].end = interval.upperBound.nanoseconds
        series[number].day = place.day
        series[number].slot = place.slot
        series[number].cells = InlineArray(repeating: -1)
    }

    private mutating func findCell(_ number: Int, _ kind: Int) -> Int {
        let place = Place(
            series: Int32(number), day: series[number].day.dayNumber, slot: series[number].slot,
            kind: UInt8(kind))
        let cell: Int32
        if let known = index[place] {
            cell = known
        } else {
            cell = Int32(cells.count)
            cells.append(UsageCell())
            places.append(place)
            index[place] = cell
        }
        series[number].cells[kind] = cell
        return Int(cell)
    }
}
