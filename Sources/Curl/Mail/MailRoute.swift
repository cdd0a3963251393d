/// By way of which server a message goes, and from whom to whom.
///
/// ```swift
/// let route = try MailRoute(
///     server: "smtps://mail.example.org:465", from: "razao@example.org", to: ["me@example.org"])
/// ```
/// `smtps://` is encrypted from the first byte. `smtp://` has to become so (STARTTLS) before
/// anything is said, except on this machine.
public struct MailRoute: Sendable, Hashable {
    /// The server's address, such as `smtps://mail.example.org:465`.
    public let server: String
    /// The sender's address.
    public let from: String
    /// The receivers' addresses.
    public let to: [String]
    /// Who signs in to the server; nil where nobody has to.
    public let user: String?
    let password: String?

    /// The most receivers of one message.
    public static let maximumReceivers = 20

    /// A route. Throws ``CurlError/badRequest(_:)`` with what is wrong; no text in it can add a
    /// line to what is said to the server.
    public init(
        server: String, from: String, to: [String], user: String? = nil, password: String? = nil
    ) throws(CurlError) {
        self.server = server
        self.from = from
        self.to = to
        self.user = user
        self.password = password
        try check()
    }

    var host: Substring {
        let rest = server.drop { $0 != ":" }.dropFirst(3)
        return rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    }

    /// True where the connection does not leave this machine.
    var isLocal: Bool {
        let name =
            host.hasPrefix("[") ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" }
        return name == "localhost" || name == "::1" || name.hasPrefix("127.")
    }

    private func check() throws(CurlError) {
        guard server.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .badRequest("its server has a space, a line break or a sign that is not ASCII")
        }
        guard server.hasPrefix("smtps://") || server.hasPrefix("smtp://"), !host.isEmpty else {
            throw .badRequest("its server must be smtps://HOST:PORT or smtp://HOST:PORT")
        }
        guard !host.contains("@") else {
            throw .badRequest("its server has a user or a password in it; give them apart")
        }
        guard !to.isEmpty, to.count <= Self.maximumReceivers else {
            throw .badRequest("it must have 1 to \(Self.maximumReceivers) receivers")
        }
        for address in [from] + to where !Self.isAddress(address) {
            throw .badRequest("\"\(address.prefix(100))\" is no e-mail address")
        }
        for text in [user, password] {
            guard text?.utf8.contains(where: { $0 < 32 || $0 == 127 }) != true else {
                throw .badRequest("its user or password has a line break or a control byte")
            }
        }
    }

    /// One name, one @ and one host, all of it ASCII without what has a meaning in a header.
    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && text.utf8.count <= 254 && parts.allSatisfy { !$0.isEmpty }
            && text.utf8.allSatisfy { byte in
                (0x21...0x7e).contains(byte) && !"<>()[],;:\\\"".utf8.contains(byte)
            }
    }
}
