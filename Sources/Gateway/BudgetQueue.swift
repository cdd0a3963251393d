import Synchronization

/// Calls that wait for what others of the same client have set aside and may give back.
///
/// Holds are larger than what calls use, so near a limit a call may not fit now and fit in a
/// moment. First come, first served; who is woken and fits wakes the next. Bounded in number and in
/// time: who waits too long is refused.
///
/// Each continuation is resumed once: by who takes it out of the list, under the lock.
final class BudgetQueue: Sendable {
    /// The most calls that wait, of all clients.
    static let maximumWaiting = 10_000

    private struct State {
        var waiting: [String: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)]] =
            [:]
        var count = 0
        /// How often a client's wake found nobody; at most one entry for each client there is.
        var missed: [String: UInt64] = [:]
        var nextTicket: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Where a client's wakes stand. Take it before looking at what is left: what is given back
    /// between the look and the wait is then not missed.
    func mark(of client: String) -> UInt64 { state.withLock { $0.missed[client] ?? 0 } }

    /// Waits until something is given back, or was since a mark; false after `patience`, or where
    /// too many wait.
    func wait(
        of client: String, atMost patience: Duration, since mark: UInt64? = nil
    ) async -> Bool {
        let ticket = state.withLock { state -> UInt64? in
            guard patience > .zero, state.count < Self.maximumWaiting else { return nil }
            state.nextTicket += 1
            return state.nextTicket
        }
        guard let ticket else { return false }
        let timer = Task {
            try await Task.sleep(for: patience)
            take(ticket, of: client)?.resume(returning: false)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            let isMissed = state.withLock { state in
                if let mark, mark != state.missed[client] ?? 0 { return true }
                state.waiting[client, default: []].append((ticket, continuation))
                state.count += 1
                return false
            }
            if isMissed { continuation.resume(returning: true) }
        }
    }

    /// Wakes the one who has waited longest.
    func wake(_ client: String) {
        let first = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.waiting[client]?.isEmpty == false else {
                state.missed[client, default: 0] &+= 1
                return nil
            }
            state.count -= 1
            let first = state.waiting[client]?.removeFirst()
            if state.waiting[client]?.isEmpty == true { state.waiting[client] = nil }
            return first?.continuation
        }
        first?.resume(returning: true)
    }

    private func take(_ ticket: UInt64, of client: String) -> CheckedContinuation<Bool, Never>? {
        state.withLock { state in
            guard let place = state.waiting[client]?.firstIndex(where: { $0.ticket == ticket })
            else { return nil }
            state.count -= 1
            let taken = state.waiting[client]?.remove(at: place)
            if state.waiting[client]?.isEmpty == true { state.waiting[client] = nil }
            return taken?.continuation
        }
    }
}
