import LMDB
public import Ledger

extension Journal {
    /// Visits every record behind the adjustments of a client's statement, by the month that they
    /// change and then by reason.
    ///
    /// Nothing is kept between visits of calls that came late. Cost: reading the parts of the log
    /// that hold calls of the changed months, those of other clients among them, and what was told
    /// since the statement before. Throws when there is no such client.
    public func changes(
        behind statement: Statement, _ visit: (ChangeDetail) throws -> Void
    ) throws {
        let id = statement.client
        let lines = statement.adjustments
        guard !lines.isEmpty, let month = CivilMonth(statement.month),
            let before = try closing(of: id, before: month)
        else { return }
        let closed = try closedMonth(client: id, month: month)
        try withViews { snapshot, current in
            let known = SequenceNumber(closed?.closing.lastSequence ?? .max)
            let last = min(snapshot.checkpoint, known)
            let state = closed == nil ? current : try self.state(at: last)
            guard let client = state.clients[id] else { throw JournalError.unknownClient(id) }
            let basis = SequenceNumber(before.closing.lastSequence)
            let tracer = ChangeTracer(
                journal: self, snapshot: snapshot, maker: StatementMaker(self, snapshot, state),
                past: try self.state(at: basis), client: client, basis: basis, last: last,
                lastClosed: CivilMonth(before.closing.month) ?? month,
                costReason: statement.formatVersion < 3 ? .late : .recorded)
            for origin in Set(lines.map(\.originMonth)).sorted() {
                guard let changed = CivilMonth(origin) else { continue }
                try tracer.trace(changed, lines.filter { $0.originMonth == origin }, visit)
            }
        }
    }

    /// Months that are looked at for the closing before one: a century.
    private static let mostMonths = 1_200

    /// The client's last closing of a month before one; nil where there is none.
    private func closing(of client: String, before month: CivilMonth) throws -> ClosedMonth? {
        try store.environment.read { transaction in
            let indices = (month.index - Self.mostMonths..<month.index).reversed()
            for index in indices {
                let found = try store.closing(of: client, CivilMonth(index: index), transaction)
                if let found { return found }
            }
            return nil
        }
    }
}

/// Finds what became known of closed months between two closings.
private struct ChangeTracer {
    let journal: Journal
    let snapshot: ViewSnapshot
    let maker: StatementMaker
    /// What the statement before knew.
    let past: LedgerState
    let client: LedgerState.Client
    /// The last record that the statement before knew.
    let basis: SequenceNumber
    /// The last record that this one knows.
    let last: SequenceNumber
    /// The month of the statement before.
    let lastClosed: CivilMonth
    /// Earlier forms count costs without a call among late usage.
    let costReason: Statement.Adjustment.Reason

    func trace(
        _ month: CivilMonth, _ lines: [Statement.Adjustment],
        _ visit: (ChangeDetail) throws -> Void
    ) throws {
        let house = try maker.house(client, month, upTo: lastClosed)
        let detail = DetailMaker(
            state: past, client: client, books: StatementBooks(past).with(house))
        let changed = try maker.corrected(client, month, after: basis)
        // Calls that got their price after they came stand in the line of that price.
        let priced = lines.contains { $0.reason == .price && ($0.quantity ?? 0) != 0 }
        for reason in Statement.Adjustment.Reason.allCases
        where lines.contains(where: { $0.reason == reason }) || (reason == .late && priced) {
            switch reason {
            case .late:
                try late(month, changed, detail, visit)
                if costReason == .late { try recorded(month, detail, visit) }
            case .recorded: try recorded(month, detail, visit)
            case .reversal: try reversals(month, changed, detail, visit)
            case .price, .rate, .terms: try facts(month, reason, lines, visit)
            }
        }
    }

    /// Calls that were not known before, but for those that stand in for others.
    private func late(
        _ month: CivilMonth, _ changed: StatementMaker.CorrectedCalls, _ detail: DetailMaker,
        _ visit: (ChangeDetail) throws -> Void
    ) throws {
        try snapshot.records(in: client.calendar.interval(of: month)) { head, payload, part in
            guard !part.isReversal, head.sequence > basis, head.sequence <= last,
                changed.causes[head.id] == nil
            else { return }
            let call = try UsageCodec.decode(
                payload, version: part.version, occurredAt: head.occurredAt)
            // What cost nothing by itself changed no line.
            guard call.client == client.record.id, !call.wasCached, !call.tokens.isEmpty else {
                return
            }
            try visit(
                ChangeDetail(
                    originMonth: month, reason: .late, sequence: head.sequence, id: head.id,
                    call: detail.detail(call, head)))
        }
    }

    private func recorded(
        _ month: CivilMonth, _ detail: DetailMaker, _ visit: (ChangeDetail) throws -> Void
    ) throws {
        for cost in maker.costs(of: client, in: month)
        where cost.sequence > basis && cost.sequence <= last {
            let (head, payload) = try record(cost.sequence)
            try visit(
                ChangeDetail(
                    originMonth: month, reason: costReason, sequence: cost.sequence, id: head.id,
                    call: detail.detail(cost, head.id), words: cost.record.reason,
                    by: ControlEvent.actor(of: payload)))
        }
    }

    /// Calls that were taken back, and those that count in their place.
    private func reversals(
        _ month: CivilMonth, _ changed: StatementMaker.CorrectedCalls, _ detail: DetailMaker,
        _ visit: (ChangeDetail) throws -> Void
    ) throws {
        func visitCall(_ place: SequenceNumber, by cause: SequenceNumber, isTakenBack: Bool) throws
        {
            let (head, payload) = try record(place)
            let call = try unsafe UsageCodec.decode(
                payload.span.bytes, version: head.version, occurredAt: head.occurredAt)
            guard !call.wasCached, !call.tokens.isEmpty else { return }
            let (reversing, bytes) = try record(cause)
            let said = try unsafe UsageReversal.decode(
                bytes.span.bytes, version: reversing.version)
            try visit(
                ChangeDetail(
                    originMonth: month, reason: .reversal,
                    sequence: isTakenBack ? reversing.sequence : head.sequence,
                    id: isTakenBack ? reversing.id : head.id, call: detail.detail(call, head),
                    isTakenBack: isTakenBack, words: said.reversal.reason, by: said.by))
        }
        for call in changed.reversed.sorted(by: { $0.sequence < $1.sequence }) {
            guard let cause = maker.state.reversals[call.sequence]?.sequence else { continue }
            try visitCall(call.sequence, by: cause, isTakenBack: true)
        }
        for call in changed.replacements.sorted(by: { $0.sequence < $1.sequence }) {
            guard let cause = changed.causes[call.id] else { continue }
            try visitCall(call.sequence, by: cause, isTakenBack: false)
        }
    }

    /// Prices, rates or terms that were told since, as far as they can be behind the lines.
    private func facts(
        _ month: CivilMonth, _ reason: Statement.Adjustment.Reason,
        _ lines: [Statement.Adjustment], _ visit: (ChangeDetail) throws -> Void
    ) throws {
        let models = lines.filter { $0.reason == reason && $0.section == .usage }
        var found: [ChangeDetail] = []
        try journal.store.environment.read { transaction in
            try journal.store.controlRecords(transaction, after: basis, upTo: last) {
                head, payload in
                guard Self.kind(of: reason) == head.kind else { return true }
                let bytes = try payload()
                guard let event = try ControlEvent.decode(kind: head.kind, bytes),
                    isBehind(event, month, models), let fact = ChangeDetail.Fact(event)
                else { return true }
                found.append(
                    ChangeDetail(
                        originMonth: month, reason: reason, sequence: head.sequence, id: head.id,
                        fact: fact, by: ControlEvent.actor(of: bytes)))
                return true
            }
        }
        for change in found { try visit(change) }
    }

    private static func kind(of reason: Statement.Adjustment.Reason) -> EventKind? {
        switch reason {
        case .price: .priceSet
        case .rate: .rateRecorded
        case .terms: .termsSet
        case .late, .recorded, .reversal: nil
        }
    }

    private func isBehind(
        _ event: ControlEvent, _ month: CivilMonth, _ models: [Statement.Adjustment]
    ) -> Bool {
        let end = client.calendar.interval(of: month).upperBound
        return switch event {
        case .priceSet(let entry):
            entry.effectiveFrom < end
                && models.contains { line in
                    // By the name in the book, where the line's model is an alias.
                    let key = PriceBook.Key(
                        provider: line.provider ?? "", model: line.model ?? "",
                        serviceTier: entry.serviceTier)
                    let priced = maker.state.prices.entry(key, at: end)?.entry
                    return (key.provider, key.model) == (entry.provider, entry.model)
                        || (priced?.provider, priced?.model) == (entry.provider, entry.model)
                }
        // A month's first days are converted at the last quote before it.
        case .rateRecorded(let entry):
            entry.date <= month.lastDay
                && entry.date > month.firstDay.adding(days: -2 * RateBook.longestGap)
        case .termsSet(let change):
            change.from <= month.lastDay
                && (change.client == nil || change.client == client.record.id)
        default: false
        }
    }

    private func record(_ place: SequenceNumber) throws -> (head: RecordHead, payload: [UInt8]) {
        try journal.store.environment.read { transaction in
            try transaction.get(journal.store.log, place.rawValue) { record in
                guard let record else {
                    throw JournalError.damaged(
                        place: "record \(place) of the log", detail: "it is missing")
                }
                let head = try journal.store.check(record, at: place.rawValue)
                return (
                    head, try record.bytes(head.payloadRange.lowerBound, head.payloadLength)
                )
            }
        }
    }
}
