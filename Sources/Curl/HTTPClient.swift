// A small, blocking HTTP client for rare requests, such as a list of prices or exchange rates.
//
//     let client = HTTPClient(userAgent: "example/1.0")
//     let response = try client.get("https://example.org/rates.json")
//     guard response.status == 200 else { … }

import CCurl

/// Fetches small documents over http and https, one at a time.
///
/// Redirects are not followed, nothing else than http and https is spoken, and time and size are
/// bounded, so that a bad address costs at most the time-out. A proxy is taken from the environment
/// (`https_proxy`, `no_proxy`) unless one is given. Each request has a connection of its own.
public struct HTTPClient: Sendable, Hashable {
    /// How long to wait for a connection, in milliseconds.
    public var connectTimeoutMilliseconds: Int
    /// How long the whole request may take, in milliseconds.
    public var totalTimeoutMilliseconds: Int
    /// The largest body accepted, in bytes.
    public var maximumBodyBytes: Int
    /// What the client calls itself.
    public var userAgent: String
    /// A proxy's address; nil for the environment's, empty for none.
    public var proxy: String?

    /// Makes a client; it holds no connection.
    public init(
        connectTimeoutMilliseconds: Int = 5000, totalTimeoutMilliseconds: Int = 10_000,
        maximumBodyBytes: Int = 1 << 20, userAgent: String = "razao", proxy: String? = nil
    ) {
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.totalTimeoutMilliseconds = totalTimeoutMilliseconds
        self.maximumBodyBytes = maximumBodyBytes
        self.userAgent = userAgent
        self.proxy = proxy
    }

    /// Gets a document and waits for it; any status is an answer.
    ///
    /// Each of `headers` is a whole line, such as `Accept: application/json`. Blocks its thread for
    /// up to `totalTimeoutMilliseconds`.
    @available(*, noasync, message: "A request blocks its thread; give it to a thread of its own")
    public func get(_ url: String, headers: [String] = []) throws(CurlError) -> HTTPResponse {
        let transfer = Transfer(maximumBodyBytes: maximumBodyBytes)
        let status = try EasyHandle().perform(self, url, headers, into: transfer)
        return HTTPResponse(status: status, headers: transfer.headers, body: transfer.body)
    }
}
