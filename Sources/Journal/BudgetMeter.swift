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
    /// Settled, held, calls, unpriced calls; 48 bytes, little-endian.
    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 48)
        writer.append(settled)
        writer.append(held)
        writer.append(calls)
        writer.append(unpricedCalls)
        return writer.bytes
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

/// What one call adds to each of its client's budgets.
///
/// Keeps, for each combination of client and model it meets, what is needed to price a call without
/// looking anything up by name again. Made anew whenever a control event changes the state. Owned
/// by the writer's thread.
struct BudgetMeter {
    private struct Subject {
        let budgets: [Budget]
        let calendar: ClientCalendar
        let price: PriceBook.Key
        var dayStart = Int64.max
        var dayEnd = Int64.min
        var day = CivilDate(dayNumber: 0)
    }

    /// An amount for one balance.
    struct Posting {
        var key: BalanceKey
        var amount: Int128
        var unpriced: Bool
    }

    private let state: LedgerState
    private var table = DimensionTable()
    private var subjects: [Subject?] = []
    private var rates: [CivilDate: ExchangeRate] = [:]
    /// Clients are known by their id, so a call of a client without budgets costs one look-up.
    private let hasBudgets: Bool

    init(state: LedgerState) {
        self.state = state
        hasBudgets = state.budgets.contains { !$0.value.isEmpty }
    }

    /// The amounts of a call; nil when the client is unknown.
    mutating func postings(
        _ payload: RawSpan, version: UInt8, occurredAt: Instant
    ) throws -> [Posting]? {
        let facts = try UsageFacts(payload, version: version)
        let found = try table.index(of: payload, facts)
        if found.isNew { subjects.append(try makeSubject(facts, payload)) }
        guard subjects[found.index] != nil else { return nil }
        guard hasBudgets, !facts.wasCached, let subject = subject(found.index, at: occurredAt),
            !subject.budgets.isEmpty
        else { return [] }
        let tokens = try facts.tokens(payload)
        let prices = state.prices.prices(
            subject.price, at: occurredAt, inputTokens: tokens.totalInput)
        var usd = Amount<USD>.zero
        var unpriced = false
        if !tokens.isEmpty {
            for usageClass in UsageClass.allCases where tokens[usageClass] > 0 {
                guard let price = prices?.effective(usageClass) else {
                    if prices == nil { unpriced = true }
                    continue
                }
                try usd.add(price.cost(ofTokens: Int128(tokens[usageClass])))
            }
        }
        return try subject.budgets.map { budget in
            let amount: Int128
            switch budget.unit {
            case .tokens: amount = Int128(tokens.totalTokens)
            case .usd: amount = usd.units
            case .brl: amount = try usd.converted(at: rate(on: subject.day)).units
            }
            return Posting(
                key: BalanceKey(
                    client: budget.client, budget: budget.id,
                    period: budget.period.days(around: subject.day).lowerBound),
                amount: amount, unpriced: unpriced && budget.unit != .tokens)
        }
    }

    private mutating func rate(on day: CivilDate) -> ExchangeRate {
        if let known = rates[day] { return known }
        let rate = state.rates.rate(for: day, rule: state.rateRule).rate
        rates[day] = rate
        return rate
    }

    private mutating func subject(_ index: Int, at instant: Instant) -> Subject? {
        guard var subject = subjects[index] else { return nil }
        let time = instant.nanoseconds
        if time < subject.dayStart || time >= subject.dayEnd {
            subject.day = subject.calendar.day(of: instant)
            let interval = subject.calendar.interval(of: subject.day)
            subject.dayStart = interval.lowerBound.nanoseconds
            subject.dayEnd = interval.upperBound.nanoseconds
            subjects[index] = subject
        }
        return subject
    }

    private func makeSubject(_ facts: UsageFacts, _ payload: RawSpan) throws -> Subject? {
        let client = try payload.text(UsageFacts.dimensionsOffset, facts.clientLength)
        guard let known = state.clients[client] else { return nil }
        return Subject(
            budgets: state.budgets[client] ?? [], calendar: known.calendar,
            price: PriceBook.Key(
                provider: try payload.text(facts.providerOffset, facts.providerLength),
                model: try payload.text(facts.modelOffset, facts.modelLength),
                serviceTier: try payload.text(facts.tierOffset, facts.tierLength)))
    }
}
