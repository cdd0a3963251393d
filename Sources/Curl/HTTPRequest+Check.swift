// What a request must hold before any of it reaches curl: nothing that a caller's text could use
// to add lines, headers or a second message to it.

/// A request that was checked, with its header lines as curl takes them: made where the request
/// comes from, since the loop's thread has those of all others to do.
struct CheckedRequest: Sendable {
    let request: HTTPRequest
    let headerLines: [String]

    init(_ request: HTTPRequest) throws(CurlError) {
        try request.check()
        self.request = request
        headerLines = request.headerLines
    }
}

extension HTTPRequest {
    /// Lines that curl writes by what it sends; a second opinion in them would split the message.
    private static let reserved = [
        "connection", "content-length", "expect", "http2-settings", "keep-alive",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    var isEncrypted: Bool { url.utf8.count > 6 && url.utf8.dropFirst(4).first == UInt8(ascii: "s") }

    /// Throws ``CurlError/badRequest(_:)`` or ``CurlError/refusedProtocol`` with what is wrong.
    public func check() throws(CurlError) {
        guard !method.isEmpty, method.utf8.allSatisfy({ (65...90).contains($0) }) else {
            throw .badRequest("its method must be capital letters, such as POST")
        }
        guard url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .badRequest("its address has a space, a line break or a sign that is not ASCII")
        }
        let start = url.prefix(8).lowercased()
        guard start.hasPrefix("http://") || start.hasPrefix("https://") else {
            throw .refusedProtocol
        }
        let authority = url.split(separator: "/", maxSplits: 2)[1...].first ?? ""
        guard !authority.prefix(while: { $0 != "?" && $0 != "#" }).contains("@") else {
            throw .badRequest("its address has a user or a password in it; use a header")
        }
        for header in headers { try check(header) }
        guard body.isEmpty || (method != "GET" && method != "HEAD") else {
            throw .badRequest("a \(method) has no body")
        }
        guard maximumHeadBytes > 0, maximumBodyBytes >= 0 else {
            throw .badRequest("its limits must not be below zero")
        }
        let times = [timeouts.connect, timeouts.firstByte, timeouts.betweenBytes, timeouts.whole]
        guard times.allSatisfy({ $0 > .zero }) else {
            throw .badRequest("its time-outs must be longer than zero")
        }
        guard authoritiesFile?.utf8.contains(0) != true else {
            throw .badRequest("the name of its authorities' file has a zero byte")
        }
    }

    private func check(_ header: HTTPHeader) throws(CurlError) {
        guard !header.name.isEmpty, header.name.utf8.allSatisfy(isToken) else {
            throw .badRequest("a header's name is empty or has a sign that names cannot have")
        }
        // The value may be a secret, so only the name is told.
        guard header.value.utf8.allSatisfy({ $0 == 9 || ($0 >= 32 && $0 != 127) }) else {
            throw .badRequest("the header \(header.name) has a line break or a control byte")
        }
        guard !Self.reserved.contains(where: header.isNamed) else {
            throw .badRequest("the header \(header.name) is set by the client itself")
        }
    }

    private func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// The lines as curl takes them; those that it would add by itself are turned off.
    var headerLines: [String] {
        var lines = headers.map { header in
            let isEmpty = header.value.utf8.allSatisfy { $0 == 32 || $0 == 9 }
            return isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
        }
        for name in ["Accept", "Content-Type", "Expect"] where headers[name] == nil {
            lines.append("\(name):")
        }
        return lines
    }
}
