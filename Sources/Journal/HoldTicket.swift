public import Ledger
import Synchronization

/// A hold on its way: decided in a moment, durable a moment later; see ``Journal/decide(_:)``.
///
/// ```swift
/// let ticket = try journal.decide(hold)
/// ticket.whenGranted { call.send() }      // no thread lies between the decision and the call
/// guard case .granted = try await ticket.decision() else { … }
/// …
/// _ = try await ticket.durable()          // before a byte of the answer leaves
/// ```
public struct HoldTicket: Sendable {
    let commit: HoldCommit

    /// Waits for the decision, once. A refusal is final; what was granted stands once it is
    /// ``durable()``. Throws when the ledger takes no holds.
    public func decision() async throws -> HoldDecision { try await commit.decision() }

    /// Starts something as soon as the hold is granted, and never if it is not: on the writer's
    /// thread, so it must be short, or here where the decision is there already. Once.
    public func whenGranted(_ start: @escaping @Sendable () -> Void) { commit.whenGranted(start) }

    /// Waits for the commit, once, and tells what the disk holds: the decision, or another where
    /// the transaction had to be run again. Throws when it could not be written.
    public func durable() async throws -> HoldDecision { try await commit.durable() }
}

/// The two answers to a hold: each told by the writer once, awaited by one caller at most.
final class HoldCommit: Sendable {
    typealias Told = Result<HoldDecision, any Error>

    private struct State {
        var decision: Told?
        var decisionWaiter: Reply<HoldDecision>?
        var start: (@Sendable () -> Void)?
        var end: Told?
        var endWaiter: Reply<HoldDecision>?
    }

    private let state = Mutex(State())

    func decision() async throws -> HoldDecision {
        try await Reply.wait { reply in
            let told = state.withLock { state in
                if state.decision == nil { state.decisionWaiter = reply }
                return state.decision
            }
            if let told { reply.send(told) }
        }
    }

    func whenGranted(_ start: @escaping @Sendable () -> Void) {
        let told = state.withLock { state in
            if state.decision == nil { state.start = start }
            return state.decision
        }
        if Self.isGranted(told) { start() }
    }

    func durable() async throws -> HoldDecision {
        try await Reply.wait { reply in
            let told = state.withLock { state in
                if state.end == nil { state.endWaiter = reply }
                return state.end
            }
            if let told { reply.send(told) }
        }
    }

    /// The writer tells the decision. When the transaction is run again, the first one stands, and
    /// the commit tells what came of that.
    func decided(_ decision: Told) {
        // What is to be started is, before anybody can hear of the decision: they rely on it.
        while let start = startIfGranted(decision) { start() }
        let waiter = state.withLock { $0.decisionWaiter.take() }
        waiter?.send(decision)
    }

    /// What is still to be started by a decision; when that is nothing, the decision is made.
    private func startIfGranted(_ decision: Told) -> (@Sendable () -> Void)? {
        state.withLock { state in
            let start = state.start.take()
            if state.decision == nil, Self.isGranted(decision), start != nil { return start }
            state.decision = state.decision ?? decision
            return nil
        }
    }

    /// The writer tells what became of it.
    func ended(_ end: Told) {
        decided(end)
        let waiter = state.withLock { state in
            state.end = end
            return state.endWaiter.take()
        }
        waiter?.send(end)
    }

    private static func isGranted(_ told: Told?) -> Bool {
        switch told {
        case .success(.granted), .success(.existing): true
        default: false
        }
    }
}
