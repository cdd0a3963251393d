/// Why a caller's request cannot be taken, in words for the caller.
///
/// ``APIError`` turns it into an answer in the caller's dialect.
public struct RequestError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of fault it is; decides the status.
    public var kind: Kind
    /// The member that is at fault, such as `max_tokens` or `messages[2].content`.
    public var parameter: String?
    /// The sentence for the caller: what is wrong and what to do.
    public var description: String

    /// What kind of fault a request has.
    public enum Kind: Sendable, Equatable {
        /// Larger than allowed.
        case tooLarge
        /// Not JSON, nested too deeply, or not an object.
        case malformed
        /// A member that must be there is not.
        case missing
        /// A member has a value that it cannot have, or stands there twice.
        case wrong
        /// Right for its own interface, but the provider that is to answer has nothing like it.
        case unsupported
    }

    init(_ kind: Kind, _ parameter: String?, _ description: String) {
        self.kind = kind
        self.parameter = parameter
        self.description = description
    }

    static func missing(_ name: String) -> RequestError {
        RequestError(.missing, name, "\"\(name)\" is missing; it is required")
    }

    static func wrong(_ name: String, _ due: String) -> RequestError {
        RequestError(.wrong, name, "\"\(name)\" must be \(due)")
    }

    static func unsupported(_ name: String, _ reason: String) -> RequestError {
        RequestError(.unsupported, name, "\"\(name)\" \(reason)")
    }
}

/// Bounds on what a caller may send, so that no body takes more memory than is meant for it.
public struct RequestLimits: Sendable, Equatable {
    /// Bytes of the body.
    public var bytes: Int
    /// Values in it, numbers and brackets included; each takes some forty bytes of memory.
    public var values: Int

    /// Bounds; images in a request take megabytes, but no request has a million values.
    public init(bytes: Int = 32 << 20, values: Int = 1_000_000) {
        self.bytes = bytes
        self.values = values
    }
}
