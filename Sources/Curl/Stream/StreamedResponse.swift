/// An answer whose head is here and whose body is still on its way.
///
/// ```swift
/// let answer = try await loop.stream(request)
/// guard answer.head.status == 200 else { … }
/// for try await bytes in answer.body { … }
/// ```
/// Dropping it, and the body's iterators, before the end stops the transfer.
public struct StreamedResponse: Sendable {
    /// The head.
    public let head: HTTPHead
    /// The body, to be read once, by one task.
    public let body: StreamedBody

    /// How long each part took; nil before the end and after a failure.
    public var timings: TransferTimings? { try? body.source.receiver.result?.get() }

    /// True once the transfer has ended, well or not, though some of the body may not be read yet.
    public var hasEnded: Bool { body.source.receiver.result != nil }

    /// Stops the transfer; a reader gets ``CurlError/cancelled``. Does nothing after the end.
    public func cancel() { body.source.cancel() }
}

/// The body of a ``StreamedResponse``, piece by piece.
///
/// A piece is all that has come since the last one. Up to the bound of
/// ``TransferLoop/stream(_:bufferBytes:)`` waits for a slow reader; beyond it the server waits.
public struct StreamedBody: AsyncSequence, Sendable {
    /// All that came since the last piece.
    public typealias Element = [UInt8]
    /// Why the body ended early.
    public typealias Failure = CurlError

    let source: StreamSource

    /// Reads on from where the last iterator stopped.
    public func makeAsyncIterator() -> Iterator { Iterator(source: source) }

    /// Reads a body.
    public struct Iterator: AsyncIteratorProtocol {
        let source: StreamSource

        /// The next piece, nil after the last; throws ``CurlError`` for what ended the body early.
        /// When the task is cancelled, so is the transfer.
        public mutating func next() async throws(CurlError) -> [UInt8]? {
            try await source.receiver.piece(of: source.id)
        }

        /// The same, called from an actor.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(CurlError) -> [UInt8]? {
            try await source.receiver.piece(of: source.id)
        }
    }
}

/// What ties a transfer's life to those who can still read it.
final class StreamSource: Sendable {
    let id: TransferID
    let receiver: StreamReceiver
    private let commands: CommandQueue

    init(_ id: TransferID, _ receiver: StreamReceiver, _ commands: CommandQueue) {
        self.id = id
        self.receiver = receiver
        self.commands = commands
    }

    deinit { cancel() }

    func cancel() { commands.stop(id, .cancelled) }
}
