import LMDB
import Ledger
import Synchronization

/// A piece of the log, folded in memory: the rows that it adds to the views.
struct FoldChunk: Sendable {
    private(set) var rows = CellRows()
    private(set) var blocks = BlockIndex()
    /// Where it begins: the last record that is not in it.
    let first: SequenceNumber
    private(set) var last: SequenceNumber
    /// The chain value at ``last``; empty while nothing was folded.
    private(set) var chain: [UInt8] = []

    /// Folds records after `position`: at most ``ViewsStore/chunkRecords``, to the end of the log,
    /// or until `limit`, in one short read of the ledger.
    init(
        _ store: LedgerStore, after position: SequenceNumber, upTo limit: SequenceNumber,
        with tool: FoldTool
    ) throws {
        first = position
        last = position
        guard position < limit else { return }
        try store.environment.read { transaction in
            // Mostly there is nothing to fold, and then no need to look for control events.
            guard try store.head(transaction).sequence > position else { return }
            try tool.use(store, transaction) { folder in
                var blocks = BlockIndex()
                var last = position
                var count = 0
                try store.scan(transaction, after: position) { head, record in
                    if head.kind.isUsage {
                        do throws(CodecError) {
                            try folder.fold(head, record.extracting(head.payloadRange))
                        } catch {
                            throw JournalError.damaged(
                                place: "record \(head.sequence) of the log", detail: "\(error)")
                        }
                        blocks.note(head.occurredAt, head.sequence)
                    }
                    last = head.sequence
                    count += 1
                    return count < ViewsStore.chunkRecords && last < limit
                }
                folder.drainRows { table, key, cell in rows.append(table, key, cell) }
                self.blocks = blocks
                self.last = last
                chain = try store.chain(transaction, at: last) ?? []
            }
        }
    }
}

/// What folding chunk after chunk keeps: the state as far as it is known, and a folder whose memory
/// and names serve again.
final class FoldTool: Sendable {
    private struct Kept {
        var state: LedgerState
        var folder: CellFolder

        init(_ state: LedgerState) {
            self.state = state
            folder = CellFolder { state.clients[$0]?.calendar }
        }
    }

    private let kept: Mutex<Kept>

    /// A tool that knows a state already; only later control events are read.
    init(knowing state: LedgerState) { kept = Mutex(Kept(state)) }

    /// Lends the folder, with the state brought up to what a transaction sees. What a failed use
    /// left in it is forgotten.
    fileprivate func use(
        _ store: LedgerStore, _ transaction: borrowing some Transaction & ~Copyable,
        _ body: (inout CellFolder) throws -> Void
    ) throws {
        let known = kept.withLock { $0.state }
        let newer = try store.ledgerState(transaction, after: known)
        try kept.withLock { kept in
            // A client may have moved to another zone: names and calendars are looked up anew.
            if newer.sequence != known.sequence { kept = Kept(newer) }
            do {
                try body(&kept.folder)
            } catch {
                kept.folder = Kept(newer).folder
                throw error
            }
        }
    }
}

/// Rows of cells as the tables hold them, one after the other in one buffer, so that one thread can
/// make them and another write them.
struct CellRows: Sendable {
    /// Of each row: table, key's length, cell's length, then both.
    private var writer = ByteWriter(capacity: 1 << 16)

    mutating func append(_ table: CellTable, _ key: RawSpan, _ cell: RawSpan) {
        writer.append(table.rawValue)
        writer.append(UInt16(key.byteCount))
        writer.append(UInt32(cell.byteCount))
        writer.append(key)
        writer.append(cell)
    }

    /// Visits the rows in the order in which they were appended.
    func forEach(
        _ body: (CellTable, _ key: RawSpan, _ cell: RawSpan) throws -> Void
    ) throws {
        let bytes = unsafe writer.bytes.span.bytes
        var offset = 0
        while offset < bytes.byteCount {
            let table: UInt8 = try bytes.load(offset)
            let key = offset + 7
            let cell = key + Int(try bytes.load(offset + 1, as: UInt16.self))
            offset = cell + Int(try bytes.load(offset + 3, as: UInt32.self))
            guard let table = CellTable(rawValue: table) else { throw CodecError.truncated }
            try body(table, bytes.extracting(key..<cell), bytes.extracting(cell..<offset))
        }
    }
}
