import Synchronization

/// A request that is ready: checked and put in curl's words, to be sent by any thread at a moment
/// that another may decide.
///
/// ```swift
/// let call = loop.outgoing(request)
/// decision.whenMade { call.send() }
/// let answer = try await call.response()
/// ```
/// Dropping it stops the transfer, unless its answer was taken.
public final class OutgoingStream: Sendable {
    private struct State {
        var isSent = false
        /// What ties the transfer's life to this, until the answer has it.
        var source: StreamSource?
        var failure: CurlError?
    }

    private let receiver: StreamReceiver
    private let commands: CommandQueue
    private let request: CheckedRequest?
    private let state: Mutex<State>

    init(_ request: HTTPRequest, bufferBytes: Int, commands: CommandQueue) {
        receiver = StreamReceiver(maximumBytes: bufferBytes, commands: commands)
        self.commands = commands
        do throws(CurlError) {
            self.request = try CheckedRequest(request)
            state = Mutex(State())
        } catch {
            self.request = nil
            state = Mutex(State(failure: error))
        }
    }

    /// Sends it; returns at once, from any thread. Only the first call does anything; what goes
    /// wrong is told by ``response()``. Costs about a microsecond, and a wake-up when the loop is
    /// idle.
    public func send() {
        let isFirst = state.withLock { state in
            defer { state.isSent = true }
            return !state.isSent
        }
        guard isFirst, let request else { return }
        do throws(CurlError) {
            let id = try commands.start(request, receiver)
            let source = StreamSource(id, receiver, commands)
            state.withLock { $0.source = source }
        } catch {
            state.withLock { $0.failure = error }
        }
    }

    /// Returns once the answer's head is here; to be called once, after ``send()`` has returned.
    ///
    /// A cancelled task stops the transfer. Throws every ``CurlError`` that comes before the head.
    public func response() async throws(CurlError) -> StreamedResponse {
        let (source, failure) = state.withLock { ($0.source.take(), $0.failure) }
        if let failure { throw failure }
        guard let source else { throw .badRequest("it was not sent, or its answer was taken") }
        let head = try await receiver.head(of: source.id)
        return StreamedResponse(head: head, body: StreamedBody(source: source))
    }
}
