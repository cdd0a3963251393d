// Six facts about a month and its closing, in random orders, in real ledgers.

import Foundation
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

@Suite struct `Facts around a closing` {
    /// What may become known about a month, before it is closed or after.
    enum Fact: CaseIterable { case late, cost, reversal, correction, price, rate, terms, close }

    private static let november = date("2023-11-14").month
    /// Ledgers a run: all orders there are with `RAZAO_TEST_WHOLE=1`.
    private static let isWhole = ProcessInfo.processInfo.environment["RAZAO_TEST_WHOLE"] == "1"
    private static let count = 60

    private static func call(_ number: UInt64, _ day: Int, _ input: UInt32) throws -> NewEvent {
        let at = Instant(seconds: 1_698_800_000 + Int64(day) * 86_400)
        return try usage(number, .sample(at: at, input: input, output: 11))
    }

    private static func agreed(_ term: Term, from: String) -> ControlEvent {
        .termsSet(TermsChange(client: "acme", from: date(from), term: term))
    }

    private static func rate(_ day: String, _ sell: String) throws -> ControlEvent {
        let rate = try ExchangeRate(sell)
        return .rateRecorded(RateEntry(date: date(day), buy: rate, sell: rate))
    }

    /// Usage of two months, with terms of several kinds, seen in January.
    private static func withMonths<R>(_ body: (Journal) throws -> R) throws -> R {
        let clock = TestClock(at: try Instant("2024-01-10T12:00:00Z"), step: 1_000)
        return try Scratch().withJournal(clock: clock) { journal in
            try journal.prepare()
            var events: [ControlEvent] = [
                .issuerSet(IssuerChange(issuer: Issuer(name: "Nós"), from: date("2023-01-01"))),
                agreed(.markup(try Percent("17.35")), from: "2023-11-01"),
            ]
            events += try dailyQuotes([
                "2023-10-31": "5.0507", "2023-11-14": "4.8765", "2023-12-29": "4.8413",
                "2024-01-09": "4.8765",
            ]).map(ControlEvent.rateRecorded)
            for (name, tier, percent) in [
                ("IOF", ChargeTerm.Tier.surcharge, "4.38"), ("ISS", .tax, "5"),
            ] {
                let term = ChargeTerm(
                    name: name, tier: tier, mode: tier == .tax ? .grossUp : .addOn,
                    effect: .charged, percent: try Percent(percent))
                events.append(agreed(.charge(term), from: "2023-11-01"))
            }
            try journal.record(events, by: "test")
            let outcomes = try journal.append(
                [
                    call(1, 2, 1_234_567), call(2, 12, 987_653), call(3, 20, 333_331),
                    call(4, 28, 71_993), call(5, 33, 55_555),
                ], expecting: nil)
            try #require(outcomes.count == 5)
            return try body(journal)
        }
    }

    private static func learn(_ fact: Fact, _ journal: Journal) throws {
        switch fact {
        case .late: _ = try journal.append([call(6, 17, 444_449)], expecting: nil)
        case .cost:
            let cost = AdjustmentRecord(
                client: "acme", date: date("2023-11-22"), provider: "openai", model: "gpt-4o",
                usd: try Amount("-0.3301"), tokens: nil, reason: "bill", source: "bill.csv")
            try journal.record([.adjustmentRecorded(cost)], by: "ana")
        case .reversal: _ = try journal.reverse("\(EventID.test(2))", reason: "twice", by: "ana")
        case .correction:
            _ = try journal.correct("\(EventID.test(3))", reason: "bill", by: "ana") {
                $0.tokens[.input] = 300_007
            }
        case .price:
            let entry = PriceEntry(
                provider: "openai", model: "gpt-4o",
                effectiveFrom: try Instant("2023-11-10T00:00:00Z"),
                prices: try prices("3.15", "10.00"))
            try journal.record([.priceSet(entry)], by: "ana")
        case .rate: try journal.record([rate("2023-11-17", "5.3079")], by: "ana")
        case .terms:
            let credit = CreditTerm(name: "x", cents: 7, reason: "x")
            try journal.record(
                [
                    agreed(.markup(try Percent("21.05")), from: "2023-11-15"),
                    agreed(.credit(credit), from: "2023-11-09"),
                ], by: "ana")
        case .close: try close(november, journal)
        }
    }

    private static func close(_ month: CivilMonth, _ journal: Journal) throws {
        let result = try journal.close(
            ClosingOrder(month: month, client: "acme"), by: "ana",
            canonical: `Closed months`.canonical)
        try #require(result.closed.count == 1, "\(result.refusals)")
    }

    /// What the client is billed for each month, with what later statements say of it.
    private static func billed(_ journal: Journal) throws -> [String: StatementSums] {
        var sums: [String: StatementSums] = [:]
        for month in [november, november.next] {
            let statement = try journal.statement(client: "acme", month: month) { _ in "" }
            sums[month.description] = try StatementSums(statement)
            for line in statement.adjustments {
                try sums[line.originMonth, default: StatementSums()].add(line)
            }
        }
        return sums
    }

    @Test func `come to the same in every order, as if nothing had been closed`() throws {
        let facts = Fact.allCases
        let expected = try Self.withMonths { journal in
            for fact in facts where fact != .close { try Self.learn(fact, journal) }
            return try Self.billed(journal)
        }
        try withSeed { random in
            let orders =
                Self.isWhole
                ? Self.orders(facts) : (0..<Self.count).map { _ in facts.shuffled(using: &random) }
            for order in orders {
                try Self.withMonths { journal in
                    for fact in order { try Self.learn(fact, journal) }
                    try #require(try Self.billed(journal) == expected, "\(order), open")
                    try Self.checkChanges(journal, "\(order), open")
                    try Self.close(Self.november.next, journal)
                    try Self.checkChanges(journal, "\(order)")
                    try #require(try Self.billed(journal) == expected, "\(order)")
                    // Once: nothing is left for the month after.
                    let january = try journal.statement(
                        client: "acme", month: Self.november.next.next
                    ) { _ in "" }
                    try #require(january.adjustments.isEmpty, "\(order)")
                    try #require(try journal.verify().faults == [], "\(order)")
                }
            }
        }
    }

    /// The records behind each line of adjustment come to it, or are what changed.
    private static func checkChanges(_ journal: Journal, _ order: String) throws {
        struct Sum: Equatable {
            var quantity: Int64 = 0
            var usd = Amount<USD>.zero
        }
        let statement = try journal.statement(client: "acme", month: november.next) { _ in "" }
        let ofCalls: Set<Statement.Adjustment.Reason> = [.late, .recorded, .reversal]
        var lines: [String: Sum] = [:]
        for line in statement.adjustments
        where line.section == .usage && ofCalls.contains(line.reason) {
            let key = "\(line.originMonth) \(line.reason) \(line.model ?? "")"
            lines[key, default: Sum()].quantity += line.quantity ?? 0
            try lines[key, default: Sum()].usd.add(Amount(line.usd ?? "0"))
        }
        var sums: [String: Sum] = [:]
        var reasons: Set<Statement.Adjustment.Reason> = []
        try journal.changes(behind: statement) { change in
            reasons.insert(change.reason)
            #expect((change.call == nil) == (change.fact != nil))
            let isTold = [.recorded, .reversal].contains(change.reason)
            #expect((change.words != nil) == isTold)
            guard let call = change.call else { return }
            let key = "\(change.originMonth) \(change.reason) \(call.model)"
            for part in call.parts {
                let usd = part.usd ?? .zero
                let quantity = Int64(part.quantity)
                sums[key, default: Sum()].quantity += change.isTakenBack ? -quantity : quantity
                try sums[key, default: Sum()].usd.add(
                    change.isTakenBack ? Amount.zero.subtracting(usd) : usd)
            }
        }
        try #require(sums == lines, "\(order)")
        try #require(reasons == Set(statement.adjustments.map(\.reason)), "\(order)")
    }

    @Test func `that correct a call are told as a correction, however often it is corrected`()
        throws
    {
        try Self.withMonths { journal in
            try Self.close(Self.november, journal)
            try Self.learn(.correction, journal)
            let first = try Self.december(journal)
            #expect(Set(first.map(\.reason)) == [.reversal])
            let usage = try #require(first.first { $0.section == .usage })
            #expect(usage.quantity == 300_007 - 333_331)
            let replaced = try #require(try journal.state().reversals.values.first?.sequence.next)
            _ = try journal.correct("\(replaced)", reason: "again", by: "ana") {
                $0.tokens[.input] = 333_330
            }
            let second = try Self.december(journal)
            #expect(Set(second.map(\.reason)) == [.reversal])
            #expect(second.first { $0.section == .usage }?.quantity == -1)
            // A call that came late and was corrected is late first.
            try Self.learn(.late, journal)
            _ = try journal.correct("\(EventID.test(6))", reason: "bill", by: "ana") {
                $0.tokens[.input] = 400_000
            }
            let third = try Self.december(journal).filter { $0.section == .usage }
            #expect(third.map(\.reason) == [.late, .reversal])
            #expect(third.map(\.quantity) == [444_460, -44_450])
        }
    }

    private static func december(_ journal: Journal) throws -> [Statement.Adjustment] {
        try journal.statement(client: "acme", month: november.next) { _ in "" }.adjustments
    }

    /// Every order of some facts.
    private static func orders(_ facts: [Fact]) -> [[Fact]] {
        guard !facts.isEmpty else { return [[]] }
        return facts.flatMap { first in
            orders(facts.filter { $0 != first }).map { [first] + $0 }
        }
    }
}
