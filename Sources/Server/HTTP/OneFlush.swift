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

    /// True until the first bytes of a body are written.
    private var isAtHead = false
    private var isUrgent = false
    private var isPending = false
    private var isScheduled = false
    private var isThere = true

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            isAtHead = true
            // One that says "go on" is waited for.
            isUrgent = head.status.kind == .informational
        case .body, .end:
            if isAtHead { isUrgent = true }
            isAtHead = false
        }
        isPending = true
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        if isUrgent {
            flushNow(context)
        } else if !isScheduled {
            isScheduled = true
            context.eventLoop.assumeIsolated().execute {
                self.isScheduled = false
                self.flushNow(context)
            }
        }
    }

    private func flushNow(_ context: ChannelHandlerContext) {
        guard isThere, isPending else { return }
        isPending = false
        isUrgent = false
        context.flush()
    }

    /// What is written goes out before the connection does.
    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        flushNow(context)
        context.close(mode: mode, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) { isThere = false }
}
