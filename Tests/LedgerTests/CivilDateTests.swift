import Ledger
import TestSupport
import Testing

struct `Civil dates` {
    @Test(arguments: [
        ("1970-01-01", 0, 4), ("1969-12-31", -1, 3), ("2000-02-29", 11_016, 2),
        ("2026-03-05", 20_517, 4), ("0001-01-01", -719_162, 1), ("9999-12-31", 2_932_896, 5),
    ])
    func `count days and know their weekday`(text: String, number: Int32, weekday: Int) throws {
        let day = try #require(CivilDate(text))
        #expect(day.dayNumber == number)
        #expect(day.weekday == weekday)
        #expect(day.description == text)
    }

    @Test(arguments: [
        "", "2023-02-29", "1900-02-29", "2100-02-29", "2023-13-01", "2023-00-01", "2023-01-00",
        "2023-01-32", "2023-04-31", "2023-1-01", "2023-01-1", "20230101", "2023-01-01 ",
        "2023-01-01T00:00:00Z", "-023-01-01", "+023-01-01", "0000-01-01", "2023--1-01",
        "２０２３-01-01",
    ])
    func `that do not exist are refused`(text: String) {
        #expect(CivilDate(text) == nil)
    }

    @Test(.enabled(if: Python.isAvailable, "python3 is not on this machine"))
    func `agree with Python's datetime on random days and all month ends`() throws {
        let script = """
            import sys
            from datetime import date
            for line in sys.stdin:
                d = date.fromordinal(int(line) + 719163)
                print(d.isoformat(), d.isoweekday(), d.year, d.month, d.day)
            """
        try withSeed { random in
            var days = (0..<10_000).map { _ in random.int(-719_162...2_932_896) as Int32 }
            for index in 1_600 * 12..<2_400 * 12 {
                let month = CivilMonth(index: index)
                days.append(month.firstDay.dayNumber)
                days.append(month.lastDay.dayNumber)
            }
            let input = days.map { "\($0)\n" }.joined()
            let lines = try Python.lines(script, input: input)
            try #require(lines.count == days.count)
            for (number, line) in zip(days, lines) {
                let day = CivilDate(dayNumber: number)
                let (year, month, dayOfMonth) = day.components
                try #require("\(day) \(day.weekday) \(year) \(month) \(dayOfMonth)" == line)
                try #require(CivilDate(year: year, month: month, day: dayOfMonth) == day)
            }
        }
    }

    @Test func `count on without gaps and never trap`() {
        for number in stride(from: Int32.min, through: Int32.max - 100_000, by: 99_991) {
            let day = CivilDate(dayNumber: number)
            #expect((1...7).contains(day.weekday) && (1...12).contains(day.components.month))
        }
        #expect(CivilDate(dayNumber: .max).adding(days: 1).dayNumber == .max)
        #expect(CivilDate(dayNumber: .min).adding(days: -1).dayNumber == .min)
    }
}

struct `Civil months` {
    @Test(arguments: [
        ("2023-11", "2023-11-01", "2023-11-30", "2023-12"),
        ("2023-12", "2023-12-01", "2023-12-31", "2024-01"),
        ("2024-02", "2024-02-01", "2024-02-29", "2024-03"),
        ("0001-01", "0001-01-01", "0001-01-31", "0001-02"),
        ("9999-11", "9999-11-01", "9999-11-30", "9999-12"),
    ])
    func `know their ends and the next`(text: String, first: String, last: String, next: String)
        throws
    {
        let month = try #require(CivilMonth(text))
        #expect(month.description == text)
        #expect(month.firstDay.description == first)
        #expect(month.lastDay.description == last)
        #expect(month.next.description == next)
        #expect(month.firstDay.month == month && month.lastDay.month == month)
    }

    @Test func `end even where the calendar's four digits do`() throws {
        let last = try #require(CivilMonth("9999-12"))
        #expect(last.lastDay.description == "9999-12-31")
        #expect(last.next.firstDay > last.firstDay)
        let interval = ZoneRules.utc.interval(of: last)
        #expect(interval.isEmpty && interval.lowerBound == .distantFuture)
    }

    @Test(arguments: [
        "", "2023", "2023-13", "2023-00", "2023-1", "2023-01-01", "11-2023", "0000-12",
    ])
    func `that do not exist are refused`(text: String) {
        #expect(CivilMonth(text) == nil)
    }
}
