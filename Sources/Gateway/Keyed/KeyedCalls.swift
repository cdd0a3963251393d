import Journal
import Synchronization

/// The calls with an `Idempotency-Key` that are under way, and those who wait for them.
///
/// Each continuation is resumed once: by who takes it out of the list, under the lock. Those who
/// wait are calls in flight, and bounded as those are.
final class KeyedCalls: Sendable {
    /// What becomes of a call that comes in.
    enum Arrival: Sendable {
        /// It is the first, and must see to it that the flight ends.
        case first
        /// Another request is under way under its key.
        case conflict
        /// It has waited long enough.
        case timedOut
        /// The one it waited for was told this.
        case told(GatewayAnswer)
    }

    private typealias Waiting = CheckedContinuation<Arrival?, Never>

    private struct Flight {
        let request: KeyedDigest
        var waiting: [(ticket: UInt64, continuation: Waiting)] = []
    }

    private struct State {
        var flights: [KeyedDigest: Flight] = [:]
        var nextTicket: UInt64 = 0
        /// Bytes of streams that are kept in memory until they end.
        var recorded = 0
    }

    /// The most bytes of streams in flight that are kept in memory, of all calls together.
    static let maximumRecorded = 256 << 20

    let store: KeptAnswers
    private let state = Mutex(State())

    init(_ store: KeptAnswers) { self.store = store }

    /// Begins a flight, or waits for the end of the one that is under way.
    func arrive(
        _ name: KeyedDigest, _ request: KeyedDigest, patience: Duration
    ) async -> Arrival {
        let deadline = ContinuousClock.now + patience
        // Another round only where the flight ended in between: each has a shorter wait.
        while true {
            let (step, ticket) = state.withLock { state -> (KeyedState.Step, UInt64) in
                let there = state.flights[name].map { KeyedState.inFlight($0.request) } ?? .absent
                let step = there.step(request)
                if step == .call { state.flights[name] = Flight(request: request) }
                state.nextTicket += 1
                return (step, state.nextTicket)
            }
            switch step {
            case .call: return .first
            case .wait:
                if let arrival = await wait(name, request, ticket, until: deadline) {
                    return arrival
                }
            default: return .conflict
            }
        }
    }

    /// Nil where there is nothing to wait for any more.
    private func wait(
        _ name: KeyedDigest, _ request: KeyedDigest, _ ticket: UInt64,
        until deadline: ContinuousClock.Instant
    ) async -> Arrival? {
        var timer: Task<Void, any Error>?
        defer { timer?.cancel() }
        return await withCheckedContinuation { continuation in
            let isIn = state.withLock { state -> Bool in
                guard state.flights[name]?.request == request else { return false }
                state.flights[name]?.waiting.append((ticket, continuation))
                return true
            }
            guard isIn else {
                continuation.resume(returning: nil)
                return
            }
            timer = Task { [self] in
                try await Task.sleep(until: deadline, clock: .continuous)
                take(ticket, name)?.resume(returning: .timedOut)
            }
        }
    }

    private func take(_ ticket: UInt64, _ name: KeyedDigest) -> Waiting? {
        state.withLock { state in
            let waiting = state.flights[name]?.waiting
            guard let place = waiting?.firstIndex(where: { $0.ticket == ticket }) else {
                return nil
            }
            return state.flights[name]?.waiting.remove(at: place).continuation
        }
    }

    /// Ends a flight; those who waited are told the answer, or look again where there is none.
    func end(_ name: KeyedDigest, _ answer: GatewayAnswer?) {
        let flight = state.withLock { $0.flights.removeValue(forKey: name) }
        for (_, continuation) in flight?.waiting ?? [] {
            continuation.resume(returning: answer.map(Arrival.told))
        }
    }

    /// Takes room for bytes of a stream; false where there is none.
    func reserve(_ bytes: Int) -> Bool {
        state.withLock { state in
            guard state.recorded + bytes <= Self.maximumRecorded else { return false }
            state.recorded += bytes
            return true
        }
    }

    /// Gives room back.
    func free(_ bytes: Int) { state.withLock { $0.recorded -= bytes } }
}
