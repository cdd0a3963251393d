import Curl
import TestSupport
import Testing

@Suite(.enabled(if: Python.isAvailable, ScriptedServer.absence))
struct `Transfer errors` {
    let server: ScriptedServer

    init() throws { server = try ScriptedServer.running() }

    /// What a request fails with; nil when it does not.
    private func failure(_ request: HTTPRequest) async throws -> CurlError? {
        var failure: CurlError?
        try await withLoop { loop in
            do throws(CurlError) { _ = try await loop.response(to: request) } catch {
                failure = error
            }
        }
        return failure
    }

    private func timing(
        _ path: String, _ change: (inout HTTPTimeouts) -> Void
    ) async throws -> (CurlError?, Duration) {
        var request = server.plain(path)
        change(&request.timeouts)
        let clock = ContinuousClock()
        let start = clock.now
        let error = try await failure(request)
        return (error, start.duration(to: clock.now))
    }

    @Test func `no first byte in time`() async throws {
        let (error, time) = try await timing("silent") { $0.firstByte = .milliseconds(150) }
        #expect(error == .timedOut(.firstByte))
        #expect(time >= .milliseconds(150))
    }

    @Test func `silence between bytes`() async throws {
        let (error, time) = try await timing("stall") { $0.betweenBytes = .milliseconds(150) }
        #expect(error == .timedOut(.betweenBytes))
        #expect(time >= .milliseconds(150))
    }

    @Test func `a stream that never pauses for long ends at the bound for the whole`() async throws
    {
        let (error, time) = try await timing("stream?count=10000&pause=5") {
            $0.whole = .milliseconds(300)
        }
        #expect(error == .timedOut(.whole))
        #expect(time >= .milliseconds(300))
    }

    @Test func `a slow stream is not cut while each pause is short enough`() async throws {
        let (error, _) = try await timing("stream?count=30&pause=100") {
            $0.betweenBytes = .seconds(2)
        }
        #expect(error == nil)
    }

    @Test func `no connection in time`() async throws {
        // A queue of one that is full: the kernel lets further callers wait.
        let listener = try FullListener()
        var request = HTTPRequest("GET", "http://127.0.0.1:\(listener.port)/")
        request.timeouts.connect = .milliseconds(200)
        #expect(try await failure(request) == .timedOut(.connect))
    }

    @Test func `a port that nobody listens on`() async throws {
        let port = try FullListener.unusedPort()
        let error = try await failure(HTTPRequest("GET", "http://127.0.0.1:\(port)/"))
        guard case .connectFailed = error else {
            Issue.record("not a failed connection: \(String(describing: error))")
            return
        }
        #expect(error?.isBeforeSending == true)
    }

    @Test func `a name without an address`() async throws {
        let error = try await failure(HTTPRequest("GET", "http://no-such-host.invalid/"))
        guard case .unresolved = error else {
            Issue.record("not a missing name: \(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["cut?announced=1000", "cut", "close"])
    func `a connection that ends in the middle`(path: String) async throws {
        let error = try await failure(server.plain(path))
        guard case .connectionClosed = error else {
            Issue.record("not a closed connection: \(String(describing: error))")
            return
        }
        #expect(error?.isBeforeSending == false)
    }

    @Test func `what came before the cut is delivered`() async throws {
        try await withLoop { loop in
            let recorder = Recorder()
            try loop.start(server.plain("cut?sent=500"), delegate: recorder)
            let record = await recorder.ended()
            #expect(record.body.count == 500)
            #expect(record.faults.isEmpty)
        }
    }

    @Test(arguments: ["garbage", "binary"])
    func `an answer that is not HTTP`(path: String) async throws {
        let error = try await failure(server.plain(path))
        guard case .badAnswer = error else {
            Issue.record("not a bad answer: \(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["head?lines=2000", "head?lines=1&width=90000", "head?lines=1&width=300000"])
    func `a head beyond the bound, in many lines or in one`(path: String) async throws {
        #expect(try await failure(server.plain(path)) == .headTooLarge(limit: 64 << 10))
    }

    @Test(arguments: ["body?bytes=100001", "body?bytes=100001&chunked=1"])
    func `a body beyond the bound, announced or not`(path: String) async throws {
        var request = server.plain(path)
        request.maximumBodyBytes = 100_000
        #expect(try await failure(request) == .tooLarge(limit: 100_000))
        request.maximumBodyBytes = 100_001
        #expect(try await failure(request) == nil)
    }

    @Test func `a certificate that nobody vouches for`() async throws {
        try #require(server.hasTLS, "openssl is not there")
        var request = server.tls("hello")
        request.authoritiesFile = nil
        guard case .tls(let reason) = try await failure(request) else {
            Issue.record("not a TLS failure")
            return
        }
        #expect(reason.contains("certificate"))
    }

    @Test func `a certificate for another name`() async throws {
        try #require(server.hasTLS, "openssl is not there")
        var request = server.tls("hello")
        request.url = "https://localhost:\(server.tlsPort)/hello"
        guard case .tls = try await failure(request) else {
            Issue.record("not a TLS failure")
            return
        }
    }

    @Test func `authorities that are not there`() async throws {
        var request = HTTPRequest("GET", "https://127.0.0.1:\(server.plainPort)/")
        request.authoritiesFile = "/nowhere/authorities.pem"
        guard case .tls = try await failure(request) else {
            Issue.record("not a TLS failure")
            return
        }
    }

    @Test func `a server that speaks no TLS`() async throws {
        let greeter = LoopbackServer(greeting: "this is no handshake\r\n")
        let request = HTTPRequest("GET", "https://127.0.0.1:\(greeter.port)/")
        guard case .tls = try await failure(request) else {
            Issue.record("not a TLS failure")
            return
        }
    }

    @Test func `every error says what was wrong and what to do`() {
        let errors: [CurlError] = [
            .unresolved("r"), .connectFailed("r"), .tls("r"), .connectionClosed("r"),
            .badAnswer("r"), .headTooLarge(limit: 1), .tooLarge(limit: 1),
            .loopFull(limit: 1), .loopClosed, .refusedProtocol,
        ]
        for error in errors + TimeoutStage.allCases.map(CurlError.timedOut) {
            #expect(error.description.contains(";") && error.description.hasSuffix("."))
        }
    }
}
