/// A client's days, hours and months: its time zone, and the zones it had before.
///
/// A new zone takes effect at the start of a month, so no month is ever measured by two clocks.
/// Days of the new zone that would reach into the month before are cut at that start.
/// ```swift
/// let place = calendar.place(of: instant)       // local day, and which hour of it
/// calendar.interval(of: place.day)              // its instants, half-open
/// ```
public struct ClientCalendar: Sendable, Equatable {
    struct Span: Sendable, Equatable {
        let start: Instant
        let firstDay: CivilDate
        let zone: ZoneRules
    }

    private(set) var spans: [Span]

    /// The calendar of a client that always had one zone.
    public init(zone: ZoneRules) {
        spans = [Span(start: .distantPast, firstDay: CivilDate(dayNumber: .min), zone: zone)]
    }

    /// The zone in effect now and from now on.
    public var zone: ZoneRules { spans[spans.count - 1].zone }

    /// The zone in effect in a month.
    public func zone(in month: CivilMonth) -> ZoneRules {
        spans.last { $0.firstDay <= month.firstDay }?.zone ?? zone
    }

    /// The calendar with another zone from the first month that begins after `decidedAt`.
    ///
    /// An hour of grace keeps calls that run ahead of our clock on the side they were counted on.
    public func changing(to zone: ZoneRules, decidedAt: Instant) -> ClientCalendar {
        let safe = Instant(
            nanoseconds: decidedAt.nanoseconds.addingReportingOverflow(3_600_000_000_000)
                .partialValue)
        let month = place(of: safe).day.month.next
        var changed = self
        let start = interval(of: month.firstDay).lowerBound
        changed.spans.removeAll { $0.start >= start }
        changed.spans.append(Span(start: start, firstDay: month.firstDay, zone: zone))
        return changed
    }

    /// Where an instant lies: the local day and the hours since that day's start (0 to 24).
    public func place(of instant: Instant) -> (day: CivilDate, slot: UInt8) {
        let day = day(of: instant)
        let start = interval(of: day).lowerBound
        let hours = (instant.seconds - start.seconds) / 3600
        return (day, UInt8(clamping: hours))
    }

    /// The local day of an instant.
    public func day(of instant: Instant) -> CivilDate {
        let index = spans.lastIndex { $0.start <= instant } ?? 0
        var day = max(spans[index].zone.localDay(of: instant), spans[index].firstDay)
        if index + 1 < spans.count { day = min(day, spans[index + 1].firstDay.adding(days: -1)) }
        return day
    }

    /// The half-open range of instants of a local day.
    public func interval(of day: CivilDate) -> Range<Instant> {
        let start = start(of: day)
        return start..<max(start, self.start(of: day.adding(days: 1)))
    }

    /// The half-open range of instants of one hour of a local day, counted from the day's start.
    public func interval(of day: CivilDate, slot: UInt8) -> Range<Instant> {
        let whole = interval(of: day)
        let start = Instant(seconds: whole.lowerBound.seconds + Int64(slot) * 3600)
        let end = min(whole.upperBound, Instant(seconds: start.seconds + 3600))
        return start..<max(start, end)
    }

    /// The half-open range of instants of a local month.
    public func interval(of month: CivilMonth) -> Range<Instant> {
        start(of: month.firstDay)..<start(of: month.next.firstDay)
    }

    private func start(of day: CivilDate) -> Instant {
        let index = spans.lastIndex { $0.firstDay <= day } ?? 0
        if spans[index].firstDay == day { return spans[index].start }
        // No day of a zone reaches beyond the time in which the zone is in effect.
        var start = max(spans[index].zone.start(of: day), spans[index].start)
        if index + 1 < spans.count { start = min(start, spans[index + 1].start) }
        return start
    }
}
