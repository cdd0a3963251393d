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

    /// How far the log is folded at this moment.
    func checkpoint() throws -> SequenceNumber { try environment.read { try checkpoint($0) } }

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
    /// `state` is what is known already; only later control events are read. The write lock of this
    /// environment is held for a chunk at a time; the ledger's is never taken.
    func fold(
        _ store: LedgerStore, upTo limit: SequenceNumber? = nil,
        knowing state: LedgerState = LedgerState(), progress: (SequenceNumber) -> Void = { _ in }
    ) throws {
        let tool = FoldTool(knowing: state)
        var more = true
        while more {
            more = try environment.write { views in
                let from = try checkpoint(views)
                if let limit, from >= limit { return false }
                let chunk = try FoldChunk(
                    store, after: from, upTo: limit ?? SequenceNumber(.max), with: tool)
                guard chunk.last > from else { return false }
                try write(chunk, &views)
                progress(chunk.last)
                return true
            }
        }
    }

    /// Adds a chunk's sums to the rows and moves the checkpoint.
    func write(_ chunk: FoldChunk, _ views: inout WriteTransaction) throws {
        try chunk.rows.forEach { table, key, cell in
            try merge(key, cell, into: table == .hours ? hours : days, &views)
        }
        for (hour, runs) in chunk.blocks.hours {
            var merged: [BlockIndex.Run] = try views.get(blocks, Self.hourKey(hour)) { value in
                guard let value else { return [] }
                return try BlockIndex.decode(value)
            }
            for run in runs { BlockIndex.add(run, to: &merged) }
            try views.put(blocks, key: Self.hourKey(hour), value: BlockIndex.encode(merged))
        }
        try putCheckpoint(chunk.last, chain: chunk.chain, &views)
    }

    private func merge(
        _ key: RawSpan, _ cell: RawSpan, into table: Database, _ views: inout WriteTransaction
    ) throws {
        // Most cells of a chunk are new: those cost one descent.
        if try views.insert(table, key: key, value: cell) { return }
        var sum = try CellCodec.decode(cell, isPart: true)
        let known: UsageCell? = try views.get(table, key) { value in
            guard let value else { return nil }
            return try CellCodec.decode(value)
        }
        if let known { sum.merge(known) }
        try views.put(table, key: key, value: CellCodec.encode(sum))
    }
}
