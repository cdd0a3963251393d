import Ledger
import Money
import Testing

@Suite struct `The sample statements` {
    @Test(arguments: [Sample.full, .overcredited, .unpricedChanges])
    func `have sections that fit their sums and the total`(sample: Sample) throws {
        let statement = try sample.statement()
        let due = { (charges: [Statement.Charge]) in charges.filter { $0.effect == .charged } }
        let sums = statement.subtotals
        let adjustments = statement.adjustments.compactMap(\.brl)
        let credits = statement.credits.map(\.brl)
        let charges = [statement.markups, statement.surcharges, statement.taxes].map(due)
        let names = [sums.markups, sums.surcharges, sums.taxes]
        for (charges, sum) in zip(charges, names) {
            #expect(try Self.sum(charges.map(\.brl)) == Amount(sum))
        }
        #expect(try Self.sum(adjustments) == Amount(sums.adjustments))
        #expect(try Self.sum(credits) == Amount(sums.credits))
        let lines = statement.lines.compactMap(\.brl)
        let all = lines + charges.joined().map(\.brl) + adjustments + credits
        #expect(try Self.sum(all) == Amount(statement.totalBrl))
        let exact =
            statement.lines.compactMap(\.brlExact) + charges.joined().map(\.brlExact)
            + adjustments + credits
        #expect(try Self.sum(exact) == Amount(statement.totalBrlExact))
        let difference = try Amount<BRL>(statement.totalBrl)
            .subtracting(Amount(statement.totalBrlExact))
        #expect(try difference == Amount(statement.roundingDifferenceBrl))
    }

    @Test func `have charges that are their share of their base`() throws {
        let statement = try Sample.full.statement()
        for charge in statement.markups + statement.surcharges + statement.taxes {
            let base = try Amount<BRL>(charge.baseBrl)
            let share = try Percent(charge.percent)
            let exact = Rounding.halfEven.divide(
                base.units * Int128(share.units), by: Int128(Percent.whole.units))
            #expect(exact == (try Amount<BRL>(charge.brlExact)).units, "\(charge.name)")
            let cents = try Amount<BRL>(charge.brl)
            #expect(
                cents.cents(.halfEven) == (try Amount<BRL>(charge.brlExact)).cents(.halfEven))
        }
    }

    static func sum(_ texts: [String]) throws -> Amount<BRL> {
        try texts.reduce(.zero) { try $0.adding(Amount($1)) }
    }
}
