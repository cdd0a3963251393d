import Foundation

/// A time zone as plain data: every change of its offset from UTC, so that finding a local day is a
/// search in a small array and the same on every call.
///
/// ```swift
/// let zone = try ZoneRules.named("America/Sao_Paulo")
/// zone.localDay(of: instant)                 // the civil date on a clock on the wall there
/// zone.start(of: day)                        // the first instant of that date
/// ```
/// A local day starts at its first existing instant: in São Paulo 2018-11-04 began at 01:00, and
/// 2019-02-16 had 25 hours. Offsets come from Foundation's zone data. Cost of a look-up: some
/// nanoseconds; of the first use of a zone: a few milliseconds, then it is kept.
public struct ZoneRules: Sendable, Hashable {
    /// The IANA name.
    public let identifier: String
    /// Seconds since the epoch at which an offset begins, ascending.
    let transitions: [Int64]
    /// The offset from UTC in seconds before the first transition, then from each on.
    let offsets: [Int32]

    init(identifier: String, transitions: [Int64], offsets: [Int32]) {
        self.identifier = identifier
        self.transitions = transitions
        self.offsets = offsets
    }

    /// Coordinated Universal Time.
    public static let utc = ZoneRules(identifier: "UTC", transitions: [], offsets: [0])

    /// Seconds east of UTC at an instant.
    public func offset(atSecond second: Int64) -> Int64 {
        // Newest first: nearly every call is after the last change of the rules.
        var index = transitions.count
        while index > 0, transitions[index - 1] > second { index -= 1 }
        return Int64(offsets[index])
    }

    /// The date on the wall at an instant.
    public func localDay(of instant: Instant) -> CivilDate {
        let second = instant.seconds
        return CivilDate(
            dayNumber: Int32(
                clamping: (second + offset(atSecond: second)).dividedDown(by: 86_400)))
    }

    /// The first instant whose local date is `day` or later.
    public func start(of day: CivilDate) -> Instant {
        Instant(seconds: startSecond(of: day))
    }

    /// The half-open range of instants of a local day.
    public func interval(of day: CivilDate) -> Range<Instant> {
        let start = start(of: day)
        return start..<max(start, self.start(of: day.adding(days: 1)))
    }

    /// The half-open range of instants of a local month.
    public func interval(of month: CivilMonth) -> Range<Instant> {
        start(of: month.firstDay)..<start(of: month.next.firstDay)
    }

    private func startSecond(of day: CivilDate) -> Int64 {
        let wall = Int64(day.dayNumber) * 86_400
        // The candidates are midnight at each offset in force near that day, and the transitions
        // themselves: a skipped midnight starts the day at the transition.
        let around = [
            wall - offset(atSecond: wall - 86_400), wall - offset(atSecond: wall + 86_400),
        ]
        var best = Int64.max
        for candidate in around
        where (candidate + offset(atSecond: candidate)) >= wall { best = min(best, candidate) }
        for transition in transitions where abs(transition - wall) < 2 * 86_400 {
            if transition + offset(atSecond: transition) >= wall,
                transition - 1 + offset(atSecond: transition - 1) < wall
            {
                best = min(best, transition)
            }
        }
        return best == .max ? wall - offset(atSecond: wall) : best
    }
}

extension ZoneRules {
    /// The rules of an IANA zone, from the system's zone data.
    ///
    /// Throws when the name is unknown. The result is kept for the life of the process.
    public static func named(_ identifier: String) throws(ZoneError) -> ZoneRules {
        if let known = cache.withLock({ $0[identifier] }) { return known }
        guard identifier.contains("/") || identifier == "UTC",
            let zone = TimeZone(identifier: identifier)
        else { throw ZoneError(identifier: identifier) }
        let rules = ZoneRules(reading: zone, identifier: identifier)
        cache.withLock { $0[identifier] = rules }
        return rules
    }

    private static let cache = Locked<[String: ZoneRules]>([:])

    /// From 1990, before any AI call, to 2060; Foundation answers for single instants, and whole
    /// seconds are exact in its Date.
    private init(reading zone: TimeZone, identifier: String) {
        func offset(_ second: Int64) -> Int32 {
            Int32(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(second))))
        }
        var second: Int64 = 631_152_000
        let end: Int64 = 2_840_140_800
        var transitions: [Int64] = []
        var offsets = [offset(second)]
        // A step of two days and a bisection find each change whether it is daylight saving or a
        // new standard time. The shortest spell since 1990 is a week: Noronha's summer of 2000.
        while second < end {
            let next = second + 2 * 86_400
            if offset(next) != offsets[offsets.count - 1] {
                var low = second
                var high = next
                while high - low > 1 {
                    let middle = low + (high - low) / 2
                    if offset(middle) == offsets[offsets.count - 1] {
                        low = middle
                    } else {
                        high = middle
                    }
                }
                transitions.append(high)
                offsets.append(offset(high))
                second = high
            } else {
                second = next
            }
        }
        self.init(identifier: identifier, transitions: transitions, offsets: offsets)
    }
}

/// The name is no time zone of this machine.
public struct ZoneError: Error, Sendable, CustomStringConvertible {
    let identifier: String
    /// The sentence that is shown to a person.
    public var description: String {
        "\"\(identifier)\" is not a known time zone; give an IANA name such as America/Sao_Paulo"
    }
}
