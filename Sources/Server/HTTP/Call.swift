import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Providers

/// One request on its way to a route, with the connection that it came by.
struct Call: Sendable {
    /// Head and body as they arrive.
    let request: Request
    let channel: any Channel

    /// The method, in capitals.
    var method: String { request.method.rawValue }

    /// The path without the query, still percent-encoded.
    var path: String { request.uri.path }

    /// The query's member of that name.
    func query(_ name: String) -> String? {
        request.uri.queryParameters[Substring(name)].map(String.init)
    }

    /// A header's value by its name in any case.
    func header(_ name: String) -> String? { request.headers.value(name) }

    /// A body that is longer on its way than this is not worth a connection.
    private static let maximumBodySeconds: Int64 = 600

    /// The whole body; throws an ``APIError`` of status 413 where it is longer than allowed, and
    /// whatever goes wrong on the way, be it that it takes ten minutes. Ask once.
    func body(upTo limit: Int) async throws -> [UInt8] {
        let told = request.headers[.contentLength].flatMap(Int.init)
        guard told ?? 0 <= limit else { throw tooLarge(limit) }
        let channel = channel
        let timer = channel.eventLoop.scheduleTask(in: .seconds(Self.maximumBodySeconds)) {
            channel.close(mode: .all, promise: nil)
        }
        defer { timer.cancel() }
        do {
            let buffer = try await request.body.collect(upTo: limit)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge(limit)
        }
    }

    private func tooLarge(_ limit: Int) -> APIError {
        APIError(
            status: 413, message: "the body is too large; \(limit) bytes are allowed",
            code: "request_too_large")
    }

    /// What tells when the caller goes.
    func caller() async throws -> CallerWatch {
        try await channel.pipeline.handler(type: CallerWatch.self).get()
    }

    /// Waits, and throws ``CallerGone`` as soon as the caller goes. Takes the place of what was to
    /// be called back then.
    func pause(milliseconds: Int, _ caller: CallerWatch) async throws {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        let timer = channel.eventLoop.scheduleTask(in: .milliseconds(Int64(milliseconds))) {
            promise.succeed()
        }
        caller.onGone { promise.fail(CallerGone()) }
        defer {
            timer.cancel()
            caller.onGone(nil)
        }
        try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }
}

/// What answers a server's calls.
protocol Responder: Sendable {
    /// The answer. What it throws, and what the answer's stream throws, ends the connection without
    /// an answer; so a fault that the caller shall read is a reply.
    func reply(to call: Call) async throws -> Reply
}
