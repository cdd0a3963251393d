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

    func transfer(_ id: TransferID, brought delivery: TransferDelivery) {
        let told = state.withLock { state in
            state.head = delivery.head ?? state.head
            if state.body.isEmpty {
                state.body = delivery.bytes
            } else {
                state.body += delivery.bytes
            }
            return delivery.end.map { ended(&state, $0) }
        }
        if let (answer, waiter) = told { waiter?.resume(returning: answer) }
    }

    private func ended(
        _ state: inout State, _ result: Result<TransferTimings, CurlError>
    ) -> (
        Result<HTTPResponse, CurlError>,
        CheckedContinuation<Result<HTTPResponse, CurlError>, Never>?
    ) {
        let head = state.head ?? HTTPHead(status: 0)
        let answer = result.map {
            HTTPResponse(
                status: head.status, headers: head.headers, body: state.body, timings: $0)
        }
        state.body = []
        state.result = answer
        return (answer, state.waiter.take())
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
