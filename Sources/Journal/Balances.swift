import LMDB
import Ledger
import Money

/// One budget's balance in one period.
struct BalanceKey: Hashable, Sendable {
    var client: String
    var budget: String
    /// The period's first local day.
    var period: CivilDate

    /// `client 0 budget 0 period(4, big-endian, biased)`.
    var bytes: [UInt8] { Self.prefix(client: client, budget: budget) + periodBytes }

    private var periodBytes: [UInt8] {
        let biased = UInt32(bitPattern: period.dayNumber) ^ 0x8000_0000
        return (0..<4).map { UInt8(truncatingIfNeeded: biased >> UInt32(24 - $0 * 8)) }
    }

    static func prefix(client: String, budget: String) -> [UInt8] {
        Array(client.utf8) + [0] + Array(budget.utf8) + [0]
    }

    init(client: String, budget: String, period: CivilDate) {
        self.client = client
        self.budget = budget
        self.period = period
    }

    init(_ span: RawSpan) throws {
        let bytes = span.copied
        let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].count == 4 else {
            throw CodecError.badValue("balance key")
        }
        client = String(decoding: parts[0], as: UTF8.self)
        budget = String(decoding: parts[1], as: UTF8.self)
        let biased = parts[2].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        period = CivilDate(dayNumber: Int32(bitPattern: biased ^ 0x8000_0000))
    }
}

extension BudgetBalance {
    /// What the table has of a balance; nothing used where it has none.
    init(
        of key: BalanceKey, in table: Database,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws {
        self = try transaction.get(table, key.bytes) { value in
            guard let value else { return BudgetBalance() }
            return try BudgetBalance(value)
        }
    }

    init(_ span: RawSpan) throws(CodecError) {
        self.init()
        guard span.byteCount == 48 else { throw .badValue("balance") }
        let low: UInt64 = try span.load(0)
        let high: Int64 = try span.load(8)
        settled = Int128(high) << 64 | Int128(low)
        let heldLow: UInt64 = try span.load(16)
        let heldHigh: Int64 = try span.load(24)
        held = Int128(heldHigh) << 64 | Int128(heldLow)
        calls = try span.load(32)
        unpricedCalls = try span.load(40)
    }
}

/// A balance as the table has it: settled, held, calls, unpriced calls; 48 bytes, little-endian.
struct BalanceValue: ByteSource {
    let balance: BudgetBalance

    func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        let words: InlineArray<6, UInt64> = [
            Self.low(balance.settled), Self.high(balance.settled),
            Self.low(balance.held), Self.high(balance.held),
            balance.calls.littleEndian, balance.unpricedCalls.littleEndian,
        ]
        return try body(unsafe words.span.bytes)
    }

    private static func low(_ value: Int128) -> UInt64 {
        UInt64(truncatingIfNeeded: value).littleEndian
    }

    private static func high(_ value: Int128) -> UInt64 {
        UInt64(truncatingIfNeeded: value >> 64).littleEndian
    }
}

/// The balances that were met, by number, and which of them changed since they were written.
struct BalanceTable {
    struct Entry {
        let key: BalanceKey
        /// The key as the table has it.
        let bytes: [UInt8]
        fileprivate(set) var balance: BudgetBalance
        fileprivate var isDirty = false
    }

    private(set) var entries: [Entry] = []
    /// The numbers of those that changed.
    private(set) var dirty: [Int] = []
    private var index: [BalanceKey: Int] = [:]

    /// The number of a balance, which `load` fetches when it is met for the first time.
    mutating func number(
        of key: BalanceKey, load: (BalanceKey) throws -> BudgetBalance
    ) rethrows -> Int {
        if let known = index[key] { return known }
        entries.append(Entry(key: key, bytes: key.bytes, balance: try load(key)))
        index[key] = entries.count - 1
        return entries.count - 1
    }

    /// The key of a balance as the table has it. Not by way of the entry: a copy of it would count
    /// the references of its texts.
    borrowing func keyBytes(_ number: Int) -> [UInt8] { entries[number].bytes }

    /// Adds what one call used.
    mutating func settle(_ posting: BudgetMeter.Posting) throws {
        try entries[posting.balance].balance.settle(
            posting.amount, calls: 1, unpriced: posting.unpriced ? 1 : 0)
        touch(posting.balance)
    }

    /// Takes back what one call used.
    mutating func reverse(_ posting: BudgetMeter.Posting) throws {
        try entries[posting.balance].balance.reverse(
            posting.amount, unpriced: posting.unpriced ? 1 : 0)
        touch(posting.balance)
    }

    /// Sets an amount aside.
    mutating func hold(_ amount: Int128, in number: Int) throws {
        try entries[number].balance.hold(amount)
        touch(number)
    }

    /// Gives back what was set aside.
    mutating func release(_ amount: Int128, in number: Int) {
        entries[number].balance.release(amount)
        touch(number)
    }

    private mutating func touch(_ number: Int) {
        guard !entries[number].isDirty else { return }
        entries[number].isDirty = true
        dirty.append(number)
    }

    /// Notes that all balances were written.
    mutating func clean() {
        for number in dirty { entries[number].isDirty = false }
        dirty.removeAll(keepingCapacity: true)
    }
}
