extension TransferLoop {
    /// Sends a request and returns once the answer's head is here; its body is read piece by piece.
    ///
    /// Up to `bufferBytes` of the body, and one piece in any case, wait for a slow reader; beyond
    /// that the transfer is cut with ``CurlError/readerTooSlow(limit:)``. It does not slow the
    /// server down, which suits streams of text; take ``response(to:)`` for what is large and fast.
    /// A cancelled task stops the transfer. Throws every ``CurlError`` that comes before the head.
    public func stream(
        _ request: HTTPRequest, bufferBytes: Int = 1 << 20
    ) async throws(CurlError) -> StreamedResponse {
        let receiver = StreamReceiver(maximumBytes: bufferBytes, commands: commands)
        let id = try start(request, delegate: receiver)
        let source = StreamSource(id, receiver, commands)
        let head = try await receiver.head(of: id)
        return StreamedResponse(head: head, body: StreamedBody(source: source))
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
