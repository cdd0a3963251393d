import Crypto
import LMDB
import Ledger

/// An event on its way into the log, with what can be computed before the writer's turn.
struct PreparedEvent: Sendable {
    let event: NewEvent
    let digest: (UInt64, UInt64)
    /// What a control event says.
    let control: ControlEvent?
    /// Why it can never be appended.
    let refusal: String?

    init(_ event: NewEvent) {
        self.event = event
        digest = Chain.bodyDigest(event)
        do {
            control = try Self.read(event)
            refusal = nil
        } catch {
            control = nil
            refusal = "\(error)"
        }
    }

    /// Reads all of the payload: what is in the log can never be taken out again, and a record that
    /// the views cannot fold would stop them for good.
    private static func read(_ event: NewEvent) throws -> ControlEvent? {
        if event.kind == .usageRecorded {
            guard !event.isChecked else { return nil }
            try UsageCodec.decode(
                unsafe event.payload.span.bytes, version: event.version,
                occurredAt: event.occurredAt
            ).check()
            return nil
        }
        let control = try ControlEvent.decode(kind: event.kind, event.payload)
        switch control {
        // Ids become parts of keys.
        case .clientRegistered(let record), .clientUpdated(let record): try record.check()
        case .budgetSet(let budget): try ClientRecord(id: budget.client).check()
        default: break
        }
        return control
    }
}

/// What the writer knows between two commits.
struct WriterState {
    var head: LogHead
    var ledger: LedgerState
    var meter: BudgetMeter
    /// Balances as they are in the table at ``head``; dropped when another process appended.
    var balances: [BalanceKey: BudgetBalance] = [:]

    init(head: LogHead, ledger: LedgerState) {
        self.head = head
        self.ledger = ledger
        meter = BudgetMeter(state: ledger)
    }

    /// The state as the ledger tells it.
    init(
        reading store: LedgerStore, _ transaction: borrowing some Transaction & ~Copyable
    ) throws {
        self.init(
            head: try store.head(transaction),
            ledger: try store.ledgerState(transaction, after: LedgerState()))
    }
}

/// One group of appends inside one write transaction.
///
/// Holds a copy of the writer's state and changes only that, so that a transaction that is aborted,
/// or run again after the map grew, leaves nothing behind.
struct AppendBatch {
    private let store: LedgerStore
    private let views: ViewsHolder
    private let now: Instant
    private(set) var state: WriterState
    private var dirty: Set<BalanceKey> = []
    private var mustRecompute: Set<String>?
    private var appended = false

    init(
        store: LedgerStore, views: ViewsHolder,
        state: consuming WriterState, now: Instant
    ) {
        self.store = store
        self.views = views
        self.state = state
        self.now = now
    }

    /// Folds what other processes appended since the state was made.
    mutating func refresh(_ transaction: inout WriteTransaction) throws {
        let head = try store.head(transaction)
        guard head.sequence != state.head.sequence else { return }
        state = WriterState(
            head: head, ledger: try store.ledgerState(transaction, after: state.ledger))
    }

    /// Appends one event unless its id is there.
    mutating func append(
        _ prepared: PreparedEvent, _ transaction: inout WriteTransaction
    ) throws -> AppendOutcome {
        let event = prepared.event
        let key = WideKey(event.id.high, event.id.low)
        if let there = try existing(prepared, key, transaction) { return there }
        if let refusal = prepared.refusal { return .refused(refusal) }
        let postings: [BudgetMeter.Posting]
        if event.kind == .usageRecorded {
            guard
                let found = try state.meter.postings(
                    unsafe event.payload.span.bytes, version: event.version,
                    occurredAt: event.occurredAt)
            else { return .refused("its client was never registered") }
            postings = found
        } else {
            postings = []
        }
        if case .clientUpdated(let record) = prepared.control,
            let refusal = try refusal(ofUpdate: record)
        {
            return .refused(refusal)
        }
        let sequence = state.head.sequence.next
        try write(prepared, key, sequence, &transaction)
        if event.kind == .usageRecorded {
            for posting in postings { try post(posting, transaction) }
        } else {
            try fold(prepared.control, sequence, &transaction)
        }
        appended = true
        return .appended(sequence)
    }

    /// Writes head and balances; the last step before the commit.
    mutating func finish(_ transaction: inout WriteTransaction) throws {
        guard appended else { return }
        if let clients = mustRecompute {
            // A request holds control events or usage, never both, and this transaction keeps
            // others out: once the views have folded what is committed, they have folded all usage.
            try replaceBalances(of: clients, with: recomputed(clients), &transaction)
        } else {
            for key in dirty {
                guard let balance = state.balances[key] else { continue }
                try transaction.put(store.balances, key: key.bytes, value: balance.bytes)
            }
        }
        try store.putHead(state.head, &transaction)
        // A bounded cache: periods that are over are not asked for again.
        if state.balances.count > 100_000 { state.balances.removeAll() }
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

    private func existing(
        _ prepared: PreparedEvent, _ key: WideKey, _ transaction: borrowing WriteTransaction
    ) throws -> AppendOutcome? {
        try transaction.get(store.ids, key) { value in
            guard let value else { return nil }
            let sequence = SequenceNumber(try value.load(0))
            let same =
                try value.load(8, as: UInt64.self) == prepared.digest.0
                && value.load(16, as: UInt64.self) == prepared.digest.1
            return same ? .existing(sequence) : .conflict(sequence)
        }
    }

    private mutating func write(
        _ prepared: PreparedEvent, _ key: WideKey, _ sequence: SequenceNumber,
        _ transaction: inout WriteTransaction
    ) throws {
        let recordedAt = nextInstant
        var record = RecordHead.encodeHead(
            prepared.event, sequence: sequence, recordedAt: recordedAt)
        let chain = Chain.next(state.head.chain, record)
        record.append(contentsOf: chain)
        let checksum = CRC32C.checksum(unsafe record.span.bytes, count: record.count)
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            record.append(UInt8(truncatingIfNeeded: checksum >> shift))
        }
        try transaction.put(store.log, key: sequence.rawValue, value: record, mode: .append)
        let entry: InlineArray<24, UInt8> = Self.idEntry(sequence, prepared.digest)
        try transaction.put(store.ids, key: key, value: entry, mode: .noOverwrite)
        state.head = LogHead(sequence: sequence, chain: chain, recordedAt: recordedAt)
    }

    /// Strictly later than the record before, whatever the clock does.
    private var nextInstant: Instant {
        max(now, Instant(nanoseconds: state.head.recordedAt.nanoseconds + 1))
    }

    /// Why a client cannot have another zone yet: a call that was counted on a day of the old clock,
    /// ahead of ours, would lie on another day.
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

    private static func idEntry(
        _ sequence: SequenceNumber, _ digest: (UInt64, UInt64)
    ) -> InlineArray<24, UInt8> {
        var entry = InlineArray<24, UInt8>(repeating: 0)
        for index in 0..<8 {
            let shift = UInt64(index * 8)
            entry[index] = UInt8(truncatingIfNeeded: sequence.rawValue >> shift)
            entry[8 + index] = UInt8(truncatingIfNeeded: digest.0 >> shift)
            entry[16 + index] = UInt8(truncatingIfNeeded: digest.1 >> shift)
        }
        return entry
    }

    private mutating func fold(
        _ control: ControlEvent?, _ sequence: SequenceNumber,
        _ transaction: inout WriteTransaction
    ) throws {
        try transaction.put(
            store.control, key: sequence.rawValue, value: [UInt8](), mode: .append)
        guard let control else { return }
        let clients: Set<String>
        switch control {
        case .budgetSet(let budget): clients = [budget.client]
        case .budgetRemoved(let removal): clients = [removal.client]
        case .priceSet, .rateRecorded, .settingsChanged:
            clients = Set(state.ledger.budgets.filter { !$0.value.isEmpty }.keys)
        case .clientRegistered, .clientUpdated, .modelDescribed: clients = []
        }
        try state.ledger.apply(control, at: sequence, recordedAt: state.head.recordedAt)
        state.meter = BudgetMeter(state: state.ledger)
        if !clients.isEmpty { mustRecompute = (mustRecompute ?? []).union(clients) }
    }

    private mutating func post(
        _ posting: BudgetMeter.Posting, _ transaction: borrowing WriteTransaction
    ) throws {
        var balance = try state.balances[posting.key] ?? load(posting.key, transaction)
        try balance.settle(posting.amount, calls: 1, unpriced: posting.unpriced ? 1 : 0)
        state.balances[posting.key] = balance
        dirty.insert(posting.key)
    }

    private func load(
        _ key: BalanceKey, _ transaction: borrowing WriteTransaction
    ) throws -> BudgetBalance {
        try transaction.get(store.balances, key.bytes) { value in
            guard let value else { return BudgetBalance() }
            return try BudgetBalance(value)
        }
    }

    private mutating func replaceBalances(
        of clients: Set<String>, with balances: [BalanceKey: BudgetBalance],
        _ transaction: inout WriteTransaction
    ) throws {
        var held: [BalanceKey: Int128] = [:]
        for client in clients {
            var stale: [[UInt8]] = []
            let prefix = Array(client.utf8) + [0]
            try transaction.forEach(store.balances, from: prefix) { key, value in
                guard key.copied.starts(with: prefix) else { return false }
                let old = try BudgetBalance(value)
                if old.held != 0 { held[try BalanceKey(key)] = old.held }
                stale.append(key.copied)
                return true
            }
            for key in stale { try transaction.delete(store.balances, key: key) }
        }
        var fresh = balances
        for (key, amount) in held { fresh[key, default: BudgetBalance()].held = amount }
        for (key, balance) in fresh {
            try transaction.put(store.balances, key: key.bytes, value: balance.bytes)
        }
        // Everything else was written before or is untouched; start the cache anew.
        for key in dirty where !clients.contains(key.client) {
            guard let balance = state.balances[key] else { continue }
            try transaction.put(store.balances, key: key.bytes, value: balance.bytes)
        }
        state.balances.removeAll()
    }
}
