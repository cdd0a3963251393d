import Foundation
import LMDB
import Ledger

/// The `ledger/` environment: the log and what must change with it in one transaction.
///
/// | table | key | value |
/// |---|---|---|
/// | `log` | sequence, 8 bytes big-endian | the record |
/// | `ids` | event id, 16 bytes | sequence (8), body digest (16) |
/// | `control` | sequence | empty; every record that is not `usage.recorded` |
/// | `balances` | client 0 budget 0 period | settled, held (16 each), calls, unpriced (8 each) |
/// | `holds` | hold id | client and amounts |
/// | `meta` | name | `format`, `ledger`, `head`, `views`, an issuer's number, a client's closing |
final class LedgerStore: Sendable {
    static let format: UInt32 = 1

    let environment: LMDB.Environment
    let path: String
    let log: Database
    let ids: Database
    let control: Database
    let balances: Database
    let holds: Database
    let meta: Database
    /// The ledger's identity.
    let identity: EventID

    /// Opens the ledger in a data folder, or makes it when `create` says so.
    init(dataFolder: String, options: LMDB.Environment.Options, create: EventID?) throws {
        path = dataFolder
        let folder = dataFolder + "/ledger"
        let files = FileManager.default
        let kind = try? files.attributesOfItem(atPath: dataFolder)[.type] as? FileAttributeType
        if kind == .typeRegular {
            throw JournalError.foreign(path: dataFolder, detail: "it is a file")
        }
        if !files.fileExists(atPath: folder + "/data.mdb") {
            guard create != nil else {
                // What begins with a dot may be a ledger that was never finished.
                if let content = try? files.contentsOfDirectory(atPath: dataFolder),
                    content.contains(where: { !$0.hasPrefix(".") && $0 != "lost+found" }),
                    !files.fileExists(atPath: folder)
                {
                    throw JournalError.foreign(path: dataFolder, detail: "it has no folder ledger/")
                }
                throw JournalError.noLedger(path: dataFolder)
            }
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } else if create == nil,
            (try? files.attributesOfItem(atPath: folder + "/data.mdb"))?[.size] as? Int == 0
        {
            // LMDB would take it for a new environment and fill it.
            throw JournalError.damaged(place: folder + "/data.mdb", detail: "it is empty")
        }
        environment = try LMDB.Environment(path: folder, options: options)
        let makes = create != nil
        // Only an environment that nobody ever wrote to is ours to fill.
        let isNew = environment.information.lastTransactionID == 0
        let meta = try Self.openMeta(
            environment, create: makes && isNew, dataFolder: dataFolder)
        self.meta = meta
        if let create {
            try environment.write { transaction in
                guard try transaction.value(meta, "format") == nil else { return }
                var format = ByteWriter()
                format.append(Self.format)
                try transaction.put(meta, key: "format", value: format.bytes)
                var identity = ByteWriter()
                identity.appendBigEndian(create.high)
                identity.appendBigEndian(create.low)
                try transaction.put(meta, key: "ledger", value: identity.bytes)
            }
        }
        let found = try environment.read { transaction in
            (
                try transaction.value(meta, "format"), try transaction.value(meta, "ledger")
            )
        }
        guard let format = found.0, let identity = found.1, format.count == 4, identity.count == 16
        else {
            throw JournalError.foreign(path: dataFolder, detail: "ledger/ names no format")
        }
        let version = try unsafe format.span.bytes.load(0, as: UInt32.self)
        guard version <= Self.format else {
            throw JournalError.newerFormat(path: dataFolder, found: version, known: Self.format)
        }
        self.identity = EventID(
            high: try unsafe identity.span.bytes.loadBigEndian(0),
            low: try unsafe identity.span.bytes.loadBigEndian(8))
        log = try environment.openDatabase("log", create: makes)
        ids = try environment.openDatabase("ids", create: makes)
        control = try environment.openDatabase("control", create: makes)
        balances = try environment.openDatabase("balances", create: makes)
        holds = try environment.openDatabase("holds", create: makes)
    }

    private static func openMeta(
        _ environment: LMDB.Environment, create: Bool, dataFolder: String
    ) throws -> Database {
        do {
            return try environment.openDatabase("meta", create: create)
        } catch {
            guard error.kind == .notFound else { throw error }
            throw JournalError.foreign(path: dataFolder, detail: "ledger/ has no table meta")
        }
    }

    /// The end of the log, as the head that was written with the last record says.
    func head(_ transaction: borrowing some Transaction & ~Copyable) throws -> LogHead {
        guard let bytes = try transaction.value(meta, "head") else {
            return LogHead(
                sequence: .zero, chain: Chain.genesis(ledger: identity),
                recordedAt: Instant(nanoseconds: 0))
        }
        guard bytes.count == 48 else {
            throw JournalError.damaged(place: "the ledger's head", detail: "it has a wrong length")
        }
        return LogHead(
            sequence: SequenceNumber(try unsafe bytes.span.bytes.load(0)),
            chain: Array(bytes[16..<48]),
            recordedAt: Instant(nanoseconds: try unsafe bytes.span.bytes.load(8)))
    }

    func putHead(_ head: LogHead, _ transaction: inout WriteTransaction) throws {
        var writer = ByteWriter(capacity: 48)
        writer.append(head.sequence.rawValue)
        writer.append(head.recordedAt.nanoseconds)
        writer.append(contentsOf: head.chain)
        try transaction.put(meta, key: "head", value: writer.bytes)
    }

    /// Which version of the views is live.
    func viewsVersion(_ transaction: borrowing some Transaction & ~Copyable) throws -> UInt32 {
        guard let bytes = try transaction.value(meta, "views") else { return 1 }
        return try unsafe bytes.span.bytes.load(0)
    }

    func putViewsVersion(_ version: UInt32, _ transaction: inout WriteTransaction) throws {
        var writer = ByteWriter(capacity: 4)
        writer.append(version)
        try transaction.put(meta, key: "views", value: writer.bytes)
    }

    /// Reads records from the one after `position`, checksums compared, until `body` says stop.
    func scan(
        _ transaction: borrowing some Transaction & ~Copyable, after position: SequenceNumber,
        _ body: (RecordHead, _ record: RawSpan) throws -> Bool
    ) throws {
        var expected = position.rawValue + 1
        try transaction.forEach(log, from: expected) { key, record in
            let sequence: UInt64 = try key.loadBigEndian(0)
            let head = try self.check(record, at: sequence)
            guard sequence == expected, head.sequence.rawValue == sequence else {
                throw JournalError.damaged(
                    place: "record \(expected) of the log", detail: "the next one is \(sequence)")
            }
            expected += 1
            return try body(head, record)
        }
    }

    /// The head of a record whose checksum is right; throws with its place otherwise.
    func check(_ record: RawSpan, at sequence: UInt64) throws -> RecordHead {
        do {
            try RecordHead.verifyChecksum(record)
            return try RecordHead(record)
        } catch {
            throw JournalError.damaged(
                place: "record \(sequence) of the log", detail: error.description)
        }
    }

    /// The chain value at a place of the log; nil when the log ends before it.
    func chain(
        _ transaction: borrowing some Transaction & ~Copyable, at sequence: SequenceNumber
    ) throws -> [UInt8]? {
        guard sequence > .zero else { return Chain.genesis(ledger: identity) }
        return try transaction.get(log, sequence.rawValue) { record in
            guard let record else { return nil }
            let head = try self.check(record, at: sequence.rawValue)
            return try record.bytes(head.chainRange.lowerBound, RecordHead.chainSize)
        }
    }

    /// Every record that is no usage, after a position and up to another, in order, until `body`
    /// says stop.
    func controlRecords(
        _ transaction: borrowing some Transaction & ~Copyable, after position: SequenceNumber,
        upTo limit: SequenceNumber,
        _ body: (RecordHead, _ payload: () throws -> [UInt8]) throws -> Bool
    ) throws {
        var sequences: [UInt64] = []
        try transaction.forEach(control, from: position.rawValue + 1) { key, _ in
            let sequence: UInt64 = try key.loadBigEndian(0)
            guard sequence <= limit.rawValue else { return false }
            sequences.append(sequence)
            return true
        }
        for sequence in sequences {
            let head: RecordHead? = try transaction.get(log, sequence) { record in
                guard let record else { return nil }
                return try self.check(record, at: sequence)
            }
            guard let head else {
                throw JournalError.damaged(
                    place: "record \(sequence) of the log", detail: "it is missing")
            }
            do {
                let goesOn = try body(head) {
                    try transaction.get(log, sequence) { record -> [UInt8] in
                        guard let record else { return [] }
                        return try record.bytes(head.payloadRange.lowerBound, head.payloadLength)
                    }
                }
                guard goesOn else { return }
            } catch let error as CodecError {
                throw JournalError.damaged(
                    place: "record \(sequence) of the log", detail: error.description)
            }
        }
    }

    /// A state with everything folded that the log holds after it, up to a place.
    func ledgerState(
        _ transaction: borrowing some Transaction & ~Copyable, after state: LedgerState,
        upTo limit: SequenceNumber = SequenceNumber(.max)
    ) throws -> LedgerState {
        var state = state
        try controlRecords(transaction, after: state.sequence, upTo: limit) { record, payload in
            // In time alerts are most of what is no call, closings are large, and the state has no
            // use for either.
            guard record.kind != .alertRaised, record.kind != .monthClosed else {
                state.pass(record.sequence)
                return true
            }
            if record.kind == .usageReversed {
                let bytes = try payload()
                try unsafe state.apply(reversal: bytes.span.bytes, record)
                return true
            }
            if let event = try ControlEvent.decode(kind: record.kind, payload()) {
                try state.apply(event, at: record.sequence, recordedAt: record.recordedAt)
            }
            return true
        }
        return state
    }
}
