public import Money

/// What the control events say, folded: clients, prices, rates, budgets, models and settings.
///
/// ```swift
/// var state = LedgerState()
/// state.apply(event, at: sequence, recordedAt: instant)
/// ```
/// A pure fold: the same records give the same state, and folding up to a sequence gives what was
/// known then.
public struct LedgerState: Sendable {
    /// A client and the clock its days go by.
    public struct Client: Sendable, Equatable {
        /// The newest data.
        public var record: ClientRecord
        /// Its days and months.
        public var calendar: ClientCalendar
        /// When it was removed; nil while it takes calls.
        public var removedAt: Instant?

        /// The local day on which it was removed; nil while it takes calls.
        public var removedOn: CivilDate? { removedAt.map(calendar.day(of:)) }

        /// Why it takes nothing new; nil while it does.
        public var refusal: String? {
            removedOn.map {
                "client \(record.id) was removed on \($0) and takes nothing new; take it back with "
                    + "\"razao client add \(record.id)\""
            }
        }

        /// Takes newer data; another zone holds from the next month on.
        mutating func update(_ newer: ClientRecord, at instant: Instant) throws {
            if record.timeZone != newer.timeZone {
                calendar = calendar.changing(
                    to: try ZoneRules.named(newer.timeZone), decidedAt: instant)
            }
            record = newer
        }
    }

    /// A call that was taken back.
    public struct Reversal: Sendable, Equatable {
        /// The record that takes it back.
        public let sequence: SequenceNumber
        /// Whose call it was.
        public let client: String
        /// When it was.
        public let occurredAt: Instant
    }

    /// Clients by id.
    public private(set) var clients: [String: Client] = [:]
    /// Prices on two axes of time.
    public private(set) var prices = PriceBook()
    /// Exchange rates.
    public private(set) var rates = RateBook()
    /// Budgets by client, in the order of their ids.
    public private(set) var budgets: [String: [Budget]] = [:]
    /// Budgets as they were at any time.
    public private(set) var budgetHistory = BudgetHistory()
    /// When each budget was set last, by client and id.
    public private(set) var budgetsSetAt: [String: [String: Instant]] = [:]
    /// Models that were described, by `provider/model`.
    public private(set) var models: [String: ModelDescription] = [:]
    /// Keys of the clients' programs.
    public private(set) var keys = KeyRing()
    /// What is agreed with clients about their statements.
    public private(set) var terms = TermsBook()
    /// Who issues statements.
    public private(set) var issuers = IssuerBook()
    /// Calls that were taken back, by the record that holds the call.
    public private(set) var reversals: [SequenceNumber: Reversal] = [:]
    /// Differences in cost that no call explains, in the order of the log.
    public private(set) var adjustments: [RecordedAdjustment] = []
    /// Which day's rate converts usage of clients that have no rule of their own.
    public private(set) var rateRule = RateRule.previousBusinessDay
    /// How statement lines are rounded.
    public private(set) var rounding = Rounding.halfEven
    /// The last record that was folded.
    public private(set) var sequence = SequenceNumber.zero

    /// A state before the first record.
    public init() {}

    /// Folds a reversal. Throws when its bytes are none.
    public mutating func apply(
        reversal payload: RawSpan, _ head: RecordHead
    ) throws(CodecError) {
        sequence = max(sequence, head.sequence)
        let call = try UsageReversal.decode(payload, version: head.version).reversal.sequence
        let part = try head.usagePart(of: payload)
        let bytes = payload.extracting(part.range)
        let facts = try UsageFacts(bytes, version: part.version)
        let client = try bytes.text(UsageFacts.dimensionsOffset, facts.clientLength)
        reversals[SequenceNumber(call)] = Reversal(
            sequence: head.sequence, client: client, occurredAt: head.occurredAt)
    }

    /// Goes past a record that changes nothing here, without reading it.
    public mutating func pass(_ sequence: SequenceNumber) {
        self.sequence = max(self.sequence, sequence)
    }

    /// Folds one control event. Throws when a record names a zone this machine does not know.
    public mutating func apply(
        _ event: ControlEvent, at sequence: SequenceNumber, recordedAt: Instant
    ) throws {
        self.sequence = max(self.sequence, sequence)
        switch event {
        case .priceSet(let entry): prices.record(entry, at: sequence, recordedAt: recordedAt)
        case .rateRecorded(let entry): rates.record(entry, at: sequence)
        case .clientRegistered(let record):
            guard let known = clients[record.id] else {
                let calendar = ClientCalendar(zone: try ZoneRules.named(record.timeZone))
                clients[record.id] = Client(record: record, calendar: calendar)
                return
            }
            // One that was removed is taken back; of others the first registration counts.
            guard known.removedAt != nil else { return }
            try clients[record.id]?.update(record, at: recordedAt)
            clients[record.id]?.removedAt = nil
        case .clientUpdated(let record): try clients[record.id]?.update(record, at: recordedAt)
        case .clientRemoved(let removal):
            guard let client = clients[removal.client], client.removedAt == nil else { return }
            clients[removal.client]?.removedAt = recordedAt
            keys.revokeAll(of: removal.client, at: recordedAt)
        case .budgetSet(let budget):
            var list = budgets[budget.client] ?? []
            list.removeAll { $0.id == budget.id }
            list.append(budget)
            budgets[budget.client] = list.sorted { $0.id < $1.id }
            budgetsSetAt[budget.client, default: [:]][budget.id] = recordedAt
            budgetHistory.record(budget, at: recordedAt)
        case .budgetRemoved(let removal):
            budgets[removal.client]?.removeAll { $0.id == removal.id }
            budgetsSetAt[removal.client]?[removal.id] = nil
            budgetHistory.record(removal, at: recordedAt)
        case .modelDescribed(let model): models["\(model.provider)/\(model.model)"] = model
        case .keyIssued(let key): keys.issue(key, at: recordedAt)
        case .keyRevoked(let revocation): keys.revoke(revocation.id, at: recordedAt)
        // No figure depends on it; that it was raised is asked of the log, by its id.
        case .alertRaised: break
        case .issuerSet(let change): issuers.record(change, at: sequence)
        case .termsSet(let change): terms.record(change, at: sequence)
        // Closings are documents; their ids find them.
        case .monthClosed: break
        case .adjustmentRecorded(let record):
            adjustments.append(RecordedAdjustment(record: record, sequence: sequence))
        case .settingsChanged(let change):
            // The first ledgers call it rate.rule.
            if ["statement.rate_rule", "rate.rule"].contains(change.name),
                let rule = RateRule(change.value)
            {
                rateRule = rule
            }
            if change.name == "statement.rounding", let mode = Rounding(rawValue: change.value) {
                rounding = mode
            }
        }
    }
}

extension LedgerState {
    /// The rule that picks the rate of a client's local day.
    public func rateRule(of client: String, on day: CivilDate) -> RateRule {
        terms.rateRule(of: client, on: day) ?? rateRule
    }

    /// The rate that converts what a client used on a local day.
    public func rate(of client: String, on day: CivilDate) -> AppliedRate {
        rates.rate(for: day, rule: rateRule(of: client, on: day))
    }
}
