import Synchronization

/// What other threads want of the loop: transfers to start, to stop, and the end.
///
/// Bounded by the transfers that may be open: each is admitted here before it is queued, and stands
/// in `open` until it has ended, so at most one start, one stop and one flow of each can wait.
final class CommandQueue: Sendable {
    struct Start: Sendable {
        let id: TransferID
        let request: CheckedRequest
        let delegate: any TransferDelegate
    }

    /// What the loop takes at a turn.
    struct Commands: Sendable {
        var starts: [Start] = []
        var stops: [(id: TransferID, reason: CurlError)] = []
        /// Transfers that are to wait, or to go on: the last that was said of each.
        var flows: [TransferID: Bool] = [:]
        /// True where there is nothing to do.
        var isEmpty: Bool { starts.isEmpty && stops.isEmpty && flows.isEmpty }
        /// Set once the loop is to end: all that is open must be done by then.
        var closeBy: MonotonicTime?
    }

    private struct State: ~Copyable {
        var commands = Commands()
        var open: Set<TransferID> = []
        var stopped: Set<TransferID> = []
        var next: UInt64 = 1
        var isAsleep = false
        var isStopped = false
        var closeWaiters: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let signal: WakeSignal
    private let limit: Int

    init(signal: WakeSignal, limit: Int) {
        self.signal = signal
        self.limit = limit
    }

    /// The transfers that are open.
    var openCount: Int { state.withLock { $0.open.count } }

    func start(
        _ request: CheckedRequest, _ delegate: any TransferDelegate
    ) throws(CurlError) -> TransferID {
        let (result, mustWake) = state.withLock { state -> (Result<TransferID, CurlError>, Bool) in
            guard state.commands.closeBy == nil else { return (.failure(.loopClosed), false) }
            guard state.open.count < limit else {
                return (.failure(.loopFull(limit: limit)), false)
            }
            let id = TransferID(rawValue: state.next)
            state.next += 1
            state.open.insert(id)
            state.commands.starts.append(Start(id: id, request: request, delegate: delegate))
            return (.success(id), takeSleep(&state))
        }
        // After the lock is free, or the loop would wake only to wait for it.
        if mustWake { signal.wake() }
        return try result.get()
    }

    /// Stops a transfer for a reason; nothing happens when it has ended or is being stopped.
    func stop(_ id: TransferID, _ reason: CurlError) {
        let mustWake = state.withLock { state -> Bool in
            guard state.open.contains(id), state.stopped.insert(id).inserted else { return false }
            state.commands.stops.append((id, reason))
            return takeSleep(&state)
        }
        if mustWake { signal.wake() }
    }

    /// Has a transfer wait or go on; nothing happens when it has ended.
    func setFlow(_ id: TransferID, isPaused: Bool) {
        let mustWake = state.withLock { state -> Bool in
            guard state.open.contains(id) else { return false }
            state.commands.flows[id] = isPaused
            return takeSleep(&state)
        }
        if mustWake { signal.wake() }
    }

    /// Lets the loop end at that moment or once nothing is open, and calls `done` after that, on
    /// the loop's thread, or at once here when it has ended. The earliest moment counts.
    func close(by time: MonotonicTime, done: @escaping @Sendable () -> Void) {
        let (isStopped, mustWake) = state.withLock { state -> (Bool, Bool) in
            guard !state.isStopped else { return (true, false) }
            state.commands.closeBy = min(state.commands.closeBy ?? time, time)
            state.closeWaiters.append(done)
            return (false, takeSleep(&state))
        }
        if mustWake { signal.wake() }
        if isStopped { done() }
    }

    /// For the loop: what came since the last turn. If that is nothing and it `maySleep`, the next
    /// command wakes it.
    func take(maySleep: Bool) -> Commands {
        state.withLock { state in
            let taken = state.commands
            state.commands = Commands(closeBy: taken.closeBy)
            state.isAsleep = taken.isEmpty && maySleep
            return taken
        }
    }

    /// For the loop: a transfer has ended and makes room for another.
    func release(_ id: TransferID) {
        state.withLock { state in
            state.open.remove(id)
            state.stopped.remove(id)
        }
    }

    /// For the loop: its thread does nothing more.
    func markStopped() {
        let waiters = state.withLock { state in
            state.isStopped = true
            let waiters = state.closeWaiters
            state.closeWaiters = []
            return waiters
        }
        for waiter in waiters { waiter() }
    }

    private func takeSleep(_ state: inout State) -> Bool {
        defer { state.isAsleep = false }
        return state.isAsleep
    }
}
