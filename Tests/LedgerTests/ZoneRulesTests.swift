import Ledger
import TestSupport
import Testing

/// Zones with summer time and without, with skipped days, half hours and Ramadan's clock.
let testedZones = [
    "America/Sao_Paulo", "America/Manaus", "America/Rio_Branco", "America/Noronha", "UTC",
    "Asia/Kolkata", "America/New_York", "Pacific/Apia", "Asia/Pyongyang", "Africa/Casablanca",
]

struct `Zone rules` {
    @Test(arguments: [
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23),
        ("America/Sao_Paulo", "2018-11-03", "2018-11-03T03:00:00Z", 24),
        ("America/Sao_Paulo", "2019-02-16", "2019-02-16T02:00:00Z", 25),
        ("America/Sao_Paulo", "2019-02-17", "2019-02-17T03:00:00Z", 24),
        ("America/Sao_Paulo", "2026-01-01", "2026-01-01T03:00:00Z", 24),
        ("America/New_York", "2024-03-10", "2024-03-10T05:00:00Z", 23),
        ("America/New_York", "2024-11-03", "2024-11-03T04:00:00Z", 25),
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", 24),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", 24),
        ("Asia/Kolkata", "2024-01-01", "2023-12-31T18:30:00Z", 24),
        ("UTC", "2024-02-29", "2024-02-29T00:00:00Z", 24),
    ])
    func `start days where the clock on the wall does`(
        zone: String, day: String, start: String, hours: Int64
    ) throws {
        let interval = try ZoneRules.named(zone).interval(of: date(day))
        #expect(interval.lowerBound.description == start)
        #expect(interval.upperBound.seconds - interval.lowerBound.seconds == hours * 3_600)
    }

    @Test func `know the half hours of Pyongyang`() throws {
        let zone = try ZoneRules.named("Asia/Pyongyang")
        func length(_ day: String) -> Int64 {
            let interval = zone.interval(of: date(day))
            return (interval.upperBound.seconds - interval.lowerBound.seconds) / 60
        }
        #expect(length("2015-08-14") == 24 * 60 + 30)
        #expect(length("2018-05-04") == 24 * 60 - 30)
    }

    static let localDays = """
        import sys
        from datetime import datetime, timezone
        from zoneinfo import ZoneInfo
        zones = {}
        for line in sys.stdin:
            name, second = line.split()
            zone = zones.setdefault(name, ZoneInfo(name))
            t = datetime.fromtimestamp(int(second), timezone.utc).astimezone(zone)
            print(t.date().isoformat(), int(t.utcoffset().total_seconds()))
        """

    @Test(.enabled(if: Python.isAvailable, "python3 is not on this machine"))
    func `give the local day that Python's zoneinfo gives`() throws {
        try withSeed { random in
            var asked: [(String, Int64)] = []
            for zone in testedZones {
                for _ in 0..<2_000 { asked.append((zone, random.int(946_684_800...2_145_916_800))) }
            }
            let input = asked.map { "\($0.0) \($0.1)\n" }.joined()
            let lines = try Python.lines(Self.localDays, input: input)
            try #require(lines.count == asked.count)
            for (question, line) in zip(asked, lines) {
                let zone = try ZoneRules.named(question.0)
                let day = zone.localDay(of: Instant(seconds: question.1))
                let ours = "\(day) \(zone.offset(atSecond: question.1))"
                try #require(ours == line, "\(question)")
            }
        }
    }

    @Test(.enabled(if: Python.isAvailable, "python3 is not on this machine"))
    func `start every day around every transition where zoneinfo does`() throws {
        // For each change of the offset: the first second of each day near it, found by bisection.
        let script = """
            import sys
            from datetime import datetime, timezone, date
            from zoneinfo import ZoneInfo
            for name in sys.stdin.read().split():
                zone = ZoneInfo(name)
                def at(s): return datetime.fromtimestamp(s, timezone.utc).astimezone(zone)
                first, last = 946684800, 2145916800
                days = set()
                for s in range(first, last, 21600):
                    if at(s).utcoffset() != at(s + 21600).utcoffset():
                        days.update(range(at(s).toordinal() - 3, at(s).toordinal() + 5))
                for s in range(first, last, 86400 * 61): days.add(at(s).toordinal())
                for ordinal in sorted(days):
                    middle = (ordinal - 719163) * 86400
                    low, high = middle - 3 * 86400, middle + 3 * 86400
                    while high - low > 1:
                        half = (low + high) // 2
                        if at(half).toordinal() < ordinal: low = half
                        else: high = half
                    print(name, date.fromordinal(ordinal).isoformat(), high)
            """
        let lines = try Python.lines(script, input: testedZones.joined(separator: " "))
        try #require(lines.count > 3_000)
        for line in lines {
            let parts = line.split(separator: " ")
            let day = try #require(CivilDate(parts[1]))
            let start = try ZoneRules.named(String(parts[0])).start(of: day)
            try #require("\(start.seconds)" == parts[2], "\(line)")
        }
    }

    @Test(arguments: testedZones)
    func `cut time into days without gap or overlap`(name: String) throws {
        let zone = try ZoneRules.named(name)
        var day = date("2000-01-01")
        var previous = zone.interval(of: day.adding(days: -1))
        while day < date("2038-01-01") {
            let interval = zone.interval(of: day)
            try #require(interval.lowerBound == previous.upperBound, "\(day)")
            if !interval.isEmpty {
                let last = Instant(nanoseconds: interval.upperBound.nanoseconds - 1)
                try #require(zone.localDay(of: interval.lowerBound) == day)
                try #require(zone.localDay(of: last) == day)
            }
            previous = interval
            day = day.adding(days: 1)
        }
    }

    @Test(arguments: ["", "Mars/Phobos", "America/Sao Paulo", "GMT+3", "BRT", "-03:00", "Europe/"])
    func `of unknown names are refused`(name: String) {
        #expect(throws: ZoneError.self) { try ZoneRules.named(name) }
    }
}
