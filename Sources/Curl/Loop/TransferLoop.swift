// An HTTP client for thousands of streams at a time, on one thread of its own.
//
//     let loop = try TransferLoop()
//     var request = HTTPRequest("POST", "https://api.example/v1/chat", body: body)
//     let answer = try await loop.stream(request)
//     for try await bytes in answer.body { … }
//     await loop.close(within: .seconds(10))
//
// Three faces over the same transfers: `start` with a delegate that is called on the loop's thread,
// for hot paths; `stream` for a body read piece by piece by a task; `response` for a whole answer.
// Connections are kept and shared, HTTP/2 is spoken over TLS where the server does, redirects are
// not followed, certificates are always checked.

import Foundation

/// Makes HTTP requests, many at a time, from any thread.
///
/// Everything is bounded: transfers, connections, time, heads and bodies. A thread lives as long as
/// the loop; dropping the last reference without ``close(within:)`` cuts what is in flight.
public final class TransferLoop: Sendable {
    let commands: CommandQueue
    private let counters = LoopCounters()

    /// Starts the thread; throws when the system has no descriptor left for it.
    public init(options: TransferLoopOptions = TransferLoopOptions()) throws(CurlError) {
        let signal = try WakeSignal()
        let commands = CommandQueue(signal: signal, limit: options.maximumTransfers)
        self.commands = commands
        let core = Handover(try LoopCore(options, commands, counters, signal: signal))
        let thread = Thread {
            Thread.current.name = "razao-http"
            core.take()?.run()
            commands.markStopped()
        }
        thread.stackSize = 4 << 20
        thread.start()
    }

    deinit { commands.close(by: .now) {} }

    /// Starts a transfer, whose parts go to the delegate; the loop keeps it until the end.
    ///
    /// Returns at once. Throws ``CurlError/badRequest(_:)`` or ``CurlError/refusedProtocol`` for a
    /// request that cannot be sent, ``CurlError/loopFull(limit:)`` and ``CurlError/loopClosed``;
    /// then the delegate hears nothing. Costs about a microsecond here, and a wake-up when the loop
    /// is idle.
    @discardableResult public func start(
        _ request: HTTPRequest, delegate: any TransferDelegate
    ) throws(CurlError) -> TransferID {
        try commands.start(CheckedRequest(request), delegate)
    }

    /// Stops a transfer: its delegate hears of the end, ``CurlError/cancelled``, unless another end
    /// came first. Returns at once; does nothing for a transfer that has ended.
    public func cancel(_ id: TransferID) { commands.stop(id, .cancelled) }

    /// Takes no more transfers, lets those in flight end for at most that long, cuts the rest with
    /// ``CurlError/loopClosed``, and returns when the thread has ended and all is freed.
    public func close(within time: Duration) async {
        await withCheckedContinuation { continuation in
            commands.close(by: .now + time) { continuation.resume() }
        }
    }

    /// The same for a thread that may wait.
    @available(*, noasync, message: "It blocks its thread; await close(within:) instead")
    public func closeAndWait(within time: Duration) {
        let condition = NSCondition()
        let done = Flag()
        commands.close(by: .now + time) {
            condition.withLock { done.isSet = true }
            condition.broadcast()
        }
        condition.withLock {
            while !done.isSet { condition.wait() }
        }
    }

    /// Figures of this moment.
    public var statistics: TransferLoopStatistics {
        counters.statistics(open: commands.openCount)
    }

    /// `@unchecked Sendable`: only touched while the condition of its use is locked.
    private final class Flag: @unchecked Sendable {
        var isSet = false
    }

    /// Gives the core to the thread and keeps nothing, so that it is freed before `markStopped`.
    ///
    /// `@unchecked Sendable`: written before the thread starts, taken by it once.
    private final class Handover: @unchecked Sendable {
        private var core: LoopCore?
        init(_ core: LoopCore) { self.core = core }
        func take() -> LoopCore? {
            defer { core = nil }
            return core
        }
    }
}
