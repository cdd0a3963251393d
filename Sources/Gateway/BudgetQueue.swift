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
        var nextTicket: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Waits until something is given back; false after `patience`, or where too many wait.
    func wait(of client: String, atMost patience: Duration) async -> Bool {
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
            state.withLock { state in
                state.waiting[client, default: []].append((ticket, continuation))
                state.count += 1
            }
        }
    }

    /// Wakes the one who has waited longest.
    func wake(_ client: String) {
        let first = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.waiting[client]?.isEmpty == false else { return nil }
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
