import Foundation
import LMDB
import Ledger

extension Journal {
    /// Folds the whole log into empty views, two stretches at a time, and writes sums when they
    /// would not fit in memory any more.
    func foldAll(into views: ViewsStore, _ progress: (SequenceNumber) -> Void) throws {
        let end = try head().sequence
        let state = try state()
        var next = SequenceNumber.zero
        while next < end {
            // Two stretches side by side; sums do not care which was first.
            let middle = SequenceNumber(min(end.rawValue, next.rawValue + Self.stretch))
            let last = SequenceNumber(min(end.rawValue, middle.rawValue + Self.stretch))
            let second = Worker {
                try self.stretch(after: middle, upTo: last, state)
            }
            let first = try stretch(after: next, upTo: middle, state)
            var chunks = [first, try second.wait()]
            try views.environment.write { transaction in
                guard try views.checkpoint(transaction) == next else {
                    throw JournalError.refused(
                        "somebody else folds \(views.environment.path) at the same time; try again")
                }
                for index in chunks.indices where chunks[index].last > next {
                    try views.write(&chunks[index], &transaction)
                }
            }
            next = last
            progress(next)
        }
    }

    /// Records folded by one thread before sums are written.
    private static var stretch: UInt64 { 1 << 20 }

    private func stretch(
        after start: SequenceNumber, upTo end: SequenceNumber, _ state: LedgerState
    ) throws -> FoldChunk {
        var chunk = FoldChunk(
            folder: CellFolder { state.clients[$0]?.calendar }, after: start)
        while chunk.last < end {
            let before = chunk.last
            // Short reads, so that no reader is parked on old pages.
            try store.environment.read { transaction in
                try chunk.add(
                    store, transaction, upTo: end, most: ViewsStore.chunkRecords, bounded: false)
            }
            guard chunk.last > before else { break }
        }
        return chunk
    }
}
