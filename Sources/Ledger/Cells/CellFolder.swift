/// Folds usage records into hour cells.
///
/// ```swift
/// var folder = CellFolder { client in state.clients[client]?.calendar }
/// try folder.fold(head, payload)            // for each usage record
/// for (key, cell) in folder.drain() { … }   // sums, in key order
/// ```
/// The sums do not depend on the order of the records. Cost: about 100 ns a record while a model's
/// calls come in order of time, since the cell of the last call is remembered.
public struct CellFolder: Sendable {
    /// What one combination of names is called, as text and as the views' keys hold it.
    struct Names: Sendable {
        let client: String
        let provider: String
        let model: String
        let tier: String
        let calendar: ClientCalendar
        /// The client and the zero byte behind it.
        let clientBytes: [UInt8]
        /// Provider, model and tier, each with the zero byte behind it.
        let modelBytes: [UInt8]
    }

    /// The hour in which one combination's calls fall at the moment.
    struct Hour: Sendable {
        var start = Int64.max
        var end = Int64.min
        var day = CivilDate(dayNumber: 0)
        var dayStart = Int64.max
        var dayEnd = Int64.min
        var slot: UInt8 = 0
        /// The cell of each size class, provider's answers and cached ones.
        var cells = InlineArray<14, Int32>(repeating: -1)
    }

    /// What a cell is for.
    struct Place: Equatable, Sendable {
        var series: Int32
        var day: Int32
        var slot: UInt8
        var kind: UInt8
    }

    /// A latency that was not added to its cell yet.
    struct Sample: Sendable {
        var cell: Int32
        var bucket: UInt16
    }

    private let calendarOf: @Sendable (String) -> ClientCalendar?
    private var table = DimensionTable()
    private(set) var names: [Names] = []
    private var hours: [Hour] = []
    var cells: [UsageCell] = []
    private(set) var places: [Place] = []
    private var index = PlaceTable()
    /// Sorted in when cells are asked for: eight bytes a call, and no array in each cell.
    var samples: [Sample] = []

    /// More samples than these are added to the cells, so that folding takes no more room.
    private static let maximumSamples = 1 << 20

    /// A folder that asks for the calendar of each client it meets.
    public init(calendarOf: @escaping @Sendable (String) -> ClientCalendar?) {
        self.calendarOf = calendarOf
    }

    /// How many cells are being summed.
    public var cellCount: Int { cells.count }

    /// Counts one record of usage. Throws when its bytes are no event or its client is unknown.
    public mutating func fold(_ head: RecordHead, _ payload: RawSpan) throws(CodecError) {
        let part = try head.usagePart(of: payload)
        if part.isReversal {
            try fold(call: payload.extracting(part.range), part, head)
        } else {
            try fold(head, payload, version: head.version, sign: 1)
        }
    }

    /// Counts the call of a record of usage, up or down as `part` says.
    public mutating func fold(
        call: RawSpan, _ part: UsagePart, _ head: RecordHead
    ) throws(CodecError) {
        // What is subtracted may lie in another fold, so numbers may pass zero until the two meet;
        // they are counted modulo 2⁶⁴.
        try fold(head, call, version: part.version, sign: part.isReversal ? .max : 1)
    }

    @inline(__always)
    private mutating func fold(
        _ head: RecordHead, _ payload: RawSpan, version: UInt8, sign: UInt64
    ) throws(CodecError) {
        let facts = try UsageFacts(payload, version: version)
        let found = try table.index(of: payload, facts)
        if found.isNew {
            names.append(try makeNames(facts, payload))
            hours.append(Hour())
        }
        let number = found.index
        let tokens = try facts.tokens(payload)
        let latency = try facts.latency(payload)
        let firstToken = try facts.timeToFirstToken(payload)
        let kind =
            Int(InputSizeClass(inputTokens: tokens.totalInput).rawValue) * 2
            + (facts.wasCached ? 1 : 0)
        let instant = head.occurredAt.nanoseconds
        if instant < hours[number].start || instant >= hours[number].end {
            moveTo(head.occurredAt, number)
        }
        var cell = Int(hours[number].cells[kind])
        if cell < 0 { cell = findCell(number, kind) }
        cells[cell].add(facts, tokens, head.sequence, latency, firstToken, sign: sign)
        if let latency {
            guard sign == 1 else {
                cells[cell].latencies.add(index: LatencyHistogram.index(of: latency), count: sign)
                return
            }
            samples.append(
                Sample(cell: Int32(cell), bucket: LatencyHistogram.index(of: latency)))
            if samples.count >= Self.maximumSamples { addSamples() }
        }
    }

    /// Forgets all sums; the names that were met stay known.
    mutating func removeAll() {
        cells.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        samples.removeAll(keepingCapacity: true)
        index.removeAll()
        for number in hours.indices { hours[number] = Hour() }
    }

    /// Adds the latencies that were set aside to their cells.
    private mutating func addSamples() {
        for sample in samples {
            cells[Int(sample.cell)].latencies.add(index: sample.bucket, count: 1)
        }
        samples.removeAll(keepingCapacity: true)
    }

    private func makeNames(_ facts: UsageFacts, _ payload: RawSpan) throws(CodecError) -> Names {
        let client = try payload.text(UsageFacts.dimensionsOffset, facts.clientLength)
        guard let calendar = calendarOf(client) else {
            throw .badValue("client (\"\(client)\" was never registered)")
        }
        let provider = try payload.text(facts.providerOffset, facts.providerLength)
        let model = try payload.text(facts.modelOffset, facts.modelLength)
        let tier = try payload.text(facts.tierOffset, facts.tierLength)
        return Names(
            client: client, provider: provider, model: model, tier: tier, calendar: calendar,
            clientBytes: Array(client.utf8) + [0],
            modelBytes: Array(provider.utf8) + [0] + Array(model.utf8) + [0] + Array(tier.utf8)
                + [0])
    }

    private mutating func moveTo(_ instant: Instant, _ number: Int) {
        var hour = hours[number]
        let time = instant.nanoseconds
        if time < hour.dayStart || time >= hour.dayEnd {
            let calendar = names[number].calendar
            hour.day = calendar.day(of: instant)
            let day = calendar.interval(of: hour.day)
            hour.dayStart = day.lowerBound.nanoseconds
            hour.dayEnd = day.upperBound.nanoseconds
        }
        let start = Instant(nanoseconds: hour.dayStart).seconds
        hour.slot = UInt8(clamping: (instant.seconds - start) / 3600)
        let first = start + Int64(hour.slot) * 3600
        hour.start = Instant(seconds: first).nanoseconds
        hour.end = min(hour.dayEnd, Instant(seconds: first + 3600).nanoseconds)
        hour.cells = InlineArray(repeating: -1)
        hours[number] = hour
    }

    private mutating func findCell(_ number: Int, _ kind: Int) -> Int {
        let place = Place(
            series: Int32(number), day: hours[number].day.dayNumber, slot: hours[number].slot,
            kind: UInt8(kind))
        let found = index.index(of: place, in: &places)
        if found == cells.count { cells.append(UsageCell()) }
        hours[number].cells[kind] = Int32(found)
        return found
    }
}

/// Numbers places in the order in which they are met: a hash table with open addressing.
private struct PlaceTable: Sendable {
    private var slots: [Int32] = Array(repeating: -1, count: 256)

    /// The number of a place, which is appended to `places` when it is new.
    mutating func index(of place: CellFolder.Place, in places: inout [CellFolder.Place]) -> Int {
        var slot = Self.hash(place) & (slots.count - 1)
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if places[index] == place { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Int32(places.count)
        places.append(place)
        if places.count * 2 > slots.count { grow(places) }
        return places.count - 1
    }

    mutating func removeAll() {
        for slot in slots.indices { slots[slot] = -1 }
    }

    private mutating func grow(_ places: [CellFolder.Place]) {
        slots = Array(repeating: -1, count: slots.count * 2)
        for (index, place) in places.enumerated() {
            var slot = Self.hash(place) & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(index)
        }
    }

    private static func hash(_ place: CellFolder.Place) -> Int {
        let time = UInt64(UInt32(bitPattern: place.day)) << 8 | UInt64(place.slot)
        let what = UInt64(UInt32(bitPattern: place.series)) << 8 | UInt64(place.kind)
        let hash = (time &* 0x9E37_79B9_7F4A_7C15 ^ what) &* 0xFF51_AFD7_ED55_8CCD
        return Int(truncatingIfNeeded: hash >> 32)
    }
}

extension UsageCell {
    /// Counts one call, up or down; how its latency is spread is kept elsewhere.
    fileprivate mutating func add(
        _ facts: UsageFacts, _ counts: TokenCounts, _ sequence: SequenceNumber, _ latency: UInt32?,
        _ firstToken: UInt32?, sign: UInt64
    ) {
        calls &+= sign
        outcomes[Int(facts.outcome.rawValue)] &+= sign
        if !counts.isEmpty { callsWithUsage &+= sign }
        if facts.wasFallback { fallbacks &+= sign }
        switch facts.usageSource {
        case .provider: break
        case .estimated: estimatedUsage &+= sign
        case .missing: missingUsage &+= sign
        }
        for usageClass in 0..<13 {
            tokens[usageClass] &+= UInt64(counts.counts[usageClass]) &* sign
        }
        if let latency {
            latencySum &+= UInt64(latency) &* sign
            latencyCount &+= sign
        }
        if let firstToken {
            firstTokenSum &+= UInt64(firstToken) &* sign
            firstTokenCount &+= sign
        }
        firstSequence = min(firstSequence, sequence)
        lastSequence = max(lastSequence, sequence)
    }
}
