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
        /// Records of other systems that are no calls.
        var skipped: UInt64 = 0
        var shown = 0
        var failure: (any Error)?
    }

    private let journal: Journal
    private let context: ImportContext
    private let createClients: Bool
    private let timeZone: String
    private let acknowledge: Bool
    private let shownRefusals: Int
    /// Where costs that others recorded are compared with ours.
    private let costs: RecordedCosts?
    /// The last record before this import.
    private let start: SequenceNumber
    private let result = Mutex(Result())
    private let clients: Mutex<Set<String>>
    /// Batches that the journal has and has not answered yet.
    private let room = DispatchSemaphore(value: maximumBatchesInFlight)

    static let maximumBatchesInFlight = 8
    static let parsers = 3

    init(
        journal: Journal, keys: PeopleKeys, source: String?, format: ImportFormat,
        costs: RecordedCosts?, createClients: Bool, timeZone: String, acknowledge: Bool,
        shownRefusals: Int
    ) throws {
        self.journal = journal
        self.costs = costs
        context = ImportContext(
            keys: keys, source: source, format: format, now: SystemClock.now())
        self.createClients = createClients
        self.timeZone = timeZone
        self.acknowledge = acknowledge
        self.shownRefusals = shownRefusals
        start = try journal.head().sequence
        clients = Mutex(Set(try journal.state().clients.keys))
    }

    /// Imports JSON: lines, or for exports of other systems also a list.
    func json(_ stream: consuming RecordStream) throws -> Result {
        let context = context
        var stream = stream
        let noun = stream.noun
        var pipeline = ImportPipeline(self, total: stream.size)
        do {
            try stream.forEachBatch { batch in
                try pipeline.add { ImportBatch(batch, noun: noun, context) }
            }
        } catch {
            // What was read before a cut counts.
            try? pipeline.finish()
            throw error
        }
        try pipeline.finish()
        return try finish()
    }

    /// Imports CSV.
    func csv(_ stream: consuming RecordStream) throws -> Result {
        let context = context
        var stream = stream
        var pipeline = ImportPipeline(self, total: stream.size)
        var parser: RowReader?
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
        try stream.forEachRow { row, end in
            offset = end
            switch row {
            case .success(let row) where parser == nil: parser = try context.format.table(row)
            case .success(let row): rows.append(row)
            case .failure(let error):
                faults.append(
                    ImportBatch.Refusal(line: UInt64(error.line ?? 0), reason: "\(error)"))
            }
            if rows.count + faults.count >= RecordStream.recordsPerBatch { try flush() }
        }
        try flush()
        try pipeline.finish()
        return try finish()
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
                "\(batch.noun) \(line) has no id, and standard input has no name to make ids of; "
                    + "give --source NAME")
        }
        count {
            $0.read += batch.read
            $0.skipped += batch.skipped
        }
        for refusal in batch.refusals { refuse(refusal.line, refusal.reason, batch.noun) }
        let rows = try admit(batch.rows, batch.noun)
        guard !rows.isEmpty else { return }
        let compared = try costs?.compare(rows, journal) ?? []
        let noun = batch.noun
        room.wait()
        do {
            try journal.submit(rows.map(\.event)) { [self] answer in
                settle(rows, compared, noun, answer)
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
    private func admit(_ rows: [ImportBatch.Row], _ noun: String) throws -> [ImportBatch.Row] {
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
                        + "digits, dot, dash and underscore"
                    : "client: there is no client \"\(row.client)\"; add it with \"razao "
                        + "client add\", or give --create-clients", noun)
            return false
        }
    }

    private func settle(
        _ rows: [ImportBatch.Row], _ compared: [CostComparison], _ noun: String,
        _ answer: Swift.Result<[AppendOutcome], any Error>
    ) {
        switch answer {
        case .failure(let error): count { $0.failure = $0.failure ?? error }
        case .success(let outcomes):
            var new: UInt64 = 0
            var existing: UInt64 = 0
            for (index, (row, outcome)) in zip(rows, outcomes).enumerated() {
                switch outcome {
                case .appended: new += 1
                case .existing(let place):
                    existing += 1
                    // The same line again: it was compared when it came first.
                    if place > start { continue }
                case .conflict(let sequence):
                    refuse(
                        row.line,
                        "id: another event has it, as record \(sequence); if this is another "
                            + "file of the same name, give --source NAME", noun)
                    continue
                case .refused(let reason):
                    refuse(row.line, reason, noun)
                    continue
                }
                if index < compared.count { costs?.add(row, compared[index]) }
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

    private func refuse(_ line: UInt64, _ reason: String, _ noun: String) {
        let isShown = result.withLock { result in
            result.refused += 1
            guard result.shown < shownRefusals else { return false }
            result.shown += 1
            return true
        }
        if isShown { Console.note("\(noun) \(line): \(reason)") }
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
