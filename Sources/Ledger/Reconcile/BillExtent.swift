public import Money

/// The days of a bill's month that are set beside ours, and how sure that is.
///
/// The whole month, unless a person or the bill says otherwise: what we have on days before its
/// first line or after its last is then a difference, not left out in silence.
public struct BillExtent: Sendable {
    /// The days that are compared.
    public let days: ClosedRange<CivilDate>
    private let bill: Bill
    private let isStartKnown: Bool
    private let isEndKnown: Bool

    /// The extent of a bill; `from` and `through` go before what the bill says. Throws where the
    /// bill has lines outside.
    public init(_ bill: Bill, from: CivilDate?, through: CivilDate?) throws(BillError) {
        self.bill = bill
        isStartKnown = from != nil || bill.coversDays
        isEndKnown = through != nil || bill.coversDays
        let first = from ?? (bill.coversDays ? bill.firstDay : nil) ?? bill.month.firstDay
        let last = through ?? (bill.coversDays ? bill.lastDay : nil) ?? bill.month.lastDay
        if let start = bill.firstDay, start < first {
            throw BillError("--from \(first), yet the bill has lines of \(start); leave it out")
        }
        if let end = bill.lastDay, end > last {
            throw BillError("--through \(last), yet the bill has lines of \(end); leave it out")
        }
        guard first <= last else {
            throw BillError("--from \(first) is after --through \(last); swap them")
        }
        days = first...last
    }

    /// What we have of the month on other days.
    public func outside(_ ours: [BillKey: OwnFigures]) throws(MoneyError) -> OwnFigures {
        var sum = OwnFigures()
        for (key, figures) in ours where !days.contains(key.day) { try sum.add(figures) }
        return sum
    }

    /// The bill's first day, where we have something before it and nobody said that the bill covers
    /// those days.
    public func doubtfulStart(_ result: Reconciliation) -> CivilDate? {
        guard !isStartKnown, let first = bill.firstDay else { return nil }
        return result.rows.contains { $0.key.day < first && $0.status != .matched } ? first : nil
    }

    /// The same at its end.
    public func doubtfulEnd(_ result: Reconciliation) -> CivilDate? {
        guard !isEndKnown, let last = bill.lastDay else { return nil }
        return result.rows.contains { $0.key.day > last && $0.status != .matched } ? last : nil
    }
}
