import Foundation
import LMDB
public import Ledger
import Synchronization

/// A data folder in use: the durable log, its views, and the one thread that writes.
///
/// ```swift
/// let journal = try Journal.create(at: "data", by: "me")
/// try journal.record([.clientRegistered(ClientRecord(id: "acme"))], by: "me")
/// let outcome = try await journal.append([NewEvent(call, id: id)])
/// let rows = try journal.usage(by: [.model])
/// ```
/// Several processes may have one folder open; each sees what the others appended. Appends are
/// answered after the commit that holds them. Open a folder once in a process and ``close()`` it.
public final class Journal: EventLog, Sendable {
    /// The data folder.
    public let folder: String
    let store: LedgerStore
    let options: JournalOptions
    let clock: @Sendable () -> Instant
    private let writer: JournalWriter?
    private let viewsHolder: ViewsHolder
    private let stateCache: Mutex<LedgerState>

    private init(
        folder: String, store: LedgerStore, options: JournalOptions,
        clock: @escaping @Sendable () -> Instant
    ) {
        self.folder = folder
        self.store = store
        self.options = options
        self.clock = clock
        let holder = ViewsHolder(folder: folder, store: store, options: options)
        viewsHolder = holder
        stateCache = Mutex(LedgerState())
        writer =
            options.readOnly
            ? nil : JournalWriter(store: store, views: holder, clock: clock)
    }

    /// Opens the ledger in a data folder.
    ///
    /// Throws ``JournalError`` when there is none, when it is damaged or of a newer format.
    public static func open(
        at folder: String, options: JournalOptions = JournalOptions(),
        clock: @escaping @Sendable () -> Instant = SystemClock.now
    ) throws -> Journal {
        let store = try LedgerStore(
            dataFolder: folder, options: options.ledger, create: nil)
        return Journal(folder: folder, store: store, options: options, clock: clock)
    }

    /// Makes a new ledger in a folder, or opens the one that is there.
    public static func create(
        at folder: String, options: JournalOptions = JournalOptions(),
        clock: @escaping @Sendable () -> Instant = SystemClock.now
    ) throws -> Journal {
        let store = try LedgerStore(
            dataFolder: folder, options: options.ledger, create: SystemClock.newID(at: clock()))
        return Journal(folder: folder, store: store, options: options, clock: clock)
    }

    /// Ends the writer after what is queued, and closes the environments.
    public func close() {
        writer?.close()
        viewsHolder.close()
        store.environment.close()
    }

    /// The views that are live now.
    func views() throws -> ViewsStore { try viewsHolder.current() }

    /// Opens a version of the views beside the live one.
    var holder: ViewsHolder { viewsHolder }

    // MARK: Appending

    /// Appends events and returns what became of each, once they are durable.
    ///
    /// Usage and control events do not go in one call. Throws ``LogError/busy`` when the queue is
    /// full; nothing of the call is written then. Cost: a share of one commit.
    public func append(
        _ events: [NewEvent], expecting position: SequenceNumber? = nil
    ) async throws -> [AppendOutcome] {
        let writer = try checked(events)
        return try await Reply.wait { reply in
            writer.submit(
                EventsRequest(events.map(PreparedEvent.init), expecting: position, reply))
        }
    }

    /// Appends one call and returns what became of it, once it is durable.
    ///
    /// For callers in great number, each with a call at a time: cheaper than a list of one.
    public func append(_ event: NewEvent) async throws -> AppendOutcome {
        let writer = try writable()
        guard event.kind == .usageRecorded else { return try await append([event])[0] }
        let prepared = PreparedEvent(event)
        return try await Reply.wait { writer.submit(UsageRequest(prepared, $0)) }
    }

    /// The same for a caller that may block its thread, such as a command.
    @available(*, noasync, message: "await the asynchronous append")
    public func append(
        _ events: [NewEvent], expecting position: SequenceNumber?
    ) throws -> [AppendOutcome] {
        let answer = Answer()
        try submit(events, expecting: position) { answer.set($0) }
        return try answer.wait()
    }

    /// Queues events and returns at once; `complete` is called on the writer's thread.
    public func submit(
        _ events: [NewEvent], expecting position: SequenceNumber? = nil,
        complete: @escaping @Sendable (Result<[AppendOutcome], any Error>) -> Void
    ) throws {
        let writer = try checked(events)
        writer.submit(
            EventsRequest(
                events.map(PreparedEvent.init), expecting: position, .closure(complete)))
    }

    /// Records control events in one transaction, each under a new id.
    ///
    /// Telling a fact again is another event: a price may be set back to what it was. Balances that
    /// a price or a rate moves are moved in the same transaction. Throws when one is refused.
    @discardableResult
    @available(*, noasync, message: "a blocking append; give it to a thread of its own")
    public func record(_ events: [ControlEvent], by actor: String) throws -> [AppendOutcome] {
        try record(events, by: actor, ifStateIs: nil)
    }

    /// Records what `decide` makes of the state, looking again when another process recorded
    /// something in between: the decision always stands on what the log says.
    ///
    /// `decide` may run several times and must have no effects. An empty list records nothing.
    @discardableResult
    @available(*, noasync, message: "a blocking append; give it to a thread of its own")
    public func record(
        by actor: String, deciding decide: (LedgerState) throws -> [ControlEvent]
    ) throws -> [ControlEvent] {
        for _ in 0..<64 {
            let state = try state()
            let events = try decide(state)
            guard !events.isEmpty else { return [] }
            do {
                _ = try record(events, by: actor, ifStateIs: state.sequence)
                return events
            } catch {
                guard case .moved = error as? LogError else { throw error }
            }
        }
        throw JournalError.refused(
            "others change prices, rates or clients faster than this can be decided; try again")
    }

    @available(*, noasync, message: "a blocking append; give it to a thread of its own")
    private func record(
        _ events: [ControlEvent], by actor: String, ifStateIs sequence: SequenceNumber?
    ) throws -> [AppendOutcome] {
        // Fold first, so that the transaction that moves balances has little left to fold.
        if try state().budgets.contains(where: { !$0.value.isEmpty }) { try catchUp() }
        let now = clock()
        let new = try events.map { event in
            let payload = try event.encoded(by: actor)
            return NewEvent(
                kind: event.kind, version: ControlEvent.version,
                id: SystemClock.newID(at: now), occurredAt: now, payload: payload)
        }
        let answer = Answer()
        try checked(new).submit(
            EventsRequest(
                new.map(PreparedEvent.init), expecting: nil, expectingState: sequence,
                .closure { answer.set($0) }))
        let outcomes = try answer.wait()
        for case .refused(let reason) in outcomes { throw JournalError.refused(reason) }
        return outcomes
    }

    /// The writer, unless the folder was opened for reading only.
    func writable() throws -> JournalWriter {
        guard let writer else { throw LogError.closed("it was opened for reading only") }
        return writer
    }

    private func checked(_ events: [NewEvent]) throws -> JournalWriter {
        let writer = try writable()
        let usage = events.count { $0.kind.isUsage }
        guard usage == 0 || usage == events.count else {
            throw JournalError.refused("usage and control events go into the log in separate calls")
        }
        return writer
    }

    // MARK: Reading

    /// Reads records in order from the one after `position`, in short transactions, until `body`
    /// returns false or the log ends. Checksums are compared.
    public func read(
        after position: SequenceNumber, _ body: (RecordHead, _ payload: RawSpan) throws -> Bool
    ) throws {
        var last = position
        var goesOn = true
        while goesOn {
            var count = 0
            do {
                try store.environment.read { transaction in
                    try store.scan(transaction, after: last) { head, record in
                        last = head.sequence
                        count += 1
                        goesOn = try body(head, record.extracting(head.payloadRange))
                        return goesOn && count < ViewsStore.chunkRecords
                    }
                }
            } catch {
                // A slow reader, such as an export into a pipe, goes on in a new transaction.
                guard (error as? LMDBError)?.kind == .readTooOld, count > 0 else { throw error }
            }
            if count == 0 { return }
        }
    }

    /// The last record's place and chain value.
    public func head() throws -> LogHead {
        try store.environment.read { try store.head($0) }
    }

    /// Clients, prices, rates and budgets as the log says now. Cost: what was appended since the
    /// last call.
    public func state() throws -> LedgerState {
        let known = stateCache.withLock { $0 }
        let fresh = try store.environment.read { transaction -> LedgerState in
            try store.ledgerState(transaction, after: known)
        }
        stateCache.withLock { if $0.sequence < fresh.sequence { $0 = fresh } }
        return fresh
    }

    /// Folds into the views what the log holds and they do not.
    public func catchUp(progress: (SequenceNumber) -> Void = { _ in }) throws {
        guard !options.readOnly else { return }
        let state = try state()
        try holder.withLive { views, _ in
            try views.fold(store, knowing: state, progress: progress)
        }
    }
}

/// A result that one thread waits for and another sets.
///
/// `@unchecked Sendable`: `result` is only touched while `condition` is locked.
private final class Answer: @unchecked Sendable {
    private let condition = NSCondition()
    private var result: Result<[AppendOutcome], any Error>?

    func set(_ result: Result<[AppendOutcome], any Error>) {
        condition.lock()
        self.result = result
        condition.signal()
        condition.unlock()
    }

    func wait() throws -> [AppendOutcome] {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result { return try result.get() }
            condition.wait()
        }
    }
}
