/// A server's answer, whatever its status.
public struct HTTPResponse: Sendable, Hashable {
    /// One line of the head.
    public struct Header: Sendable, Hashable {
        /// The name as sent; compare without regard to case.
        public let name: String
        /// The value without the spaces around it.
        public let value: String
    }

    /// The status, such as 200.
    public let status: Int
    /// The lines of the head in their order.
    public let headers: [Header]
    /// The body, not decompressed.
    public let body: [UInt8]

    /// The first value under a name, in any case, or nil.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}
