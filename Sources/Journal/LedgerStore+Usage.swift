import LMDB
import Ledger

extension LedgerStore {
    /// Visits the usage records of some blocks whose instant lies in a range, in the order of the
    /// log and as far as `end`.
    ///
    /// Reads are short, so that no reader is parked on old pages, however slowly the visits go: a
    /// read that got old is begun anew after the last record.
    func usage(
        in runs: [BlockIndex.Run], _ interval: Range<Instant>, upTo end: SequenceNumber,
        _ visit: (RecordHead, RawSpan) throws -> Void
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
                            if head.kind == .usageRecorded, interval.contains(head.occurredAt) {
                                try visit(head, record.extracting(head.payloadRange))
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
