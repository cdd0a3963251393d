import LMDB
import Ledger

/// Checks closed statements against the log: their rows of numbers, their digests, and every figure
/// computed again from the calls themselves as they were known when the month was closed.
struct StatementCheck {
    private let journal: Journal
    private var store: LedgerStore { journal.store }
    /// Of each issuer the last number, and of each client its last closing, as the log tells.
    private var numbers: [String: UInt64] = [:]
    private var last: [String: MonthClosing] = [:]
    /// What each client's months were billed so far.
    private var billed: [String: [String: StatementSums]] = [:]
    /// Of each client the undated rules that its months were closed with, the first one's for
    /// months before it.
    private var houses: [String: [CivilMonth: StatementBooks.House]] = [:]
    private var first: [String: StatementBooks.House] = [:]
    private var past: Past?
    private var blocks: [BlockIndex.Run]?
    /// Statements that were looked at.
    private(set) var count = 0

    init(_ journal: Journal) { self.journal = journal }

    // MARK: In the order of the log

    /// Checks what a closing says of itself and of those before it.
    mutating func checkRow(_ head: RecordHead, _ payload: [UInt8]) throws -> MonthClosing {
        guard
            case .monthClosed(let closing) = try ControlEvent.decode(kind: head.kind, payload),
            let month = CivilMonth(closing.month)
        else { throw CodecError.badValue("closing") }
        func expect(_ holds: Bool, _ what: String) throws {
            guard holds else { throw CodecError.badValue("closing (\(what))") }
        }
        try expect(
            store.closingID(closing.client, month) == head.id, "its id is not of its month")
        try expect(
            Chain.hexDigest(closing.document.utf8) == closing.digest,
            "its digest is not of its document")
        let number = (numbers[closing.issuer] ?? 0) + 1
        try expect(closing.number == number, "its number is \(closing.number), not \(number)")
        let before = last[closing.client]
        try expect(
            closing.previousDigest == before?.digest, "it does not follow the client's last one")
        if let before {
            try expect(
                CivilMonth(before.month).map { $0 < month } ?? false,
                "its month is not after the client's last")
        }
        try expect(closing.lastSequence < head.sequence.rawValue, "it knows later records")
        numbers[closing.issuer] = closing.number
        last[closing.client] = closing
        return closing
    }

    /// The issuers' last numbers and the clients' last months as the ledger keeps them.
    func checkRows(_ transaction: borrowing ReadTransaction) throws -> [String] {
        var faults: [String] = []
        for (issuer, number) in numbers.sorted(by: { $0.key < $1.key }) {
            let kept = try store.lastNumber(of: issuer, transaction)
            guard kept != number else { continue }
            faults.append("number of issuer \(issuer): it says \(kept), the log says \(number)")
        }
        for (client, closing) in last.sorted(by: { $0.key < $1.key }) {
            let kept = try store.lastClosing(of: client, transaction)?.closing
            guard kept != closing else { continue }
            faults.append(
                "last closed month of \(client): it says \(kept?.month ?? "none"), the log says "
                    + closing.month)
        }
        return faults
    }

    // MARK: Figures

    /// Computes a closed statement again and says what differs; nil when nothing does.
    ///
    /// Call in the order of the log: what a month was billed before is part of it.
    mutating func checkFigures(_ closing: MonthClosing) throws -> String? {
        count += 1
        let frozen = try Statement(frozen: closing)
        let name = "statement \(frozen.number ?? closing.month) of \(closing.client)"
        guard Statement.knownFormats.contains(frozen.formatVersion) else { return nil }
        let place = SequenceNumber(closing.lastSequence)
        if past?.place != place { past = try Past(journal, place, runs()) }
        guard let month = CivilMonth(closing.month), let past,
            let builder = try past.builder(closing.client, month, past.house)
        else { return "\(name): its client was not registered" }
        if let skipped = try owing(closing.client, before: month, past) {
            return "\(name): it passes over \(skipped), which was not empty"
        }
        houses[closing.client, default: [:]][month] = past.house
        if first[closing.client] == nil { first[closing.client] = past.house }
        var again = try builder.finish(
            adjustments: frozen.adjustments, format: frozen.formatVersion,
            log: (place, try journal.chainText(at: place)), digest: { _ in frozen.digest })
        again.number = frozen.number
        again.status = frozen.status
        again.closedAt = frozen.closedAt
        again.previousDigest = frozen.previousDigest
        again.acceptedUnpriced = frozen.acceptedUnpriced
        again.takeForm(of: frozen)
        if let field = frozen.firstDifference(from: again) {
            return "\(name): its \(field) are not what the calls come to"
        }
        guard frozen.number == Statement.number(month: month, closing.number),
            frozen.status == Statement.closed, frozen.client == closing.client,
            frozen.month == closing.month, frozen.previousDigest == closing.previousDigest
        else { return "\(name): it is not the document of its closing" }
        return try checkAdjustments(frozen, name, past)
    }

    /// The first month between a client's last closing and its next one with anything to bill; nil
    /// where all are empty.
    private func owing(
        _ client: String, before month: CivilMonth, _ past: Past
    ) throws -> CivilMonth? {
        guard let last = houses[client]?.keys.filter({ $0 < month }).max() else { return nil }
        for index in last.next.index..<max(month.index, last.next.index) {
            let skipped = CivilMonth(index: index)
            let statement = try past.builder(client, skipped, past.house)?
                .finish(log: (.zero, ""), digest: { _ in "" })
            if let statement,
                statement.calls > 0 || !statement.lines.isEmpty
                    || !statement.credits.isEmpty
            {
                return skipped
            }
        }
        return nil
    }

    /// After a statement each month it adjusts was billed what it came to then.
    private mutating func checkAdjustments(
        _ statement: Statement, _ name: String, _ past: Past
    ) throws -> String? {
        var client = billed[statement.client] ?? [:]
        client[statement.month] = try StatementSums(statement)
        for adjustment in statement.adjustments {
            try client[adjustment.originMonth, default: StatementSums()].add(adjustment)
        }
        billed[statement.client] = client
        for origin in Set(statement.adjustments.map(\.originMonth)).sorted() {
            guard let month = CivilMonth(origin),
                let builder = try past.builder(
                    statement.client, month,
                    houses[statement.client]?[month] ?? first[statement.client] ?? past.house)
            else { return "\(name): it adjusts \(origin), which is no month" }
            let whole = try StatementSums(
                try builder.finish(log: (.zero, ""), digest: { _ in "" }))
            guard client[origin] == whole else {
                return "\(name): with its adjustments \(origin) was not billed what it came to"
            }
        }
        return nil
    }

    private mutating func runs() throws -> [BlockIndex.Run] {
        if let blocks { return blocks }
        let all = Instant(seconds: 0)..<Instant.distantFuture
        let runs = try journal.withViews { snapshot, _ in try snapshot.runs(in: all) }
        blocks = runs
        return runs
    }
}

/// The ledger as it was at an earlier place of the log, from the calls themselves.
private final class Past: CellSource {
    let place: SequenceNumber
    private let journal: Journal
    private let runs: [BlockIndex.Run]
    private let state: LedgerState
    private var rating: Rating
    private let clientIDs: [String]
    /// Hour cells by month, of some clients.
    private var months:
        [CivilMonth: (clients: Set<String>, cells: [String: [(CellKey, UsageCell)]])] = [:]

    init(_ journal: Journal, _ place: SequenceNumber, _ runs: [BlockIndex.Run]) throws {
        self.journal = journal
        self.place = place
        self.runs = runs
        state = try journal.state(at: place)
        rating = Rating(book: state.prices)
        clientIDs = state.clients.keys.sorted()
    }

    /// The undated rules of then.
    var house: StatementBooks.House { StatementBooks.House(state) }

    func builder(
        _ id: String, _ month: CivilMonth, _ house: StatementBooks.House
    ) throws -> StatementBuilder? {
        guard let client = state.clients[id] else { return nil }
        var builder = StatementBuilder(
            client: client, month: month, books: StatementBooks(state).with(house))
        for (key, cell) in try cells(of: month, id) {
            try builder.add(
                key, cell,
                rating.charges(for: key, cell, calendar: client.calendar, source: self))
        }
        for adjustment in state.adjustments
        where adjustment.record.client == id && adjustment.record.date.month == month {
            try builder.add(adjustment.record)
        }
        return builder
    }

    /// Clients whose cells are folded at once: a month of more would take memory without bound,
    /// and each further pass over the log costs less than what it folds.
    private static let clientsAtOnce = 100

    private func cells(
        of month: CivilMonth, _ client: String
    ) throws -> [(CellKey, UsageCell)] {
        if let known = months[month], known.clients.contains(client) {
            return known.cells[client] ?? []
        }
        // Clients are closed in the order of their ids: the next ones will be asked for next.
        let next = clientIDs[(clientIDs.firstIndex(of: client) ?? 0)...]
        let wanted = Set(next.prefix(Self.clientsAtOnce))
        let clients = state.clients
        var folder = CellFolder { clients[$0]?.calendar }
        try calls(around: month.firstDay..<month.next.firstDay) { head, payload, part in
            let facts = try UsageFacts(payload, version: part.version)
            let client = try payload.text(UsageFacts.dimensionsOffset, facts.clientLength)
            if wanted.contains(client) { try folder.fold(call: payload, part, head) }
        }
        var cells: [String: [(CellKey, UsageCell)]] = [:]
        for (key, cell) in folder.drain() where key.day.month == month {
            cells[key.client, default: []].append((key, cell))
        }
        // The month itself, and one that it adjusts.
        if months.count > 1 { months.removeAll() }
        months[month] = (wanted, cells)
        return cells[client] ?? []
    }

    /// Visits the calls that were known, of local days wherever a client is.
    private func calls(
        around days: Range<CivilDate>,
        _ visit: (RecordHead, RawSpan, UsagePart) throws -> Void
    ) throws {
        // A day is at most 14 hours away from UTC's.
        let start = Instant(seconds: Int64(days.lowerBound.dayNumber) * 86_400 - 86_400)
        let end = Instant(seconds: Int64(days.upperBound.dayNumber) * 86_400 + 86_400)
        try journal.store.usage(in: runs, start..<end, upTo: place, visit)
    }

    func hours(of day: CellKey, _ body: (CellKey, UsageCell) throws -> Void) throws {
        for (key, cell) in try cells(of: day.day.month, day.client) {
            var whole = key
            whole.slot = CellKey.wholeDay
            if whole == day { try body(key, cell) }
        }
    }

    func calls(
        of hour: CellKey, _ body: (Instant, TokenCounts, _ isReversal: Bool) throws -> Void
    ) throws {
        guard let calendar = state.clients[hour.client]?.calendar else { return }
        let interval = calendar.interval(of: hour.day, slot: hour.slot)
        try journal.store.usage(in: runs, interval, upTo: place) { head, payload, part in
            let facts = try UsageFacts(payload, version: part.version)
            guard facts.wasCached == hour.wasCached, facts.matches(hour, payload) else { return }
            let tokens = try facts.tokens(payload)
            guard InputSizeClass(inputTokens: tokens.totalInput) == hour.size else { return }
            try body(head.occurredAt, tokens, part.isReversal)
        }
    }
}

extension Statement {
    /// The name of the first field that differs, as people call it; nil when all are equal.
    fileprivate func firstDifference(from other: Statement) -> String? {
        guard self != other else { return nil }
        let parts: [(String, Bool)] = [
            ("lines", lines == other.lines), ("mark-ups", markups == other.markups),
            ("surcharges", surcharges == other.surcharges), ("taxes", taxes == other.taxes),
            ("credits", credits == other.credits), ("days", days == other.days),
            ("sums", subtotals == other.subtotals && totalBrl == other.totalBrl),
            ("savings", savings == other.savings), ("budgets", budgets == other.budgets),
        ]
        return parts.first { !$0.1 }?.0 ?? "other figures"
    }
}
