/// When each step of a transfer was done, counted from its start; steps that were not needed on a
/// reused connection are zero.
public struct TransferTimings: Sendable, Hashable {
    /// The version of HTTP that was spoken.
    public enum Version: String, Sendable, Hashable {
        /// HTTP/1.0.
        case http10 = "HTTP/1.0"
        /// HTTP/1.1.
        case http11 = "HTTP/1.1"
        /// HTTP/2.
        case http2 = "HTTP/2"
        /// None that is known here.
        case other = "other"
    }

    /// The host's name had become an address.
    public let nameLookup: Duration
    /// The connection was there.
    public let connect: Duration
    /// The connection was encrypted; zero in clear.
    public let tls: Duration
    /// The answer's first byte had come.
    public let firstByte: Duration
    /// All was done.
    public let total: Duration
    /// The version of HTTP that was spoken.
    public let version: Version
    /// True when an earlier transfer had made the connection.
    public let reusedConnection: Bool
    /// The body's bytes as delivered.
    public let bodyBytes: Int

    /// Timings of these figures, as a test needs them.
    public init(
        nameLookup: Duration = .zero, connect: Duration = .zero, tls: Duration = .zero,
        firstByte: Duration = .zero, total: Duration = .zero, version: Version = .http11,
        reusedConnection: Bool = false, bodyBytes: Int = 0
    ) {
        self.nameLookup = nameLookup
        self.connect = connect
        self.tls = tls
        self.firstByte = firstByte
        self.total = total
        self.version = version
        self.reusedConnection = reusedConnection
        self.bodyBytes = bodyBytes
    }
}
