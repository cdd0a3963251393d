import Foundation
import LMDB
import Ledger

/// The one thread of this process that writes to the ledger.
///
/// Callers hand in requests and are answered after the commit that holds their events. A commit
/// starts at once when the thread is idle; what arrives while one runs forms the next, so the group
/// grows with the load. Callers who were just answered often have their next event at hand: they
/// are waited for, for half of what a commit costs whatever is in it at most, since a group of all
/// of them saves a commit. The queue is bounded: when it is full, callers are told.
///
/// `@unchecked Sendable`: `queue`, `queuedEvents`, `wanted`, `isClosing`, `isStopped` and `failure`
/// are only touched while `condition` is locked; `state`, `expected`, `patience` and `cost`
/// only by the writer's thread.
final class JournalWriter: @unchecked Sendable {
    /// The most events in one commit.
    static let maximumBatchEvents = 1_024
    /// The most payload bytes in one commit.
    static let maximumBatchBytes = 2 << 20
    /// The most events that may wait.
    static let maximumQueuedEvents = 65_536
    /// The longest that callers who were just answered are waited for, in seconds.
    static let maximumPatience = 0.002

    /// Something to be done in a transaction, and how its outcome is told after the commit.
    struct Request {
        /// What it counts for in a group.
        let events: Int
        let bytes: Int
        /// True for events that may change what others cost; they never share a commit with usage.
        let isControl: Bool
        let run: (inout AppendBatch, inout WriteTransaction) throws -> Answer
        let fail: (any Error) -> Void
    }

    /// Tells the one who asked; called after the commit.
    typealias Answer = () -> Void

    private let store: LedgerStore
    private let views: ViewsHolder
    private let clock: @Sendable () -> Instant
    private let condition = NSCondition()
    private var queue: [Request] = []
    private var queuedEvents = 0
    /// The writer sleeps until so many events are queued; nil while it works.
    private var wanted: Int?
    private var isClosing = false
    private var isStopped = false
    private var failure: String?
    /// Nil before the first commit and after a failed one: then it is read from the ledger.
    private var state: WriterState?
    /// How many events the callers of the moment would queue if each came back.
    private var expected = 1
    /// Until when they are waited for.
    private var patience = Date.distantPast
    private var cost = CommitCost()

    init(
        store: LedgerStore, views: ViewsHolder,
        clock: @escaping @Sendable () -> Instant
    ) {
        self.store = store
        self.views = views
        self.clock = clock
        let thread = Thread { [self] in run() }
        thread.name = "razao-writer"
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Queues events; `complete` is called on the writer's thread once they are durable or refused.
    func submit(
        _ events: [PreparedEvent], expecting: SequenceNumber?,
        expectingState: SequenceNumber? = nil,
        complete: @escaping @Sendable (Result<[AppendOutcome], any Error>) -> Void
    ) {
        let request = Request(
            // An append of nothing is work for the writer too, and must wake it.
            events: max(1, events.count), bytes: events.reduce(0) { $0 + $1.event.payload.count },
            isControl: events.contains { $0.event.kind != .usageRecorded },
            run: { batch, transaction in
                let actual = batch.state.head.sequence
                if let expecting, expecting != actual {
                    return {
                        complete(
                            .failure(LogError.moved(expected: expecting, actual: actual)))
                    }
                }
                let decidedOn = batch.state.ledger.sequence
                if let expectingState, expectingState != decidedOn {
                    return {
                        complete(
                            .failure(
                                LogError.moved(expected: expectingState, actual: decidedOn)))
                    }
                }
                var outcomes: [AppendOutcome] = []
                outcomes.reserveCapacity(events.count)
                for event in events { outcomes.append(try batch.append(event, &transaction)) }
                return { [outcomes] in complete(.success(outcomes)) }
            }, fail: { complete(.failure($0)) })
        enqueue(request)
    }

    /// Queues other work on what the ledger holds beside the log, such as a hold.
    func submit<R: Sendable>(
        _ work: @escaping @Sendable (inout AppendBatch, inout WriteTransaction) throws -> R,
        complete: @escaping @Sendable (Result<R, any Error>) -> Void
    ) {
        let request = Request(
            events: 1, bytes: 0, isControl: false,
            run: { batch, transaction in
                let result = try work(&batch, &transaction)
                return { complete(.success(result)) }
            }, fail: { complete(.failure($0)) })
        enqueue(request)
    }

    private func enqueue(_ request: Request) {
        condition.lock()
        let refusal: LogError? =
            if let failure { .closed(failure) } else if isClosing {
                .closed("it was closed")
            } else if queuedEvents > 0,
                queuedEvents + request.events > Self.maximumQueuedEvents
            {
                .busy
            } else { nil }
        if refusal == nil {
            queue.append(request)
            queuedEvents += request.events
            // One wake-up for a group, not one for each of its events.
            if let wanted, queuedEvents >= wanted { condition.signal() }
        }
        condition.unlock()
        if let refusal { request.fail(refusal) }
    }

    /// Finishes what is queued and ends the thread. Returns when it has ended.
    func close() {
        condition.lock()
        isClosing = true
        condition.broadcast()
        while !isStopped { condition.wait() }
        condition.unlock()
    }

    private func run() {
        while let group = nextGroup() { commit(group) }
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    private func nextGroup() -> [Request]? {
        condition.lock()
        defer { condition.unlock() }
        if !isClosing, queuedEvents < expected {
            wanted = min(expected, Self.maximumBatchEvents)
            while !isClosing, queuedEvents < min(expected, Self.maximumBatchEvents),
                condition.wait(until: patience)
            {}
        }
        wanted = 1
        while queue.isEmpty {
            if isClosing { return nil }
            condition.wait()
        }
        wanted = nil
        var count = 0
        var events = 0
        var bytes = 0
        while count < queue.count {
            let next = queue[count]
            // A control event may recompute balances from the views, which know only what is
            // committed: usage in the same transaction would be left out.
            if count > 0,
                next.isControl != queue[0].isControl
                    || events + next.events > Self.maximumBatchEvents
                    || bytes + next.bytes > Self.maximumBatchBytes
            {
                break
            }
            events += next.events
            bytes += next.bytes
            count += 1
        }
        let group: [Request]
        if count == queue.count {
            group = queue
            queue = []
        } else {
            group = Array(queue[0..<count])
            queue.removeFirst(count)
        }
        queuedEvents -= events
        return group
    }

    private func takeState() -> WriterState? {
        defer { state = nil }
        return state
    }

    private func commit(_ group: [Request]) {
        let begun = Date()
        // What was queued before a write failed is not written after it.
        if let failure = condition.withLock({ failure }) {
            for request in group { request.fail(LogError.closed(failure)) }
            return
        }
        do {
            let (answers, committed) = try store.environment.write {
                transaction -> ([Answer], WriterState) in
                // Taken, not copied, so that the batch changes its caches in place; when the
                // transaction is aborted or run again, the state is read anew.
                var batch = AppendBatch(
                    store: store, views: views,
                    state: try takeState() ?? WriterState(reading: store, transaction),
                    now: clock())
                try batch.refresh(&transaction)
                var answers: [Answer] = []
                answers.reserveCapacity(group.count)
                for request in group { answers.append(try request.run(&batch, &transaction)) }
                try batch.finish(&transaction)
                return (answers, batch.state)
            }
            state = committed
            expect(group, since: begun)
            for answer in answers { answer() }
        } catch {
            fail(group, error)
        }
    }

    /// Sets how many events are worth waiting for after a commit, and until when.
    private func expect(_ group: [Request], since begun: Date) {
        let answered = group.reduce(0) { $0 + $1.events }
        condition.lock()
        expected = answered + queuedEvents
        condition.unlock()
        let now = Date()
        cost.note(events: answered, seconds: now.timeIntervalSince(begun))
        patience = now.addingTimeInterval(min(Self.maximumPatience, cost.fixed / 2))
    }

    /// A transaction that was aborted for want of room leaves the ledger as it was, and the next
    /// one may succeed. After any other failed write nothing more is accepted: what the disk holds
    /// must be read again from the start, by a new process.
    private func fail(_ group: [Request], _ error: any Error) {
        let keepsGoing: Bool
        switch (error as? LMDBError)?.kind {
        case .mapFull, .diskFull: keepsGoing = tailIsIntact()
        case nil: keepsGoing = true
        default: keepsGoing = false
        }
        if !keepsGoing {
            condition.lock()
            failure = "a write failed (\(error)); run \"razao verify\" and start again"
            condition.unlock()
        }
        if group.count == 1 || !keepsGoing {
            for request in group { request.fail(error) }
        } else {
            // One bad request must not fail its neighbours: run each alone.
            for request in group { commit([request]) }
        }
    }

    /// True when the last records, read back, are what the head says.
    private func tailIsIntact() -> Bool {
        do {
            return try store.environment.read { transaction in
                let head = try store.head(transaction)
                let first = head.sequence.rawValue - min(head.sequence.rawValue, 1_024)
                var last = SequenceNumber(first)
                try store.scan(transaction, after: last) { record, _ in
                    last = record.sequence
                    return true
                }
                return last == head.sequence
            }
        } catch {
            return false
        }
    }
}
