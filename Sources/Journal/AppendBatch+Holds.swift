import LMDB
import Ledger
import Money

/// A hold as the table `holds` keeps it: who asked, when, and what stands in which balance.
struct HoldRecord {
    var client: String
    var at: Instant
    var tokens: UInt64
    var usd: Amount<USD>
    var amounts: [(key: BalanceKey, amount: Int128)]

    /// Appends the record of a hold: `instant(8) tokens(8) usd(16) client-length(1) client`, then
    /// `key-length(1) key amount(16)` for each balance; little-endian.
    static func encode(
        _ hold: Hold, _ postings: [BudgetMeter.Posting], keys: borrowing BalanceTable,
        into writer: inout ByteWriter
    ) {
        writer.append(hold.at.nanoseconds)
        writer.append(hold.tokens)
        writer.append(hold.usd.units)
        writer.append(UInt8(hold.client.utf8.count))
        writer.append(text: hold.client)
        for posting in postings {
            let key = keys.keyBytes(posting.balance)
            writer.append(UInt8(key.count))
            writer.append(contentsOf: key)
            writer.append(posting.amount)
        }
    }

    init(_ span: RawSpan) throws {
        at = Instant(nanoseconds: try span.load(0))
        tokens = try span.load(8)
        usd = Amount(units: try Self.wide(span, 16))
        let length = Int(try span.load(32, as: UInt8.self))
        client = try span.text(33, length)
        amounts = []
        var offset = 33 + length
        while offset < span.byteCount {
            let count = Int(try span.load(offset, as: UInt8.self))
            guard offset + 17 + count <= span.byteCount else { throw CodecError.truncated }
            let key = try BalanceKey(span.extracting(offset + 1..<offset + 1 + count))
            amounts.append((key, try Self.wide(span, offset + 1 + count)))
            offset += 17 + count
        }
    }

    private static func wide(_ span: RawSpan, _ offset: Int) throws(CodecError) -> Int128 {
        let low: UInt64 = try span.load(offset)
        let high: Int64 = try span.load(offset + 8)
        return Int128(high) << 64 | Int128(low)
    }

    /// True when it is the same hold, whatever the budgets were when it was granted.
    func isOf(_ hold: Hold) -> Bool {
        client == hold.client && at == hold.at && tokens == hold.tokens && usd == hold.usd
    }
}

extension AppendBatch {
    /// Sets aside what a call may cost in all budgets of its client, or in none.
    mutating func open(
        _ hold: Hold, _ transaction: inout WriteTransaction
    ) throws -> HoldDecision {
        let id = WideKey(hold.id.high, hold.id.low)
        let postings: [BudgetMeter.Posting]
        switch try ask(hold, transaction) {
        case .success(let fitting): postings = fitting
        case .failure(let refusal):
            return try existing(hold, transaction) ?? refusal.decision
        }
        encode(hold, postings)
        // One descent for a new hold, which is what nearly all are.
        guard try transaction.insert(store.holds, key: id, value: state.record.bytes) else {
            guard let there = try existing(hold, transaction) else {
                throw JournalError.damaged(
                    place: "the table of holds", detail: "a hold is there and cannot be found")
            }
            return there
        }
        wrote = true
        for posting in postings { try state.balances.hold(posting.amount, in: posting.balance) }
        // Holds of calls in flight; a few that were forgotten are read from the table again.
        if state.holds.count < WriterState.maximumRemembered { state.holds[id] = postings }
        return .granted
    }

    /// What a hold would be told; sets nothing aside.
    mutating func decision(
        on hold: Hold, _ transaction: borrowing WriteTransaction
    ) throws -> HoldDecision {
        switch try ask(hold, transaction) {
        case .success: .granted
        case .failure(let refusal): refusal.decision
        }
    }

    /// Sets aside more for a call that goes on, in all budgets of its client, or in none.
    mutating func extend(
        _ id: EventID, tokens: UInt64, usd: Amount<USD>, _ transaction: inout WriteTransaction
    ) throws -> HoldDecision {
        let key = WideKey(id.high, id.low)
        guard let record = try record(of: key, transaction) else { return .notOpen }
        // In the periods of the hold, whatever the clock says by now.
        let more = Hold(id: id, client: record.client, at: record.at, tokens: tokens, usd: usd)
        let postings: [BudgetMeter.Posting]
        switch try ask(more, of: .going(record.amounts), transaction) {
        case .success(let fitting): postings = fitting
        case .failure(let refusal): return refusal.decision
        }
        var all: [BudgetMeter.Posting] = []
        for (key, amount) in record.amounts {
            all.append(
                BudgetMeter.Posting(
                    balance: try number(of: key, transaction), amount: amount, unpriced: false))
        }
        for posting in postings {
            try state.balances.hold(posting.amount, in: posting.balance)
            if let place = all.firstIndex(where: { $0.balance == posting.balance }) {
                all[place].amount += posting.amount
            } else {
                all.append(posting)
            }
        }
        let (sum, overflow) = record.tokens.addingReportingOverflow(tokens)
        if overflow { throw JournalError.refused("the hold \(id) has more tokens than fit") }
        var whole = record.usd
        try whole.add(usd)
        encode(
            Hold(id: id, client: record.client, at: record.at, tokens: sum, usd: whole), all)
        try transaction.put(store.holds, key: key, value: state.record.bytes)
        wrote = true
        if state.holds[key] != nil { state.holds[key] = all }
        return .granted
    }

    /// Why a hold is not granted.
    private struct Refusal: Error {
        let decision: HoldDecision
    }

    /// Whose hold it is.
    private enum Asking {
        /// A call's that has not begun.
        case new
        /// A call's that goes on, with what it holds already, which no other will give back.
        case going([(key: BalanceKey, amount: Int128)])
    }

    /// What a hold asks of each budget, if all of those that stop have room for it. A client that
    /// was removed begins no call; those that it has go on.
    private mutating func ask(
        _ hold: Hold, of asking: Asking = .new, _ transaction: borrowing WriteTransaction
    ) throws -> Result<[BudgetMeter.Posting], Refusal> {
        makeMeter()
        let table = store.balances
        guard
            let account = try state.meter?.measure(
                hold, &state.balances, load: { try BudgetBalance(of: $0, in: table, transaction) })
        else { return .failure(Refusal(decision: .unknownClient)) }
        var own: [(key: BalanceKey, amount: Int128)] = []
        switch asking {
        case .going(let amounts): own = amounts
        case .new:
            guard account.standing != .removed else {
                return .failure(Refusal(decision: .unknownClient))
            }
        }
        let postings = state.meter?.postings ?? []
        // By place: a copy of each budget would count the references of its texts.
        for place in postings.indices where account.budgets[place].stops {
            let posting = postings[place]
            let remaining = try state.balances.entries[posting.balance].balance
                .remaining(of: account.budgets[place].limit)
            guard posting.amount > remaining else { continue }
            let budget = account.budgets[place]
            let entry = state.balances.entries[posting.balance]
            let mine = own.first { $0.key == entry.key }?.amount ?? 0
            let refusal = HoldRefusal(
                budget: budget, renews: budget.period.days(around: account.day).upperBound,
                asked: posting.amount, remaining: remaining, held: entry.balance.held - mine)
            return .failure(Refusal(decision: .refused(refusal)))
        }
        return .success(postings)
    }

    /// Leaves the record of a hold in the room for records.
    private mutating func encode(_ hold: Hold, _ postings: [BudgetMeter.Posting]) {
        state.record.removeAll()
        HoldRecord.encode(hold, postings, keys: state.balances, into: &state.record)
    }

    /// Sets aside anew what the open holds of some clients ask of the budgets as they are now,
    /// whose balances hold nothing yet: a budget may have come, gone or changed its unit.
    mutating func renewHolds(
        of clients: Set<String>, _ transaction: inout WriteTransaction
    ) throws {
        var open: [Hold] = []
        try transaction.forEach(store.holds) { key, value in
            let record = try HoldRecord(value)
            guard clients.contains(record.client) else { return true }
            let id = EventID(high: try key.loadBigEndian(0), low: try key.loadBigEndian(8))
            open.append(
                Hold(
                    id: id, client: record.client, at: record.at, tokens: record.tokens,
                    usd: record.usd))
            return true
        }
        for hold in open {
            makeMeter()
            let table = store.balances
            _ = try state.meter?.measure(
                hold, &state.balances, load: { try BudgetBalance(of: $0, in: table, transaction) })
            let postings = state.meter?.postings ?? []
            for posting in postings { try state.balances.hold(posting.amount, in: posting.balance) }
            encode(hold, postings)
            try transaction.put(
                store.holds, key: WideKey(hold.id.high, hold.id.low), value: state.record.bytes)
        }
    }

    private func existing(
        _ hold: Hold, _ transaction: borrowing WriteTransaction
    ) throws -> HoldDecision? {
        guard let there = try record(of: WideKey(hold.id.high, hold.id.low), transaction) else {
            return nil
        }
        guard there.isOf(hold) else {
            throw JournalError.refused("another hold has the id \(hold.id); make a new one")
        }
        return .existing
    }

    /// Gives back what a hold set aside; false when there is none of that id.
    mutating func release(
        _ hold: EventID, _ transaction: inout WriteTransaction
    ) throws -> Bool {
        let id = WideKey(hold.high, hold.low)
        if let known = state.holds.removeValue(forKey: id) {
            for posting in known { state.balances.release(posting.amount, in: posting.balance) }
        } else {
            guard let record = try record(of: id, transaction) else { return false }
            for (key, amount) in record.amounts {
                state.balances.release(amount, in: try number(of: key, transaction))
            }
        }
        guard try transaction.delete(store.holds, key: id) else {
            throw JournalError.damaged(
                place: "the table of holds", detail: "the hold \(hold) is gone")
        }
        wrote = true
        return true
    }

    private mutating func number(
        of key: BalanceKey, _ transaction: borrowing WriteTransaction
    ) throws -> Int {
        let table = store.balances
        return try state.balances.number(of: key) {
            try BudgetBalance(of: $0, in: table, transaction)
        }
    }

    func record(
        of id: WideKey, _ transaction: borrowing WriteTransaction
    ) throws -> HoldRecord? {
        try transaction.get(store.holds, id) { value in
            guard let value else { return nil }
            return try HoldRecord(value)
        }
    }
}
