import Ledger
import Money
import TestSupport
import Testing

struct `A watch over budgets` {
    /// Days with what they cost now and then, `2026-10-05 3 4`, in both currencies alike.
    static func found(
        _ period: Budget.Period, _ unit: Budget.Unit, stops: Bool = true, limit: String = "10",
        asked: Range<CivilDate> = date("2026-10-01")..<date("2026-11-01"), _ table: String
    ) throws -> [String] {
        let budget = try Budget(
            client: "c", unit: unit, limit: limit, period: period, stops: stops)
        var watch = BudgetWatch([budget], asked: asked)
        #expect(watch.isEmpty == (!stops || unit == .tokens))
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            try watch.add(date(words[0]), before: cost(words[1]), after: cost(words[2]))
        }
        return watch.finish().map { found in
            let days = [found.reachedBefore, found.reachedAfter].map { $0?.description ?? "never" }
            return "\(found.days.lowerBound) \(days[0]) \(days[1]) "
                + (found.effect?.rawValue ?? "nothing")
        }
    }

    private static func cost(_ text: String) throws -> BudgetWatch.DayCost {
        var cost = BudgetWatch.DayCost()
        cost.usd = try Amount(text)
        cost.brl = try Amount(text)
        return cost
    }

    static let month = """
        2026-10-05 3 4
        2026-10-06 3 6
        2026-10-12 4 1
        2026-10-31 0 0
        """

    @Test(
        arguments: [
            // A limit counts as reached when the sum is not below it.
            (.monthly, .brl, "10", ["2026-10-01 2026-10-12 2026-10-06 stops-earlier"]),
            (.monthly, .usd, "10", ["2026-10-01 2026-10-12 2026-10-06 stops-earlier"]),
            (.monthly, .brl, "10.5", ["2026-10-01 never 2026-10-12 stops"]),
            (.monthly, .brl, "12", []),
            (.weekly, .brl, "10", ["2026-10-05 never 2026-10-06 stops"]),
            (
                .weekly, .brl, "4",
                [
                    "2026-10-05 2026-10-06 2026-10-05 stops-earlier",
                    "2026-10-12 2026-10-12 never runs-on",
                ]
            ),
            (
                .daily, .usd, "4",
                [
                    "2026-10-05 never 2026-10-05 stops", "2026-10-06 never 2026-10-06 stops",
                    "2026-10-12 2026-10-12 never runs-on",
                ]
            ),
            (.monthly, .tokens, "10", []),
        ] as [(Budget.Period, Budget.Unit, String, [String])])
    func `finds the periods that would stop on another day`(
        period: Budget.Period, unit: Budget.Unit, limit: String, found: [String]
    ) throws {
        #expect(try Self.found(period, unit, limit: limit, Self.month) == found)
        #expect(try Self.found(period, unit, stops: false, limit: limit, Self.month).isEmpty)
    }

    @Test func `looks at whole periods of which a day is asked`() throws {
        let days = date("2026-10-10")..<date("2026-10-20")
        let usage = """
            2026-09-30 20 0
            2026-10-02 6 0
            2026-10-25 6 6
            2026-11-01 20 0
            """
        #expect(
            try Self.found(.monthly, .brl, asked: days, usage)
                == ["2026-10-01 2026-10-25 never runs-on"])
        #expect(try Self.found(.daily, .brl, asked: days, usage).isEmpty)
    }

    @Test func `says where a part of the usage has no price`() throws {
        let budget = try Budget(client: "c", unit: .brl, limit: "1", period: .monthly, stops: true)
        var watch = BudgetWatch([budget], asked: date("2026-10-01")..<date("2026-11-01"))
        var unpriced = BudgetWatch.DayCost()
        unpriced.isPartial = true
        try watch.add(date("2026-10-01"), before: Self.cost("2"), after: unpriced)
        #expect(watch.finish().map(\.isPartial) == [true])
    }

    @Test func `that does not fit is an error for the one who asked`() throws {
        let budget = try Budget(client: "c", unit: .brl, limit: "1", period: .monthly, stops: true)
        var watch = BudgetWatch([budget], asked: date("2026-10-01")..<date("2026-11-01"))
        var most = BudgetWatch.DayCost()
        most.brl = Amount(units: .max)
        try watch.add(date("2026-10-01"), before: most, after: most)
        #expect(throws: MoneyError.self) {
            try watch.add(date("2026-10-02"), before: most, after: most)
        }
    }
}
