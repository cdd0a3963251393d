import Foundation
import LMDB
import Ledger

/// One version of the views: an environment that can be thrown away and folded again from the log.
///
/// | table | key | value |
/// |---|---|---|
/// | `hours` | ``CellCodec`` key | cell |
/// | `days` | the same with ``CellKey/wholeDay`` | the sum of the day's hours |
/// | `blocks` | hours since the epoch, biased | runs of blocks of the log |
/// | `meta` | `checkpoint` | how far the log is folded, and the chain value there |
///
/// Rows and checkpoint change in one transaction, so a view is always the fold of a prefix of the
/// log.
final class ViewsStore: Sendable {
    let environment: LMDB.Environment
    let version: UInt32
    let hours: Database
    let days: Database
    let blocks: Database
    let meta: Database

    /// Records folded before the rows are written; also the longest a read of the log lasts.
    static let chunkRecords = 131_072
    /// Cells summed in memory before they are written.
    static let maximumCells = 120_000

    static func folder(_ dataFolder: String, version: UInt32) -> String {
        "\(dataFolder)/views-\(version)"
    }

    init(dataFolder: String, version: UInt32, options: LMDB.Environment.Options) throws {
        let folder = Self.folder(dataFolder, version: version)
        if !options.readOnly {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
        self.version = version
        environment = try LMDB.Environment(path: folder, options: options)
        hours = try environment.openDatabase("hours", create: !options.readOnly)
        days = try environment.openDatabase("days", create: !options.readOnly)
        blocks = try environment.openDatabase("blocks", create: !options.readOnly)
        meta = try environment.openDatabase("meta", create: !options.readOnly)
    }

    /// How far the log is folded.
    func checkpoint(
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> SequenceNumber {
        guard let bytes = try transaction.value(meta, "checkpoint") else { return .zero }
        return SequenceNumber(try unsafe bytes.span.bytes.load(0))
    }

    func putCheckpoint(
        _ sequence: SequenceNumber, chain: [UInt8], _ transaction: inout WriteTransaction
    ) throws {
        var writer = ByteWriter(capacity: 40)
        writer.append(sequence.rawValue)
        writer.append(contentsOf: chain)
        try transaction.put(meta, key: "checkpoint", value: writer.bytes)
    }

    /// True when the rows were folded from this log: its chain at their checkpoint is the one they
    /// were folded up to. False after an older ledger was put back, or another one.
    func isFolded(from store: LedgerStore) throws -> Bool {
        let known = try environment.read { try $0.value(meta, "checkpoint") }
        guard let known else { return true }
        guard known.count == 8 + RecordHead.chainSize else { return false }
        let place = SequenceNumber(try unsafe known.span.bytes.load(0))
        let chain = try store.environment.read { try store.chain($0, at: place) }
        return chain == Array(known[8...])
    }

    /// Deletes all rows, so that the log is folded anew.
    func clear() throws {
        try environment.write { transaction in
            for table in [hours, days, blocks, meta] { try transaction.clear(table) }
        }
    }

    static func hourKey(_ hour: Int32) -> UInt32 { UInt32(bitPattern: hour) ^ 0x8000_0000 }

    /// SHA-256 over all rows without what depends on the order of arrival, and the place the rows
    /// are folded up to. Equal events give equal digests, in whatever order they came.
    func digest() throws -> (digest: String, checkpoint: SequenceNumber) {
        var hash = DigestBuilder()
        let checkpoint = try environment.read { transaction in
            for table in [hours, days] {
                try transaction.forEach(table) { key, value in
                    guard value.byteCount >= CellCodec.orderDependentSize else {
                        throw JournalError.damagedViews("a cell is too short")
                    }
                    hash.add(key)
                    hash.add(
                        value.extracting(
                            0..<value.byteCount - CellCodec.orderDependentSize))
                    return true
                }
            }
            return try self.checkpoint(transaction)
        }
        return (hash.finish(), checkpoint)
    }

    /// Folds the log up to `limit` into the rows, in chunks that each leave the views whole.
    ///
    /// The write lock of this environment is held for a chunk at a time; the ledger's is never
    /// taken.
    func fold(
        _ store: LedgerStore, upTo limit: SequenceNumber? = nil,
        progress: (SequenceNumber) -> Void = { _ in }
    ) throws {
        var more = true
        while more {
            more = try environment.write { views in
                let from = try checkpoint(views)
                if let limit, from >= limit { return false }
                var chunk = try FoldChunk(store, after: from, upTo: limit)
                guard chunk.last > from else { return false }
                try write(&chunk, &views)
                progress(chunk.last)
                return true
            }
        }
    }

    /// Adds a chunk's sums to the rows and moves the checkpoint.
    func write(_ chunk: inout FoldChunk, _ views: inout WriteTransaction) throws {
        var day: (key: CellKey, cell: UsageCell)?
        for (key, cell) in chunk.folder.drain() {
            try merge(key, cell, into: hours, &views)
            var dayKey = key
            dayKey.slot = CellKey.wholeDay
            if let current = day, current.key == dayKey {
                day?.cell.merge(cell)
            } else {
                if let day { try merge(day.key, day.cell, into: days, &views) }
                day = (dayKey, cell)
            }
        }
        if let day { try merge(day.key, day.cell, into: days, &views) }
        for (hour, runs) in chunk.blocks.hours {
            var merged: [BlockIndex.Run] = try views.get(blocks, Self.hourKey(hour)) { value in
                guard let value else { return [] }
                return try BlockIndex.decode(value)
            }
            for run in runs { BlockIndex.add(run, to: &merged) }
            try views.put(blocks, key: Self.hourKey(hour), value: BlockIndex.encode(merged))
        }
        chunk.blocks.removeAll()
        try putCheckpoint(chunk.last, chain: chunk.chain, &views)
    }

    private func merge(
        _ key: CellKey, _ cell: UsageCell, into table: Database, _ views: inout WriteTransaction
    ) throws {
        let bytes = CellCodec.encode(key)
        let known: UsageCell? = try views.get(table, bytes) { value in
            guard let value else { return nil }
            return try CellCodec.decode(value)
        }
        if var sum = known {
            sum.merge(cell)
            try views.put(table, key: bytes, value: CellCodec.encode(sum))
        } else {
            try views.put(table, key: bytes, value: CellCodec.encode(cell))
        }
    }
}

/// A piece of the log, folded in memory.
struct FoldChunk {
    var folder: CellFolder
    var blocks = BlockIndex()
    private(set) var last: SequenceNumber
    /// The chain value at ``last``; empty while nothing was folded.
    private(set) var chain: [UInt8] = []

    /// Folds records after `position`: at most ``ViewsStore/chunkRecords``, to the end of the log,
    /// or until `limit`, in one short read of the ledger.
    init(_ store: LedgerStore, after position: SequenceNumber, upTo limit: SequenceNumber?) throws {
        last = position
        folder = CellFolder { _ in nil }
        try store.environment.read { transaction in
            // Mostly there is nothing to fold, and then no need to read the control events.
            guard try store.head(transaction).sequence > position else { return }
            let state = try store.ledgerState(transaction, after: LedgerState())
            folder = CellFolder { state.clients[$0]?.calendar }
            try add(store, transaction, upTo: limit, most: ViewsStore.chunkRecords)
        }
    }

    init(folder: CellFolder, after position: SequenceNumber) {
        self.folder = folder
        last = position
    }

    /// Folds more records, as many as `most`.
    mutating func add(
        _ store: LedgerStore, _ transaction: borrowing some Transaction & ~Copyable,
        upTo limit: SequenceNumber?, most: Int, bounded: Bool = true
    ) throws {
        var count = 0
        let end = limit?.rawValue ?? .max
        guard last.rawValue < end else { return }
        let before = last
        try store.scan(transaction, after: last) { head, record in
            if head.kind == .usageRecorded {
                let payload = record.extracting(head.payloadRange)
                do {
                    try folder.fold(head, payload)
                } catch {
                    throw JournalError.damaged(
                        place: "record \(head.sequence) of the log", detail: "\(error)")
                }
                blocks.note(head.occurredAt, head.sequence)
            }
            last = head.sequence
            count += 1
            return count < most && last.rawValue < end
                && (!bounded || folder.cellCount < ViewsStore.maximumCells)
        }
        if last > before, let chain = try store.chain(transaction, at: last) {
            self.chain = chain
        }
    }
}
