import LMDB
public import Ledger
import Money

/// What a full check of the ledger saw.
public struct VerificationReport: Sendable {
    /// Records read.
    public internal(set) var records: UInt64 = 0
    /// Usage events among them.
    public internal(set) var usage: UInt64 = 0
    /// Balances compared.
    public internal(set) var balances = 0
    /// Closed statements computed again.
    public internal(set) var statements = 0
    /// The end of the log.
    public internal(set) var head: LogHead
    /// What is wrong, each with its place; empty when all is well.
    public internal(set) var faults: [String] = []
    /// True when nothing is wrong.
    public var isSound: Bool { faults.isEmpty }
}

extension Journal {
    /// Checks every page of the ledger's file, then reads the whole log and compares everything
    /// that can be compared: checksums, chain, sequence, ids, the list of control events, the head,
    /// every balance against the calls themselves, and every closed statement computed again from
    /// the calls as they were known when it was closed.
    ///
    /// Throws at the first damaged page, since nothing can be read beyond it; else stops at the
    /// twentieth fault. Cost: a few microseconds a record.
    public func verify(progress: (SequenceNumber) -> Void = { _ in }) throws -> VerificationReport {
        try checkPages()
        let end = try head()
        var report = VerificationReport(head: end)
        let state = try state()
        var check = LogCheck(journal: self, state: state)
        var last = SequenceNumber.zero
        while last < end.sequence, report.faults.count < Self.maximumFaults {
            let before = last
            try store.environment.read { transaction in
                try check.read(transaction, after: &last, upTo: end.sequence, &report)
            }
            progress(last)
            if last == before { break }
        }
        if last < end.sequence, report.faults.isEmpty {
            report.faults.append(
                "the log ends at record \(last), but its head says \(end.sequence)")
        }
        if report.faults.isEmpty {
            if check.chain != end.chain {
                report.faults.append("the head's chain value is not the last record's")
            }
            if check.recordedAt != end.recordedAt {
                report.faults.append("the head's time is not the last record's")
            }
            try check.compareTables(&report, head: end)
            try check.checkStatements(&report)
        }
        return report
    }

    /// Checks every page of the ledger's file without trusting any, and throws at the first that is
    /// damaged: for what reads the whole log of a ledger too large to be checked when it is opened.
    ///
    /// Holds one snapshot meanwhile. Cost: some µs a page of 4 KiB.
    public func checkPages() throws { try store.environment.checkPages() }

    static let maximumFaults = 20
}

/// The running part of a check.
private struct LogCheck {
    let store: LedgerStore
    let state: LedgerState
    var meter: BudgetMeter
    var chain: [UInt8]
    var control: UInt64 = 0
    var reversed: Set<UInt64> = []
    var balances = BalanceTable()
    var recordedAt = Instant(nanoseconds: 0)

    /// Closed months, in the order of the log.
    private var closings: [SequenceNumber] = []
    private var statements: StatementCheck

    init(journal: Journal, state: LedgerState) {
        store = journal.store
        statements = StatementCheck(journal)
        self.state = state
        meter = BudgetMeter(state: state)
        chain = Chain.genesis(ledger: store.identity)
    }

    mutating func read(
        _ transaction: borrowing ReadTransaction, after last: inout SequenceNumber,
        upTo end: SequenceNumber, _ report: inout VerificationReport
    ) throws {
        var count = 0
        var place = last
        var faults: [String] = []
        var seen: (records: UInt64, usage: UInt64) = (0, 0)
        try transaction.forEach(store.log, from: last.rawValue + 1) { key, record in
            let sequence: UInt64 = try key.loadBigEndian(0)
            guard sequence <= end.rawValue else { return false }
            if sequence != place.rawValue + 1 {
                faults.append(
                    "record \(place.rawValue + 1): it is missing; the next is \(sequence)")
            }
            place = SequenceNumber(sequence)
            seen.records += 1
            do {
                if try check(record, SequenceNumber(sequence), transaction) { seen.usage += 1 }
            } catch {
                faults.append("record \(sequence): \(error)")
            }
            count += 1
            return count < 50_000 && faults.count < Journal.maximumFaults
        }
        last = place
        report.records += seen.records
        report.usage += seen.usage
        report.faults += faults
    }

    /// Checks one record; true when it is usage.
    private mutating func check(
        _ record: RawSpan, _ sequence: SequenceNumber, _ transaction: borrowing ReadTransaction
    ) throws -> Bool {
        try RecordHead.verifyChecksum(record)
        let head = try RecordHead(record)
        guard head.sequence == sequence else {
            throw CodecError.badValue("sequence (it says \(head.sequence))")
        }
        Chain.advance(&chain, over: record.extracting(0..<head.payloadRange.upperBound))
        let stored = try record.bytes(head.chainRange.lowerBound, RecordHead.chainSize)
        guard chain == stored else {
            // Go on from what is stored, so that one fault is told once.
            chain = stored
            throw CodecError.badValue(
                "chain value (a record was changed, added or removed before it)")
        }
        recordedAt = head.recordedAt
        let payload = record.extracting(head.payloadRange)
        let digest = Chain.bodyDigest(
            kind: head.kind, version: head.version, occurredAt: head.occurredAt, payload)
        let isListed = try transaction.get(store.ids, WideKey(head.id.high, head.id.low)) {
            value -> Bool in
            guard let value, value.byteCount == 24 else { return false }
            return try value.load(0, as: UInt64.self) == sequence.rawValue
                && value.load(8, as: UInt64.self) == digest.0
                && value.load(16, as: UInt64.self) == digest.1
        }
        guard isListed else { throw CodecError.badValue("id (the index of ids says otherwise)") }
        if head.kind != .usageRecorded {
            control += 1
            guard try transaction.contains(store.control, sequence.rawValue) else {
                throw CodecError.badValue("kind (the list of control events lacks it)")
            }
            if head.kind == .alertRaised {
                try checkAlert(head, payload.bytes(0, payload.byteCount))
            }
            if head.kind == .monthClosed {
                _ = try statements.checkRow(head, payload.bytes(0, payload.byteCount))
                closings.append(head.sequence)
            }
            guard head.kind == .usageReversed else { return false }
            try checkReversal(payload, head, transaction)
        }
        let part = try head.usagePart(of: payload)
        let call = payload.extracting(part.range)
        let facts = try UsageFacts(call, version: part.version)
        guard
            try meter.measure(
                call, facts, occurredAt: head.occurredAt, &balances,
                load: { _ in BudgetBalance() }) != .unknown
        else { throw CodecError.badValue("client (it was never registered)") }
        for posting in meter.postings {
            if part.isReversal {
                try balances.reverse(posting)
            } else {
                try balances.settle(posting)
            }
        }
        return !part.isReversal
    }

    /// A reversal takes back a call that stands before it, with all its bytes, and once.
    private mutating func checkReversal(
        _ payload: RawSpan, _ head: RecordHead, _ transaction: borrowing ReadTransaction
    ) throws {
        let reversal = try UsageReversal.decode(payload, version: head.version).reversal
        let part = try head.usagePart(of: payload)
        let same = try transaction.get(store.log, reversal.sequence) { record in
            guard let record else { return false }
            let call = try RecordHead(record)
            return call.kind == .usageRecorded && call.id.description == reversal.id
                && call.version == part.version && call.occurredAt == head.occurredAt
                && record.extracting(call.payloadRange).copied
                    == payload.extracting(part.range).copied
        }
        guard same, reversal.sequence < head.sequence.rawValue else {
            throw CodecError.badValue("reversal (it is not of the call in its record)")
        }
        guard reversed.insert(reversal.sequence).inserted else {
            throw CodecError.badValue("reversal (its call was reversed before)")
        }
    }

    /// Computes every closed statement again.
    mutating func checkStatements(_ report: inout VerificationReport) throws {
        report.faults += try store.environment.read { try statements.checkRows($0) }
        for sequence in closings where report.faults.count < Journal.maximumFaults {
            let payload: [UInt8] = try store.environment.read { transaction in
                try transaction.get(store.log, sequence.rawValue) { record in
                    guard let record else { return [] }
                    return record.extracting(try RecordHead(record).payloadRange).copied
                }
            }
            guard
                case .monthClosed(let closing) = try ControlEvent.decode(
                    kind: .monthClosed, payload)
            else { continue }
            if let fault = try statements.checkFigures(closing) { report.faults.append(fault) }
        }
        report.statements = statements.count
    }

    /// An alert's id is what keeps it from being raised twice.
    private func checkAlert(_ head: RecordHead, _ payload: [UInt8]) throws {
        guard case .alertRaised(let alert) = try ControlEvent.decode(kind: head.kind, payload),
            store.id(of: alert) == head.id
        else { throw CodecError.badValue("id (it is not that of its alert)") }
    }

    /// Compares the tables that hold what the log implies.
    func compareTables(_ report: inout VerificationReport, head: LogHead) throws {
        var faults: [String] = []
        var compared = 0
        try store.environment.read { transaction in
            guard try store.head(transaction).sequence == head.sequence else {
                // Somebody appended during the check: their next check covers the tables.
                return
            }
            let ids = try transaction.count(store.ids)
            if UInt64(ids) != head.sequence.rawValue {
                faults.append("the index of ids has \(ids) entries for \(head.sequence) records")
            }
            let listed = try transaction.count(store.control)
            if UInt64(listed) != control {
                faults.append("the list of control events has \(listed) entries, not \(control)")
            }
            var held: [BalanceKey: Int128] = [:]
            try transaction.forEach(store.holds) { _, value in
                for (key, amount) in try HoldRecord(value).amounts {
                    held[key, default: 0] += amount
                }
                return true
            }
            var missing: [BalanceKey: BudgetBalance] = [:]
            for number in balances.dirty {
                missing[balances.entries[number].key] = balances.entries[number].balance
            }
            try transaction.forEach(store.balances) { key, value in
                let balanceKey = try BalanceKey(key)
                let stored = try BudgetBalance(value)
                let expected = missing.removeValue(forKey: balanceKey) ?? BudgetBalance()
                compared += 1
                if stored.settled != expected.settled || stored.calls != expected.calls
                    || stored.unpricedCalls != expected.unpricedCalls
                {
                    faults.append(
                        "balance of \(balanceKey.client)/\(balanceKey.budget) from "
                            + "\(balanceKey.period): it says \(stored.settled), the calls say "
                            + "\(expected.settled)")
                }
                if stored.held != held[balanceKey] ?? 0 {
                    faults.append(
                        "balance of \(balanceKey.client)/\(balanceKey.budget) from "
                            + "\(balanceKey.period): it says \(stored.held) are held, the "
                            + "open holds say \(held[balanceKey] ?? 0)"
                    )
                }
                return faults.count < Journal.maximumFaults
            }
            for key in missing.keys.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
                faults.append(
                    "balance of \(key.client)/\(key.budget) from \(key.period): it is missing")
            }
        }
        report.balances = compared
        report.faults += faults.prefix(Journal.maximumFaults)
    }
}
