import LMDB
import Ledger

/// Makes statements at one place of the log: months from cells, and what changed in closed months.
///
/// Used by one thread, inside one snapshot of the views. What it learns about the past serves all
/// clients: those that were closed together share the place of the log that they knew.
final class StatementMaker {
    private let journal: Journal
    private let snapshot: ViewSnapshot
    let state: LedgerState
    private let books: StatementBooks
    private var rating: Rating
    /// What was known at places where months were closed.
    private var pasts: [SequenceNumber: Past] = [:]

    /// What was known at an earlier place of the log.
    private struct Past {
        let state: LedgerState
        var rating: Rating
    }

    init(_ journal: Journal, _ snapshot: ViewSnapshot, _ state: LedgerState) {
        self.journal = journal
        self.snapshot = snapshot
        self.state = state
        books = StatementBooks(state)
        rating = Rating(book: state.prices)
    }

    // MARK: One month

    /// A client's month as all that is known says, with what earlier months still owe it.
    func statement(
        _ client: LedgerState.Client, _ month: CivilMonth,
        digest: (Statement) throws -> String
    ) throws -> Statement {
        let adjustments = try adjustments(for: client, month)
        let builder = try builder(client, month, books, &rating)
        return try builder.finish(
            adjustments: adjustments,
            log: (snapshot.checkpoint, try journal.chainText(at: snapshot.checkpoint)),
            digest: digest)
    }

    private func builder(
        _ client: LedgerState.Client, _ month: CivilMonth, _ books: StatementBooks,
        _ rating: inout Rating, costsUpTo last: SequenceNumber = SequenceNumber(.max)
    ) throws -> StatementBuilder {
        var builder = StatementBuilder(client: client, month: month, books: books)
        try snapshot.scan(
            .days, client: client.record.id, days: month.firstDay..<month.next.firstDay,
            withLatencies: false
        ) { key, cell in
            try builder.add(
                key, cell,
                rating.charges(for: key, cell, calendar: client.calendar, source: snapshot))
            return true
        }
        for cost in costs(of: client, in: month) where cost.sequence <= last {
            try builder.add(cost.record)
        }
        return builder
    }

    /// The costs that were recorded without a call for a client's month, in the order of the log.
    func costs(
        of client: LedgerState.Client, in month: CivilMonth
    ) -> [RecordedAdjustment] {
        state.adjustments.filter {
            $0.record.client == client.record.id && $0.record.date.month == month
        }
    }

    // MARK: Closed months

    /// The client's last closed month, or nil when it has none.
    func lastClosed(of client: LedgerState.Client) throws -> ClosedMonth? {
        try journal.store.environment.read {
            try journal.store.lastClosing(of: client.record.id, $0)
        }
    }

    /// The month of the client's first usage or recorded cost.
    func firstMonth(of client: LedgerState.Client) throws -> CivilMonth? {
        let id = client.record.id
        var first = state.adjustments.lazy.filter { $0.record.client == id }
            .map(\.record.date.month).min()
        try snapshot.scan(
            .days, client: id, days: ViewSnapshot.allDays, withLatencies: false
        ) { key, _ in
            first = min(first ?? key.day.month, key.day.month)
            return false
        }
        return first
    }

    /// The first month after the client's last closed one, and before `end`, with anything that a
    /// statement would say; nil where all of them are empty, so that none of them needs one.
    func firstOwing(
        _ client: LedgerState.Client, after closed: CivilMonth, before end: CivilMonth
    ) throws -> CivilMonth? {
        let months = closed.next..<max(end, closed.next)
        guard !months.isEmpty else { return nil }
        let id = client.record.id
        var found =
            state.adjustments.filter { $0.record.client == id }.map(\.record.date.month)
            + state.terms.credits(of: id).map(\.month)
        try snapshot.scan(
            .days, client: id, days: months.lowerBound.firstDay..<months.upperBound.firstDay,
            withLatencies: false
        ) { key, cell in
            // Of calls that were all taken back nothing is left.
            guard cell.calls > 0 else { return true }
            found.append(key.day.month)
            return false
        }
        let first = found.filter(months.contains).min()
        guard first != closed.next else { return first }
        return try adjustments(for: client, closed.next).isEmpty ? first : closed.next
    }

    /// Why a month has no statement that could be made; nil where it has one.
    ///
    /// Months up to the last closed one that were not closed themselves are billed by adjustments
    /// of others: a statement of their own would ask for the same money again.
    func refusal(
        ofStatement client: LedgerState.Client, _ month: CivilMonth
    ) throws -> String? {
        guard let last = try lastClosed(of: client), let closed = CivilMonth(last.closing.month),
            month <= closed
        else { return nil }
        var numbers: [String] = []
        try journal.store.environment.read { transaction in
            for index in month.index...closed.index {
                let later = try journal.store.closing(
                    of: client.record.id, CivilMonth(index: index), transaction)
                guard let later else { continue }
                let statement = try Statement(frozen: later.closing)
                if statement.adjustments.contains(where: { $0.originMonth == month.description }) {
                    numbers.append(statement.number ?? later.closing.month)
                }
            }
        }
        var places = numbers.isEmpty ? [] : ["in statement " + numbers.joined(separator: ", ")]
        if try adjustments(for: client, closed.next).contains(where: {
            $0.originMonth == month.description
        }) {
            places.append("in the next one, of \(closed.next)")
        }
        return
            "\(month) of \(client.record.id) has no statement of its own, as \(closed) is closed "
            + "already; "
            + (places.isEmpty
                ? "nothing came for it"
                : "what came for it is billed as an adjustment "
                    + places.joined(separator: " and "))
    }

    /// What changed in closed months and was not billed yet, for the first month that is open;
    /// other months have no adjustments.
    private func adjustments(
        for client: LedgerState.Client, _ month: CivilMonth
    ) throws -> [Statement.Adjustment] {
        guard let last = try lastClosed(of: client), let closed = CivilMonth(last.closing.month),
            month == closed.next
        else { return [] }
        let basis = SequenceNumber(last.closing.lastSequence)
        let past = try past(at: basis)
        let changes = Changes(
            from: past.state, to: state, after: basis, client: client, upTo: closed)
        let months = try changed(client, upTo: closed, after: basis, all: changes.hasAny)
        return try months.sorted().flatMap { origin in
            let billed = try billed(client, origin, upTo: closed)
            let lines = try StatementSums.adjustments(
                of: origin, number: billed.number, billed: billed.sums,
                steps: steps(client, origin, changes, basis))
            return lines.map { withWords($0, costs(of: client, in: origin), after: basis) }
        }
    }

    /// A line of recorded costs with the words that they were recorded with.
    private func withWords(
        _ line: Statement.Adjustment, _ costs: [RecordedAdjustment], after basis: SequenceNumber
    ) -> Statement.Adjustment {
        guard line.reason == .recorded, line.section == .usage else { return line }
        var line = line
        var words: [String] = []
        for cost in costs
        where cost.sequence > basis && cost.record.provider == line.provider
            && cost.record.model == line.model && !words.contains(cost.record.reason)
        { words.append(cost.record.reason) }
        line.words = words
        return line
    }

    /// What came for closed months since the client's last closing and cannot be billed: models
    /// without a price, and how many calls of unknown usage.
    ///
    /// Cells are looked at whole: where one has something new, what was accepted in it before is
    /// told again.
    func lateUnsettled(
        of client: LedgerState.Client
    ) throws -> (models: Set<String>, unknownCalls: UInt64) {
        guard let last = try lastClosed(of: client), let closed = CivilMonth(last.closing.month)
        else { return ([], 0) }
        let id = client.record.id
        var models: Set<String> = []
        var unknown: UInt64 = 0
        try snapshot.scan(
            .days, client: id, days: ViewSnapshot.allDays.lowerBound..<closed.next.firstDay,
            withLatencies: false
        ) { key, cell in
            guard cell.lastSequence.rawValue > last.closing.lastSequence else { return true }
            unknown &+= cell.missingUsage
            guard !key.wasCached,
                books.terms.prices(of: id, for: key.price, on: key.day) == nil
            else { return true }
            let charges = try rating.charges(
                for: key, cell, calendar: client.calendar, source: snapshot)
            if charges.contains(where: { $0.prices == nil && $0.calls > 0 }) {
                models.insert("\(key.provider)/\(key.model)")
            }
            return true
        }
        return (models, unknown)
    }

    /// Months up to `last` with a call or a cost that became known after a record; or all with any.
    private func changed(
        _ client: LedgerState.Client, upTo last: CivilMonth, after basis: SequenceNumber, all: Bool
    ) throws -> Set<CivilMonth> {
        let id = client.record.id
        var months: Set<CivilMonth> = []
        try snapshot.scan(
            .days, client: id, days: ViewSnapshot.allDays.lowerBound..<last.next.firstDay,
            withLatencies: false
        ) { key, cell in
            if all || cell.lastSequence > basis { months.insert(key.day.month) }
            return true
        }
        for adjustment in state.adjustments
        where adjustment.record.client == id && adjustment.record.date.month <= last
            && (all || adjustment.sequence > basis)
        { months.insert(adjustment.record.date.month) }
        guard all, let first = months.min() else { return months }
        // A credit needs no usage.
        return Set((first.index...last.index).map(CivilMonth.init(index:)))
    }

    /// What a month was billed so far: on its statement, if it had one, and by adjustments.
    private func billed(
        _ client: LedgerState.Client, _ month: CivilMonth, upTo last: CivilMonth
    ) throws -> (sums: StatementSums, number: String?) {
        try journal.store.environment.read { transaction in
            var sums = StatementSums()
            var number: String?
            for index in month.index...last.index {
                guard
                    let closed = try journal.store.closing(
                        of: client.record.id, CivilMonth(index: index), transaction)
                else { continue }
                let statement = try Statement(frozen: closed.closing)
                if index == month.index {
                    sums = try StatementSums(statement)
                    number = statement.number
                }
                for adjustment in statement.adjustments
                where adjustment.originMonth == month.description {
                    try sums.add(adjustment)
                }
            }
            return (sums, number)
        }
    }

    /// What the month comes to as more and more of what became known is taken in.
    private func steps(
        _ client: LedgerState.Client, _ month: CivilMonth, _ changes: Changes,
        _ basis: SequenceNumber
    ) throws -> [(reason: Statement.Adjustment.Reason, sums: StatementSums)] {
        var past = try past(at: basis)
        defer { pasts[basis] = past }
        let house = try house(client, month, upTo: changes.last)
        var books = changes.books.with(house)
        var steps: [(reason: Statement.Adjustment.Reason, sums: StatementSums)] = []
        func add(
            _ reason: Statement.Adjustment.Reason, _ builder: StatementBuilder
        ) throws {
            steps.append((reason, try StatementSums(Self.figures(builder))))
        }
        var builder = try builder(client, month, books, &past.rating, costsUpTo: basis)
        var before = builder
        let changed = try corrected(client, month, after: basis)
        func charge(_ call: SingleCall) -> Charge {
            let prices = past.state.prices.prices(
                call.key.price, at: call.at, inputTokens: call.inputTokens)
            return Charge(prices: prices, cell: call.cell)
        }
        for call in changed.reversed { try before.add(call.key, call.cell, [charge(call)]) }
        for call in changed.replacements { before.removeLines(call.key, charge(call)) }
        try add(.late, before)
        let recorded = costs(of: client, in: month).filter { $0.sequence > basis }
        if !recorded.isEmpty {
            for cost in recorded {
                try before.add(cost.record)
                try builder.add(cost.record)
            }
            try add(.recorded, before)
        }
        if !changed.reversed.isEmpty { try add(.reversal, builder) }
        if changes.prices {
            builder = try self.builder(client, month, books, &rating)
            try add(.price, builder)
        }
        for (hasChanged, reason) in [
            (changes.rates, Statement.Adjustment.Reason.rate), (changes.terms, .terms),
        ]
        where hasChanged {
            if reason == .rate {
                books.rates = self.books.rates
            } else {
                books = self.books.with(house)
            }
            builder =
                changes.prices
                ? try self.builder(client, month, books, &rating)
                : try self.builder(client, month, books, &past.rating)
            try add(reason, builder)
        }
        return steps
    }

    /// The undated rules that a month was closed with, or the first one after it that was.
    func house(
        _ client: LedgerState.Client, _ month: CivilMonth, upTo last: CivilMonth
    ) throws -> StatementBooks.House {
        let place: SequenceNumber? = try journal.store.environment.read { transaction in
            for index in month.index...last.index {
                let closed = try journal.store.closing(
                    of: client.record.id, CivilMonth(index: index), transaction)
                if let closed { return SequenceNumber(closed.closing.lastSequence) }
            }
            return nil
        }
        guard let place else { return StatementBooks.House(state) }
        return StatementBooks.House(try past(at: place).state)
    }

    private static func figures(_ builder: StatementBuilder) throws -> Statement {
        try builder.finish(log: (.zero, ""), digest: { _ in "" })
    }

    /// A call of the month, alone.
    struct SingleCall {
        let id: EventID
        let sequence: SequenceNumber
        let key: CellKey
        let cell: UsageCell
        let at: Instant
        let inputTokens: UInt64
    }

    /// What became of a month's calls since a record.
    struct CorrectedCalls {
        /// Those that were taken back.
        let reversed: [SingleCall]
        /// Those that count in their place.
        let replacements: [SingleCall]
        /// The reversals, by the ids of what stands or would stand in a call's place.
        let causes: [EventID: SequenceNumber]
    }

    /// The calls of the month that were taken back after a record, and those that count in their
    /// place. A correction that was corrected again is neither: what it said counted never.
    func corrected(
        _ client: LedgerState.Client, _ month: CivilMonth, after basis: SequenceNumber
    ) throws -> CorrectedCalls {
        let interval = client.calendar.interval(of: month)
        let places = state.reversals.filter { _, reversal in
            reversal.client == client.record.id && reversal.sequence > basis
                && interval.contains(reversal.occurredAt)
        }.keys
        return try journal.store.environment.read { transaction in
            let calls = try places.map { try single($0, client.calendar, transaction) }
            var causes: [EventID: SequenceNumber] = [:]
            for call in calls {
                let inPlace = journal.store.correctionID("replacement", of: call.id)
                causes[inPlace] = state.reversals[call.sequence]?.sequence
            }
            let replacements = try causes.keys.compactMap { id -> SingleCall? in
                let found: UInt64? = try transaction.get(
                    journal.store.ids, WideKey(id.high, id.low)
                ) { value in try value?.load(0, as: UInt64.self) }
                guard let place = found.map(SequenceNumber.init(_:)),
                    state.reversals[place] == nil
                else { return nil }
                return try single(place, client.calendar, transaction)
            }
            return CorrectedCalls(
                reversed: calls.filter { causes[$0.id] == nil }, replacements: replacements,
                causes: causes)
        }
    }

    private func single(
        _ place: SequenceNumber, _ calendar: ClientCalendar,
        _ transaction: borrowing ReadTransaction
    ) throws -> SingleCall {
        try transaction.get(journal.store.log, place.rawValue) { record in
            guard let record else {
                throw JournalError.damaged(
                    place: "record \(place) of the log", detail: "it is missing")
            }
            let head = try journal.store.check(record, at: place.rawValue)
            let payload = record.extracting(head.payloadRange)
            var folder = CellFolder { _ in calendar }
            try folder.fold(head, payload)
            let tokens = try UsageFacts(payload, version: head.version).tokens(payload)
            guard let (key, cell) = folder.drain().first else {
                throw JournalError.damaged(
                    place: "record \(place) of the log", detail: "it counts nothing")
            }
            return SingleCall(
                id: head.id, sequence: head.sequence, key: key, cell: cell, at: head.occurredAt,
                inputTokens: tokens.totalInput)
        }
    }

    private func past(at basis: SequenceNumber) throws -> Past {
        if let known = pasts[basis] { return known }
        let state = try journal.state(at: basis)
        let past = Past(state: state, rating: Rating(book: state.prices))
        pasts[basis] = past
        return past
    }
}

/// Which parts of what a client's closed months stand on became known later.
private struct Changes {
    /// What was known, beside prices.
    let books: StatementBooks
    let prices: Bool
    let rates: Bool
    let terms: Bool
    /// The client's last closed month.
    let last: CivilMonth

    var hasAny: Bool { prices || rates || terms }

    init(
        from past: LedgerState, to state: LedgerState, after basis: SequenceNumber,
        client: LedgerState.Client, upTo last: CivilMonth
    ) {
        var books = StatementBooks(past)
        // Budgets and names are no part of what is billed.
        books.budgets = state.budgetHistory
        self.books = books
        prices = state.prices.changed(
            after: basis, before: client.calendar.interval(of: last).upperBound)
        rates = state.rates.changed(after: basis, notAfter: last.lastDay)
        terms = state.terms.changed(
            after: basis, of: client.record.id, notAfter: last.lastDay)
        self.last = last
    }
}
