import LMDB
public import Ledger

/// What is to be closed, and who says so.
public struct ClosingOrder: Sendable {
    /// The month.
    public var month: CivilMonth
    /// One client, or all that have something to close.
    public var client: String?
    /// Close though calls are without a price or of unknown usage, and record that.
    public var acceptsUnpriced: Bool
    /// Look at everything and write nothing.
    public var isRehearsal: Bool

    /// An order for a month.
    public init(
        month: CivilMonth, client: String?, acceptsUnpriced: Bool = false, isRehearsal: Bool = false
    ) {
        self.month = month
        self.client = client
        self.acceptsUnpriced = acceptsUnpriced
        self.isRehearsal = isRehearsal
    }
}

/// What became of an order to close.
public struct ClosingResult: Sendable {
    /// The statements, in the order of their numbers; of a rehearsal those that would be.
    public internal(set) var closed: [Statement] = []
    /// Clients whose month was closed before.
    public internal(set) var already: [String] = []
    /// Why clients cannot be closed, by client. When there are any, nothing was closed.
    public internal(set) var refusals: [(client: String, reason: String)] = []
}

extension Journal {
    /// Closes a month: freezes each client's document under the next number, all or none.
    ///
    /// `canonical` gives the bytes that a statement's digest covers. `progress` is told how many of
    /// how many are done. Cost: a statement for each client, and what changed in its closed months.
    /// Throws when nobody said who issues statements, when the month is not over by the clock, and
    /// when the clock is behind the log.
    @available(*, noasync, message: "a command's call: it waits for the disk")
    public func close(
        _ order: ClosingOrder, by actor: String, canonical: (Statement) throws -> [UInt8],
        progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws -> ClosingResult {
        let lock = try FolderLock(folder: folder, name: "closing", waits: true)
        defer { lock.release() }
        let now = self.now
        try checkClock(now)
        var (result, drafts) = try withStatements { maker in
            try self.drafts(order, at: now, maker, progress)
        }
        guard result.refusals.isEmpty, !drafts.isEmpty else { return result }
        result.closed = try freeze(
            &drafts, order, at: now, by: actor, canonical: canonical, progress)
        return result
    }

    /// A clock that is behind the log would close months that are not over, or date them wrongly.
    private func checkClock(_ now: Instant) throws {
        let last = try head().recordedAt
        // Clocks of machines that share a folder differ a little.
        guard now.nanoseconds > last.nanoseconds - 60_000_000_000 else {
            throw JournalError.refused(
                "this machine's clock says \(now), but the ledger's last record is of \(last); set "
                    + "the clock before closing a month")
        }
    }

    /// A statement that is ready to be frozen.
    private struct Draft {
        var statement: Statement
        let issuer: String
        let previousDigest: String?
        /// Whether calls came late for closed months that cannot be billed yet.
        let hasLateUnsettled: Bool
    }

    private func drafts(
        _ order: ClosingOrder, at now: Instant, _ maker: StatementMaker,
        _ progress: (Int, Int) -> Void
    ) throws -> (ClosingResult, [Draft]) {
        let state = maker.state
        var result = ClosingResult()
        var drafts: [Draft] = []
        if let id = order.client, state.clients[id] == nil {
            throw JournalError.unknownClient(id)
        }
        guard let issuer = state.issuers.issuer(of: order.month) else {
            throw JournalError.refused(
                "nobody said who issues the statements of \(order.month); say it with \"razao "
                    + "issuer set --name NAME --from \(order.month)-01\"")
        }
        let clients = state.clients.values.filter {
            order.client == nil || $0.record.id == order.client
        }.sorted { $0.record.id < $1.record.id }
        for (index, client) in clients.enumerated() {
            let id = client.record.id
            defer { progress(index + 1, clients.count * 2) }
            switch try standing(of: client, order, at: now, maker) {
            case .nothing:
                if order.client != nil { result.refusals.append((id, "it has no usage to close")) }
            case .already: result.already.append(id)
            case .refused(let reason): result.refusals.append((id, reason))
            case .next(let previousDigest):
                let statement = try maker.statement(client, order.month) { _ in "" }
                let late = try maker.lateUnsettled(of: client)
                let reasons = Self.obstacles(statement, late, order.acceptsUnpriced)
                if reasons.isEmpty {
                    drafts.append(
                        Draft(
                            statement: statement, issuer: issuer.id,
                            previousDigest: previousDigest,
                            hasLateUnsettled: !late.models.isEmpty || late.unknownCalls > 0))
                } else {
                    result.refusals += reasons.map { (id, $0) }
                }
            }
        }
        return (result, drafts)
    }

    /// Where a client stands in the row of its months.
    private enum Standing {
        /// It never used anything up to the month.
        case nothing
        case already
        case refused(String)
        /// The month is its next one, after the statement of that digest if there is one.
        case next(String?)
    }

    private func standing(
        of client: LedgerState.Client, _ order: ClosingOrder, at now: Instant,
        _ maker: StatementMaker
    ) throws -> Standing {
        let month = order.month
        let end = client.calendar.interval(of: month).upperBound
        let last = try maker.lastClosed(of: client)
        if let last, let lastMonth = CivilMonth(last.closing.month) {
            if month <= lastMonth {
                let closed = try closedMonth(client: client.record.id, month: month)
                return closed != nil
                    ? .already
                    : .refused(
                        "\(lastMonth) is closed already, and months are closed in their order")
            }
            guard end <= now else { return .refused(Self.notOver(month, end)) }
            if order.client == nil, client.removedAt != nil,
                try isEmpty(client, lastMonth.next...month, maker)
            {
                return .nothing
            }
            guard month == lastMonth.next else {
                return .refused("close \(lastMonth.next) first; months are closed in their order")
            }
            return .next(last.closing.digest)
        }
        guard let first = try maker.firstMonth(of: client), first <= month else { return .nothing }
        guard end <= now else { return .refused(Self.notOver(month, end)) }
        guard first == month else {
            return .refused("close \(first) first, its first month with usage")
        }
        return .next(nil)
    }

    /// Whether nothing was used in some open months, nor is there anything to give back or to put
    /// right: a client that was removed would have an empty statement for ever.
    private func isEmpty(
        _ client: LedgerState.Client, _ months: ClosedRange<CivilMonth>, _ maker: StatementMaker
    ) throws -> Bool {
        for index in months.lowerBound.index...months.upperBound.index {
            let statement = try maker.statement(client, CivilMonth(index: index)) { _ in "" }
            guard statement.calls == 0, statement.lines.isEmpty, statement.adjustments.isEmpty,
                statement.credits.isEmpty
            else { return false }
        }
        return true
    }

    private static func notOver(_ month: CivilMonth, _ end: Instant) -> String {
        "\(month) is not over before \(end)"
    }

    /// Why a month's figures are not final yet.
    private static func obstacles(
        _ statement: Statement, _ late: (models: Set<String>, unknownCalls: UInt64),
        _ acceptsUnpriced: Bool
    ) -> [String] {
        var reasons: [String] = []
        if !acceptsUnpriced {
            let unpriced = statement.lines.filter { $0.brl == nil }
            if !unpriced.isEmpty {
                let models = Set(unpriced.map { "\($0.provider)/\($0.model)" }).sorted()
                reasons.append(
                    "usage without a price: \(models.joined(separator: ", ")); set prices, or "
                        + "accept it with --accept-unpriced")
            }
            if statement.unknownUsageCalls > 0 {
                reasons.append(
                    "\(statement.unknownUsageCalls) "
                        + (statement.unknownUsageCalls == 1 ? "call" : "calls")
                        + " of unknown usage; correct them with \"razao correct\", or accept them "
                        + "with --accept-unpriced")
            }
            if !late.models.isEmpty {
                reasons.append(
                    "usage without a price came late for closed months: "
                        + "\(late.models.sorted().joined(separator: ", ")); set prices, or accept "
                        + "it with --accept-unpriced")
            }
            if late.unknownCalls > 0 {
                reasons.append(
                    "calls of unknown usage came late for closed months; correct them with \"razao "
                        + "correct\", or accept them with --accept-unpriced")
            }
        }
        let days = statement.days.filter { $0.rateStatus != .final && $0.usd != "0" }.map(\.date)
        if let first = days.first {
            reasons.append(
                "rates that are not final for \(days.count) day\(days.count == 1 ? "" : "s") from "
                    + "\(first) on; import the quotes up to the last day and the one after it")
        }
        return reasons
    }

    /// Visits the calls that keep a client's month from being closed: of unknown usage, or without
    /// a price in dollars or in reais. Cost: reads the month's part of the log.
    public func unsettledCalls(
        client id: String, month: CivilMonth, _ visit: (RecordHead, UsageEvent) throws -> Void
    ) throws {
        let state = try state()
        guard let client = state.clients[id] else { throw JournalError.unknownClient(id) }
        try calls(UsageFilter(client: id), between: client.calendar.interval(of: month)) {
            head, call in
            guard call.usageSource != .missing else { return try visit(head, call) }
            guard !call.wasCached, !call.tokens.isEmpty else { return }
            let key = PriceBook.Key(
                provider: call.provider, model: call.model, serviceTier: call.serviceTier)
            let prices =
                state.terms.prices(
                    of: id, for: key, on: client.calendar.day(of: call.occurredAt))
                ?? state.prices.prices(
                    key, at: call.occurredAt, inputTokens: call.tokens.totalInput)
            let isPriced = UsageClass.allCases.allSatisfy {
                call.tokens[$0] == 0 || prices?.effective($0) != nil
            }
            if !isPriced { try visit(head, call) }
        }
    }

    private static let closingsAtOnce = 256

    /// Numbers the drafts, makes their digests and records them.
    private func freeze(
        _ drafts: inout [Draft], _ order: ClosingOrder, at now: Instant, by actor: String,
        canonical: (Statement) throws -> [UInt8], _ progress: (Int, Int) -> Void
    ) throws -> [Statement] {
        var numbers: [String: UInt64] = [:]
        var closed: [Statement] = []
        var events: [NewEvent] = []
        for index in drafts.indices {
            let issuer = drafts[index].issuer
            let number =
                try
                (numbers[issuer]
                ?? store.environment.read {
                    try store.lastNumber(of: issuer, $0)
                }) + 1
            numbers[issuer] = number
            var statement = drafts[index].statement
            statement.number = Statement.number(month: order.month, number)
            statement.status = Statement.closed
            statement.closedAt = now.description
            statement.previousDigest = drafts[index].previousDigest
            statement.acceptedUnpriced =
                order.acceptsUnpriced
                && (statement.unknownUsageCalls > 0 || drafts[index].hasLateUnsettled
                    || statement.lines.contains { $0.brl == nil })
            let bytes = try canonical(statement)
            statement.digest = Chain.hexDigest(bytes)
            closed.append(statement)
            let closing = MonthClosing(
                client: statement.client, month: statement.month, issuer: issuer, number: number,
                lastSequence: statement.logSequence, previousDigest: statement.previousDigest,
                digest: statement.digest, acceptedUnpriced: statement.acceptedUnpriced,
                document: String(decoding: bytes, as: UTF8.self))
            events.append(
                NewEvent(
                    kind: .monthClosed, version: ControlEvent.version,
                    id: store.closingID(statement.client, order.month), occurredAt: now,
                    payload: try ControlEvent.monthClosed(closing).encoded(by: actor)))
            progress(drafts.count + index + 1, drafts.count * 2)
        }
        guard !order.isRehearsal else { return closed }
        // In parts, so that no transaction grows with the number of clients. Numbers are given in
        // the order of the log, so a stop in between leaves whole statements and no gap.
        for start in stride(from: 0, to: events.count, by: Self.closingsAtOnce) {
            let part = events[start..<min(events.count, start + Self.closingsAtOnce)]
            for outcome in try append(Array(part), expecting: nil) {
                switch outcome {
                case .appended: break
                case .existing, .conflict:
                    throw JournalError.refused(
                        "somebody closed \(order.month) meanwhile; look again")
                case .refused(let reason): throw JournalError.refused(reason)
                }
            }
        }
        return closed
    }
}
