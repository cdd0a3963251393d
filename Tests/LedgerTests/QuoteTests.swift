import Ledger
import Money
import TestSupport
import Testing

/// A rate book from lines of `<sequence> <date> <sell> [source]`.
func rates(_ table: String) throws -> RateBook {
    var book = RateBook()
    for line in table.split(separator: "\n") {
        let words = line.split(separator: " ")
        let sell = try ExchangeRate(words[2])
        book.record(
            RateEntry(
                date: try #require(CivilDate(words[1])),
                buy: ExchangeRate(units: sell.units - 60_000),
                sell: sell, source: words.count > 3 ? String(words[3]) : RateEntry.ptax),
            at: SequenceNumber(try #require(UInt64(words[0]))))
    }
    return book
}

struct `The rate book` {
    /// February 2026 around Carnival: the 16th and 17th are holidays, the 14th and 15th a weekend.
    static let carnival = """
        1 2026-02-12 5.1000
        2 2026-02-13 5.2000
        3 2026-02-18 5.3000
        4 2026-02-19 5.4000
        """

    private func shown(_ applied: AppliedRate) -> String {
        "\(applied.rate.text) \(applied.date.map(\.description) ?? "-") \(applied.status)"
    }

    @Test(arguments: [
        // The day, the last record known, previous-business-day, same-day.
        ("2026-02-12", 0, "5.0000 - provisional", "5.0000 - provisional"),
        ("2026-02-12", 1, "5.0000 - provisional", "5.1000 2026-02-12 final"),
        ("2026-02-13", 1, "5.1000 2026-02-12 final", "5.1000 2026-02-12 stale"),
        ("2026-02-13", 2, "5.1000 2026-02-12 final", "5.2000 2026-02-13 final"),
        ("2026-02-14", 2, "5.2000 2026-02-13 final", "5.2000 2026-02-13 final"),
        ("2026-02-15", 2, "5.2000 2026-02-13 final", "5.2000 2026-02-13 final"),
        ("2026-02-16", 2, "5.2000 2026-02-13 final", "5.2000 2026-02-13 stale"),
        ("2026-02-17", 2, "5.2000 2026-02-13 stale", "5.2000 2026-02-13 stale"),
        ("2026-02-18", 2, "5.2000 2026-02-13 stale", "5.2000 2026-02-13 stale"),
        ("2026-02-16", 3, "5.2000 2026-02-13 final", "5.2000 2026-02-13 final"),
        ("2026-02-17", 3, "5.2000 2026-02-13 final", "5.2000 2026-02-13 final"),
        ("2026-02-18", 3, "5.2000 2026-02-13 final", "5.3000 2026-02-18 final"),
        ("2026-02-19", 3, "5.3000 2026-02-18 final", "5.3000 2026-02-18 stale"),
        ("2026-02-19", 4, "5.3000 2026-02-18 final", "5.4000 2026-02-19 final"),
        ("2026-03-10", 4, "5.4000 2026-02-19 stale", "5.4000 2026-02-19 stale"),
        ("2026-01-05", 4, "5.0000 - provisional", "5.0000 - provisional"),
    ])
    func `applies its rule over weekends, holidays and gaps`(
        day: String, known: UInt64, previous: String, same: String
    ) throws {
        let book = try rates(Self.carnival).knownBy(SequenceNumber(known))
        #expect(shown(book.rate(for: date(day), rule: .previousBusinessDay)) == previous)
        #expect(shown(book.rate(for: date(day), rule: .sameDay)) == same)
    }

    @Test(arguments: [
        ("2026-02-03", 4, "5.4000 2026-02-19 stale"), ("2026-02-28", 4, "5.4000 2026-02-19 stale"),
        ("2026-02-03", 5, "5.5000 2026-02-27 final"), ("2026-02-03", 6, "5.5000 2026-02-27 final"),
        ("2026-03-03", 6, "5.6000 2026-03-02 stale"),
    ])
    func `takes the last quote of the month where that is the rule`(
        day: String, known: UInt64, rate: String
    ) throws {
        let table = Self.carnival + "\n5 2026-02-27 5.5000\n6 2026-03-02 5.6000"
        let book = try rates(table).knownBy(SequenceNumber(known))
        #expect(shown(book.rate(for: date(day), rule: .monthClose)) == rate)
    }

    /// Quotes up to Wednesday 2024-11-13, then from Monday 2024-12-02 on.
    private static let hole = """
        1 2024-11-11 5.7100
        2 2024-11-12 5.7200
        3 2024-11-13 5.7300
        4 2024-12-02 6.0700
        5 2024-12-03 6.0500
        """

    @Test(arguments: [
        // The day, then status and doubtful days of previous-business-day and of same-day.
        ("2024-11-13", "final", "final"), ("2024-11-14", "final", "stale 11-14...12-01"),
        ("2024-11-15", "stale 11-14...12-01", "stale 11-14...12-01"),
        ("2024-11-25", "stale 11-14...12-01", "stale 11-14...12-01"),
        ("2024-12-01", "stale 11-14...12-01", "stale 11-14...12-01"),
        ("2024-12-02", "stale 11-14...12-01", "final"), ("2024-12-03", "final", "final"),
        ("2024-12-04", "final", "stale 12-04...12-04"),
    ])
    func `is not final in a hole that no holidays make`(
        day: String, previous: String, same: String
    ) throws {
        let book = try rates(Self.hole)
        #expect(status(book, day, .previousBusinessDay) == previous)
        #expect(status(book, day, .sameDay) == same)
        let fixed = try #require(RateRule("fixed:5.40"))
        #expect(status(book, day, fixed) == "final")
    }

    private func status(_ book: RateBook, _ day: String, _ rule: RateRule) -> String {
        let days = book.doubtfulDays(for: date(day), rule: rule).map {
            " \($0.lowerBound.description.dropFirst(5))...\($0.upperBound.description.dropFirst(5))"
        }
        return "\(book.rate(for: date(day), rule: rule).status)" + (days ?? "")
    }

    @Test(arguments: [
        // A whole month, one with Carnival, one that ends in a hole, one that begins in one.
        ("2024-10-31 11-01 11-04 11-08 11-13 11-18 11-22 11-27 11-29 12-02", "final"),
        ("2024-11-01 11-06 11-11 11-14 11-19 11-22 11-27 11-29 12-02", "final"),
        ("2024-10-31 11-01 11-13 11-18 11-22 11-27 11-29 12-02", "stale 11-02...11-12"),
        ("2024-10-31 11-01 11-06 11-11 11-13 12-02", "stale 11-14...12-01"),
        ("2024-10-21 11-05 11-08 11-13 11-18 11-22 11-27 11-29", "stale 11-01...11-04"),
        ("2024-10-21 11-01 11-06 11-11 11-14 11-19 11-22 11-27 11-29", "final"),
        ("2024-11-07 11-08 11-13 11-18 11-22 11-27 11-29", "stale 11-01...11-06"),
        ("2024-10-31 11-01 11-06 11-11 11-13", "stale 11-14...11-30"),
    ])
    func `has no final mean of a month with a hole`(quotes: String, expected: String) throws {
        let lines = quotes.split(separator: " ").enumerated().map { index, day in
            "\(index + 1) \(index == 0 ? "" : "2024-")\(day) 5.7\(index)00"
        }
        let book = try rates(lines.joined(separator: "\n"))
        for day in ["2024-11-01", "2024-11-15", "2024-11-30"] {
            #expect(status(book, day, .monthAverage) == expected)
        }
    }

    @Test func `takes the longest gap from the Banco Central's own quotes`() throws {
        guard let bytes = SharedData.data("fx-usd-brl/ptax_2021-05-19_2025-12-31.csv") else {
            return
        }
        let days = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .compactMap { CivilDate($0.prefix(10)) }
        let gaps = zip(days, days.dropFirst()).map { Int($1.dayNumber - $0.dayNumber) }
        #expect(gaps.max() == RateBook.longestGap)
    }

    @Test func `takes a contract's rate as it is`() throws {
        let rule = try #require(RateRule("fixed:5.40"))
        let applied = try rates(Self.carnival).rate(for: date("2026-02-14"), rule: rule)
        #expect(applied.rate.text == "5.4000" && applied.status == .final && applied.date == nil)
    }

    @Test(arguments: [
        ("1 2026-02-12 5.1 ptax", "5.1000 ptax"),
        ("1 2026-02-12 5.2 frankfurter", "5.2000 frankfurter"),
        ("1 2026-02-12 5.2 frankfurter\n2 2026-02-12 5.1 ptax", "5.1000 ptax"),
        ("1 2026-02-12 5.1 ptax\n2 2026-02-12 5.2 frankfurter", "5.1000 ptax"),
        ("1 2026-02-12 5.1 ptax\n2 2026-02-12 5.15 ptax", "5.1500 ptax"),
        ("2 2026-02-12 5.15 ptax\n1 2026-02-12 5.1 ptax", "5.1500 ptax"),
        ("1 2026-02-12 5.2 ecb\n2 2026-02-12 5.3 frankfurter", "5.3000 frankfurter"),
        ("1 2026-02-12 5.1 ptax\n2 2026-02-12 5.2 ecb\n3 2026-02-12 5.15 ptax", "5.1500 ptax"),
        ("3 2026-02-12 5.15 ptax\n2 2026-02-12 5.2 ecb\n1 2026-02-12 5.1 ptax", "5.1500 ptax"),
    ])
    func `puts the Banco Central first and the last correction before others`(
        table: String, quote: String
    ) throws {
        let book = try rates(table)
        let known = try #require(book.quote(on: date("2026-02-12")))
        #expect("\(known.entry.sell.text) \(known.entry.source)" == quote)
        #expect(book.count == 1 && book.newest == known)
        let bySource = try #require(book.quote(on: date("2026-02-12"), source: known.entry.source))
        #expect(bySource == known)
        #expect(book.quote(on: date("2026-02-13")) == nil)
        #expect(book.quote(on: date("2026-02-12"), source: "nobody") == nil)
    }

    @Test func `answers as it was known before a correction`() throws {
        let book = try rates("1 2026-02-12 5.2 ecb\n2 2026-02-12 5.1\n3 2026-02-12 5.15")
        for (known, rate) in [(0, "5.0000"), (1, "5.2000"), (2, "5.1000"), (3, "5.1500")] {
            let then = book.knownBy(SequenceNumber(UInt64(known)))
            let applied = then.rate(for: date("2026-02-13"), rule: .previousBusinessDay)
            #expect(applied.rate.text == rate)
        }
    }

    @Test func `is the same in whatever order records are folded`() throws {
        try withSeed { random in
            var lines = (1...40).map { sequence in
                "\(sequence) 2026-03-\(random.int(10...28)) 5.\(random.int(10...99)) "
                    + random.pick(["ptax", "ecb"])
            }
            let first = try rates(lines.joined(separator: "\n"))
            for _ in 0..<30 {
                lines.shuffle(using: &random)
                let other = try rates(lines.joined(separator: "\n"))
                for day in 9...31 {
                    let asked = date(day < 10 ? "2026-03-09" : "2026-03-\(day)")
                    try #require(first.quote(on: asked) == other.quote(on: asked))
                    for source in ["ptax", "ecb"] {
                        try #require(
                            first.quote(on: asked, source: source)
                                == other.quote(on: asked, source: source))
                    }
                    for rule in [RateRule.previousBusinessDay, .sameDay, .monthClose] {
                        try #require(
                            first.rate(for: asked, rule: rule) == other.rate(for: asked, rule: rule)
                        )
                    }
                }
            }
        }
    }

    @Test(arguments: ["previous-business-day", "same-day", "month-close", "fixed:5.4000"])
    func `names its rules as settings do`(name: String) throws {
        #expect(try #require(RateRule(name)).description == name)
    }

    @Test(arguments: [
        "", "ptax", "fixed", "fixed:", "fixed:0", "fixed:-5", "fixed:5,40", "Same-Day",
    ])
    func `refuses rules it does not know`(name: String) {
        #expect(RateRule(name) == nil)
    }
}
