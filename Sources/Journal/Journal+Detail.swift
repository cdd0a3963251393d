import LMDB
public import Ledger

extension Journal {
    /// Visits every call of a client's month with its arithmetic, in the order of the log, and then
    /// the costs that were recorded without one.
    ///
    /// Of a closed month that is what its statement knew. Nothing is kept between visits, so memory
    /// does not grow with the calls. Cost: reading the parts of the log that hold calls of the
    /// month, those of other clients among them. Throws when there is no such client.
    public func detail(
        client id: String, month: CivilMonth, _ visit: (CallDetail) throws -> Void
    ) throws {
        let closed = try closedMonth(client: id, month: month)
        try withViews { snapshot, current in
            var state = current
            var last = snapshot.checkpoint
            if let closed {
                last = min(last, SequenceNumber(closed.closing.lastSequence))
                state = try self.state(at: last)
            }
            guard let client = state.clients[id] else { throw JournalError.unknownClient(id) }
            let maker = DetailMaker(
                state: state, client: client, books: StatementBooks(state))
            try snapshot.records(in: client.calendar.interval(of: month)) { head, payload, part in
                guard !part.isReversal, head.sequence <= last else { return }
                let call = try UsageCodec.decode(
                    payload, version: part.version, occurredAt: head.occurredAt)
                guard call.client == id else { return }
                try visit(maker.detail(call, head))
            }
            for adjustment in state.adjustments
            where adjustment.record.client == id && adjustment.record.date.month == month {
                try visit(maker.detail(adjustment, self.id(at: adjustment.sequence)))
            }
        }
    }

    /// The identity of the event at a place of the log.
    private func id(at sequence: SequenceNumber) throws -> EventID {
        try store.environment.read { transaction in
            try transaction.get(store.log, sequence.rawValue) { record in
                guard let record else {
                    throw JournalError.damaged(
                        place: "record \(sequence) of the log", detail: "it is missing")
                }
                return try store.check(record, at: sequence.rawValue).id
            }
        }
    }
}

/// Puts prices and rates to one client's calls.
struct DetailMaker {
    let state: LedgerState
    let client: LedgerState.Client
    let books: StatementBooks

    func detail(_ call: UsageEvent, _ head: RecordHead) throws -> CallDetail {
        let day = client.calendar.day(of: call.occurredAt)
        let rate = books.rate(of: client.record.id, on: day).rate
        let key = PriceBook.Key(
            provider: call.provider, model: call.model, serviceTier: call.serviceTier)
        let prices = state.prices.prices(
            key, at: call.occurredAt, inputTokens: call.tokens.totalInput)
        let listed = books.terms.prices(of: client.record.id, for: key, on: day)
        let status: CallDetail.Status =
            state.reversals[head.sequence] != nil
            ? .reversed : call.wasCached ? .cached : .billed
        var parts: [CallDetail.Part] = []
        for usageClass in UsageClass.allCases where call.tokens[usageClass] > 0 {
            parts.append(
                try CallDetail.Part(
                    usageClass, UInt64(call.tokens[usageClass]),
                    unitPrice: prices?.effective(usageClass),
                    listPrice: listed?.effective(usageClass), rate: rate))
        }
        return CallDetail(
            sequence: head.sequence, id: head.id, localTime: localTime(call.occurredAt, day),
            day: day, provider: call.provider, model: call.model, serviceTier: call.serviceTier,
            outcome: call.outcome, status: status, rate: rate, parts: parts)
    }

    func detail(_ adjustment: RecordedAdjustment, _ id: EventID) throws -> CallDetail {
        let record = adjustment.record
        let rate = books.rate(of: client.record.id, on: record.date).rate
        return CallDetail(
            sequence: adjustment.sequence, id: id, localTime: record.date.description,
            day: record.date, provider: record.provider, model: record.model, serviceTier: "",
            outcome: nil, status: .billed, rate: rate, words: record.reason,
            parts: [try CallDetail.Part(recorded: record.usd, rate: rate)])
    }

    /// The wall clock at an instant, with its distance from UTC.
    private func localTime(_ instant: Instant, _ day: CivilDate) -> String {
        let offset = client.calendar.zone(in: day.month).offset(atSecond: instant.seconds)
        let local = Instant(nanoseconds: instant.nanoseconds + offset * 1_000_000_000)
        let minutes = offset.magnitude / 60
        func two(_ value: UInt64) -> String { (value < 10 ? "0" : "") + String(value) }
        return local.description.dropLast() + (offset < 0 ? "-" : "+") + two(minutes / 60) + ":"
            + two(minutes % 60)
    }
}
