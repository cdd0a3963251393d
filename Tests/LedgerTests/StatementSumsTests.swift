// What a closed month owes, from what was billed and what it comes to, quantities without a price
// among them.

import Money
import Testing

@testable import Ledger

@Suite struct `What a closed month owes` {
    /// A statement's lines of one model: `100 1.23` is a quantity and what it costs in reais and in
    /// dollars, `60 ?` one without a price.
    private static func lines(_ text: String) -> [Statement.Adjustment] {
        text.split(separator: ",").map { line in
            let parts = line.split(separator: " ").map { String($0) }
            let cost = parts[1] == "?" ? nil : parts[1]
            return Statement.Adjustment(
                originMonth: "2023-11", originNumber: nil, section: .usage, provider: "p",
                model: "m", name: nil, reason: .late, quantity: Int64(parts[0]), usd: cost,
                brl: cost)
        }
    }

    private static func sums(_ text: String) throws -> StatementSums {
        var sums = StatementSums()
        for line in lines(text) { try sums.add(line) }
        return sums
    }

    @Test(arguments: [
        ("", "", ""),
        ("", "70 0.35", "70 0.35"),
        // Nobody knows the cost of more, of less and of all that there is.
        ("", "100 ?", "100 ?"),
        ("100 ?", "150 ?", "50 ?"),
        ("100 ?", "", "-100 ?"),
        ("40 0.10, 60 ?", "40 0.10, 90 ?", "30 ?"),
        ("40 0.10", "40 0.10, 60 ?", "60 ?"),
        // A part of what came has a price.
        ("40 0.10", "90 0.30, 60 ?", "60 ?, 50 0.20"),
        ("", "90 0.30, 60 ?", "60 ?, 90 0.30"),
        // What was accepted gets a price: its quantity was billed.
        ("100 ?", "100 1.23", "0 1.23"),
        ("40 0.10, 60 ?", "40 0.20, 60 ?", "0 0.10"),
        // What is free is known to be.
        ("40 0.00", "90 0.00", "50 0.00"),
        ("40 0.10, 60 ?", "", "-100 -0.10"),
        ("40 0.30", "15 0.10", "-25 -0.20"),
    ])
    func `is in lines that say what is not known`(
        billed: String, now: String, expected: String
    ) throws {
        let month = try #require(CivilMonth("2023-11"))
        func owed(_ billed: StatementSums) throws -> [Statement.Adjustment] {
            try StatementSums.adjustments(
                of: month, number: nil, billed: billed, steps: [(.late, Self.sums(now))])
        }
        var sums = try Self.sums(billed)
        let found = try owed(sums)
        let told = found.map { "\($0.quantity ?? 0) \($0.brl ?? "?")" }
        #expect(told.joined(separator: ", ") == expected)
        #expect(found.allSatisfy { ($0.usd == nil) == ($0.brl == nil) })
        // With them the month was billed what it comes to, and owes nothing more.
        for line in found { try sums.add(line) }
        #expect(try sums == Self.sums(now))
        #expect(try owed(sums) == [])
    }

    /// A call that came late for a closed month and has a price by now, or was taken back.
    @Test(arguments: [
        ("", "100 ?", "100 1.23", "price 100 1.23"),
        ("100 ?", "150 ?", "150 2.00", "price 50 2.00"),
        ("", "300 ?", "", ""),
        ("", "100 ?, 50 0.20", "150 0.60", "late-usage 50 0.20, price 100 0.40"),
        ("", "150 ?", "60 ?, 90 0.90", "late-usage 60 ?, price 90 0.90"),
        ("40 0.10", "40 0.10, 60 ?", "40 0.10, 60 ?", "late-usage 60 ?"),
    ])
    func `tells what was unknown on the way where its price is`(
        billed: String, late: String, now: String, expected: String
    ) throws {
        let month = try #require(CivilMonth("2023-11"))
        var sums = try Self.sums(billed)
        let found = try StatementSums.adjustments(
            of: month, number: nil, billed: sums,
            steps: [(.late, Self.sums(late)), (.price, Self.sums(now))])
        let told = found.map { "\($0.reason.rawValue) \($0.quantity ?? 0) \($0.brl ?? "?")" }
        #expect(told.joined(separator: ", ") == expected)
        for line in found { try sums.add(line) }
        #expect(try sums == Self.sums(now))
    }

    @Test(arguments: ["markup", "tax", "surcharge", "credit"])
    func `of other sections always has an amount`(section: String) throws {
        let month = try #require(CivilMonth("2023-11"))
        var line = try #require(Self.lines("0 1.50").first)
        line.section = try #require(Statement.Adjustment.Section(rawValue: section))
        (line.provider, line.model, line.name, line.quantity, line.usd) = (nil, nil, "x", nil, nil)
        var now = StatementSums()
        try now.add(line)
        let found = try StatementSums.adjustments(
            of: month, number: nil, billed: StatementSums(), steps: [(.late, now)])
        #expect(found == [line])
    }
}
