/// The bounds of a ``TransferLoop``.
public struct TransferLoopOptions: Sendable, Hashable {
    /// Where requests go first.
    public enum Proxy: Sendable, Hashable {
        /// Nowhere: straight to their host, whatever the environment says.
        case none
        /// To what `https_proxy`, `http_proxy` and `no_proxy` say.
        case environment
        /// To this address.
        case address(String)
    }

    /// The most transfers that are open at a time, waiting ones included.
    public var maximumTransfers: Int
    /// The most connections to one host; over HTTP/2 each bears up to 100 transfers.
    public var maximumHostConnections: Int
    /// The most connections in all, idle ones included; a transfer beyond them waits.
    public var maximumConnections: Int
    /// The most request handles kept for reuse; each is about 10 KiB.
    public var maximumIdleHandles: Int
    /// The proxy.
    public var proxy: Proxy
    /// What the client calls itself, unless a request has a `User-Agent`.
    public var userAgent: String

    /// Bounds for a gateway: 10,000 transfers, 4,096 connections, as many to one host.
    public init(
        maximumTransfers: Int = 10_000, maximumHostConnections: Int = 4_096,
        maximumConnections: Int = 4_096, maximumIdleHandles: Int = 256, proxy: Proxy = .none,
        userAgent: String = "razao"
    ) {
        self.maximumTransfers = maximumTransfers
        self.maximumHostConnections = maximumHostConnections
        self.maximumConnections = maximumConnections
        self.maximumIdleHandles = maximumIdleHandles
        self.proxy = proxy
        self.userAgent = userAgent
    }
}
