import LMDB
public import Ledger

// A closing is taken only as the next one of its client and of its issuer's row of numbers, so that
// neither row can fork, nor the numbers have a gap, whoever closes at the same time. A client's row
// passes over months on whose statement nothing would stand.
extension AppendBatch {
    /// Why a closing is not the next one; nil when it is.
    func refusal(
        of closing: MonthClosing, _ transaction: borrowing WriteTransaction
    ) throws -> String? {
        let last = try store.lastNumber(of: closing.issuer, transaction)
        guard closing.number == last + 1 else {
            return "the next number of issuer \(closing.issuer) is \(last + 1), not "
                + "\(closing.number); somebody closed a month meanwhile, so start again"
        }
        guard closing.lastSequence <= state.head.sequence.rawValue else {
            return "it knows of record \(closing.lastSequence), which does not exist yet"
        }
        guard let month = CivilMonth(closing.month) else { return "its month is none" }
        let before = try store.lastClosing(of: closing.client, transaction)?.closing
        guard before?.digest == closing.previousDigest,
            before.map({ CivilMonth($0.month).map { $0 < month } ?? false }) ?? true
        else { return "it does not follow the client's last statement; start again" }
        return nil
    }

    /// Notes what the next closing of the issuer and of the client has to follow.
    mutating func noteClosing(
        _ closing: MonthClosing, at sequence: SequenceNumber, _ transaction: inout WriteTransaction
    ) throws {
        for (name, value) in [
            (LedgerStore.numberName(closing.issuer), closing.number),
            (LedgerStore.lastClosingName(closing.client), sequence.rawValue),
        ] {
            var writer = ByteWriter(capacity: 8)
            writer.append(value)
            try transaction.put(store.meta, key: name, value: writer.bytes)
        }
    }
}

/// A month that was closed, with its place in the log.
public struct ClosedMonth: Sendable, Equatable {
    /// What was recorded.
    public let closing: MonthClosing
    /// Where.
    public let sequence: SequenceNumber
    /// When.
    public let recordedAt: Instant
}

extension LedgerStore {
    /// The id of a month's closing: one a client and month, so that it is closed once.
    func closingID(_ client: String, _ month: CivilMonth) -> EventID {
        EventID(fact: "\(identity) closing \(client) \(month)")
    }

    /// A client's closed month; nil while it is open.
    func closing(
        of client: String, _ month: CivilMonth,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> ClosedMonth? {
        let id = closingID(client, month)
        let place: UInt64? = try transaction.get(ids, WideKey(id.high, id.low)) { value in
            try value?.load(0, as: UInt64.self)
        }
        guard let place else { return nil }
        return try closing(at: place, transaction)
    }

    /// The client's last closed month; nil when none was closed.
    func lastClosing(
        of client: String, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> ClosedMonth? {
        guard let bytes = try transaction.value(meta, Self.lastClosingName(client)) else {
            return nil
        }
        return try closing(at: unsafe bytes.span.bytes.load(0), transaction)
    }

    private func closing(
        at place: UInt64, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> ClosedMonth {
        try transaction.get(log, place) { record in
            guard let record else {
                throw JournalError.damaged(
                    place: "record \(place) of the log", detail: "it is missing")
            }
            let head = try check(record, at: place)
            let payload = try record.bytes(head.payloadRange.lowerBound, head.payloadLength)
            guard
                case .monthClosed(let closing) = try ControlEvent.decode(
                    kind: head.kind, payload)
            else {
                throw JournalError.damaged(
                    place: "record \(place) of the log", detail: "it is no closed month")
            }
            return ClosedMonth(
                closing: closing, sequence: head.sequence, recordedAt: head.recordedAt)
        }
    }

    /// The last number of an issuer's row; 0 before the first.
    func lastNumber(
        of issuer: String, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> UInt64 {
        guard let bytes = try transaction.value(meta, Self.numberName(issuer)) else { return 0 }
        return try unsafe bytes.span.bytes.load(0)
    }

    static func numberName(_ issuer: String) -> String { "number \(issuer)" }
    static func lastClosingName(_ client: String) -> String { "closed \(client)" }
}
