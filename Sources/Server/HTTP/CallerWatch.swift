import NIOCore
import Synchronization

/// Notices on one connection that the caller is gone: closed it, or says no more.
///
/// A caller that closes its half of the connection is taken for gone too, as proxies do: what is
/// made for it then would reach nobody. One call at a time can be watched, as a connection answers
/// one after the other.
final class CallerWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = Never

    private struct State {
        var isGone = false
        var callback: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Calls back once, from the connection's loop, when the caller goes; at once where it went.
    /// Nil stops that.
    func onGone(_ callback: (@Sendable () -> Void)?) {
        let isGone = state.withLock { state in
            state.callback = state.isGone ? nil : callback
            return state.isGone
        }
        if isGone { callback?() }
    }

    /// True once the caller is gone.
    var isGone: Bool { state.withLock { $0.isGone } }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { notice() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        notice()
        context.fireChannelInactive()
    }

    private func notice() {
        let callback = state.withLock { state in
            state.isGone = true
            defer { state.callback = nil }
            return state.callback
        }
        callback?()
    }
}

/// Thrown where work was for a caller that is gone.
struct CallerGone: Error {}
