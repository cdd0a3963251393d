import HTTPTypes
import Hummingbird
import NIOCore

/// What a route answers: a status, headers and a body.
///
/// ```swift
/// return Reply(status: 200, json: bytes)
/// return Reply.events { writer in
///     try await writer.write(ByteBuffer(bytes: event))
/// }
/// ```
/// A body that throws ends the connection without ending the answer, so that the caller sees that
/// something is missing.
struct Reply: Sendable {
    /// Writes a body piece by piece. It waits while the caller does not read, and throws once the
    /// caller is gone.
    typealias Stream = @Sendable (inout any ResponseBodyWriter) async throws -> Void

    enum Body: Sendable {
        case whole(ByteBuffer)
        case stream(Stream)
    }

    var status: Int
    var headers: HTTPFields
    var body: Body

    /// A body that is there already.
    init(status: Int, type: String, bytes: [UInt8], headers: HTTPFields = [:]) {
        self.status = status
        self.headers = headers
        self.headers[.contentType] = type
        body = .whole(ByteBuffer(bytes: bytes))
    }

    /// JSON that is there already.
    init(status: Int = 200, json: [UInt8], headers: HTTPFields = [:]) {
        self.init(status: status, type: "application/json", bytes: json, headers: headers)
    }

    /// A body that is written while it is made.
    init(status: Int, type: String, headers: HTTPFields = [:], stream: @escaping Stream) {
        self.status = status
        self.headers = headers
        self.headers[.contentType] = type
        body = .stream(stream)
    }

    /// A stream of server-sent events that nobody on the way keeps back.
    static func events(headers: HTTPFields = [:], stream: @escaping Stream) -> Reply {
        var headers = headers
        headers[.cacheControl] = "no-cache"
        return Reply(
            status: 200, type: "text/event-stream; charset=utf-8", headers: headers,
            stream: stream)
    }

    /// The same for Hummingbird. The writer of a stream is finished here, once the stream has
    /// returned.
    var response: Response {
        let status = HTTPResponse.Status(code: status)
        switch body {
        case .whole(let buffer):
            return Response(
                status: status, headers: headers, body: ResponseBody(byteBuffer: buffer))
        case .stream(let stream):
            let body = ResponseBody { writer in
                try await stream(&writer)
                try await writer.finish(nil)
            }
            return Response(status: status, headers: headers, body: body)
        }
    }
}

extension HTTPFields {
    /// A header's value by its name in any case; nil where it is not there.
    func value(_ name: String) -> String? { HTTPField.Name(name).flatMap { self[$0] } }

    /// Sets a header, unless name or value could end the line they stand in.
    mutating func set(_ name: String, _ value: String) {
        guard let name = HTTPField.Name(name), HTTPField.isValidValue(value) else { return }
        self[name] = value
    }
}
