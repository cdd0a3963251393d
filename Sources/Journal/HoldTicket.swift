public import Ledger
import Synchronization

/// A hold that was decided, and is durable a moment later; see ``Journal/decide(_:)``.
public struct HoldTicket: Sendable {
    /// What was decided. A refusal is final; what was granted stands once it is ``durable()``.
    public let decision: HoldDecision
    let commit: HoldCommit

    /// Waits for the commit, once, and tells what the disk holds: the decision, or another where
    /// the transaction had to be run again. Throws when it could not be written.
    public func durable() async throws -> HoldDecision { try await commit.wait() }
}

/// The commit of a hold: told by the writer once, awaited by one caller at most.
final class HoldCommit: Sendable {
    private struct State {
        var result: Result<HoldDecision, any Error>?
        var waiter: Reply<HoldDecision>?
    }

    private let state = Mutex(State())

    func wait() async throws -> HoldDecision {
        try await Reply.wait { reply in
            let result = state.withLock { state in
                if state.result == nil { state.waiter = reply }
                return state.result
            }
            if let result { reply.send(result) }
        }
    }

    func tell(_ result: Result<HoldDecision, any Error>) {
        let waiter = state.withLock { state in
            state.result = result
            return state.waiter.take()
        }
        waiter?.send(result)
    }
}
