import Foundation
import Journal
import Ledger
import Synchronization

/// One import: reads, parses on threads of its own, hands batches to the journal in the file's
/// order, and counts what became of them.
final class ImportRun: Sendable {
    /// What an import did.
    struct Result: Sendable {
        var read: UInt64 = 0
        var new: UInt64 = 0
        var existing: UInt64 = 0
        var refused: UInt64 = 0
        var shown = 0
        var failure: (any Error)?
    }

    private let journal: Journal
    private let context: ImportContext
    private let createClients: Bool
    private let timeZone: String
    private let acknowledge: Bool
    private let shownRefusals: Int
    private let result = Mutex(Result())
    private let clients: Mutex<Set<String>>
    /// Batches that the journal has and has not answered yet.
    private let room = DispatchSemaphore(value: maximumBatchesInFlight)

    static let linesPerBatch = 1_024
    static let maximumBatchesInFlight = 8
    static let parsers = 3

    init(
        journal: Journal, keys: PeopleKeys, source: String?, defaults: ImportDefaults,
        createClients: Bool, timeZone: String, acknowledge: Bool, shownRefusals: Int
    ) throws {
        self.journal = journal
        context = ImportContext(
            keys: keys, source: source, defaults: defaults, now: SystemClock.now())
        self.createClients = createClients
        self.timeZone = timeZone
        self.acknowledge = acknowledge
        self.shownRefusals = shownRefusals
        clients = Mutex(Set(try journal.state().clients.keys))
    }

    /// Imports JSON lines.
    func lines(_ stream: InputStreamReader) throws -> Result {
        let context = context
        var pipeline = ImportPipeline(self, total: stream.size)
        var splitter = LineSplitter(
            linesPerBatch: Self.linesPerBatch, longest: ImportLimits.line)
        while let piece = try stream.next() {
            splitter.append(piece)
            while let batch = splitter.next() {
                try pipeline.add { ImportBatch(batch, context) }
            }
        }
        splitter.finish()
        while let batch = splitter.next() {
            try pipeline.add { ImportBatch(batch, context) }
        }
        try pipeline.finish()
        return try finish()
    }

    /// Imports CSV.
    func csv(_ stream: InputStreamReader) throws -> Result {
        let context = context
        var pipeline = ImportPipeline(self, total: stream.size)
        var reader = CSVRowReader()
        var parser: UsageCSV?
        var rows: [CSVRowReader.Row] = []
        var faults: [ImportBatch.Refusal] = []
        var offset: UInt64 = 0
        func flush() throws {
            guard let parser, !rows.isEmpty || !faults.isEmpty else { return }
            let (taken, bad, end) = (rows, faults, offset)
            rows.removeAll(keepingCapacity: true)
            faults.removeAll()
            try pipeline.add {
                ImportBatch(rows: taken, faults: bad, end: end, parser, context)
            }
        }
        func drain() throws {
            while true {
                do {
                    guard let row = try reader.next() else { return }
                    if parser == nil {
                        parser = try header(row)
                    } else {
                        rows.append(row)
                    }
                } catch {
                    guard parser != nil, let line = error.line else {
                        throw CommandError("line \(error.line ?? 1): \(error)")
                    }
                    faults.append(
                        ImportBatch.Refusal(line: UInt64(line), reason: "\(error)"))
                }
                if rows.count + faults.count >= Self.linesPerBatch { try flush() }
            }
        }
        while let piece = try stream.next() {
            reader.append(piece)
            offset += UInt64(piece.count)
            try drain()
        }
        reader.finish()
        try drain()
        guard parser != nil else {
            throw CommandError("the file is empty; the first line names the columns")
        }
        try flush()
        try pipeline.finish()
        return try finish()
    }

    private func header(_ row: CSVRowReader.Row) throws(ImportError) -> UsageCSV {
        try UsageCSV(header: row, defaults: context.defaults)
    }

    /// The counts once every batch that was handed in is answered.
    func settled() -> Result {
        for _ in 0..<Self.maximumBatchesInFlight { room.wait() }
        for _ in 0..<Self.maximumBatchesInFlight { room.signal() }
        return result.withLock { $0 }
    }

    /// Waits for the last answers and returns the counts.
    private func finish() throws -> Result {
        let result = settled()
        if result.refused > UInt64(result.shown) {
            Console.note(
                "and \(counted(result.refused - UInt64(result.shown), "more refused line"))")
        }
        if let failure = result.failure { throw failure }
        return result
    }

    /// Hands a batch to the journal; called in the file's order.
    func submit(_ batch: ImportBatch) throws {
        if let failure = result.withLock({ $0.failure }) { throw failure }
        if let line = batch.lineWithoutID {
            throw CommandError(
                "line \(line) has no id, and standard input has no name to make ids of; give "
                    + "--source NAME")
        }
        count { $0.read += batch.read }
        for refusal in batch.refusals { refuse(refusal.line, refusal.reason) }
        let rows = try admit(batch.rows)
        guard !rows.isEmpty else { return }
        room.wait()
        do {
            try journal.submit(rows.map(\.event)) { [self] answer in
                settle(rows, answer)
                room.signal()
            }
        } catch {
            room.signal()
            throw error
        }
    }

    /// What is happening, for the progress line.
    var summary: String {
        let now = result.withLock { $0 }
        return
            "\(now.read) read, \(now.new) new, \(now.existing) already there, "
            + "\(now.refused) refused"
    }

    /// The rows whose client is known or may be added.
    private func admit(_ rows: [ImportBatch.Row]) throws -> [ImportBatch.Row] {
        var known = clients.withLock { $0 }
        let unknown = Set(rows.map(\.client)).subtracting(known)
        guard !unknown.isEmpty else { return rows }
        if createClients {
            for id in unknown.sorted() {
                let record = ClientRecord(id: id, timeZone: timeZone)
                do {
                    try record.check()
                } catch {
                    continue
                }
                // Eight imports of one file may meet the client at once: one of them adds it.
                try journal.record(by: Actor.name) {
                    $0.clients[id] == nil ? [.clientRegistered(record)] : []
                }
                known.insert(id)
            }
            let registered = known
            clients.withLock { $0 = registered }
        }
        return rows.filter { row in
            guard !known.contains(row.client) else { return true }
            refuse(
                row.line,
                createClients
                    ? "client: \"\(row.client)\" can be no client's id; use letters, "
                        + "digits, dot, dash "
                        + "and underscore"
                    : "client: there is no client \"\(row.client)\"; add it with \"razao "
                        + "client add\", "
                        + "or give --create-clients")
            return false
        }
    }

    private func settle(
        _ rows: [ImportBatch.Row], _ answer: Swift.Result<[AppendOutcome], any Error>
    ) {
        switch answer {
        case .failure(let error): count { $0.failure = $0.failure ?? error }
        case .success(let outcomes):
            var new: UInt64 = 0
            var existing: UInt64 = 0
            for (row, outcome) in zip(rows, outcomes) {
                switch outcome {
                case .appended: new += 1
                case .existing: existing += 1
                case .conflict(let sequence):
                    refuse(
                        row.line,
                        "id: another event has it, as record \(sequence); if this is "
                            + "another file of "
                            + "the same name, give --source NAME")
                case .refused(let reason): refuse(row.line, reason)
                }
            }
            let (added, there) = (new, existing)
            count {
                $0.new += added
                $0.existing += there
            }
            if acknowledge, let first = rows.first, let last = rows.last {
                Console.line(
                    "acknowledged lines \(first.line)-\(last.line): \(new) new, "
                        + "\(existing) already there"
                )
            }
        }
    }

    private func refuse(_ line: UInt64, _ reason: String) {
        let isShown = result.withLock { result in
            result.refused += 1
            guard result.shown < shownRefusals else { return false }
            result.shown += 1
            return true
        }
        if isShown { Console.note("line \(line): \(reason)") }
    }

    private func count(_ change: (inout Result) -> Void) { result.withLock { change(&$0) } }
}

/// Parses batches beside one another and submits them in order; a few at a time, so that memory
/// stays small however large the file is.
struct ImportPipeline {
    private let run: ImportRun
    private let progress: ProgressLine
    private var working: [Worker<ImportBatch>] = []

    init(_ run: ImportRun, total: Int?) {
        self.run = run
        progress = ProgressLine("import", total: total.map { UInt64($0) })
    }

    /// Starts the parsing of a batch; waits for the oldest one when enough are under way.
    mutating func add(_ parse: @escaping @Sendable () -> ImportBatch) throws {
        if working.count >= ImportRun.parsers { try submitOldest() }
        working.append(Worker(parse))
    }

    /// Submits what is under way.
    mutating func finish() throws {
        while !working.isEmpty { try submitOldest() }
        progress.finish()
    }

    private mutating func submitOldest() throws {
        let batch = try working.removeFirst().wait()
        try run.submit(batch)
        progress.update(batch.end, run.summary)
    }
}
