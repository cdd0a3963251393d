import Synchronization

/// The delegate of a streamed answer: keeps what comes until its reader takes it.
final class StreamReceiver: TransferDelegate {
    typealias HeadWaiter = CheckedContinuation<Result<HTTPHead, CurlError>, Never>
    typealias PieceWaiter = CheckedContinuation<Result<[UInt8]?, CurlError>, Never>
    typealias State = StreamState<HeadWaiter, PieceWaiter>

    private let state: Mutex<State>
    private let commands: CommandQueue
    private let limit: Int

    init(maximumBytes: Int, commands: CommandQueue) {
        state = Mutex(State(maximumBytes: maximumBytes))
        self.commands = commands
        limit = maximumBytes
    }

    var result: Result<TransferTimings, CurlError>? { state.withLock { $0.result } }

    func transfer(_ id: TransferID, answered head: HTTPHead) {
        carryOut(state.withLock { $0.take(head) }, id)
    }

    func transfer(_ id: TransferID, received bytes: [UInt8]) {
        carryOut(state.withLock { $0.take(bytes) }, id)
    }

    func transfer(_ id: TransferID, ended result: Result<TransferTimings, CurlError>) {
        carryOut(state.withLock { $0.finish(result) }, id)
    }

    /// Waits for the head; a task that is cancelled meanwhile stops the transfer, whose end comes
    /// back here and answers the wait.
    func head(of id: TransferID) async throws(CurlError) -> HTTPHead {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                carryOut(state.withLock { $0.waitForHead(waiter) }, id)
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
                carryOut(state.withLock { $0.waitForPiece(waiter) }, id)
            }
        } onCancel: {
            commands.stop(id, .cancelled)
        }
        return try result.get()
    }

    /// Always without the lock: a continuation may run its task at once.
    private func carryOut(_ action: State.Action, _ id: TransferID) {
        switch action {
        case .nothing: break
        case .answerHead(let waiter, let result): waiter.resume(returning: result)
        case .answerPiece(let waiter, let result): waiter.resume(returning: result)
        case .stop: commands.stop(id, .readerTooSlow(limit: limit))
        }
    }
}
