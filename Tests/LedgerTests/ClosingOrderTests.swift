// Six facts about a month and its closing, in every order there is.

import Foundation
import Ledger
import Money
import TestSupport
import Testing

@Suite struct `Facts around a closing` {
    /// What may become known about a month, before it is closed or after.
    enum Fact: Int, CaseIterable { case late, reversal, correction, price, rate, terms }

    /// A call, and the moments at which it became known and was taken back.
    struct Call {
        var event: UsageEvent
        var known: Int
        var reversed: Int?
    }

    /// What a ledger knows, as plain values: a branch of the orders is a copy.
    struct World {
        var state = LedgerState()
        var calls: [Call] = []
        var moment = 0
        /// What was known when the month was closed, and what was billed then.
        var closed: (state: LedgerState, moment: Int, billed: StatementSums)?
        /// What became known since then.
        var since: Set<Fact> = []

        static let month = date("2023-11-01").month

        init() throws {
            try apply(.clientRegistered(ClientRecord(id: "acme", name: "Acme")))
            try apply(price("2.50", from: "2023-01-01T00:00:00Z"))
            try apply(rate("2023-10-31", "5.0507"))
            try apply(rate("2023-11-13", "4.9123"))
            try apply(agreed(.markup(Percent("17.35")), from: "2023-11-01"))
            for (name, tier, percent) in [
                ("IOF", ChargeTerm.Tier.surcharge, "4.38"), ("ISS", .tax, "5"),
            ] {
                let term = ChargeTerm(
                    name: name, tier: tier, mode: tier == .tax ? .grossUp : .addOn,
                    effect: .charged, percent: try Percent(percent))
                try apply(agreed(.charge(term), from: "2023-11-01"))
            }
            for (day, input) in [(2, 1_234_567), (12, 987_653), (20, 333_331), (28, 71_993)] {
                calls.append(Call(event: Self.call(day, UInt32(input)), known: moment))
            }
        }

        private mutating func apply(_ event: ControlEvent) throws {
            moment += 1
            try state.apply(
                event, at: SequenceNumber(UInt64(moment)),
                recordedAt: Instant(seconds: 1_700_000_000 + Int64(moment)))
        }

        private func price(_ input: String, from: String) throws -> ControlEvent {
            .priceSet(
                PriceEntry(
                    provider: "openai", model: "gpt-4o", effectiveFrom: try Instant(from),
                    prices: try prices(input, "10.00")))
        }

        private func rate(_ day: String, _ sell: String) throws -> ControlEvent {
            let rate = try ExchangeRate(sell)
            return .rateRecorded(RateEntry(date: date(day), buy: rate, sell: rate))
        }

        private func agreed(_ term: Term, from: String) -> ControlEvent {
            .termsSet(TermsChange(client: "acme", from: date(from), term: term))
        }

        private static func call(_ day: Int, _ input: UInt32) -> UsageEvent {
            .sample(
                at: Instant(seconds: 1_698_800_000 + Int64(day) * 86_400), input: input, output: 11)
        }

        /// A fact becomes known.
        mutating func learn(_ fact: Fact) throws {
            moment += 1
            since.insert(fact)
            switch fact {
            case .late: calls.append(Call(event: Self.call(17, 444_449), known: moment))
            case .reversal: calls[1].reversed = moment
            case .correction:
                calls[2].reversed = moment
                calls.append(Call(event: Self.call(20, 300_007), known: moment))
            case .price: try apply(price("3.15", from: "2023-11-10T00:00:00Z"))
            case .rate: try apply(rate("2023-11-13", "5.3079"))
            case .terms:
                try apply(agreed(.markup(try Percent("21.05")), from: "2023-11-15"))
                try apply(
                    agreed(
                        .credit(CreditTerm(name: "x", cents: 7, reason: "x")), from: "2023-11-09")
                )
            }
        }

        /// What the month comes to with these calls at these prices.
        func sums(
            _ events: [UsageEvent], _ book: PriceBook, _ books: StatementBooks
        ) throws -> StatementSums {
            let client = try #require(state.clients["acme"])
            var builder = StatementBuilder(client: client, month: Self.month, books: books)
            var rating = Rating(book: book)
            let source = MemoryCells(events, calendar: client.calendar)
            for (key, cell) in source.cells(wholeDays: true) {
                let charges = try rating.charges(
                    for: key, cell, calendar: client.calendar, source: source)
                try builder.add(key, cell, charges)
            }
            return try StatementSums(
                builder.finish(log: (SequenceNumber(1), "head"), digest: { _ in "" }))
        }

        /// The calls that count, and those that were taken back after a moment too.
        func events(reversedAfter moment: Int = .max) -> [UsageEvent] {
            calls.filter { $0.reversed.map { $0 > moment } ?? true }.map(\.event)
        }

        /// What the month comes to as all that is known says.
        func total() throws -> StatementSums {
            try sums(events(), state.prices, StatementBooks(state))
        }

        mutating func close() throws {
            closed = (state, moment, try total())
            since = []
        }

        /// What the client was billed for the month in all once the next one is closed.
        func billed() throws -> StatementSums? {
            guard let closed else { return nil }
            let then = closed.state.prices
            let books = StatementBooks(closed.state)
            var withRates = books
            withRates.rates = state.rates
            let late = events(reversedAfter: closed.moment)
            let live = events()
            typealias Step = (
                Statement.Adjustment.Reason, Set<Fact>, [UsageEvent], PriceBook, StatementBooks
            )
            let steps: [Step] = [
                (.late, [.late], late, then, books),
                (.reversal, [.reversal, .correction], live, then, books),
                (.price, [.price], live, state.prices, books),
                (.rate, [.rate], live, state.prices, withRates),
                (.terms, [.terms], live, state.prices, StatementBooks(state)),
            ]
            let due = try steps.filter { !since.isDisjoint(with: $0.1) }.map {
                (reason: $0.0, sums: try sums($0.2, $0.3, $0.4))
            }
            let lines = try StatementSums.adjustments(
                of: Self.month, number: nil, billed: closed.billed, steps: due)
            var billed = closed.billed
            for line in lines { try billed.add(line) }
            return billed
        }
    }

    /// Every order of the facts and the closing, and every beginning of such an order: each
    /// selection of facts comes to the same in whatever order it became known.
    @Test func `come to the same in all 5,040 orders`() throws {
        var expected: [Set<Fact>: StatementSums] = [:]
        for selection in 0..<(1 << Fact.allCases.count) {
            let facts = Fact.allCases.filter { selection >> $0.rawValue & 1 == 1 }
            var world = try World()
            for fact in facts { try world.learn(fact) }
            expected[Set(facts)] = try world.total()
        }
        // Each fact moves something, alone and beside all others.
        #expect(Set(expected.values.map { "\($0)" }).count > 1)
        for fact in Fact.allCases {
            #expect(expected[[fact]] != expected[[]], "\(fact)")
            let others = Set(Fact.allCases).subtracting([fact])
            #expect(expected[others] != expected[Set(Fact.allCases)], "\(fact)")
        }
        var orders = 0
        try visit(try World(), [], expected, &orders)
        #expect(orders == 5_040)
    }

    private func visit(
        _ world: World, _ known: Set<Fact>, _ expected: [Set<Fact>: StatementSums],
        _ orders: inout Int
    ) throws {
        if let billed = try world.billed() { try #require(billed == expected[known], "\(known)") }
        if world.closed != nil, known.count == Fact.allCases.count { orders += 1 }
        for fact in Fact.allCases where !known.contains(fact) {
            var next = world
            try next.learn(fact)
            try visit(next, known.union([fact]), expected, &orders)
        }
        guard world.closed == nil else { return }
        var next = world
        try next.close()
        try visit(next, known, expected, &orders)
    }
}
