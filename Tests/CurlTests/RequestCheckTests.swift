import Curl
import Testing

@Suite struct `A request's check` {
    /// Starts it on a loop of its own; nothing is sent, since it is refused or goes nowhere.
    private func refusal(_ request: HTTPRequest) throws -> CurlError? {
        let loop = try TransferLoop()
        defer { loop.closeAndWait(within: .zero) }
        do throws(CurlError) {
            try loop.start(request, delegate: Recorder())
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("X", "a\r\nInjected: b"), ("X", "a\nb"), ("X", "a\0b"), ("X", "a\u{7f}"), ("X", "\u{1b}["),
        ("X\r\nY", "a"), ("X Y", "a"), ("X:", "a"), ("", "a"), ("É", "a"),
        ("Content-Length", "5"), ("transfer-encoding", "chunked"), ("Connection", "close"),
        ("Expect", "100-continue"), ("Upgrade", "h2c"),
    ])
    func `refuses headers that could make a second message`(name: String, value: String) throws {
        let headers = HTTPHeaders([HTTPHeader(name, value)])
        let error = try refusal(HTTPRequest("GET", "http://127.0.0.1:1/", headers: headers))
        guard case .badRequest(let reason) = error else {
            Issue.record("not refused: \(String(describing: error))")
            return
        }
        // What stands in a header may be a key.
        #expect(!reason.contains("Injected"))
    }

    @Test(arguments: [
        "file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "127.0.0.1", "", "//x/",
        "httpx://127.0.0.1/",
    ])
    func `refuses other protocols`(url: String) throws {
        #expect(try refusal(HTTPRequest("GET", url)) == .refusedProtocol)
    }

    @Test(arguments: ["http://user:secret@127.0.0.1/", "https://u@127.0.0.1?a", "http://u@h#"])
    func `refuses addresses with a user or a password, and does not repeat them`(
        url: String
    ) throws {
        guard case .badRequest(let reason) = try refusal(HTTPRequest("GET", url)) else {
            Issue.record("not refused")
            return
        }
        #expect(!reason.contains("secret"))
    }

    @Test(arguments: ["http://a b/", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/é", "\0"])
    func `refuses signs that an address cannot have`(url: String) throws {
        guard case .badRequest = try refusal(HTTPRequest("GET", url)) else {
            Issue.record("not refused")
            return
        }
    }

    @Test(arguments: ["", "get", "GET /", "G\r\nT"])
    func `refuses methods that are no capitals`(method: String) throws {
        guard case .badRequest = try refusal(HTTPRequest(method, "http://127.0.0.1:1/")) else {
            Issue.record("not refused")
            return
        }
    }

    @Test func `refuses time-outs of nothing and bodies where none belong`() throws {
        var request = HTTPRequest("GET", "http://127.0.0.1:1/")
        #expect(try refusal(request) == nil)
        request.timeouts.betweenBytes = .zero
        guard case .badRequest = try refusal(request) else {
            Issue.record("a time-out of nothing")
            return
        }
        request.timeouts = HTTPTimeouts()
        request.body = [1]
        guard case .badRequest = try refusal(request) else {
            Issue.record("a GET with a body")
            return
        }
    }

    @Test(arguments: ["http://", "http:///", "http://127.0.0.1:99999/"])
    func `an address that curl does not take is an error of the transfer`(url: String) async throws
    {
        try await withLoop { loop in
            let error = await #expect(throws: CurlError.self) {
                try await loop.response(to: HTTPRequest("GET", url))
            }
            guard case .badRequest = error else {
                Issue.record("not refused: \(String(describing: error))")
                return
            }
        }
    }
}
