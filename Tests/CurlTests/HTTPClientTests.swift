import Curl
import Glibc
import Testing

@Suite struct `HTTP client` {
    let client = HTTPClient(
        connectTimeoutMilliseconds: 1000, totalTimeoutMilliseconds: 4000, userAgent: "test/1.0",
        proxy: "")

    private func answer(_ status: String, _ body: String, length: Int? = nil) -> String {
        """
        HTTP/1.1 \(status)\r
        Content-Type: text/plain\r
        X-Empty:\r
        Content-Length: \(length ?? body.utf8.count)\r
        Connection: close\r
        \r
        \(body)
        """
    }

    @Test func `an answer has its status, its headers and its body`() throws {
        let server = LoopbackServer(answer: answer("200 OK", "prices: 1, 2\n"))
        let response = try client.get(server.url("/prices?x=1"), headers: ["Accept: text/plain"])
        #expect(response.status == 200)
        #expect(response.body == Array("prices: 1, 2\n".utf8))
        #expect(response.header("content-type") == "text/plain")
        #expect(response.header("x-empty") == "")
        #expect(response.header("absent") == nil)
        #expect(response.headers.count == 4)
        let request = server.request()
        #expect(request.hasPrefix("GET /prices?x=1 HTTP/1.1\r\n"))
        #expect(request.contains("\r\nUser-Agent: test/1.0\r\n"))
        #expect(request.contains("\r\nAccept: text/plain\r\n"))
    }

    @Test func `a status of 404 is an answer and no error`() throws {
        let server = LoopbackServer(answer: answer("404 Not Found", "none"))
        let response = try client.get(server.url("/"))
        #expect(response.status == 404)
        #expect(response.body == Array("none".utf8))
    }

    @Test func `a redirect is an answer and is not followed`() throws {
        let server = LoopbackServer(
            answer:
                "HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n")
        let response = try client.get(server.url("/"))
        #expect(response.status == 302)
        #expect(response.header("Location") == "file:///etc/hostname")
        #expect(response.body.isEmpty)
    }

    @Test func `the headers of an interim answer are forgotten`() throws {
        let server = LoopbackServer(
            answer: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer("200 OK", "x"))
        let response = try client.get(server.url("/"))
        #expect(response.status == 200)
        #expect(response.header("Link") == nil)
        #expect(response.headers.count == 4)
    }

    @Test(arguments: [true, false])
    func `a body over the limit is refused, announced or not`(announced: Bool) throws {
        let body = String(repeating: "x", count: 5001)
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        let server = LoopbackServer(answer: announced ? answer("200 OK", body) : head + body)
        var small = client
        small.maximumBodyBytes = 5000
        #expect(throws: CurlError.tooLarge(limit: 5000)) { try small.get(server.url("/")) }
    }

    @Test func `a body of just the limit is accepted`() throws {
        let body = String(repeating: "x", count: 5000)
        let server = LoopbackServer(answer: answer("200 OK", body))
        var small = client
        small.maximumBodyBytes = 5000
        #expect(try small.get(server.url("/")).body.count == 5000)
    }

    @Test func `a head without end is refused`() throws {
        let lines = (0..<2000).map { "X-\($0): \(String(repeating: "y", count: 60))\r\n" }
        let server = LoopbackServer(answer: "HTTP/1.1 200 OK\r\n" + lines.joined() + "\r\n")
        #expect(throws: CurlError.headTooLarge(limit: 64 << 10)) { try client.get(server.url("/")) }
    }

    @Test func `a body that ends early is an error`() throws {
        let server = LoopbackServer(answer: answer("200 OK", "half", length: 8))
        let error = #expect(throws: CurlError.self) { try client.get(server.url("/")) }
        guard case .connectionClosed = error else {
            Issue.record("not a partial transfer: \(String(describing: error))")
            return
        }
    }

    @Test func `a server that never answers is left after the time-out`() throws {
        let server = LoopbackServer(answer: nil)
        var hasty = client
        hasty.totalTimeoutMilliseconds = 200
        let clock = ContinuousClock()
        let start = clock.now
        #expect(throws: CurlError.timedOut(.whole)) { try hasty.get(server.url("/")) }
        #expect(start.duration(to: clock.now) >= .milliseconds(150))
    }

    @Test func `a port that nobody listens on is told in words`() throws {
        let server = LoopbackServer(answer: answer("200 OK", ""))
        _ = try client.get(server.url("/"))
        _ = server.request()
        var error = #expect(throws: CurlError.self) { try client.get(server.url("/")) }
        // A connection that came before the port was closed is reset; the next one finds nobody.
        for _ in 0..<100 {
            guard case .connectionClosed = error else { break }
            usleep(10_000)
            error = #expect(throws: CurlError.self) { try client.get(server.url("/")) }
        }
        guard case .connectFailed = error else {
            Issue.record("not a failed connection: \(String(describing: error))")
            return
        }
        #expect(error?.description.contains("could not be reached") == true)
    }

    @Test(arguments: [
        "file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://x",
    ])
    func `other protocols are refused`(url: String) {
        #expect(throws: CurlError.refusedProtocol) { try client.get(url) }
    }

    @Test(arguments: ["Accept: a\r\nX-Injected: b", "A: b\n", "A: \0"])
    func `a request header of more than one line is refused`(header: String) {
        let error = #expect(throws: CurlError.self) {
            try client.get("http://127.0.0.1:1/", headers: [header])
        }
        #expect(error?.description.contains("must be one line") == true)
    }

    @Test func `a server that speaks no TLS is told from one that is not there`() throws {
        let server = LoopbackServer(greeting: "this is no handshake\r\n")
        let error = #expect(throws: CurlError.self) {
            try client.get("https://127.0.0.1:\(server.port)/")
        }
        guard case .tls = error else {
            Issue.record("not a TLS failure: \(String(describing: error))")
            return
        }
    }
}
