/// Where a provider is and how it is spoken to; its key is elsewhere.
///
/// ```swift
/// let openAI = try ProviderSettings(
///     name: "openai", dialect: .openAI, baseURL: "https://api.openai.com/v1",
///     keyName: "OPENAI_API_KEY")
/// let target = try openAI.target(.chatCompletions, model: "gpt-4o", stream: true)
/// let headers = openAI.headers(key: key, stream: true, requestID: id)
/// ```
/// The base URL comes from settings alone, never from a caller, so that no caller can send a key
/// elsewhere. Sources: the providers' API references.
public struct ProviderSettings: Sendable, Equatable, CustomStringConvertible {
    /// The provider's name in events, prices and settings.
    public let name: String
    /// Its manner of speaking.
    public let dialect: Dialect
    /// Scheme, host and path up to the endpoints, without a slash at the end.
    public let baseURL: String
    /// Under which name its key is kept; nil where it needs none.
    public let keyName: String?
    /// Paths in place of the dialect's, by interface; `{model}` stands for the model.
    public let paths: [Interface: String]
    /// The member that bounds the output of chat completions where a caller set none.
    public let outputLimitName: String
    /// The header that carries the key in place of the dialect's, bare: `api-key` at Azure.
    public let keyHeader: String?
    /// Headers beside those of the dialect: an organisation, a version.
    public let headers: [ProviderHeader]

    /// Checks the settings and throws what is wrong with them, in words for who wrote them.
    public init(
        name: String, dialect: Dialect, baseURL: String, keyName: String? = nil,
        paths: [Interface: String] = [:], outputLimitName: String? = nil,
        keyHeader: String? = nil, headers: [ProviderHeader] = []
    ) throws(ProviderSettingsError) {
        guard !name.isEmpty, name.utf8.count <= 60,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") })
        else {
            throw ProviderSettingsError(
                "a provider's name has 1 to 60 letters, digits and signs, without spaces")
        }
        self.name = name
        self.dialect = dialect
        self.baseURL = try Self.checked(baseURL, of: name)
        self.keyName = keyName
        for path in paths.values {
            guard path.hasPrefix("/"), Self.isPlain(path.replacing("{model}", with: "m")) else {
                throw ProviderSettingsError(
                    "the path \"\(path.prefix(100))\" of provider \(name) must begin with / and "
                        + "have no spaces")
            }
        }
        self.paths = paths
        self.outputLimitName =
            outputLimitName
            ?? (baseURL.contains("api.openai.com") ? "max_completion_tokens" : "max_tokens")
        if let keyHeader, ProviderHeader(keyHeader, "") == nil {
            throw ProviderSettingsError(
                "the key's header of provider \(name) must be a header's name, such as api-key")
        }
        self.keyHeader = keyHeader
        self.headers = headers
    }

    /// Name, dialect and address; there is no key in the value.
    public var description: String { "\(name) (\(dialect.rawValue)) at \(baseURL)" }

    private static func checked(_ text: String, of name: String) throws(ProviderSettingsError)
        -> String
    {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        let rest = ["https://", "http://"].lazy.compactMap { scheme in
            text.hasPrefix(scheme) ? text.dropFirst(scheme.count) : nil
        }.first
        guard let host = rest?.prefix(while: { $0 != "/" }), !host.isEmpty, isPlain(text) else {
            throw ProviderSettingsError(
                "the base URL of provider \(name) must be like https://api.example.com/v1")
        }
        // What stands before an @ would be a secret in every message that names the address.
        guard !host.contains("@"), !text.contains("?"), !text.contains("#") else {
            throw ProviderSettingsError(
                "the base URL of provider \(name) must have no user, question mark or # in it; "
                    + "keys have settings of their own")
        }
        return text
    }

    static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
    }
}

/// A header's name and value that cannot hold a line break.
public struct ProviderHeader: Sendable, Equatable, CustomStringConvertible {
    /// The name, in lower case.
    public let name: String
    /// The value; what no header may hold is gone from it.
    public let value: String
    private let isSecret: Bool

    /// A header; nil where the name is none. Control characters are taken out of the value.
    public init?(_ name: String, _ value: String, isSecret: Bool = false) {
        let isToken = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
        guard isToken, !name.isEmpty else { return nil }
        self.name = name.lowercased()
        // Nearly all are clean, and each call makes some.
        let isClean = value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        self.value =
            isClean
            ? value
            : String(
                String.UnicodeScalarView(
                    value.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        self.isSecret = isSecret
    }

    /// Name and value, the value of a key left out.
    public var description: String { "\(name): \(isSecret ? "(secret)" : value)" }
}

extension ProviderHeader: CustomDebugStringConvertible, CustomReflectable {
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// What a dump shows: no more than ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["header": description]) }
}

/// What is wrong with a provider's settings, in words for who wrote them.
public struct ProviderSettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ description: String) { self.description = description }
}
