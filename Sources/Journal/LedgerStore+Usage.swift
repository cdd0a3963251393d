import LMDB
import Ledger

extension LedgerStore {
    /// Visits the calls of some blocks whose instant lies in a range, in the order of the log and
    /// as far as `end`: those that were recorded, and those taken back, as `part` says.
    ///
    /// Reads are short, so that no reader is parked on old pages, however slowly the visits go: a
    /// read that got old is begun anew after the last record.
    func usage(
        in runs: [BlockIndex.Run], _ interval: Range<Instant>, upTo end: SequenceNumber,
        _ visit: (_ head: RecordHead, _ call: RawSpan, _ part: UsagePart) throws -> Void
    ) throws {
        for run in runs {
            let records = BlockIndex.records(of: run)
            let last = min(records.upperBound, end.rawValue)
            var next = records.lowerBound
            while next <= last {
                let begun = next
                do {
                    try environment.read { ledger in
                        var count = 0
                        try scan(ledger, after: SequenceNumber(next - 1)) { head, record in
                            guard head.sequence.rawValue <= last else { return false }
                            next = head.sequence.rawValue + 1
                            if head.kind.isUsage, interval.contains(head.occurredAt) {
                                let payload = record.extracting(head.payloadRange)
                                let part = try head.usagePart(of: payload)
                                try visit(head, payload.extracting(part.range), part)
                            }
                            count += 1
                            return count < ViewsStore.chunkRecords
                        }
                    }
                } catch {
                    guard (error as? LMDBError)?.kind == .readTooOld, next > begun else {
                        throw error
                    }
                }
                if next == begun { break }
            }
        }
    }
}
