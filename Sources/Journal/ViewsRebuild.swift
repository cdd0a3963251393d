import Foundation
import LMDB
import Ledger

extension Journal {
    /// Folds the whole log into empty views: some threads fold stretches ahead, this one writes
    /// their rows in the order of the log.
    func foldAll(into views: ViewsStore, _ progress: (SequenceNumber) -> Void) throws {
        let end = try head().sequence
        let state = try state()
        var next = SequenceNumber.zero
        var ahead: [(tool: FoldTool, worker: Worker<FoldChunk>)] = []
        var tools: [FoldTool] = []
        // One more than fold at a time, so that rows are ready when this thread wants them.
        let most = min(4, max(2, ProcessInfo.processInfo.activeProcessorCount)) + 1
        while next < end || !ahead.isEmpty {
            while next < end, ahead.count < most {
                let start = next
                next = SequenceNumber(
                    min(end.rawValue, start.rawValue + UInt64(ViewsStore.chunkRecords)))
                let tool = tools.popLast() ?? FoldTool(knowing: state)
                let worker = Worker { [next] in
                    try FoldChunk(self.store, after: start, upTo: next, with: tool)
                }
                ahead.append((tool, worker))
            }
            let (tool, worker) = ahead.removeFirst()
            let chunk = try worker.wait()
            tools.append(tool)
            try views.environment.write { transaction in
                guard try views.checkpoint(transaction) == chunk.first else {
                    throw JournalError.refused(
                        "somebody else folds \(views.environment.path) at the same time; try again")
                }
                try views.write(chunk, &transaction)
            }
            progress(chunk.last)
        }
    }
}
