import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Sends what belongs together in one go: the head of an answer with the first bytes of its body,
/// and what one turn of the connection's loop writes after that, such as the last bytes with the
/// mark of the end.
///
/// Each part would be a packet and a wake-up of its reader otherwise. The first bytes leave at
/// once; nothing else waits for more than the turn, which is what there is to do at the moment.
/// Lives on the connection's loop, as every handler.
final class OneFlush: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What stands between the last flush and the next.
    private enum Written { case nothing, head, headAndMore, more }

    private var written = Written.nothing
    private var isScheduled = false
    private var isThere = true

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            // One that says "go on" is waited for.
            written = head.status.kind == .informational ? .headAndMore : .head
        case .body, .end: written = written == .head ? .headAndMore : .more
        }
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        if written == .headAndMore {
            written = .nothing
            context.flush()
        } else if !isScheduled {
            isScheduled = true
            context.eventLoop.assumeIsolated().execute { self.flushTurn(context) }
        }
    }

    private func flushTurn(_ context: ChannelHandlerContext) {
        isScheduled = false
        guard isThere, written != .nothing else { return }
        // Of a head whose body follows later, too.
        written = .nothing
        context.flush()
    }

    /// What is written goes out before the connection does.
    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        flushTurn(context)
        context.close(mode: mode, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) { isThere = false }
}
