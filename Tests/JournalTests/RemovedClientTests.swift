// What a client that was removed still takes, and what it does not: decided in the writer's
// transaction, whoever removed it.

import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

@Suite struct `A client that was removed` {
    private static let words = "client acme was removed on 2024-01-11 and takes nothing new"

    /// Two clients with calls, the first of them removed on 11 January 2024.
    private static func with(
        _ body: (Journal, TestClock) throws -> Void
    ) throws {
        let clock = TestClock(at: try Instant("2024-01-11T12:00:00Z"), step: 1_000)
        let scratch = try Scratch()
        try scratch.withJournal(clock: clock) { journal in
            try journal.prepare()
            _ = try journal.append(
                [
                    usage(1, .sample(input: 1_000_000, output: 0)),
                    usage(2, .sample(client: "zeta", input: 500_000)),
                ], expecting: nil)
            try journal.record([.clientRemoved(ClientRemoval(client: "acme"))], by: "ana")
            try body(journal, clock)
        }
    }

    private static func refusal(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "taken"
        } catch {
            return "\(error)"
        }
    }

    @Test func `takes no call, no reversal and no correction, and keeps what it has`() throws {
        try Self.with { journal, _ in
            let head = try journal.head().sequence
            let outcomes = try journal.append(
                [
                    usage(1, .sample(input: 1_000_000, output: 0)), usage(3, .sample(input: 1)),
                    usage(4, .sample(client: "zeta", input: 1)),
                    usage(5, .sample(client: "ghost", input: 1)),
                ], expecting: nil)
            // What was told before is told to be there.
            guard case .existing = outcomes[0], case .refused(let reason) = outcomes[1],
                case .appended = outcomes[2], case .refused(let unknown) = outcomes[3]
            else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(reason.hasPrefix(Self.words) && reason.contains("razao client add acme"))
            #expect(unknown == "its client was never registered")
            let call = "\(EventID.test(1))"
            for said in [
                Self.refusal { _ = try journal.reverse(call, reason: "x", by: "ana") },
                Self.refusal {
                    _ = try journal.correct(call, reason: "x", by: "ana") { $0.attempt = 9 }
                },
            ] { #expect(said.hasPrefix(Self.words), "\(said)") }
            #expect(try journal.head().sequence == head.next)
            #expect(try journal.usage(by: [.client]).count == 2)
            #expect(try journal.verify().faults == [] && journal.rebuildViews().isEqual)
        }
    }

    @Test func `takes no budget, key, term, cost or change of its data`() throws {
        try Self.with { journal, _ in
            let (_, key) = try AccessKeys.make(client: "acme")
            let events: [ControlEvent] = [
                .budgetSet(
                    try Budget(client: "acme", unit: .usd, limit: "1", period: .daily)),
                .keyIssued(key), .clientUpdated(ClientRecord(id: "acme", name: "Other")),
                .termsSet(
                    TermsChange(
                        client: "acme", from: date("2024-01-01"), term: .markup(try Percent("5")))),
                .adjustmentRecorded(
                    AdjustmentRecord(
                        client: "acme", date: date("2023-11-14"), provider: "openai",
                        model: "gpt-4o", usd: try Amount("1"), tokens: nil, reason: "x",
                        source: "x")),
            ]
            for event in events {
                let said = Self.refusal { _ = try journal.record([event], by: "bob") }
                #expect(said.hasPrefix(Self.words), "\(event.kind.name): \(said)")
            }
            // What takes something away is no addition.
            try journal.record([.budgetRemoved(BudgetRemoval(client: "acme", id: "x"))], by: "b")
            let said = Self.refusal {
                _ = try journal.record([.clientRemoved(ClientRemoval(client: "no"))], by: "b")
            }
            #expect(said.contains("there is no client no"))
        }
    }

    @Test func `has its calls in flight recorded, and begins none`() async throws {
        let at = Instant(seconds: 1_705_000_000)
        func hold(_ number: UInt64) throws -> Hold {
            Hold(
                id: EventID(high: 1, low: number), client: "acme", at: at, tokens: 100,
                usd: try Amount("0.01"))
        }
        let scratch = try Scratch()
        let journal = try scratch.create()
        defer { journal.close() }
        try Worker { try journal.prepare() }.wait()
        for number in UInt64(1)...2 {
            #expect(try await journal.hold(hold(number)) == .granted)
        }
        try Worker {
            _ = try journal.record([.clientRemoved(ClientRemoval(client: "acme"))], by: "ana")
        }.wait()
        #expect(try await journal.hold(hold(3)) == .unknownClient)
        #expect(try await journal.hold(hold(1)) == .existing)
        #expect(try await journal.rehearse([hold(3)]) == [.unknownClient])
        #expect(
            try await journal.extend(hold: hold(1).id, tokens: 5, usd: Amount("0.01")) == .granted)
        // One call that two models answered: the first event ends the hold.
        var first = UsageEvent.sample(at: at, input: 70)
        first.hold = try hold(1).id
        first.requestID = "\(try hold(1).id)"
        var second = UsageEvent.sample(at: at, input: 30)
        second.requestID = first.requestID
        var foreign = UsageEvent.sample(client: "acme", at: at, input: 9)
        foreign.hold = EventID(high: 1, low: 77)
        let outcomes = try await journal.append(
            [usage(11, first), usage(12, second), usage(13, foreign)])
        let taken = outcomes.map { if case .appended = $0 { true } else { false } }
        #expect(taken == [true, true, false])
        // Later nothing more comes of it; told again, it is there.
        let again = try await journal.append([usage(14, second), usage(11, first)])
        #expect("\(again[0])".contains(Self.words))
        guard case .existing = again[1] else {
            Issue.record("\(again)")
            return
        }
        #expect(try journal.openHolds().map(\.id) == [hold(2).id])
        #expect(try journal.verify().faults == [])
    }

    @Test func `has its months closed while there is something in them`() throws {
        try Self.with { journal, clock in
            try journal.record(
                [
                    .issuerSet(
                        IssuerChange(issuer: Issuer(name: "R"), from: date("2023-01-01"))),
                    .rateRecorded(
                        RateEntry(
                            date: date("2024-01-10"), buy: ExchangeRate("4.9"),
                            sell: ExchangeRate("4.9"))),
                    .settingsChanged(
                        SettingsChange(name: "statement.rate_rule", value: "fixed:5")),
                ], by: "test")
            func close(_ month: String, client: String? = nil) throws -> [String] {
                let result = try journal.close(
                    ClosingOrder(month: try #require(CivilMonth(month)), client: client), by: "ana",
                    canonical: `Closed months`.canonical)
                return result.closed.map(\.client) + result.refusals.map { "\($0)" }
            }
            #expect(try close("2023-11") == ["acme", "zeta"])
            clock.set(try Instant("2024-04-10T12:00:00Z"))
            // Nothing was used any more: only who asks for it gets an empty statement.
            #expect(try close("2023-12") == [])
            #expect(try close("2024-01") == [])
            #expect(try close("2023-12", client: "acme") == ["acme"])
            // A price of then changes: there is something to put right, in its next month.
            try journal.record(
                [
                    .priceSet(
                        PriceEntry(
                            provider: "openai", model: "gpt-4o",
                            effectiveFrom: try Instant("2023-01-01T00:00:00Z"),
                            prices: prices("3.00", "10.00")))
                ], by: "test")
            #expect(try close("2023-12") == ["zeta"])
            #expect(try close("2024-01") == ["acme"])
            #expect(try close("2024-02") == [])
            #expect(try journal.verify().faults == [])
            #expect(try journal.verify().statements == 5)
        }
    }

    @Test func `that is taken back takes all again, and another zone from its next month on`()
        throws
    {
        try Self.with { journal, _ in
            try journal.record(
                [.clientRegistered(ClientRecord(id: "acme", timeZone: "UTC"))], by: "ana")
            let client = try #require(try journal.state().clients["acme"])
            #expect(client.removedAt == nil && client.record.timeZone == "UTC")
            #expect(
                client.calendar.zone(in: date("2024-01-11").month).identifier
                    == "America/Sao_Paulo")
            let outcome = try journal.append([usage(20, .sample(input: 1))], expecting: nil)[0]
            guard case .appended = outcome else {
                Issue.record("\(outcome)")
                return
            }
            _ = try journal.reverse("\(EventID.test(20))", reason: "x", by: "ana")
            #expect(try journal.verify().faults == [])
        }
    }
}
