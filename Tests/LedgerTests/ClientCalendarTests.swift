import Ledger
import TestSupport
import Testing

struct `A client's calendar` {
    /// Every instant of a stretch lies in one day and one month, and asking forth and back agrees.
    private func holds(
        _ calendar: ClientCalendar, from first: String, to last: String
    ) throws {
        var day = date(first)
        var end = calendar.interval(of: day).lowerBound
        while day <= date(last) {
            let interval = calendar.interval(of: day)
            try #require(interval.lowerBound == end, "no gap and no overlap before \(day)")
            end = interval.upperBound
            var probe = interval.lowerBound
            while probe < interval.upperBound {
                for instant in [probe, Instant(nanoseconds: probe.nanoseconds + 3_599_999_999_999)]
                where instant < interval.upperBound {
                    let place = calendar.place(of: instant)
                    try #require(place.day == day, "\(instant)")
                    try #require(calendar.day(of: instant) == day)
                    try #require(
                        calendar.interval(of: place.day, slot: place.slot).contains(instant))
                    try #require(calendar.interval(of: day.month).contains(instant))
                }
                probe = Instant(seconds: probe.seconds + 3_600)
            }
            if !interval.isEmpty {
                let lastInstant = Instant(nanoseconds: interval.upperBound.nanoseconds - 1)
                try #require(calendar.day(of: lastInstant) == day)
                // The hours of a day cut it without gap, the last one is the shortest.
                var edge = interval.lowerBound
                for slot in 0...calendar.place(of: lastInstant).slot {
                    let hour = calendar.interval(of: day, slot: slot)
                    try #require(hour.lowerBound == edge)
                    edge = hour.upperBound
                }
                try #require(edge == interval.upperBound)
            }
            day = day.adding(days: 1)
        }
        var month = date(first).month
        while month < date(last).month {
            try #require(
                calendar.interval(of: month).upperBound
                    == calendar.interval(of: month.next).lowerBound)
            month = month.next
        }
    }

    @Test(arguments: testedZones)
    func `that never changed agrees with its zone`(name: String) throws {
        let zone = try ZoneRules.named(name)
        let calendar = ClientCalendar(zone: zone)
        try holds(calendar, from: "2018-10-20", to: "2019-03-10")
        try holds(calendar, from: "2011-12-20", to: "2012-01-10")
        #expect(calendar.interval(of: date("2019-02-16")) == zone.interval(of: date("2019-02-16")))
    }

    static let changes: [(String, String)] = testedZones.flatMap { from in
        testedZones.compactMap { from == $0 ? nil : (from, $0) }
    }

    @Test(arguments: changes)
    func `cuts time in both directions of a change of zone`(from: String, to: String) throws {
        let calendar = try ClientCalendar(zone: .named(from))
            .changing(to: .named(to), decidedAt: Instant("2018-10-15T12:00:00Z"))
        try holds(calendar, from: "2018-10-28", to: "2018-11-06")
        let october = try #require(CivilMonth("2018-10"))
        #expect(calendar.zone(in: october).identifier == from)
        #expect(calendar.zone(in: october.next).identifier == to)
        #expect(calendar.zone.identifier == to)
        let start = calendar.interval(of: october.next).lowerBound
        #expect(try start == ZoneRules.named(from).start(of: date("2018-11-01")))
    }

    @Test func `holds through extreme zones and many random changes`() throws {
        try withSeed { random in
            let zones = testedZones + ["Pacific/Kiritimati", "Pacific/Pago_Pago"]
            for _ in 0..<5 {
                var calendar = ClientCalendar(zone: try .named(random.pick(zones)))
                var decided = try Instant("2020-01-01T00:00:00Z").seconds
                for _ in 0..<6 {
                    decided += random.int(0...60 * 86_400)
                    calendar = calendar.changing(
                        to: try .named(random.pick(zones)), decidedAt: Instant(seconds: decided))
                }
                try holds(calendar, from: "2019-12-20", to: "2020-12-31")
            }
        }
    }

    @Test func `moves no instant that was counted before the change was decided`() throws {
        try withSeed { random in
            for _ in 0..<40 {
                var calendar = ClientCalendar(zone: try .named(random.pick(testedZones)))
                var decided = try Instant("2020-01-01T00:00:00Z").seconds
                for _ in 0..<4 {
                    decided += random.int(0...40 * 86_400)
                    let changed = calendar.changing(
                        to: try .named(random.pick(testedZones)),
                        decidedAt: Instant(seconds: decided))
                    for _ in 0..<50 {
                        let past = Instant(seconds: decided - random.int(0...90 * 86_400))
                        try #require(changed.place(of: past) == calendar.place(of: past), "\(past)")
                    }
                    calendar = changed
                }
            }
        }
    }

    @Test func `keeps the month that is about to end when a change comes in its last hour`() throws
    {
        let calendar = try ClientCalendar(zone: .named("America/Sao_Paulo"))
            .changing(to: .utc, decidedAt: Instant("2024-02-01T02:30:00Z"))
        let february = try #require(CivilMonth("2024-02"))
        #expect(calendar.zone(in: february).identifier == "America/Sao_Paulo")
        #expect(calendar.zone(in: february.next).identifier == "UTC")
    }

    @Test func `takes the last of two changes of the same month`() throws {
        let calendar = try ClientCalendar(zone: .utc)
            .changing(to: .named("Asia/Kolkata"), decidedAt: Instant("2024-02-05T00:00:00Z"))
            .changing(to: .named("America/Manaus"), decidedAt: Instant("2024-02-06T00:00:00Z"))
        #expect(calendar.zone.identifier == "America/Manaus")
        try holds(calendar, from: "2024-02-20", to: "2024-03-10")
    }
}
