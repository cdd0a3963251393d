import Foundation
import LMDB
import Ledger
import Money
import Synchronization
import TestSupport
import Testing

@testable import Journal

/// Holds in a journal of their own, with a clock and ids that are given.
@Suite struct `Holds` {
    private static let now = Instant(seconds: 1_790_000_000)

    private static func with(
        _ budgets: [(Budget.Unit, String, Bool)], _ body: (Journal) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("razao-holds-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let journal = try Journal.create(at: folder) { now }
        var prices = PriceSet()
        prices[.input] = try UnitPrice("1.00")
        prices[.output] = try UnitPrice("2.00")
        var events: [ControlEvent] = [
            .clientRegistered(ClientRecord(id: "acme")),
            .priceSet(
                PriceEntry(
                    provider: "openai", model: "m", effectiveFrom: Instant(seconds: 0),
                    prices: prices)),
        ]
        for (unit, limit, stops) in budgets {
            events.append(
                .budgetSet(
                    try Budget(
                        client: "acme", unit: unit, limit: limit, period: .monthly, stops: stops)))
        }
        _ = try await journal.append(
            events.enumerated().map { index, event in
                NewEvent(
                    kind: event.kind, version: ControlEvent.version,
                    id: EventID(high: 9, low: UInt64(index)), occurredAt: now,
                    payload: try event.encoded(by: "test"))
            })
        try await body(journal)
        journal.close()
        try FileManager.default.removeItem(atPath: folder)
    }

    private static func hold(_ number: UInt64, tokens: UInt64, usd: String) throws -> Hold {
        Hold(
            id: EventID(high: 1, low: number), client: "acme", at: now, tokens: tokens,
            usd: try Amount<USD>(usd))
    }

    private static func call(_ number: UInt64, input: UInt32, hold: EventID?) throws -> NewEvent {
        var call = UsageEvent(client: "acme", provider: "openai", model: "m", occurredAt: now)
        call.tokens = TokenCounts(input: input, output: 0)
        call.hold = hold
        return try NewEvent(call, id: EventID(high: 2, low: number))
    }

    @Test func `are told before they are durable, count at once, and stand afterwards`()
        async throws
    {
        try await Self.with([(.usd, "0.000003", true)]) { journal in
            let first = try journal.decide(Self.hold(1, tokens: 1, usd: "0.000002"))
            let second = try journal.decide(Self.hold(2, tokens: 1, usd: "0.000002"))
            #expect(try await first.decision() == .granted)
            let told = try await second.decision()
            guard case .refused(let refusal) = told else {
                Issue.record("the second hold was \(told)")
                return
            }
            #expect(refusal.remaining == 1_000_000)
            // In any order: what was told early is asked for later.
            guard case .refused = try await second.durable() else {
                Issue.record("a hold that was refused stands")
                return
            }
            #expect(try await first.durable() == .granted)
            #expect(try journal.openHolds().map(\.id) == [EventID(high: 1, low: 1)])
        }
    }

    @Test func `that find no writer are not granted`() async throws {
        try await Self.with([]) { journal in
            journal.close()
            await #expect(throws: (any Error).self) {
                _ = try await journal.decide(Self.hold(1, tokens: 1, usd: "0.1")).decision()
            }
        }
    }

    /// What waits for a hold is started once, before its caller hears of it, and by no refusal.
    @Test(arguments: [false, true])
    func `start what waits for them`(isDecidedBefore: Bool) async throws {
        try await Self.with([(.usd, "0.000003", true)]) { journal in
            for number in UInt64(1)...2 {
                let ticket = try journal.decide(Self.hold(number, tokens: 1, usd: "0.000002"))
                if isDecidedBefore { _ = try await ticket.durable() }
                let starts = Mutex(0)
                ticket.whenGranted { starts.withLock { $0 += 1 } }
                _ = try await ticket.decision()
                #expect(starts.withLock { $0 } == (number == 1 ? 1 : 0))
                if !isDecidedBefore { _ = try await ticket.durable() }
                #expect(starts.withLock { $0 } == (number == 1 ? 1 : 0))
            }
        }
    }

    /// However long that takes, and whenever the caller asks.
    @Test func `are told only after what waits for them was started`() async throws {
        try await Self.with([]) { journal in
            let ticket = try journal.decide(Self.hold(1, tokens: 1, usd: "0.1"))
            let isStarting = Mutex(false)
            let isStarted = Mutex(false)
            ticket.whenGranted {
                isStarting.withLock { $0 = true }
                Thread.sleep(forTimeInterval: 0.05)
                isStarted.withLock { $0 = true }
            }
            while !isStarting.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
            #expect(try await ticket.decision() == .granted)
            #expect(isStarted.withLock { $0 })
        }
    }

    @Test func `are granted up to the limit to the last step, and not beyond`() async throws {
        try await Self.with([(.usd, "0.000003", true)]) { journal in
            for number in UInt64(1)...3 {
                #expect(
                    try await journal.hold(Self.hold(number, tokens: 1, usd: "0.000001"))
                        == .granted)
            }
            guard
                case .refused(let refusal) = try await journal.hold(
                    Self.hold(4, tokens: 1, usd: "0.000000000001"))
            else {
                Issue.record("a fourth hold was granted")
                return
            }
            #expect(refusal.remaining == 0 && refusal.asked == 1)
            #expect(try await journal.release(hold: EventID(high: 1, low: 2)))
            #expect(
                try await journal.hold(Self.hold(5, tokens: 1, usd: "0.000001")) == .granted)
            #expect(try journal.openHolds().count == 3)
            #expect(try journal.verify().isSound)
        }
    }

    @Test func `stand in all budgets or in none`() async throws {
        try await Self.with([(.tokens, "10", true), (.usd, "1", true), (.brl, "100", false)]) {
            journal in
            #expect(try await journal.hold(Self.hold(1, tokens: 6, usd: "0.5")) == .granted)
            guard case .refused = try await journal.hold(Self.hold(2, tokens: 4, usd: "0.6"))
            else {
                Issue.record("the dollars were not there")
                return
            }
            let held = try journal.budgets(of: "acme", at: Self.now).map(\.balance.held)
            // BRL comes first by name: 0.5 dollars at the last resort of 5.00.
            #expect(held == [try Amount<BRL>("2.5").units, 6, try Amount<USD>("0.5").units])
            #expect(try await journal.hold(Self.hold(3, tokens: 4, usd: "0.5")) == .granted)
        }
    }

    @Test func `give way to the call that names them, whatever it used`() async throws {
        try await Self.with([(.usd, "1", true)]) { journal in
            #expect(try await journal.hold(Self.hold(1, tokens: 9, usd: "0.9")) == .granted)
            let call = try Self.call(1, input: 250_000, hold: EventID(high: 1, low: 1))
            #expect(try await journal.append([call]).count == 1)
            let status = try #require(try journal.budgets(of: "acme", at: Self.now).first)
            #expect(status.balance.held == 0)
            #expect(status.balance.settled == (try Amount<USD>("0.25").units))
            // Settling twice is once: the event is there already and the hold is gone.
            #expect(try await journal.append([call]) == [.existing(SequenceNumber(4))])
            #expect(try await journal.release(hold: EventID(high: 1, low: 1)) == false)
            #expect(try journal.verify().isSound)
        }
    }

    @Test func `are the same hold when asked for again, and not another one's`() async throws {
        try await Self.with([(.usd, "1", true)]) { journal in
            let hold = try Self.hold(1, tokens: 9, usd: "0.4")
            #expect(try await journal.hold(hold) == .granted)
            #expect(try await journal.hold(hold) == .existing)
            await #expect(throws: JournalError.self) {
                try await journal.hold(Self.hold(1, tokens: 9, usd: "0.5"))
            }
            let stranger = Hold(
                id: EventID(high: 1, low: 2), client: "nobody", at: Self.now, tokens: 1,
                usd: .zero)
            #expect(try await journal.hold(stranger) == .unknownClient)
            let status = try #require(try journal.budgets(of: "acme", at: Self.now).first)
            #expect(status.balance.held == (try Amount<USD>("0.4").units))
        }
    }

    @Test(arguments: [1, 10, 100, 1_000])
    func `asked for at once never pass a limit, and use all of it`(callers: Int) async throws {
        try await Self.with([(.usd, "0.000050", true)]) { journal in
            let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<callers {
                    group.addTask {
                        try await journal.hold(
                            Self.hold(UInt64(number) + 100, tokens: 1, usd: "0.000001"))
                            == .granted
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(granted == min(callers, 50))
            #expect(try journal.openHolds().count == granted)
        }
    }

    @Test func `see what another process set aside, though the log did not grow`() async throws {
        try await Self.with([(.tokens, "10", true)]) { journal in
            #expect(try await journal.hold(Self.hold(1, tokens: 2, usd: "0")) == .granted)
            // What a hold of another process leaves behind: a balance, and no record in the log.
            let store = journal.store
            let other = Worker {
                try store.environment.write { transaction in
                    let key = BalanceKey(
                        client: "acme", budget: "tokens-monthly",
                        period: CivilDate(year: 2026, month: 9, day: 1)!)
                    var balance = try BudgetBalance(of: key, in: store.balances, transaction)
                    try balance.hold(7)
                    try transaction.put(
                        store.balances, key: key.bytes, value: BalanceValue(balance: balance))
                }
            }
            try other.wait()
            guard
                case .refused(let refusal) = try await journal.hold(
                    Self.hold(2, tokens: 2, usd: "0"))
            else {
                Issue.record("the other's hold was not seen")
                return
            }
            #expect(refusal.remaining == 1)
            #expect(try await journal.hold(Self.hold(3, tokens: 1, usd: "0")) == .granted)
        }
    }

    @Test func `stand in a budget that is set while they are open`() async throws {
        try await Self.with([(.usd, "1", true)]) { journal in
            #expect(try await journal.hold(Self.hold(1, tokens: 8, usd: "0.4")) == .granted)
            let budgets = try [
                Budget(client: "acme", unit: .tokens, limit: "10", period: .daily, stops: true),
                // The same name, another unit.
                Budget(
                    client: "acme", id: "usd-monthly", unit: .brl, limit: "3", period: .monthly,
                    stops: true),
            ]
            let set = Worker {
                try journal.record(budgets.map { .budgetSet($0) }, by: "test")
            }
            _ = try set.wait()
            let held = try journal.budgets(of: "acme", at: Self.now).map(\.balance.held)
            #expect(held == [8, try Amount<BRL>("2").units])
            guard case .refused = try await journal.hold(Self.hold(2, tokens: 3, usd: "0")) else {
                Issue.record("the tokens of the open hold were not counted")
                return
            }
            #expect(try journal.verify().isSound)
            #expect(try await journal.release(hold: EventID(high: 1, low: 1)))
            #expect(
                try journal.budgets(of: "acme", at: Self.now).allSatisfy { $0.balance.held == 0 })
        }
    }

    /// Random commands against a model that keeps lists and adds them up.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `agree with a model whatever happens to them`(seed: UInt64) async throws {
        print("holds: seed \(seed)")
        var random = SeededRandom(seed: seed)
        try await Self.with([(.tokens, "400", true), (.usd, "0.002", true)]) { journal in
            var open: [UInt64: (tokens: UInt64, micros: UInt64)] = [:]
            var usedTokens: UInt64 = 0
            var usedMicros: UInt64 = 0
            var price: UInt64 = 1
            for number in UInt64(1)...250 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    let tokens = UInt64.random(in: 1...60, using: &random)
                    let micros = UInt64.random(in: 0...300, using: &random)
                    let text = String(micros)
                    let usd = "0.000000".dropLast(text.count) + text
                    let decision = try await journal.hold(
                        Self.hold(number, tokens: tokens, usd: String(usd)))
                    let heldTokens = open.values.reduce(0) { $0 + $1.tokens }
                    let heldMicros = open.values.reduce(0) { $0 + $1.micros }
                    let fits =
                        usedTokens + heldTokens + tokens <= 400
                        && usedMicros + heldMicros + micros <= 2_000
                    #expect((decision == .granted) == fits, "seed \(seed), step \(number)")
                    if fits { open[number] = (tokens, micros) }
                case 5:
                    let grown = open.keys.sorted().randomElement(using: &random) ?? 999
                    let tokens = UInt64.random(in: 0...40, using: &random)
                    let fits =
                        usedTokens + open.values.reduce(0) { $0 + $1.tokens } + tokens <= 400
                    let decision = try await journal.extend(
                        hold: EventID(high: 1, low: grown), tokens: tokens, usd: .zero)
                    if open[grown] == nil {
                        #expect(decision == .notOpen)
                    } else {
                        #expect(
                            (decision == .granted)
                                == (fits
                                    && usedMicros + open.values.reduce(0) { $0 + $1.micros }
                                        <= 2_000),
                            "seed \(seed), step \(number)")
                        if decision == .granted { open[grown]?.tokens += tokens }
                    }
                case 6:
                    let gone = open.keys.sorted().randomElement(using: &random) ?? 999
                    let was = open.removeValue(forKey: gone) != nil
                    #expect(try await journal.release(hold: EventID(high: 1, low: gone)) == was)
                case 7..<9:
                    let settled = open.keys.sorted().randomElement(using: &random)
                    let input = UInt32.random(in: 0...20, using: &random)
                    _ = try await journal.append(
                        Self.call(
                            number, input: input,
                            hold: settled.map { EventID(high: 1, low: $0) }))
                    if let settled { open[settled] = nil }
                    usedTokens += UInt64(input)
                    usedMicros += UInt64(input) * price
                default:
                    // A price that reaches back moves what was settled and leaves what is held.
                    let next = UInt64.random(in: 1...3, using: &random)
                    var prices = PriceSet()
                    prices[.input] = try UnitPrice("\(next).00")
                    prices[.output] = try UnitPrice("2.00")
                    let entry = PriceEntry(
                        provider: "openai", model: "m", effectiveFrom: Instant(seconds: 0),
                        prices: prices)
                    let set = Worker { try journal.record([.priceSet(entry)], by: "test") }
                    _ = try set.wait()
                    usedMicros = usedMicros / price * next
                    price = next
                }
                let balances = try journal.budgets(of: "acme", at: Self.now).map(\.balance)
                #expect(balances[0].held == Int128(open.values.reduce(0) { $0 + $1.tokens }))
                #expect(balances[0].settled == Int128(usedTokens))
                #expect(
                    balances[1].held
                        == Int128(open.values.reduce(0) { $0 + $1.micros }) * 1_000_000)
                #expect(balances[1].settled == Int128(usedMicros) * 1_000_000)
            }
            #expect(try journal.openHolds().count == open.count)
            #expect(try journal.verify().isSound)
        }
    }
}

@Suite struct `Holds that are only asked about` {
    @Test func `are told what a hold would be told, and set nothing aside`() async throws {
        let scratch = try Scratch()
        let journal = try scratch.create()
        defer { journal.close() }
        try await prepare(journal)
        func hold(_ number: UInt64, _ usd: String, client: String = "acme") throws -> Hold {
            Hold(
                id: .test(number), client: client, at: Instant(seconds: 1_700_000_000), tokens: 1,
                usd: try Amount(usd))
        }
        let asked = try [hold(1, "7"), hold(2, "7"), hold(3, "11"), hold(4, "1", client: "x")]
        let told = try await journal.rehearse(asked)
        #expect(told[0] == .granted && told[1] == .granted && told[3] == .unknownClient)
        guard case .refused(let refusal) = told[2] else { throw JournalError.refused("granted") }
        #expect(refusal.held == 0 && refusal.remaining == 10_000_000_000_000)
        #expect(try journal.openHolds().isEmpty)
        #expect(try await journal.hold(asked[0]) == .granted)
    }

    /// Blocking appends, off the shared threads.
    private func prepare(_ journal: Journal) async throws {
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread {
                done.resume(
                    with: Result {
                        try journal.prepare()
                        try journal.record(
                            [
                                .budgetSet(
                                    Budget(
                                        client: "acme", unit: .usd, limit: "10", period: .monthly,
                                        stops: true))
                            ], by: "test")
                    })
            }
        }
    }
}
