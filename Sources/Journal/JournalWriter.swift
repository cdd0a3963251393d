import Foundation
import LMDB
import Ledger

/// The one thread of this process that writes to the ledger.
///
/// Callers hand in requests and are answered after the commit that holds their events. A group
/// starts at once when the thread is idle and takes in what arrives until its events are written;
/// what arrives during the commit forms the next, so groups grow with the load. Callers who were
/// just answered often have their next event at hand: they are waited for, for half of what a
/// commit costs whatever is in it at most, since a group of all of them saves a commit. The queue
/// is bounded: when it is full, callers are told.
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
    /// The most callers whom the writer answers all by itself.
    static let answeredAlone = 128
    /// The longest that callers who were just answered are waited for, in seconds.
    static let maximumPatience = 0.002

    /// What goes into one commit.
    private struct Group {
        var requests: [Request] = []
        var events = 0
        var bytes = 0
        /// Seconds that the writer slept over it.
        var waited = 0.0
        let isControl: Bool
        /// False for a request that is run again by itself.
        var isOpen = true

        init(isControl: Bool) { self.isControl = isControl }

        init(alone request: Request) {
            requests = [request]
            events = request.events
            bytes = request.bytes
            isControl = request.isControl
            isOpen = false
        }
    }

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
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Queues a request, which is answered once it is durable or refused, on a thread of ours.
    func submit(_ request: Request) {
        condition.lock()
        let refusal: LogError? =
            if let failure { .closed(failure) } else if isClosing {
                .closed("it was closed")
            } else if queuedEvents > 0,
                queuedEvents + request.events > Self.maximumQueuedEvents
            {
                .busy
            } else { nil }
        var isEnough = false
        if refusal == nil {
            queue.append(request)
            queuedEvents += request.events
            // One wake-up for a group, not one for each of its events.
            if let wanted, queuedEvents >= wanted {
                isEnough = true
                self.wanted = nil
            }
        }
        condition.unlock()
        // After the lock is free, or the writer would wake only to wait for it.
        if isEnough { condition.signal() }
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
        // Set from within, where it reaches the system's tools too.
        Thread.current.name = "razao-writer"
        while let group = nextGroup() { commit(group) }
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    /// Waits for something to do; nil when the end has come and nothing is left.
    private func nextGroup() -> Group? {
        condition.lock()
        defer { condition.unlock() }
        wanted = 1
        while queue.isEmpty {
            if isClosing { return nil }
            condition.wait()
        }
        wanted = nil
        var group = Group(isControl: queue[0].isControl)
        take(into: &group)
        return group
    }

    /// Takes what came in while a group was worked on, waiting a while for callers who are likely
    /// to come; false when the group is complete.
    private func extend(_ group: inout Group) -> Bool {
        // Nothing is as urgent as to be waited for beside a control event.
        guard !group.isControl else { return false }
        condition.lock()
        defer { condition.unlock() }
        let before = group.requests.count
        let aim = min(expected, Self.maximumBatchEvents)
        if queue.isEmpty, group.events < aim, !isClosing, failure == nil {
            let begun = Date()
            // Not for each that comes: half of them are worked on while the others come.
            let missing = aim - group.events
            let enough = missing > 32 ? missing / 2 : missing
            wanted = enough
            while !isClosing, queuedEvents < enough, condition.wait(until: patience) {}
            wanted = nil
            group.waited += Date().timeIntervalSince(begun)
        }
        take(into: &group)
        return group.requests.count > before
    }

    /// Moves requests from the queue to a group, as far as they go into one commit.
    private func take(into group: inout Group) {
        var count = 0
        while count < queue.count {
            let next = queue[count]
            // A control event may recompute balances from the views, which know only what is
            // committed: usage in the same transaction would be left out.
            if next.isControl != group.isControl { break }
            if !group.requests.isEmpty || count > 0,
                group.events + next.events > Self.maximumBatchEvents
                    || group.bytes + next.bytes > Self.maximumBatchBytes
            {
                break
            }
            group.events += next.events
            group.bytes += next.bytes
            queuedEvents -= next.events
            count += 1
        }
        guard count > 0 else { return }
        if group.requests.isEmpty, count == queue.count {
            swap(&group.requests, &queue)
            queue.reserveCapacity(Self.maximumBatchEvents)
        } else {
            group.requests.append(contentsOf: queue[..<count])
            queue.removeFirst(count)
        }
    }

    private func takeState() -> WriterState? {
        defer { state = nil }
        return state
    }

    private func commit(_ first: Group) {
        let begun = Date()
        var group = first
        // What was queued before a write failed is not written after it.
        if let failure = condition.withLock({ failure }) {
            for request in group.requests { request.fail(LogError.closed(failure)) }
            return
        }
        do {
            state = try store.environment.write { transaction -> WriterState in
                // Taken, not copied, so that the batch changes its caches in place; when the
                // transaction is aborted or run again, the state is read anew.
                var batch = AppendBatch(
                    store: store, views: views,
                    state: try takeState() ?? WriterState(reading: store, transaction),
                    now: clock())
                try batch.refresh(&transaction)
                var done = 0
                repeat {
                    while done < group.requests.count {
                        try group.requests[done].run(&batch, &transaction)
                        done += 1
                    }
                    batch.now = clock()
                } while group.isOpen && extend(&group)
                return try batch.finish(&transaction)
            }
            expect(group, since: begun)
            answer(group.requests)
            group.requests = []
        } catch {
            fail(group.requests, error)
        }
    }

    /// Tells callers what came of their requests. Half of many are told by another thread: the
    /// first have their next requests at hand when the writer looks, and it need not tell the rest.
    private func answer(_ requests: [Request]) {
        let here = requests.count > Self.answeredAlone ? requests.count / 2 : requests.count
        for request in requests[..<here] { request.answer() }
        guard here < requests.count else { return }
        Task.detached(priority: .high) {
            for request in requests[here...] { request.answer() }
        }
    }

    /// Sets how many events are worth waiting for in the next commit, and until when.
    private func expect(_ group: Group, since begun: Date) {
        condition.lock()
        expected = group.events + queuedEvents
        condition.unlock()
        let now = Date()
        cost.note(events: group.events, seconds: now.timeIntervalSince(begun) - group.waited)
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
            for request in group { commit(Group(alone: request)) }
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
