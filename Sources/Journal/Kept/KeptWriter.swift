import Foundation
import LMDB
import Ledger

/// The one thread that reads and writes `cache/`, so that no commit blocks a task's thread.
///
/// It takes what is queued into one transaction, so that callers share its commit, and clears away
/// what is too old from time to time. The queue is bounded: when it is full, callers are
/// told. After a write that failed for another reason than want of room nothing more is accepted.
///
/// `@unchecked Sendable`: `queue`, `queuedBytes`, `isClosing`, `isStopped` and `failure` are only
/// touched while `condition` is locked; `isBehind` and `sweepAt` only by the thread.
final class KeptWriter: @unchecked Sendable {
    /// The most pieces of work in one commit.
    static let maximumGroup = 256
    /// The most bytes of answers in one commit, beside the first.
    static let maximumGroupBytes = 16 << 20
    /// The most pieces of work that may wait.
    static let maximumQueue = 8_192
    /// The most bytes of answers that may wait, beside the first.
    static let maximumQueuedBytes = 128 << 20

    private let environment: LMDB.Environment
    private let sweepSeconds: Double
    private let sweep: @Sendable (inout WriteTransaction) throws -> Bool
    private let condition = NSCondition()
    private var queue: [KeptWork] = []
    private var queuedBytes = 0
    private var isClosing = false
    private var isStopped = false
    private var failure: String?
    /// True while there is more that is too old than one sweep takes.
    private var isBehind = true
    /// When it is time for the next.
    private var sweepAt: Date

    /// `sweep` clears away what is too old, when it begins and every so many seconds; true where
    /// there is more to do.
    init(
        _ environment: LMDB.Environment, sweepSeconds: Double,
        sweep: @escaping @Sendable (inout WriteTransaction) throws -> Bool
    ) {
        self.environment = environment
        self.sweepSeconds = sweepSeconds
        self.sweep = sweep
        sweepAt = Date(timeIntervalSinceNow: sweepSeconds)
        let thread = Thread { [self] in run() }
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Queues work, which is answered on the thread once it is durable or refused.
    func submit(_ work: KeptWork) {
        condition.lock()
        let isFull =
            queue.count >= Self.maximumQueue
            || (!queue.isEmpty && queuedBytes + work.bytes > Self.maximumQueuedBytes)
        let refusal: LogError? =
            if let failure { .closed(failure) } else if isClosing {
                .closed("it was closed")
            } else if isFull { .busy } else { nil }
        if refusal == nil {
            queue.append(work)
            queuedBytes += work.bytes
        }
        condition.unlock()
        if let refusal { work.fail(refusal) } else { condition.signal() }
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
        Thread.current.name = "razao-kept"
        while let group = next() { commit(group) }
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    /// Waits for something to do; nothing when it is time to sweep, nil when the end has come.
    private func next() -> [KeptWork]? {
        condition.lock()
        defer { condition.unlock() }
        while queue.isEmpty {
            if isClosing { return nil }
            if isBehind || !condition.wait(until: sweepAt) { return [] }
        }
        if !isClosing, Date() >= sweepAt { return [] }
        var count = 0
        var bytes = 0
        while count < min(queue.count, Self.maximumGroup),
            count == 0 || bytes + queue[count].bytes <= Self.maximumGroupBytes
        {
            bytes += queue[count].bytes
            count += 1
        }
        let group = Array(queue[..<count])
        queue.removeFirst(count)
        queuedBytes -= bytes
        return group
    }

    private func commit(_ group: [KeptWork]) {
        let isSwept = group.isEmpty
        if isSwept { sweepAt = Date(timeIntervalSinceNow: sweepSeconds) }
        if let failure = condition.withLock({ failure }) {
            isBehind = false
            for work in group { work.fail(LogError.closed(failure)) }
            return
        }
        do {
            let isBehind = try environment.write { transaction -> Bool in
                for work in group { try work.run(&transaction) }
                return isSwept ? try sweep(&transaction) : false
            }
            if isSwept { self.isBehind = isBehind }
            for work in group { work.answer() }
        } catch {
            isBehind = false
            switch (error as? LMDBError)?.kind {
            case .mapFull, .diskFull, nil: break
            default: condition.withLock { failure = "a write to cache/ failed (\(error))" }
            }
            if group.count <= 1 {
                for work in group { work.fail(error) }
            } else {
                // One that does not fit must not fail its neighbours.
                for work in group { commit([work]) }
            }
        }
    }
}

/// Something to be done in a transaction on `cache/`, and to be answered after the commit.
///
/// `@unchecked Sendable` for it and its kind: what came of it is only touched by the thread.
class KeptWork: @unchecked Sendable {
    /// Bytes of answers in it.
    let bytes: Int

    init(bytes: Int) { self.bytes = bytes }

    /// Does it; may be called again when the transaction was undone.
    func run(_ transaction: inout WriteTransaction) throws {}

    /// Tells what came of it.
    func answer() {}

    /// Tells why nothing came of it.
    func fail(_ error: any Error) {}
}

/// Work with a result.
final class KeptTask<Value: Sendable>: KeptWork, @unchecked Sendable {
    private let work: @Sendable (inout WriteTransaction) throws -> Value
    private let reply: Reply<Value>
    private var value: Value?

    init(
        bytes: Int, _ reply: Reply<Value>,
        _ work: @escaping @Sendable (inout WriteTransaction) throws -> Value
    ) {
        self.work = work
        self.reply = reply
        super.init(bytes: bytes)
    }

    override func run(_ transaction: inout WriteTransaction) throws {
        value = try work(&transaction)
    }

    override func answer() {
        if let value { reply.send(.success(value)) }
    }

    override func fail(_ error: any Error) { reply.send(.failure(error)) }
}
