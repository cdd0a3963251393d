/// How long the steps of a transfer may take; each has an error of its own,
/// ``CurlError/timedOut(_:)``.
public struct HTTPTimeouts: Sendable, Hashable {
    /// From the start until the connection is there, a wait for a free one included.
    public var connect: Duration
    /// From the first byte sent to the first received.
    public var firstByte: Duration
    /// From one byte received to the next.
    public var betweenBytes: Duration
    /// From start to end.
    public var whole: Duration

    /// Bounds that fit answers of a language model.
    public init(
        connect: Duration = .seconds(10), firstByte: Duration = .seconds(120),
        betweenBytes: Duration = .seconds(60), whole: Duration = .seconds(600)
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.betweenBytes = betweenBytes
        self.whole = whole
    }
}

/// A request as ``TransferLoop`` sends it.
///
/// ```swift
/// var request = HTTPRequest("POST", "https://api.example/v1/chat", headers: ["X-Key": key])
/// request.body = Array(json.utf8)
/// request.timeouts.firstByte = .seconds(30)
/// ```
public struct HTTPRequest: Sendable, Hashable {
    /// The method in capitals, such as `POST`.
    public var method: String
    /// The address: `http://…` or `https://…`, without a user or password in it.
    public var url: String
    /// Header lines; those that frame the message are curl's and are refused here.
    public var headers: HTTPHeaders
    /// The body; copied once when the transfer starts.
    public var body: [UInt8]
    /// How long the steps may take.
    public var timeouts: HTTPTimeouts
    /// The largest head accepted, in bytes.
    public var maximumHeadBytes: Int
    /// The largest body accepted, in bytes as delivered.
    public var maximumBodyBytes: Int
    /// A PEM file of the authorities to trust instead of the system's; nil for the system's.
    public var authoritiesFile: String?
    /// True to ask for a compressed answer and deliver it unpacked; false passes on what comes.
    public var decompresses: Bool
    /// False to speak HTTP/1.1 over TLS too; in clear that is always so.
    public var allowsHTTP2: Bool

    /// A request with the usual bounds: 64 KiB of head, 64 MiB of body.
    public init(
        _ method: String = "GET", _ url: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
        timeouts: HTTPTimeouts = HTTPTimeouts(), maximumHeadBytes: Int = 64 << 10,
        maximumBodyBytes: Int = 64 << 20, authoritiesFile: String? = nil,
        decompresses: Bool = false, allowsHTTP2: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.maximumHeadBytes = maximumHeadBytes
        self.maximumBodyBytes = maximumBodyBytes
        self.authoritiesFile = authoritiesFile
        self.decompresses = decompresses
        self.allowsHTTP2 = allowsHTTP2
    }
}
