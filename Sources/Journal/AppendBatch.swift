import Crypto
import LMDB
import Ledger

/// What the writer knows between two commits.
struct WriterState {
    var head: LogHead
    var ledger: LedgerState
    /// Made when the next call comes; nil after a control event.
    var meter: BudgetMeter?
    /// Balances as they are in the table after ``transactionID``.
    var balances = BalanceTable()
    /// What open holds set aside, by the numbers of ``balances``.
    var holds: [WideKey: [BudgetMeter.Posting]] = [:]
    /// The last transaction that is known: a later one was another's, and what is kept here may be
    /// out of date. The head would not tell, since a hold does not move it.
    var transactionID: UInt64 = 0
    /// Room for the record being made.
    var record = ByteWriter(capacity: 1024)
    /// What most combinations and balances are remembered of; beyond it they are forgotten.
    static let maximumRemembered = 100_000

    /// Forgets all balances, and with them what knows their numbers.
    mutating func dropBalances() {
        balances = BalanceTable()
        holds = [:]
        meter = nil
    }

    /// The state as the ledger tells it.
    init(
        reading store: LedgerStore, _ transaction: borrowing some Transaction & ~Copyable
    ) throws {
        head = try store.head(transaction)
        ledger = try store.ledgerState(transaction, after: LedgerState())
    }
}

/// One group of appends inside one write transaction.
///
/// Holds a copy of the writer's state and changes only that, so that a transaction that is aborted,
/// or run again after the map grew, leaves nothing behind.
struct AppendBatch {
    let store: LedgerStore
    private let views: ViewsHolder
    /// What the clock said when the events at hand were taken.
    var now: Instant
    var state: WriterState
    private var mustRecompute: Set<String>?
    private var appended = false
    /// The last call that ended of a client that is removed, by its hold.
    private var endedCall: EventID?
    /// True once anything was put: only then does the transaction get a number of its own.
    var wrote = false

    init(
        store: LedgerStore, views: ViewsHolder,
        state: consuming WriterState, now: Instant
    ) {
        self.store = store
        self.views = views
        self.state = state
        self.now = now
    }

    /// Takes in what other processes wrote since the state was made.
    mutating func refresh(_ transaction: inout WriteTransaction) throws {
        let number = transaction.transactionID
        defer { state.transactionID = number }
        guard number != state.transactionID + 1 else { return }
        state.head = try store.head(transaction)
        let ledger = try store.ledgerState(transaction, after: state.ledger)
        state.ledger = ledger
        state.dropBalances()
    }

    /// Appends one event unless its id is there.
    mutating func append(
        _ prepared: PreparedEvent, _ transaction: inout WriteTransaction
    ) throws -> AppendOutcome {
        if let refusal = prepared.refusal {
            return try existing(prepared, transaction) ?? .refused(refusal)
        }
        return switch prepared.event.kind {
        case .usageRecorded: try appendUsage(prepared, &transaction)
        case .usageReversed: try appendReversal(prepared, &transaction)
        default: try appendControl(prepared, &transaction)
        }
    }

    private mutating func appendUsage(
        _ prepared: PreparedEvent, _ transaction: inout WriteTransaction
    ) throws -> AppendOutcome {
        let event = prepared.event
        let stored = event.payload
        let payload = unsafe stored.span.bytes
        let facts = try UsageFacts(payload, version: event.version)
        let standing = try measure(payload, facts, event.occurredAt, transaction)
        if standing != .known, let refusal = try refusal(of: event, standing, transaction) {
            return try existing(prepared, transaction) ?? .refused(refusal)
        }
        let sequence = state.head.sequence.next
        guard try insertID(prepared, sequence, &transaction) else {
            return try mustExist(prepared, transaction)
        }
        try write(event, sequence, &transaction)
        for posting in state.meter?.postings ?? [] { try state.balances.settle(posting) }
        // The call takes the place of the hold that it names.
        if let hold = try facts.hold(payload) { _ = try release(hold, &transaction) }
        return .appended(sequence)
    }

    /// Why a call of a client that is not there is not taken; nil where it was in flight when the
    /// client was removed, as what was used is never refused.
    private mutating func refusal(
        of event: NewEvent, _ standing: BudgetMeter.Standing,
        _ transaction: borrowing WriteTransaction
    ) throws -> String? {
        guard standing == .removed else { return "its client was never registered" }
        let payload = event.payload
        let call = try UsageCodec.decode(
            unsafe payload.span.bytes, version: event.version, occurredAt: event.occurredAt)
        if let hold = call.hold,
            try record(of: WideKey(hold.high, hold.low), transaction)?.client == call.client
        {
            endedCall = hold
            return nil
        }
        // Of the models of one call only the first event names the hold.
        if let endedCall, call.requestID == endedCall.description { return nil }
        return state.ledger.clients[call.client]?.refusal
    }

    private mutating func appendControl(
        _ prepared: PreparedEvent, _ transaction: inout WriteTransaction
    ) throws -> AppendOutcome {
        if let control = prepared.control, let refusal = try refusal(of: control, transaction) {
            return try existing(prepared, transaction) ?? .refused(refusal)
        }
        let sequence = state.head.sequence.next
        guard try insertID(prepared, sequence, &transaction) else {
            return try mustExist(prepared, transaction)
        }
        try write(prepared.event, sequence, &transaction)
        try fold(prepared.control, sequence, &transaction)
        return .appended(sequence)
    }

    /// One descent for a new id, which is what nearly all are; false when it was there.
    func insertID(
        _ prepared: PreparedEvent, _ sequence: SequenceNumber,
        _ transaction: inout WriteTransaction
    ) throws -> Bool {
        try transaction.insert(
            store.ids, key: WideKey(prepared.event.id.high, prepared.event.id.low),
            value: IDEntry(sequence: sequence, digest: prepared.digest))
    }

    func mustExist(
        _ prepared: PreparedEvent, _ transaction: borrowing WriteTransaction
    ) throws -> AppendOutcome {
        guard let there = try existing(prepared, transaction) else {
            throw JournalError.damaged(
                place: "the index of ids", detail: "an id is there and cannot be found")
        }
        return there
    }

    mutating func measure(
        _ payload: RawSpan, _ facts: UsageFacts, _ occurredAt: Instant,
        _ transaction: borrowing WriteTransaction
    ) throws -> BudgetMeter.Standing {
        makeMeter()
        let table = store.balances
        return try state.meter?.measure(
            payload, facts, occurredAt: occurredAt, &state.balances
        ) { try BudgetBalance(of: $0, in: table, transaction) } ?? .unknown
    }

    /// Sees to it that there is a meter, of bounded size.
    mutating func makeMeter() {
        if let meter = state.meter, meter.size <= WriterState.maximumRemembered { return }
        state.meter = BudgetMeter(state: state.ledger)
    }

    /// Writes head and balances, the last step before the commit, and gives the state after it.
    consuming func finish(_ transaction: inout WriteTransaction) throws -> WriterState {
        if appended || !state.balances.dirty.isEmpty {
            wrote = true
            if let clients = mustRecompute {
                // A request holds control events or usage, never both, and this transaction keeps
                // others out: once the views folded what is committed, they folded all usage.
                try replaceBalances(of: clients, with: recomputed(clients), &transaction)
            } else {
                try putBalances(&transaction) { _ in true }
            }
            if appended { try store.putHead(state.head, &transaction) }
            // A bounded cache: periods that are over are not asked for again.
            if state.balances.entries.count > WriterState.maximumRemembered { state.dropBalances() }
        }
        // LMDB gives the number again when nothing was written in it.
        if !wrote { state.transactionID -= 1 }
        return state
    }

    private mutating func putBalances(
        _ transaction: inout WriteTransaction, where isWanted: (BalanceKey) -> Bool
    ) throws {
        for number in state.balances.dirty {
            // Field by field: a copy of the entry would count its texts' references.
            guard isWanted(state.balances.entries[number].key) else { continue }
            try transaction.put(
                store.balances, key: state.balances.entries[number].bytes,
                value: BalanceValue(balance: state.balances.entries[number].balance))
        }
        state.balances.clean()
    }

    /// The balances of some clients as the views and the new state give them.
    private func recomputed(_ clients: Set<String>) throws -> [BalanceKey: BudgetBalance] {
        let state = state.ledger
        do {
            return try views.withLive { views, _ in
                try views.fold(store)
                return try views.withSnapshot(of: store, state: state) {
                    try $0.balances(of: clients, state: state)
                }
            }
        } catch {
            // Not the ledger's failure: nothing was written to it, and it goes on.
            throw JournalError.refused("the balances could not be computed anew: \(error)")
        }
    }

    func existing(
        _ prepared: PreparedEvent, _ transaction: borrowing WriteTransaction
    ) throws -> AppendOutcome? {
        let id = prepared.event.id
        return try transaction.get(store.ids, WideKey(id.high, id.low)) { value in
            guard let value else { return nil }
            let sequence = SequenceNumber(try value.load(0))
            let same =
                try value.load(8, as: UInt64.self) == prepared.digest.0
                && value.load(16, as: UInt64.self) == prepared.digest.1
            return same ? .existing(sequence) : .conflict(sequence)
        }
    }

    mutating func write(
        _ event: NewEvent, _ sequence: SequenceNumber, _ transaction: inout WriteTransaction
    ) throws {
        let recordedAt = nextInstant
        state.record.removeAll()
        RecordHead.encodeHead(
            event, sequence: sequence, recordedAt: recordedAt, into: &state.record)
        Chain.advance(&state.head.chain, over: unsafe state.record.bytes.span.bytes)
        state.record.append(contentsOf: state.head.chain)
        let body = state.record.bytes.count
        state.record.append(
            CRC32C.checksum(unsafe state.record.bytes.span.bytes, count: body))
        try transaction.put(
            store.log, key: sequence.rawValue, value: state.record.bytes, mode: .append)
        state.head.sequence = sequence
        state.head.recordedAt = recordedAt
        appended = true
    }

    /// Strictly later than the record before, whatever the clock does.
    private var nextInstant: Instant {
        max(now, Instant(nanoseconds: state.head.recordedAt.nanoseconds + 1))
    }

    /// Why a control event does not fit what the ledger says; nil when it does.
    private func refusal(
        of control: ControlEvent, _ transaction: borrowing WriteTransaction
    ) throws -> String? {
        if let id = control.growingClient, let refusal = state.ledger.clients[id]?.refusal {
            return refusal
        }
        if let id = control.namedClient, state.ledger.clients[id] == nil {
            return "there is no client \(id) that it could be for"
        }
        switch control {
        case .clientUpdated(let record): return try refusal(ofUpdate: record)
        case .clientRegistered(let record)
        where state.ledger.clients[record.id]?.removedAt != nil:
            return try refusal(ofUpdate: record)
        case .monthClosed(let closing): return try refusal(of: closing, transaction)
        default: return nil
        }
    }

    /// Why a client cannot have another zone yet: a call that was counted on a day of the old
    /// clock, ahead of ours, would lie on another day.
    private func refusal(ofUpdate record: ClientRecord) throws -> String? {
        guard let client = state.ledger.clients[record.id],
            client.record.timeZone != record.timeZone
        else { return nil }
        let old = client.calendar
        let new = old.changing(to: try ZoneRules.named(record.timeZone), decidedAt: nextInstant)
        let from = old.day(of: nextInstant).adding(days: -1)
        let ledger = state.ledger
        let moved: CivilDate? = try views.withLive { views, _ in
            try views.fold(store)
            var moved: CivilDate?
            try views.withSnapshot(of: store, state: ledger) { snapshot in
                try snapshot.scan(
                    .days, client: record.id, days: from..<ViewSnapshot.allDays.upperBound
                ) { key, _ in
                    if old.interval(of: key.day) != new.interval(of: key.day) { moved = key.day }
                    return moved == nil
                }
            }
            return moved
        }
        return moved.map { day in
            "the client has calls dated \(day), which another time zone would move to other days; "
                + "change it in the month after them"
        }
    }

    private mutating func fold(
        _ control: ControlEvent?, _ sequence: SequenceNumber,
        _ transaction: inout WriteTransaction
    ) throws {
        try transaction.put(
            store.control, key: sequence.rawValue, value: [UInt8](), mode: .append)
        guard let control else { return }
        // What changes no figure leaves alone what is remembered of the balances.
        if case .alertRaised = control { return state.ledger.pass(sequence) }
        if case .monthClosed(let closing) = control {
            try noteClosing(closing, at: sequence, &transaction)
            return state.ledger.pass(sequence)
        }
        let withBudgets = Set(state.ledger.budgets.filter { !$0.value.isEmpty }.keys)
        let clients: Set<String>
        switch control {
        case .budgetSet(let budget): clients = [budget.client]
        case .budgetRemoved(let removal): clients = [removal.client]
        case .priceSet, .rateRecorded, .settingsChanged:
            clients = withBudgets
        case .termsSet(let change):
            // Of all terms only the rate rule decides what a budget in reais counts.
            if case .rateRule = change.term {
                clients = change.client.map { [$0] } ?? withBudgets
            } else {
                clients = []
            }
        case .clientRegistered, .clientUpdated, .clientRemoved, .modelDescribed, .keyIssued,
            .keyRevoked, .alertRaised, .issuerSet, .monthClosed, .adjustmentRecorded:
            clients = []
        }
        // First, so that the state is changed in place and not copied for the meter that holds it.
        state.meter = nil
        try state.ledger.apply(control, at: sequence, recordedAt: state.head.recordedAt)
        if !clients.isEmpty { mustRecompute = (mustRecompute ?? []).union(clients) }
    }

    private mutating func replaceBalances(
        of clients: Set<String>, with balances: [BalanceKey: BudgetBalance],
        _ transaction: inout WriteTransaction
    ) throws {
        for client in clients {
            var stale: [[UInt8]] = []
            let prefix = Array(client.utf8) + [0]
            try transaction.forEach(store.balances, from: prefix) { key, _ in
                guard key.copied.starts(with: prefix) else { return false }
                stale.append(key.copied)
                return true
            }
            for key in stale { try transaction.delete(store.balances, key: key) }
        }
        for (key, balance) in balances {
            try transaction.put(
                store.balances, key: key.bytes, value: BalanceValue(balance: balance))
        }
        // Everything else was written before or is untouched; start the cache anew.
        try putBalances(&transaction) { !clients.contains($0.client) }
        state.dropBalances()
        try renewHolds(of: clients, &transaction)
        try putBalances(&transaction) { _ in true }
    }
}

/// What the table of ids holds: the sequence and the body's digest, little-endian.
private struct IDEntry: ByteSource {
    let sequence: SequenceNumber
    let digest: (UInt64, UInt64)

    func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        let words: InlineArray<3, UInt64> = [
            sequence.rawValue.littleEndian, digest.0.littleEndian, digest.1.littleEndian,
        ]
        return try body(unsafe words.span.bytes)
    }
}
