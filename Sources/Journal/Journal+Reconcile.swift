// Our side of a provider's bill, and the booking of what differs.

public import Ledger
import Money

extension Journal {
    /// What was used of a provider on some UTC days, by day and model, with what was booked for it
    /// before; `canonical` gives the name that a model is counted under.
    ///
    /// Comes from hour cells; an hour of a clock that a UTC day's end parts (zones of half an hour)
    /// is read from the log. Answers of the response cache were not billed and are left out.
    public func usage(
        of provider: String, onUTCDays days: Range<CivilDate>,
        canonical: @escaping (String) -> String
    ) throws -> [BillKey: OwnFigures] {
        try withViews { snapshot, state in
            var sums = ProviderSums(state, days, canonical)
            // A local day is at most 14 hours away from UTC's.
            let local = days.lowerBound.adding(days: -1)..<days.upperBound.adding(days: 1)
            try snapshot.scanRows(.hours, client: nil, days: local) { reader, bytes in
                guard reader.models[reader.modelNumber].provider == provider, !reader.wasCached
                else { return true }
                try sums.add(
                    reader.key, CellCodec.decode(bytes, withLatencies: false), snapshot)
                return true
            }
            for adjustment in state.adjustments where adjustment.record.provider == provider {
                try sums.add(adjustment.record)
            }
            return sums.figures
        }
    }

    /// Books the differences of a bill, each under an id made of the bill's digest, the day and the
    /// model, so that booking the same bill twice adds nothing. Returns the records of those that
    /// are new.
    ///
    /// Where prices changed since the bill was booked there is a difference again, and its id has
    /// the number of what was booked from this bill before.
    @available(*, noasync, message: "a blocking append; give it to a thread of its own")
    public func book(
        _ records: [AdjustmentRecord], ofBill digest: String, by actor: String
    ) throws -> [SequenceNumber] {
        let known = try state().adjustments.map(\.record)
        let now = clock()
        let events = try records.map { record in
            try record.check()
            let before = known.count {
                $0.source == record.source && $0.date == record.date && $0.model == record.model
                    && $0.provider == record.provider
            }
            let event = ControlEvent.adjustmentRecorded(record)
            return NewEvent(
                kind: event.kind, version: ControlEvent.version,
                id: store.adjustmentID(ofBill: digest, record, number: before),
                occurredAt: now, payload: try event.encoded(by: actor))
        }
        guard !events.isEmpty else { return [] }
        let outcomes = try append(events, expecting: nil)
        for case .refused(let reason) in outcomes { throw JournalError.refused(reason) }
        // Another one's under the same id is the same difference, told by somebody else.
        return outcomes.compactMap { if case .appended(let place) = $0 { place } else { nil } }
    }
}

extension LedgerStore {
    /// The ledger's identity is part of it: who posts usage chooses ids, and must not be able to
    /// take this one.
    func adjustmentID(
        ofBill digest: String, _ record: AdjustmentRecord, number: Int
    ) -> EventID {
        EventID(
            fact: "bill \(identity) \(digest) \(record.provider) \(record.date) \(record.model) "
                + "\(number)")
    }
}

/// Figures of a provider while they are added up.
private struct ProviderSums {
    private let state: LedgerState
    private let days: Range<CivilDate>
    private let canonical: (String) -> String
    private var rating: Rating
    private var names: [String: String] = [:]
    private(set) var figures: [BillKey: OwnFigures] = [:]

    init(_ state: LedgerState, _ days: Range<CivilDate>, _ canonical: @escaping (String) -> String)
    {
        self.state = state
        self.days = days
        self.canonical = canonical
        rating = Rating(book: state.prices)
    }

    mutating func add(_ key: CellKey, _ cell: UsageCell, _ snapshot: ViewSnapshot) throws {
        guard let calendar = state.clients[key.client]?.calendar, cell.calls > 0 else { return }
        let hour = calendar.interval(of: key.day, slot: key.slot)
        guard !hour.isEmpty else { return }
        let first = Self.day(of: hour.lowerBound)
        let last = Self.day(of: Instant(nanoseconds: hour.upperBound.nanoseconds - 1))
        guard first == last else { return try addCalls(key, in: hour, snapshot) }
        guard days.contains(first) else { return }
        let charges = try rating.charges(for: key, cell, calendar: calendar, source: snapshot)
        let place = place(first, key.model)
        for charge in charges { try figures[place, default: OwnFigures()].add(charge) }
        figures[place, default: OwnFigures()].calls += cell.calls
        figures[place, default: OwnFigures()].unknownCalls += cell.missingUsage
    }

    /// The calls of an hour that belongs to two UTC days; those that were taken back are none.
    private mutating func addCalls(
        _ key: CellKey, in hour: Range<Instant>, _ snapshot: ViewSnapshot
    ) throws {
        var calls: [(day: CivilDate, charge: Charge, isUnknown: Bool)] = []
        let (book, reversals) = (state.prices, state.reversals)
        try snapshot.records(in: hour) { head, payload, part in
            guard !part.isReversal, reversals[head.sequence] == nil else { return }
            let facts = try UsageFacts(payload, version: part.version)
            guard !facts.wasCached, facts.matches(key, payload) else { return }
            let tokens = try facts.tokens(payload)
            guard InputSizeClass(inputTokens: tokens.totalInput) == key.size else { return }
            let prices = book.prices(
                key.price, at: head.occurredAt, inputTokens: tokens.totalInput)
            calls.append(
                (
                    Self.day(of: head.occurredAt), Charge(prices: prices, tokens: tokens),
                    facts.usageSource == .missing
                ))
        }
        for call in calls where days.contains(call.day) {
            let place = place(call.day, key.model)
            try figures[place, default: OwnFigures()].add(call.charge)
            figures[place, default: OwnFigures()].calls += 1
            figures[place, default: OwnFigures()].unknownCalls += call.isUnknown ? 1 : 0
        }
    }

    mutating func add(_ record: AdjustmentRecord) throws {
        guard days.contains(record.date) else { return }
        try figures[place(record.date, record.model), default: OwnFigures()].add(record)
    }

    private mutating func place(_ day: CivilDate, _ model: String) -> BillKey {
        if let known = names[model] { return BillKey(day: day, model: known) }
        let name = model.isEmpty ? model : canonical(model)
        names[model] = name
        return BillKey(day: day, model: name)
    }

    private static func day(of instant: Instant) -> CivilDate {
        ZoneRules.utc.localDay(of: instant)
    }
}
