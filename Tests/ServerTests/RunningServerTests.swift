import Curl
import Dispatch
import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import TestSupport
import Testing

@testable import Server

@Suite(.timeLimit(.minutes(2))) struct `A server` {
    /// Answers with its path, or with a stream that does not end.
    private struct Echo: Responder {
        /// Told of each call that has come.
        var arrivals: AsyncStream<Void>.Continuation?

        func reply(to call: Call) async throws -> Reply {
            arrivals?.yield()
            guard call.path != "/endless" else {
                return Reply.events { writer in
                    while true {
                        try await writer.write(ByteBuffer(string: ": waits\n\n"))
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
            if call.path == "/slow" { try await Task.sleep(for: .milliseconds(400)) }
            var headers: HTTPFields = [:]
            headers.set("x-query", call.query("q") ?? "none")
            headers.set("x-split", "a\r\nx-smuggled: b")
            headers.set("a bad name", "c")
            return Reply(
                status: 200, type: "text/plain", bytes: Array(call.path.utf8), headers: headers)
        }
    }

    private func get(_ port: Int, _ path: String) async -> Result<Curl.HTTPResponse, CurlError> {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let client = HTTPClient(
                    connectTimeoutMilliseconds: 30_000, totalTimeoutMilliseconds: 60_000, proxy: "")
                continuation.resume(
                    returning: Result { () throws(CurlError) in
                        try client.get("http://127.0.0.1:\(port)\(path)")
                    })
            }
        }
    }

    @Test func `answers, and lets no value end its header's line`() async throws {
        let server = try await RunningServer.start(ListenerOptions(), on: OwnThread(), Echo())
        let answer = try await get(server.port, "/a/b?q=x").get()
        #expect(answer.status == 200)
        #expect(answer.body == Array("/a/b".utf8))
        #expect(answer.header("content-type") == "text/plain")
        #expect(answer.header("content-length") == "4")
        #expect(answer.header("x-query") == "x")
        #expect(answer.header("x-split") == nil && answer.header("x-smuggled") == nil)
        await server.stop()
    }

    @Test func `says that its port is in use`() async throws {
        let first = try await RunningServer.start(ListenerOptions(), on: OwnThread(), Echo())
        await #expect(throws: ListenError.inUse(host: "127.0.0.1", port: first.port)) {
            _ = try await RunningServer.start(
                ListenerOptions(port: first.port), on: OwnThread(), Echo())
        }
        await first.stop()
    }

    @Test func `says that there is no such address`() async throws {
        await #expect(throws: ListenError.noSuchAddress(host: "203.0.113.7")) {
            _ = try await RunningServer.start(
                ListenerOptions(host: "203.0.113.7"), on: OwnThread(), Echo())
        }
        let options = ListenerOptions(host: "h", port: 9)
        let told = [EADDRINUSE, EACCES, EADDRNOTAVAIL].map { code in
            ListenError(IOError(errnoCode: code, reason: "bind"), options)
        }
        #expect(
            told == [
                .inUse(host: "h", port: 9), .notAllowed(host: "h", port: 9),
                .noSuchAddress(host: "h"),
            ])
        #expect(ListenError(SocketAddressError.unsupported, options) == .noSuchAddress(host: "h"))
        #expect(ListenError(CancellationError(), options) == nil)
    }

    @Test func `lets a call in flight end when it is told to stop`() async throws {
        let (arrived, arrivals) = AsyncStream<Void>.makeStream()
        let server = try await RunningServer.start(
            ListenerOptions(), on: OwnThread(), Echo(arrivals: arrivals))
        let port = server.port
        async let answer = get(port, "/slow")
        for await _ in arrived { break }
        await server.stop()
        #expect(try await answer.get().body == Array("/slow".utf8))
        await #expect(throws: CurlError.self) { try await get(port, "/").get() }
        try await server.wait()
    }

    @Test func `breaks off what does not end in time`() async throws {
        let (arrived, arrivals) = AsyncStream<Void>.makeStream()
        let server = try await RunningServer.start(
            ListenerOptions(shutdownSeconds: 1), on: OwnThread(), Echo(arrivals: arrivals))
        async let answer = get(server.port, "/endless")
        for await _ in arrived { break }
        await server.stop()
        let broken = await answer
        #expect(throws: CurlError.self) { try broken.get() }
        try await server.wait()
    }

    @Test func `ends a connection that says nothing`() async throws {
        let server = try await RunningServer.start(
            ListenerOptions(idleSeconds: 1), on: OwnThread(), Echo())
        guard Python.isAvailable else { return await server.stop() }
        let lines = try await Loopback.run(
            """
            s = socket.create_connection(("127.0.0.1", PORT), timeout=10)
            print(s.recv(10))
            s = socket.create_connection(("127.0.0.1", PORT), timeout=10)
            s.sendall(b"POST /x HTTP/1.1\\r\\nhost: x\\r\\ncontent-le")
            print(s.recv(10))
            r = send("/head", method="HEAD")
            print(r.status, r.headers["content-length"], r.read())
            s = socket.create_connection(("127.0.0.1", PORT), timeout=10)
            s.sendall(b"no such thing\\r\\n\\r\\n")
            print(s.recv(12), b"HTTP" in s.recv(1000), s.recv(10))
            """, port: server.port)
        #expect(
            lines == ["b''", "b''", "200 5 b''", "b'HTTP/1.1 400' False b''"])
        await server.stop()
    }
}
