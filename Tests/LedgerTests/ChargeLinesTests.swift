// Which days a mark-up's or a charge's line takes.

import Ledger
import Money
import TestSupport
import Testing

@Suite struct `Lines of mark-ups and charges` {
    /// A November of three calls whose cost in reais ends in half centavos, and what was agreed.
    private struct November {
        var state = LedgerState()
        private var sequence: UInt64 = 0

        init() throws {
            try record(.clientRegistered(ClientRecord(id: "acme", name: "Acme")))
            try record(
                .priceSet(
                    PriceEntry(
                        provider: "openai", model: "gpt-4o", effectiveFrom: .distantPast,
                        prices: try prices("25", "1"))))
            try agree(.rateRule(.fixed(ExchangeRate("1"))), from: "2023-11-01")
            try agree(.markup(Percent("20")), from: "2023-11-01")
            try charge("ISS", "5", from: "2023-11-01")
        }

        private mutating func record(_ event: ControlEvent) throws {
            sequence += 1
            try state.apply(
                event, at: SequenceNumber(sequence), recordedAt: Instant(seconds: 1_700_000_000))
        }

        mutating func agree(_ term: Term, from day: String) throws {
            try record(.termsSet(TermsChange(client: "acme", from: date(day), term: term)))
        }

        mutating func charge(
            _ name: String, _ percent: String, _ effect: ChargeTerm.Effect = .charged,
            from day: String
        ) throws {
            let term = ChargeTerm(
                name: name, tier: .tax, mode: .grossUp, effect: effect,
                percent: try Percent(percent))
            try agree(.charge(term), from: day)
        }

        func statement(format: Int = Statement.currentFormat) throws -> Statement {
            let client = try #require(state.clients["acme"])
            let events = [3, 12, 20].map { day in
                UsageEvent.sample(
                    at: Instant(seconds: 1_698_800_000 + Int64(day) * 86_400), input: 1_000,
                    output: 0)
            }
            var builder = StatementBuilder(
                client: client, month: date("2023-11-01").month, books: StatementBooks(state))
            var rating = Rating(book: state.prices)
            let source = MemoryCells(events, calendar: client.calendar)
            for (key, cell) in source.cells(wholeDays: true) {
                let charges = try rating.charges(
                    for: key, cell, calendar: client.calendar, source: source)
                try builder.add(key, cell, charges)
            }
            return try builder.finish(
                format: format, log: (SequenceNumber(1), "head"), digest: { _ in "" })
        }
    }

    @Test func `have a day's reais as they are charged, and of old as they cost`() throws {
        var november = try November()
        let list = ListPrice(provider: "openai", model: "gpt-4o", prices: try prices("90", "9"))
        try november.agree(.price(list), from: "2023-11-10")
        let made = try november.statement()
        #expect(made.days.map(\.brlExact) == ["0.025", "0.09", "0.09"])
        #expect(made.days.map(\.usd) == ["0.025", "0.025", "0.025"])
        let exact = try made.lines.flatMap(\.days).compactMap(\.brlExact).reduce(
            Amount<BRL>.zero
        ) { try $0.adding(Amount($1)) }
        let days = try made.days.reduce(Amount<BRL>.zero) { try $0.adding(Amount($1.brlExact)) }
        #expect(days == exact && made.formatVersion == 3)
        let former = try november.statement(format: 2)
        #expect(former.days.map(\.brlExact) == ["0.025", "0.025", "0.025"])
        #expect(former.formatVersion == 2 && former.lines == made.lines)
    }

    private func shown(_ charges: [Statement.Charge]) -> [String] {
        charges.map { "\($0.name) \($0.percent) \($0.from)/\($0.to) \($0.brlExact) \($0.brl)" }
    }

    @Test func `take the whole month while nothing changes`() throws {
        let made = try November().statement()
        #expect(shown(made.markups) == [" 20 2023-11-01/2023-11-30 0.015 0.02"])
        #expect(shown(made.taxes) == ["ISS 5 2023-11-01/2023-11-30 0.00473684210526315789 0.00"])
    }

    @Test func `are split by a change of their own, and by no other`() throws {
        var november = try November()
        try november.agree(.markup(Percent("30")), from: "2023-11-11")
        let made = try november.statement()
        #expect(
            shown(made.markups) == [
                " 20 2023-11-01/2023-11-10 0.005 0.00", " 30 2023-11-11/2023-11-30 0.015 0.02",
            ])
        // 5 % por dentro of 0.075 and 0.02.
        #expect(shown(made.taxes) == ["ISS 5 2023-11-01/2023-11-30 0.005 0.00"])
        try november.charge("ISS", "2", from: "2023-11-20")
        let later = try november.statement()
        #expect(later.markups == made.markups)
        #expect(later.taxes.map(\.to) == ["2023-11-19", "2023-11-30"])
    }

    @Test func `stay as they are when something that is only shown begins or ends`() throws {
        var november = try November()
        let before = try november.statement()
        try november.charge("CBS", "0.9", .informative, from: "2023-11-10")
        try november.charge("CBS", "0", .informative, from: "2023-11-15")
        let after = try november.statement()
        #expect(after.taxes.map(\.name) == ["CBS", "ISS"])
        #expect(after.taxes.first?.from == "2023-11-10" && after.taxes.first?.to == "2023-11-14")
        #expect(after.markups == before.markups && after.taxes.last == before.taxes.first)
        #expect(after.subtotals == before.subtotals && after.totalBrl == before.totalBrl)
    }
}
