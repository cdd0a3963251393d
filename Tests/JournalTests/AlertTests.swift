import Foundation
import LMDB
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

// Alerts in the log: once for a budget, a period and a threshold, whoever looks and how often.
@Suite struct `Alerts in the log` {
    /// Thursday noon in São Paulo.
    private static let noon = Instant(seconds: 1_700_146_800)
    private static let day: Int64 = 86_400

    private static func at(_ seconds: Int64) -> Instant {
        Instant(seconds: noon.seconds + seconds)
    }

    private static func set(
        _ journal: Journal, limit: String = "1000", _ period: Budget.Period = .daily,
        alerts: [Int] = [80, 90, 100], client: String = "acme", unit: Budget.Unit = .tokens,
        id: String? = nil
    ) throws {
        try journal.record(
            [
                .budgetSet(
                    try Budget(
                        client: client, id: id, unit: unit, limit: limit, period: period,
                        alerts: alerts))
            ], by: "test")
    }

    private static func use(
        _ journal: Journal, _ tokens: UInt32, _ number: UInt64, at instant: Instant = noon,
        client: String = "acme"
    ) throws {
        let call = UsageEvent.sample(client: client, at: instant, input: tokens, output: 0)
        _ = try journal.append([usage(number, call)], expecting: nil)
    }

    /// What a look raises, as "client threshold" with what covers it.
    private static func look(
        _ journal: Journal, _ clients: Set<String>? = nil, at instant: Instant = noon
    ) throws -> [String] {
        try journal.raiseAlerts(of: clients, at: instant, by: "test").map {
            "\($0.client) \($0.threshold)" + ($0.coveredBy.map { "<\($0)" } ?? "")
        }
    }

    @Test func `are raised once each, also after restarts and rebuilds`() throws {
        let scratch = try Scratch()
        let clock = TestClock(at: Self.at(-10 * Self.day))
        try scratch.withJournal(clock: clock) { journal in
            try journal.prepare()
            try Self.set(journal)
            clock.set(Self.noon)
            #expect(try Self.look(journal) == [])
            try Self.use(journal, 799, 1)
            #expect(try Self.look(journal) == [])
            try Self.use(journal, 1, 2)
            #expect(try Self.look(journal, ["zeta", "nobody"]) == [])
            #expect(try Self.look(journal, ["acme"]) == ["acme 80"])
            #expect(try Self.look(journal) == [])
            try Self.use(journal, 300, 3)
            #expect(try Self.look(journal) == ["acme 90<100", "acme 100"])
            #expect(try Self.look(journal) == [])
        }
        try scratch.withJournal(clock: clock) { journal in
            #expect(try Self.look(journal) == [])
            let all = try journal.alerts(after: .zero)
            #expect(all.alerts.map(\.alert.threshold) == [80, 90, 100])
            #expect(all.alerts.allSatisfy { $0.by == "test" && $0.at >= Self.noon })
            #expect(all.alerts[0].alert.settled == 800 && all.alerts[1].alert.settled == 1_100)
            // What it saw: the last record before it.
            #expect(all.alerts[0].alert.seen == all.alerts[0].sequence.rawValue - 1)
            #expect(try all.upTo == journal.head().sequence)
            let first = try journal.alerts(after: .zero, atMost: 1)
            #expect(first.alerts == [all.alerts[0]] && first.upTo == all.alerts[0].sequence)
            let rest = try journal.alerts(after: first.upTo)
            #expect(rest.alerts == Array(all.alerts.dropFirst()) && rest.upTo == all.upTo)
            let before = try journal.viewsDigest()
            _ = try journal.rebuildViews()
            #expect(try journal.viewsDigest() == before)
            #expect(try Self.look(journal) == [])
            #expect(try journal.verify().isSound)
            // Another day is another period; usage of the first stays in it.
            #expect(try Self.look(journal, at: Self.at(Self.day)) == [])
            try Self.use(journal, 850, 4, at: Self.at(Self.day))
            #expect(try Self.look(journal, at: Self.at(Self.day)) == ["acme 80"])
        }
    }

    @Test func `are raised once by many who look at the same moment`() async throws {
        let scratch = try Scratch()
        let clients = (0..<20).map { "c\($0)" }
        let journal = try scratch.create(clock: TestClock(at: Self.noon))
        defer { journal.close() }
        _ = try Worker {
            try journal.record(
                clients.map { .clientRegistered(ClientRecord(id: $0)) }, by: "test")
            for client in clients { try Self.set(journal, client: client) }
        }.wait()
        let raised = try await withThrowingTaskGroup(of: [Alert].self) { group in
            for index in 0..<4 {
                group.addTask {
                    var raised: [Alert] = []
                    for round in 0..<25 {
                        let calls = try clients.enumerated().map { place, client in
                            try usage(
                                UInt64(index * 100_000 + round * 100 + place),
                                .sample(client: client, at: Self.noon, input: 11, output: 0))
                        }
                        _ = try await journal.append(calls)
                        raised += try await journal.raiseAlerts(at: Self.noon, by: "\(index)")
                    }
                    return raised
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(raised.count == 60)
        #expect(Set(raised.map(\.identity)).count == 60)
        let log = try journal.alerts(after: .zero).alerts
        #expect(Set(log.map(\.alert.identity)) == Set(raised.map(\.identity)) && log.count == 60)
        #expect(try journal.verify().isSound)
    }

    @Test func `stay when a correction takes the balance back, and are not repeated`() throws {
        try Scratch().withJournal(clock: TestClock(at: Self.noon)) { journal in
            try journal.prepare()
            try Self.set(journal, limit: "1", .monthly, unit: .usd)
            try Self.use(journal, 340_000, 1)
            #expect(try Self.look(journal) == ["acme 80"])
            func price(_ input: String) throws {
                try journal.record(
                    [
                        .priceSet(
                            PriceEntry(
                                provider: "openai", model: "gpt-4o",
                                effectiveFrom: Instant("2023-01-01T00:00:00Z"),
                                prices: prices(input, "10.00")))
                    ], by: "test")
            }
            try price("1.00")
            #expect(try journal.budgets(of: "acme", at: Self.noon)[0].percentUsed == 34)
            #expect(try Self.look(journal) == [])
            try price("2.70")
            #expect(try Self.look(journal) == ["acme 90"])
            // A higher limit, passed again; a lower one, passed at once.
            try Self.set(journal, limit: "1.10", .monthly, unit: .usd)
            #expect(try Self.look(journal) == [])
            try Self.set(journal, limit: "0.50", .monthly, unit: .usd)
            #expect(try Self.look(journal) == ["acme 100"])
            #expect(try journal.alerts(after: .zero).alerts.count == 3)
        }
    }

    @Test func `look back for a day, unless the limit is younger than the period`() throws {
        let clock = TestClock(at: Self.at(-5 * Self.day))
        try Scratch().withJournal(clock: clock) { journal in
            try journal.prepare()
            try Self.set(journal)
            clock.set(Self.noon)
            try Self.set(journal, id: "young")
            try Self.use(journal, 900, 1, at: Self.at(-Self.day))
            try Self.use(journal, 900, 2, at: Self.at(-2 * Self.day))
            #expect(try Self.look(journal) == ["acme 80<90", "acme 90"])
            let days = try journal.alerts(after: .zero).alerts.map(\.alert)
            #expect(Set(days.map(\.budget)) == ["tokens-daily"])
            #expect(Set(days.map(\.firstDay)) == [date("2023-11-15")])
        }
    }

    @Test func `are of the budget as it counts, not of its name`() throws {
        try Scratch().withJournal(clock: TestClock(at: Self.noon)) { journal in
            try journal.prepare()
            try Self.set(journal, id: "x")
            try Self.use(journal, 850, 1)
            #expect(try Self.look(journal) == ["acme 80"])
            try journal.record(
                [.budgetRemoved(BudgetRemoval(client: "acme", id: "x"))], by: "test")
            #expect(try Self.look(journal) == [])
            try Self.set(journal, id: "x")
            #expect(try Self.look(journal) == [])
            try Self.set(journal, limit: "0.001", unit: .usd, id: "x")
            #expect(try Self.look(journal) == ["acme 80<100", "acme 90<100", "acme 100"])
        }
    }

    @Test func `cannot be kept out by an id that a caller chose, and are found when wrong`() throws
    {
        let scratch = try Scratch()
        try scratch.withJournal(clock: TestClock(at: Self.noon)) { journal in
            try journal.prepare()
            try Self.set(journal)
            try Self.use(journal, 850, 1)
            let budget = try #require(try journal.state().budgets["acme"]?.first)
            let alert = Alert(
                budget, firstDay: date("2023-11-16"), DueAlert(threshold: 80), settled: 850,
                seen: .zero)
            // All that a caller can know of the id is not enough.
            let guess = EventID(fact: alert.identity)
            #expect(guess != journal.store.id(of: alert))
            let call = UsageEvent.sample(at: Self.noon, input: 1, output: 0)
            _ = try journal.append([NewEvent(call, id: guess)], expecting: nil)
            #expect(try Self.look(journal) == ["acme 80"])
            #expect(try journal.verify().isSound)

            var wrong = alert
            wrong.limit = 0
            let outcomes = try journal.append(
                [wrong, alert].map { alert in
                    NewEvent(
                        kind: .alertRaised, version: ControlEvent.version,
                        id: EventID(fact: "\(alert)"), occurredAt: Self.noon,
                        payload: try ControlEvent.alertRaised(alert).encoded(by: "x"))
                }, expecting: nil)
            guard case .refused = outcomes[0], case .appended(let place) = outcomes[1] else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(
                try journal.verify().faults
                    == [
                        "record \(place): the record's id (it is not that of its alert) holds a "
                            + "value that was never written"
                    ])
        }
    }

    /// A state that is asked for with every call must not read old alerts again.
    @Test func `move the state's place in the log`() throws {
        try Scratch().withJournal(clock: TestClock(at: Self.noon)) { journal in
            try journal.prepare()
            try Self.set(journal)
            try Self.use(journal, 850, 1)
            _ = try Self.look(journal)
            #expect(try journal.state().sequence == journal.head().sequence)
            try Self.use(journal, 100, 2)
            #expect(try journal.budgets(of: "acme", at: Self.noon)[0].balance.settled == 950)
        }
    }
}
