import LMDB
import Ledger
import Money

/// A hold as the table `holds` keeps it: who asked, when, and what stands in which balance.
struct HoldRecord: Equatable {
    var client: String
    var at: Instant
    var tokens: UInt64
    var usd: Amount<USD>
    var amounts: [(key: BalanceKey, amount: Int128)]

    /// `instant(8) tokens(8) usd(16) client-length(1) client`, then `key-length(1) key amount(16)`
    /// for each balance; little-endian.
    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 128)
        writer.append(at.nanoseconds)
        writer.append(tokens)
        writer.append(usd.units)
        writer.append(UInt8(client.utf8.count))
        writer.append(text: client)
        for (key, amount) in amounts {
            let bytes = key.bytes
            writer.append(UInt8(bytes.count))
            writer.append(contentsOf: bytes)
            writer.append(amount)
        }
        return writer.bytes
    }

    init(_ hold: Hold, _ amounts: [(key: BalanceKey, amount: Int128)]) {
        client = hold.client
        at = hold.at
        tokens = hold.tokens
        usd = hold.usd
        self.amounts = amounts
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

    static func == (left: HoldRecord, right: HoldRecord) -> Bool { left.bytes == right.bytes }

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
        if let there = try record(of: id, transaction) {
            guard there.isOf(hold) else {
                throw JournalError.refused("another hold has the id \(hold.id); make a new one")
            }
            return .existing
        }
        guard let client = state.ledger.clients[hold.client] else { return .unknownClient }
        let day = client.calendar.day(of: hold.at)
        let rate = state.ledger.rates.rate(for: day, rule: state.ledger.rateRule).rate
        var amounts: [(number: Int, amount: Int128)] = []
        for budget in state.ledger.budgets[hold.client] ?? [] {
            let days = budget.period.days(around: day)
            let number = try number(
                of: BalanceKey(
                    client: hold.client, budget: budget.id, period: days.lowerBound), transaction)
            let asked = try hold.amount(in: budget.unit, rate: rate)
            let remaining = try state.balances.entries[number].balance.remaining(of: budget.limit)
            if budget.stops, asked > remaining {
                return .refused(
                    HoldRefusal(
                        budget: budget, renews: days.upperBound, asked: asked,
                        remaining: remaining))
            }
            amounts.append((number, asked))
        }
        for (number, amount) in amounts { try state.balances.hold(amount, in: number) }
        let record = HoldRecord(
            hold, amounts.map { (state.balances.entries[$0.number].key, $0.amount) })
        try transaction.put(store.holds, key: id, value: record.bytes)
        return .granted
    }

    /// Gives back what a hold set aside; false when there is none of that id.
    mutating func release(
        _ hold: EventID, _ transaction: inout WriteTransaction
    ) throws -> Bool {
        let id = WideKey(hold.high, hold.low)
        guard let record = try record(of: id, transaction) else { return false }
        for (key, amount) in record.amounts {
            state.balances.release(amount, in: try number(of: key, transaction))
        }
        try transaction.delete(store.holds, key: id)
        return true
    }

    /// The call takes the place of the hold that it names.
    mutating func settleHold(
        of event: NewEvent, _ transaction: inout WriteTransaction
    ) throws {
        let payload = unsafe event.payload.span.bytes
        let facts = try UsageFacts(payload, version: event.version)
        guard let hold = try facts.hold(payload) else { return }
        _ = try release(hold, &transaction)
    }

    private mutating func number(
        of key: BalanceKey, _ transaction: borrowing WriteTransaction
    ) throws -> Int {
        let table = store.balances
        return try state.balances.number(of: key) { key in
            try transaction.get(table, key.bytes) { value in
                guard let value else { return BudgetBalance() }
                return try BudgetBalance(value)
            }
        }
    }

    private func record(
        of id: WideKey, _ transaction: borrowing WriteTransaction
    ) throws -> HoldRecord? {
        try transaction.get(store.holds, id) { value in
            guard let value else { return nil }
            return try HoldRecord(value)
        }
    }
}
