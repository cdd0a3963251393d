// The faces for tasks: a body read piece by piece, and a whole answer.

extension TransferLoop {
    /// Sends a request and returns once the answer's head is here; its body is read piece by piece.
    ///
    /// Up to `bufferBytes` of the body, and what is on its way, wait for a slow reader; beyond that
    /// the server waits, too. Its silence counts for no time-out then, but the whole may not take
    /// longer than it may. A cancelled task stops the transfer. Throws every ``CurlError`` that
    /// comes before the head.
    public func stream(
        _ request: HTTPRequest, bufferBytes: Int = 1 << 20
    ) async throws(CurlError) -> StreamedResponse {
        let call = outgoing(request, bufferBytes: bufferBytes)
        call.send()
        return try await call.response()
    }

    /// Makes a request ready to be sent later, as ``stream(_:bufferBytes:)`` does at once.
    public func outgoing(_ request: HTTPRequest, bufferBytes: Int = 1 << 20) -> OutgoingStream {
        OutgoingStream(request, bufferBytes: bufferBytes, commands: commands)
    }

    /// Sends a request and returns the whole answer; any status is an answer.
    ///
    /// The body may have `maximumBodyBytes` of the request, in memory. A cancelled task stops the
    /// transfer.
    public func response(to request: HTTPRequest) async throws(CurlError) -> HTTPResponse {
        let collector = ResponseCollector()
        let id = try start(request, delegate: collector)
        let result = await withTaskCancellationHandler {
            await collector.response()
        } onCancel: {
            cancel(id)
        }
        return try result.get()
    }
}
