import Synchronization

/// The delegate of an answer that is wanted whole.
final class ResponseCollector: TransferDelegate {
    private struct State {
        var head: HTTPHead?
        var body: [UInt8] = []
        var result: Result<HTTPResponse, CurlError>?
        var waiter: CheckedContinuation<Result<HTTPResponse, CurlError>, Never>?
    }

    private let state = Mutex(State())

    func transfer(_ id: TransferID, answered head: HTTPHead) {
        state.withLock { $0.head = head }
    }

    func transfer(_ id: TransferID, received bytes: [UInt8]) {
        state.withLock { state in
            if state.body.isEmpty { state.body = bytes } else { state.body += bytes }
        }
    }

    func transfer(_ id: TransferID, ended result: Result<TransferTimings, CurlError>) {
        let (answer, waiter) = state.withLock { state in
            let head = state.head ?? HTTPHead(status: 0)
            let answer = result.map {
                HTTPResponse(
                    status: head.status, headers: head.headers, body: state.body, timings: $0)
            }
            state.body = []
            state.result = answer
            return (answer, state.waiter.take())
        }
        waiter?.resume(returning: answer)
    }

    /// Waits for the end; called once.
    func response() async -> Result<HTTPResponse, CurlError> {
        await withCheckedContinuation { waiter in
            let result = state.withLock { state in
                if state.result == nil { state.waiter = waiter }
                return state.result
            }
            if let result { waiter.resume(returning: result) }
        }
    }
}
