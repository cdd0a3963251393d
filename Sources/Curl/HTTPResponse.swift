/// The first part of a server's answer: all but the body.
public struct HTTPHead: Sendable, Hashable {
    /// The status, such as 200.
    public let status: Int
    /// The lines in their order.
    public let headers: HTTPHeaders

    /// A head of these parts, as a test needs one.
    public init(status: Int, headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }
}

/// A server's whole answer, whatever its status.
public struct HTTPResponse: Sendable, Hashable {
    /// The status, such as 200.
    public let status: Int
    /// The lines of the head in their order.
    public let headers: HTTPHeaders
    /// The body, not decompressed unless that was asked for.
    public let body: [UInt8]
    /// How long each part took; nil from ``HTTPClient``, which does not measure.
    public let timings: TransferTimings?

    init(
        status: Int, headers: HTTPHeaders, body: [UInt8], timings: TransferTimings? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.timings = timings
    }

    /// The first value under a name, in any case, or nil.
    public func header(_ name: String) -> String? { headers[name] }
}
