internal import Ledger

/// What a provider said when it did not answer, and what that means for the caller.
///
/// ```swift
/// let error = ProviderError(.anthropic, status: 529, headers: headers, body: bytes)
/// if error.kind.mayPassByItself { … try elsewhere, not before error.retryAfterSeconds … }
/// ```
/// Recognised from the body where it says more than the status; a body of HTML or of nothing is
/// told by the status alone. No part of the request stands in it beyond what the provider repeats.
public struct ProviderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What it means.
    public var kind: Kind
    /// The provider's own words, without control characters, at most 1,000 characters.
    public var message: String
    /// The provider's own code or type, where it gave one.
    public var code: String?
    /// The HTTP status; in a stream, the one that the error names.
    public var status: Int?
    /// How long the provider asks to be left alone.
    public var retryAfterSeconds: UInt32?

    /// What went wrong, in the terms a gateway acts on.
    public enum Kind: String, Sendable, CaseIterable {
        /// The request is wrong, and will be wrong elsewhere.
        case invalidRequest = "invalid_request"
        /// The key is wrong or missing.
        case authentication
        /// The key may not do this.
        case permission
        /// The provider wants to be paid first.
        case payment
        /// No such model or path.
        case notFound = "not_found"
        /// The request is larger than allowed.
        case tooLarge = "too_large"
        /// The prompt is longer than the model reads.
        case contextTooLong = "context_too_long"
        /// Refused for what it says.
        case contentFilter = "content_filter"
        /// Too many requests or tokens in a stretch of time.
        case rateLimited = "rate_limited"
        /// The provider has no room for anybody.
        case overloaded
        /// The provider took too long.
        case timeout
        /// The provider failed.
        case serverError = "server_error"

        /// True where the same request may succeed later or at another provider.
        public var mayPassByItself: Bool {
            switch self {
            case .rateLimited, .overloaded, .timeout, .serverError: true
            default: false
            }
        }
    }

    /// An error of that kind.
    public init(
        _ kind: Kind, message: String, code: String? = nil, status: Int? = nil,
        retryAfterSeconds: UInt32? = nil
    ) {
        self.kind = kind
        self.message = Self.clean(message)
        self.code = code.map { String(Self.clean($0).prefix(100)) }
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The same without the key that the provider was asked with, which some repeat.
    public func hiding(_ key: ProviderKey?) -> ProviderError {
        guard let key else { return self }
        var error = self
        error.message = key.hidden(in: message)
        error.code = code.map(key.hidden)
        return error
    }

    /// The kind and the provider's words.
    public var description: String { "\(kind.rawValue): \(message)" }

    /// One line of text, whatever the provider sent.
    private static func clean(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(1_000).map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7F ? " " : Character(scalar)
        }
        return String(scalars)
    }
}
