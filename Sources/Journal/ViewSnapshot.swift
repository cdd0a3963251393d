import LMDB
import Ledger

/// The views at one place of the log: cells, and the calls behind them, that belong together.
///
/// Valid inside the closure that it was handed to.
struct ViewSnapshot: CellSource {
    enum Table { case days, hours }

    /// How far the log is folded in it.
    let checkpoint: SequenceNumber
    private let snapshot: Snapshot
    private let views: ViewsStore
    private let store: LedgerStore
    private let state: LedgerState

    /// All days there are.
    static let allDays = CivilDate(dayNumber: -2_000_000_000)..<CivilDate(dayNumber: 2_000_000_000)

    init(_ snapshot: Snapshot, _ views: ViewsStore, _ store: LedgerStore, _ state: LedgerState)
        throws
    {
        self.snapshot = snapshot
        self.views = views
        self.store = store
        self.state = state
        checkpoint = try snapshot.read { try views.checkpoint($0) }
    }

    func hours(of day: CellKey, _ body: (CellKey, UsageCell) throws -> Void) throws {
        try scan(.hours, client: day.client, days: day.day..<day.day.adding(days: 1)) { key, cell in
            var whole = key
            whole.slot = CellKey.wholeDay
            if whole == day { try body(key, cell) }
            return true
        }
    }

    /// Visits the cells of a client, or of all, in a range of local days; without their latencies'
    /// spread where that is not needed.
    func scan(
        _ table: Table, client: String?, days: Range<CivilDate>, withLatencies: Bool = true,
        _ visit: (CellKey, UsageCell) throws -> Bool
    ) throws {
        try scanRows(table, client: client, days: days) { reader, value in
            try visit(reader.key, try CellCodec.decode(value, withLatencies: withLatencies))
        }
    }

    /// Visits the same as they are stored: a reader that has just read the key, lent so that it is
    /// not copied for each, and the cell's bytes.
    func scanRows(
        _ table: Table, client: String?, days: Range<CivilDate>,
        _ visit: (inout CellKeyReader, RawSpan) throws -> Bool
    ) throws {
        let database = table == .days ? views.days : views.hours
        try snapshot.read { transaction in
            var reader = CellKeyReader()
            var start = client.map { CellCodec.prefix(client: $0, day: days.lowerBound) }
            while true {
                var jump: [UInt8]?
                try transaction.forEach(database, from: start ?? [0]) { key, value in
                    try reader.read(key)
                    if let client, reader.clients[reader.clientNumber] != client { return false }
                    if reader.day >= days.upperBound {
                        // The rest of this client is later still: go on with the next one.
                        if client == nil {
                            jump = Array(reader.clients[reader.clientNumber].utf8) + [1]
                        }
                        return false
                    }
                    if reader.day < days.lowerBound {
                        jump = CellCodec.prefix(
                            client: reader.clients[reader.clientNumber], day: days.lowerBound)
                        return false
                    }
                    return try visit(&reader, value)
                }
                guard let next = jump else { return }
                start = next
            }
        }
    }

    /// Visits the calls of an hour cell by way of the blocks that hold its hour.
    func calls(
        of key: CellKey, _ visit: (Instant, TokenCounts, _ isReversal: Bool) throws -> Void
    ) throws {
        guard let calendar = state.clients[key.client]?.calendar else { return }
        let interval = calendar.interval(of: key.day, slot: key.slot)
        try records(in: interval) { head, payload, part in
            let facts = try UsageFacts(payload, version: part.version)
            guard facts.wasCached == key.wasCached, facts.matches(key, payload) else { return }
            let tokens = try facts.tokens(payload)
            guard InputSizeClass(inputTokens: tokens.totalInput) == key.size else { return }
            try visit(head.occurredAt, tokens, part.isReversal)
        }
    }

    /// Visits the calls whose instant lies in a range, in the order of the log; those that were
    /// taken back come a second time.
    func records(
        in interval: Range<Instant>,
        _ visit: (_ head: RecordHead, _ call: RawSpan, _ part: UsagePart) throws -> Void
    ) throws {
        try store.usage(in: runs(in: interval), interval, upTo: checkpoint, visit)
    }

    /// The blocks of the log that hold usage of a range of instants.
    func runs(in interval: Range<Instant>) throws -> [BlockIndex.Run] {
        guard !interval.isEmpty else { return [] }
        var runs: [BlockIndex.Run] = []
        let last = BlockIndex.hour(of: Instant(nanoseconds: interval.upperBound.nanoseconds - 1))
        let first = BlockIndex.hour(of: interval.lowerBound)
        try snapshot.read { transaction in
            try transaction.forEach(views.blocks, from: ViewsStore.hourKey(first)) { key, value in
                let hour = try key.loadBigEndian(0, as: UInt32.self) ^ 0x8000_0000
                guard Int32(bitPattern: hour) <= last else { return false }
                for run in try BlockIndex.decode(value) { BlockIndex.add(run, to: &runs) }
                return true
            }
        }
        return runs
    }
}

extension ViewsStore {
    /// Calls `body` with the views as they are now.
    func withSnapshot<R>(
        of store: LedgerStore, state: LedgerState, _ body: (ViewSnapshot) throws -> R
    ) throws -> R {
        try environment.withSnapshot { try body(ViewSnapshot($0, self, store, state)) }
    }
}

extension ViewSnapshot {
    /// The balances of every budget of some clients in every period with usage.
    func balances(
        of clients: Set<String>, state: LedgerState
    ) throws -> [BalanceKey: BudgetBalance] {
        var balances: [BalanceKey: BudgetBalance] = [:]
        var rating = Rating(book: state.prices)
        for client in clients {
            guard let calendar = state.clients[client]?.calendar,
                let budgets = state.budgets[client], !budgets.isEmpty
            else { continue }
            try scan(
                .days, client: client, days: Self.allDays, withLatencies: false
            ) { key, cell in
                guard !key.wasCached else { return true }
                let charges = try rating.charges(
                    for: key, cell, calendar: calendar, source: self)
                let cost = try CellCost(
                    charges, rate: state.rate(of: client, on: key.day).rate)
                for budget in budgets {
                    let balanceKey = BalanceKey(
                        client: client, budget: budget.id,
                        period: budget.period.days(around: key.day).lowerBound)
                    try balances[balanceKey, default: BudgetBalance()].settle(
                        cost.amount(in: budget.unit, tokens: cell), calls: cell.calls,
                        unpriced: budget.unit == .tokens ? 0 : cost.unpricedCalls)
                }
                return true
            }
        }
        return balances
    }
}
