/// Where a server listens and within which bounds.
public struct ListenerOptions: Sendable, Equatable {
    /// The address: a loopback one unless the program is meant for others.
    public var host: String
    /// The port; 0 takes a free one.
    public var port: Int
    /// Connections at a time; more wait in the system's queue.
    public var maximumConnections: Int
    /// Seconds until a connection ends that is silent: without a request, within one that does not
    /// arrive, or with an answer that the caller does not take.
    public var idleSeconds: Int
    /// Seconds that calls in flight have to end in, once the server is told to stop.
    public var shutdownSeconds: Int
    /// Whether SIGTERM and SIGINT stop the server. One server of a process at most.
    public var stopsBySignals: Bool

    /// Bounds that fit a program beside its callers.
    public init(
        host: String = "127.0.0.1", port: Int = 0, maximumConnections: Int = 8_192,
        idleSeconds: Int = 75, shutdownSeconds: Int = 10, stopsBySignals: Bool = false
    ) {
        self.host = host
        self.port = port
        self.maximumConnections = maximumConnections
        self.idleSeconds = idleSeconds
        self.shutdownSeconds = shutdownSeconds
        self.stopsBySignals = stopsBySignals
    }
}

/// Why a server could not start.
public enum ListenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another program listens there.
    case inUse(host: String, port: Int)
    /// The system does not let this user listen there.
    case notAllowed(host: String, port: Int)
    /// The machine has no such address.
    case noSuchAddress(host: String)
    /// Anything else, in the system's words.
    case other(String)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .inUse(let host, let port):
            "port \(port) of \(host) is in use; stop the program that listens there or choose "
                + "another port (0 takes a free one)"
        case .notAllowed(let host, let port):
            "this user may not listen on port \(port) of \(host); choose one from 1024 on"
        case .noSuchAddress(let host):
            "this machine has no address \(host); try 127.0.0.1, or 0.0.0.0 for all it has"
        case .other(let words): "the server could not start: \(words)"
        }
    }
}
