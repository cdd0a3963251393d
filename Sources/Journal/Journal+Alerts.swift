import LMDB
public import Ledger

/// An alert as the log has it.
public struct RaisedAlert: Sendable, Equatable {
    /// What it says.
    public let alert: Alert
    /// Its id, the same whoever raises it.
    public let id: EventID
    /// Its place in the log.
    public let sequence: SequenceNumber
    /// When it was raised.
    public let at: Instant
    /// Who raised it.
    public let by: String

    /// An alert at a place of the log.
    public init(
        alert: Alert, id: EventID, sequence: SequenceNumber, at: Instant, by: String
    ) {
        self.alert = alert
        self.id = id
        self.sequence = sequence
        self.at = at
        self.by = by
    }
}

// Thresholds of budgets that were reached become events. An alert's id is made of what makes it the
// one that it is, so the log itself holds that it is raised once: over processes, restarts and
// rebuilds there is nothing else to remember.
extension Journal {
    /// How long after its end a period is still looked at: for what was settled in its last moments
    /// and for usage that is imported the day after.
    static let alertGraceSeconds: Int64 = 24 * 3_600

    /// Raises what is due for some clients, or for all, and returns what is new in the log.
    ///
    /// Looks at the period of `instant` and, for a day after its end, at the one before, unless the
    /// budget was set later. Cost: a look-up for each budget, and a commit where something is due.
    @discardableResult
    public func raiseAlerts(
        of clients: Set<String>? = nil, at instant: Instant, by actor: String
    ) async throws -> [Alert] {
        var raised: [Alert] = []
        for batch in try dueAlerts(of: clients, at: instant, by: actor) {
            raised += try Self.new(batch, await append(batch.map(\.event)))
        }
        return raised
    }

    /// The same for a caller that may block its thread, such as a command.
    @discardableResult
    @available(*, noasync, message: "await the asynchronous one")
    public func raiseAlerts(
        of clients: Set<String>? = nil, at instant: Instant, by actor: String
    ) throws -> [Alert] {
        var raised: [Alert] = []
        for batch in try dueAlerts(of: clients, at: instant, by: actor) {
            raised += try Self.new(batch, append(batch.map(\.event), expecting: nil))
        }
        return raised
    }

    /// Alerts after a place of the log, in order, and the place up to which the log was looked
    /// through. Asked again from there until that place is the log's end, it gives all.
    public func alerts(
        after position: SequenceNumber, atMost count: Int = 1_000
    ) throws -> (alerts: [RaisedAlert], upTo: SequenceNumber) {
        try store.environment.read { transaction in
            var found: [RaisedAlert] = []
            var last = max(position, try store.head(transaction).sequence)
            try store.controlRecords(
                transaction, after: position, upTo: SequenceNumber(.max)
            ) { head, payload in
                guard head.kind == .alertRaised else { return true }
                let bytes = try payload()
                guard case .alertRaised(let alert) = try ControlEvent.decode(kind: head.kind, bytes)
                else { return true }
                found.append(
                    RaisedAlert(
                        alert: alert, id: head.id, sequence: head.sequence, at: head.recordedAt,
                        by: ControlEvent.actor(of: bytes) ?? ""))
                if found.count == count { last = head.sequence }
                return found.count < count
            }
            return (found, last)
        }
    }

    private struct Due {
        let alert: Alert
        let event: NewEvent
    }

    /// What is due, in parts that one transaction takes.
    private func dueAlerts(
        of clients: Set<String>?, at instant: Instant, by actor: String
    ) throws -> [[Due]] {
        let known = try state()
        let alerts = try store.environment.read { transaction in
            // Budgets and balances of one moment.
            let state = try store.ledgerState(transaction, after: known)
            let budgets =
                clients?.flatMap { state.budgets[$0] ?? [] }
                ?? state.budgets.values.flatMap { $0 }
            let seen = try store.head(transaction).sequence
            return try budgets.sorted { ($0.client, $0.id) < ($1.client, $1.id) }.flatMap {
                try due($0, state, at: instant, seen: seen, transaction)
            }
        }
        let events = try alerts.map { alert in
            let event = ControlEvent.alertRaised(alert)
            return Due(
                alert: alert,
                event: NewEvent(
                    kind: event.kind, version: ControlEvent.version, id: store.id(of: alert),
                    occurredAt: instant, payload: try event.encoded(by: actor)))
        }
        return stride(from: 0, to: events.count, by: 512).map {
            Array(events[$0..<min($0 + 512, events.count)])
        }
    }

    /// The thresholds of a budget that are due at an instant.
    private func due(
        _ budget: Budget, _ state: LedgerState, at instant: Instant, seen: SequenceNumber,
        _ transaction: borrowing ReadTransaction
    ) throws -> [Alert] {
        guard !budget.alerts.isEmpty, let calendar = state.clients[budget.client]?.calendar else {
            return []
        }
        let now = budget.period.days(around: calendar.day(of: instant)).lowerBound
        let earlier = Instant(
            nanoseconds: instant.nanoseconds - Self.alertGraceSeconds * 1_000_000_000)
        let before = budget.period.days(around: calendar.day(of: earlier)).lowerBound
        let setAt = state.budgetsSetAt[budget.client]?[budget.id] ?? .distantPast
        // A limit that was set today says nothing of yesterday.
        let counts = before < now && setAt < calendar.interval(of: now).lowerBound
        var alerts: [Alert] = []
        for day in counts ? [before, now] : [now] {
            let key = BalanceKey(client: budget.client, budget: budget.id, period: day)
            let settled = try BudgetBalance(of: key, in: store.balances, transaction).settled
            func alert(_ due: DueAlert) -> Alert {
                Alert(budget, firstDay: day, due, settled: settled, seen: seen)
            }
            // Most budgets are far from a threshold: only what is reached is looked up.
            guard !budget.alertsDue(settled: settled, raised: []).isEmpty else { continue }
            let raised = try Set(budget.alerts).filter { threshold in
                let id = store.id(of: alert(DueAlert(threshold: threshold)))
                return try transaction.contains(store.ids, WideKey(id.high, id.low))
            }
            alerts += budget.alertsDue(settled: settled, raised: raised).map(alert)
        }
        return alerts
    }

    /// Those that were not there. Another process may have raised one meanwhile, at other figures.
    private static func new(_ due: [Due], _ outcomes: [AppendOutcome]) throws -> [Alert] {
        var new: [Alert] = []
        for (one, outcome) in zip(due, outcomes) {
            switch outcome {
            case .appended: new.append(one.alert)
            case .existing, .conflict: continue
            case .refused(let reason): throw JournalError.refused(reason)
            }
        }
        return new
    }
}

extension LedgerStore {
    /// The id of an alert. The ledger's own identity is part of it: callers choose the ids of usage
    /// that they send, and must not be able to take an alert's.
    func id(of alert: Alert) -> EventID {
        EventID(fact: "\(identity) \(alert.identity)")
    }
}
