import Synchronization

/// The delegate of a streamed answer: keeps what comes until its reader takes it.
final class StreamReceiver: TransferDelegate {
    typealias HeadWaiter = CheckedContinuation<Result<HTTPHead, CurlError>, Never>
    typealias PieceWaiter = CheckedContinuation<Result<[UInt8]?, CurlError>, Never>
    typealias State = StreamState<HeadWaiter, PieceWaiter>

    private let state: Mutex<State>
    private let commands: CommandQueue

    init(maximumBytes: Int, commands: CommandQueue) {
        state = Mutex(State(maximumBytes: maximumBytes))
        self.commands = commands
    }

    var result: Result<TransferTimings, CurlError>? { state.withLock { $0.result } }

    func transfer(_ id: TransferID, brought delivery: TransferDelivery) {
        let (head, bytes, end) = state.withLock { state in
            let head = delivery.head.map { state.take($0) } ?? .nothing
            let bytes = delivery.bytes.isEmpty ? .nothing : state.take(delivery.bytes)
            let end = delivery.end.map { state.finish($0) } ?? .nothing
            for action in [head, bytes, end] { setFlow(id, action) }
            return (head, bytes, end)
        }
        tell(head)
        tell(bytes)
        tell(end)
    }

    /// Waits for the head; a task that is cancelled meanwhile stops the transfer, whose end comes
    /// back here and answers the wait.
    func head(of id: TransferID) async throws(CurlError) -> HTTPHead {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                step(id) { $0.waitForHead(waiter) }
            }
        } onCancel: {
            commands.stop(id, .cancelled)
        }
        return try result.get()
    }

    /// Waits for more of the body, in the same way; nil after the last piece.
    func piece(of id: TransferID) async throws(CurlError) -> [UInt8]? {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                step(id) { $0.waitForPiece(waiter) }
            }
        } onCancel: {
            commands.stop(id, .cancelled)
        }
        return try result.get()
    }

    private func step(_ id: TransferID, _ change: (inout State) -> State.Action) {
        let action = state.withLock { state in
            let action = change(&state)
            setFlow(id, action)
            return action
        }
        tell(action)
    }

    /// Waits and goings-on are told under the lock, so that they come in the order in which they
    /// were decided; the rest without it: a continuation may run its task at once.
    private func setFlow(_ id: TransferID, _ action: State.Action) {
        switch action {
        case .pause: commands.setFlow(id, isPaused: true)
        case .answerPieceAndResume: commands.setFlow(id, isPaused: false)
        case .nothing, .answerHead, .answerPiece: break
        }
    }

    private func tell(_ action: State.Action) {
        switch action {
        case .nothing, .pause: break
        case .answerHead(let waiter, let result): waiter.resume(returning: result)
        case .answerPiece(let waiter, let result), .answerPieceAndResume(let waiter, let result):
            waiter.resume(returning: result)
        }
    }
}
