// Server: the only module with sockets that others connect to. `HTTP` holds what every server of
// ours needs: `RunningServer` starts one and stops it within bounds, a `Responder` turns a `Call`
// into a `Reply`, `CallerWatch` tells when the caller is gone. `Mock` is a provider that is none,
// for tests, demonstrations and measurements: `MockPlan` decides what is answered and when, without
// a socket; `MockService` carries it out.

import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// A server that listens until it is told to stop.
///
/// ```swift
/// let server = try await RunningServer.start(options, responder)
/// print(server.port)
/// try await server.wait()
/// ```
/// `services` start before it and stop behind it, the last first. When it is told to stop, by
/// ``stop()`` or a signal, it takes no connection, lets calls in flight end for as long as the
/// options say, and then breaks them off.
public final class RunningServer: Sendable {
    /// The port it listens on.
    public let port: Int
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    private init(port: Int, group: ServiceGroup, task: Task<Void, any Error>) {
        self.port = port
        self.group = group
        self.task = task
    }

    /// Starts a server and returns when it listens. Connections are taken on `executor`, or on the
    /// threads that all tasks share, and answered on the threads of their loops. Throws
    /// ``ListenError`` where it cannot, and what a service throws.
    static func start(
        _ options: ListenerOptions, services: [any Service] = [],
        on executor: (any TaskExecutor)? = nil,
        _ responder: some Responder
    ) async throws -> RunningServer {
        var logger = Logger(label: "razao.server")
        logger.logLevel = .critical
        let (ready, source) = AsyncThrowingStream<Int, any Error>.makeStream()
        let server = HummingbirdCore.Server(
            childChannelSetup: channel(options, responder),
            configuration: ServerConfiguration(
                address: .hostname(options.host, port: options.port), backlog: 1_024,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    options.maximumConnections, logger: logger)),
            onServerRunning: { source.yield($0.localAddress?.port ?? options.port) },
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: services + [server],
            gracefulShutdownSignals: options.stopsBySignals ? [.sigterm, .sigint] : [],
            logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(options.shutdownSeconds)
        let group = ServiceGroup(configuration: configuration)
        let task = Task(executorPreference: executor) {
            do {
                try await group.run()
                source.finish()
            } catch {
                source.finish(throwing: error)
                throw error
            }
        }
        do {
            for try await port in ready {
                return RunningServer(port: port, group: group, task: task)
            }
        } catch {
            throw ListenError(error, options) ?? error
        }
        throw ListenError.other("it was told to stop before it listened")
    }

    /// Returns when the server has stopped; throws what made it stop before it was told to.
    public func wait() async throws {
        do {
            try await task.value
        } catch is CancellationError {
            // Calls in flight took longer than they may, and were broken off.
        }
    }

    /// Tells the server to stop and returns when it has.
    public func stop() async {
        await group.triggerGracefulShutdown()
        _ = await task.result
    }

    private static func channel(_ options: ListenerOptions, _ responder: some Responder)
        -> LoopBound<HTTP1Channel>
    {
        let idle = TimeAmount.seconds(Int64(options.idleSeconds))
        let channel = HTTP1Channel(
            responder: { request, writer, channel in
                if request.headers[.expect] != nil {
                    try await writer.writeInformationalHead(HTTPResponse(status: .continue))
                }
                let reply = try await responder.reply(to: Call(request: request, channel: channel))
                let isHead = request.method == .head
                let response = isHead ? reply.response.createHeadResponse() : reply.response
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: .init(
                additionalChannelHandlers: [
                    OneFlush(), CallerWatch(), StalledReader(patience: idle),
                ],
                idleTimeout: idle))
        return LoopBound(base: channel)
    }
}

extension ListenError {
    /// What an error of binding means to who starts a server; nil for errors of other things.
    init?(_ error: any Error, _ options: ListenerOptions) {
        if error is SocketAddressError.UnknownHost || error is SocketAddressError {
            self = .noSuchAddress(host: options.host)
            return
        }
        guard let error = error as? IOError else { return nil }
        self =
            switch error.errnoCode {
            case EADDRINUSE: .inUse(host: options.host, port: options.port)
            case EACCES, EPERM: .notAllowed(host: options.host, port: options.port)
            case EADDRNOTAVAIL: .noSuchAddress(host: options.host)
            default: .other("\(error)")
            }
    }
}
