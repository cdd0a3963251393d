import Journal
import Ledger
import Money

/// Usage events made by repeating a trace: the same index gives the same event on every run.
///
/// The trace is squeezed in time so that ten million events fill one year, or one month, which
/// fixes how many calls a client has in an hour; fewer events are a shorter time, not a thinner one.
struct Workload: Sendable {
    static let eventsPerSpan: Int64 = 10_000_000
    /// 2025-01-01 00:00 in São Paulo.
    static let start: Int64 = 1_735_700_400_000_000_000
    private static let day: Int64 = 86_400 * 1_000_000_000

    let trace: Trace
    let clients: Int
    private let repetition: Int64

    /// A year of two hundred clients, or what else is asked for.
    init(_ trace: Trace, clients: Int = 200, days: Int64 = 365) {
        self.trace = trace
        self.clients = clients
        repetition = days * Self.day / Self.eventsPerSpan * Int64(trace.rows.count)
    }

    static func client(_ number: Int) -> String { "cliente-\(100 + number)" }

    /// Which client an event is of: every one has as many calls, in no order.
    func client(of index: Int) -> Int { Int(mixed(UInt64(index)) % UInt64(clients)) }

    /// Budgets of each client.
    static let budgets = 2

    /// When the call of an index arrives: twenty-five arrivals a millisecond.
    private func arrival(_ index: Int) -> Instant {
        Instant(nanoseconds: Self.start + Int64(index) / 25 * 1_000_000)
    }

    /// What is set aside for the call of an index before it is made.
    func hold(_ index: Int) throws -> Hold {
        let random = mixed(UInt64(index))
        let row = trace.rows[index % trace.rows.count]
        return Hold(
            id: EventID(version7At: arrival(index), random: (mixed(random), random)),
            client: Self.client(client(of: index)), at: try event(index).occurredAt,
            tokens: UInt64(row.input + row.output) * 2, usd: try Amount<USD>("0.05"))
    }

    /// The event of an index, under a UUIDv7 of its time of arrival; `hold` is the one it settles.
    func event(_ index: Int, settling hold: EventID? = nil) throws -> NewEvent {
        let row = trace.rows[index % trace.rows.count]
        let pass = Int64(index / trace.rows.count)
        let random = mixed(UInt64(index))
        let scaled = Int64(
            Int128(row.offset) * Int128(repetition) / Int128(trace.length))
        let instant = Instant(nanoseconds: Self.start + pass * repetition + scaled)
        var call = UsageEvent(
            client: Self.client(client(of: index)), provider: row.provider, model: row.model,
            occurredAt: instant)
        call.tokens = TokenCounts(input: row.input, output: row.output)
        call.outcome = row.output == 0 ? .failed : .succeeded
        call.latencyMilliseconds = 200 + row.output * 14 + UInt32(random >> 32 & 127)
        call.timeToFirstTokenMilliseconds = 150 + UInt32(random >> 40 & 255)
        call.key = "k-\(random >> 48 & 7)"
        call.conversation = "conversa-\(index / 6)"
        call.hold = hold
        // Inside a millisecond the order of ids is random, as it is in life.
        return try NewEvent(
            call, id: EventID(version7At: arrival(index), random: (random, mixed(random))))
    }

    /// Everything the events need to be priced, and two budgets that stop for each client.
    func prepare(_ journal: Journal) throws {
        var facts: [ControlEvent] = []
        for number in 0..<clients {
            facts.append(.clientRegistered(ClientRecord(id: Self.client(number))))
        }
        for (index, model) in trace.models.enumerated() {
            facts.append(.priceSet(try price(model, tenths: 5 + 5 * index, from: Self.start)))
        }
        // A quote for every weekday of the year, and of the days before it.
        let first = CivilDate(dayNumber: 20_081)
        for offset in 0..<380 {
            let day = first.adding(days: offset)
            guard day.weekday < 6 else { continue }
            let cents = 52_000 + offset * 7 % 4_000
            facts.append(
                .rateRecorded(
                    RateEntry(
                        date: day, buy: try ExchangeRate("\(cents / 10_000).\(cents % 10_000 + 1)"),
                        sell: try ExchangeRate("\(cents / 10_000).\(cents % 10_000 + 7)"))))
        }
        for number in 0..<clients {
            let client = Self.client(number)
            facts.append(
                .budgetSet(
                    try Budget(
                        client: client, unit: .brl, limit: "1000000", period: .monthly, stops: true)
                ))
            facts.append(
                .budgetSet(
                    try Budget(
                        client: client, unit: .usd, limit: "10000", period: .daily, stops: true)))
        }
        try journal.record(facts, by: "bench")
    }

    /// A price of a model in tenths of a dollar a million input tokens; output costs four times it.
    func price(
        _ model: (provider: String, model: String), tenths: Int, from nanoseconds: Int64
    ) throws -> PriceEntry {
        var prices = PriceSet()
        prices[.input] = try UnitPrice("\(tenths / 10).\(tenths % 10)")
        prices[.output] = try UnitPrice("\(tenths * 4 / 10).\(tenths * 4 % 10)")
        return PriceEntry(
            provider: model.provider, model: model.model,
            effectiveFrom: Instant(nanoseconds: nanoseconds), prices: prices, source: "bench")
    }

    /// SplitMix64: well-mixed bits of a number.
    private func mixed(_ number: UInt64) -> UInt64 {
        var bits = number &* 0x9E37_79B9_7F4A_7C15 &+ 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
