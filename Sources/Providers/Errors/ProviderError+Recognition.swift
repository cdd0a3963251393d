internal import Ledger

/// Telling what a provider's error means: by its own code first, then by words that are known, then
/// by the status.
extension ProviderError {
    /// The error of an answer with a status of 400 and above, or of a body that is no JSON.
    ///
    /// `headers` are looked at for `retry-after` alone; names in any case.
    public init(
        _ dialect: Dialect, status: Int, headers: [(name: String, value: String)] = [],
        body: [UInt8]
    ) {
        let json = try? JSONValue(parsing: body, maximumValues: 100_000)
        self.init(dialect, status: status, body: body, json: json)
        if let told = RetryAfter.seconds(headers) { retryAfterSeconds = told }
    }

    init(_ dialect: Dialect, status: Int, body: [UInt8], json: JSONValue?) {
        let value = json?.elements?.first ?? json
        let found =
            value.flatMap { Self(inside: $0, event: "error", of: dialect) }
            ?? value?["message"]?.text.map { Self(bedrock: $0, type: value?["__type"]?.text) }
        self = found ?? Self(.serverError, message: Self.words(status, body))
        self.status = status
        kind = Self.kind(code: code, message: message, status: status)
        // Some call everything an invalid request; then the status says more.
        if kind == .invalidRequest { kind = Self.kind(status: status) }
    }

    /// What to say of a body without words of its own.
    private static func words(_ status: Int, _ body: [UInt8]) -> String {
        if body.allSatisfy({ $0 <= 0x20 }) {
            return "the provider answered with status \(status) and nothing else"
        }
        let isHTML = body.first { $0 > 0x20 } == UInt8(ascii: "<")
        return "the provider answered with status \(status) and \(isHTML ? "HTML" : "a text") "
            + "where JSON was due"
    }

    /// The error that stands in a value, or nil where none does: OpenAI's, Anthropic's and Google's
    /// `error` object, and a text in its place. `event` is the name of the stream's event.
    init?(inside value: JSONValue, event: String?, of dialect: Dialect) {
        guard let error = value["error"], error != .null, error != .bool(false) else {
            // An event that is called so, whose data is the error itself.
            guard event == "error", value["message"]?.text != nil, value["choices"] == nil else {
                return nil
            }
            self.init(event: value, of: dialect)
            return
        }
        if let text = error.text {
            self.init(
                Self.kind(code: nil, message: text, status: nil), message: text)
            return
        }
        guard error.members?.isEmpty == false else { return nil }
        self.init(event: error, of: dialect)
    }

    /// The members of an error object.
    init?(event error: JSONValue, of dialect: Dialect) {
        let number = [error["status_code"], error["code"], error["status"]].lazy
            .compactMap { $0?.numberText.flatMap { Int($0) } }.first { 400...599 ~= $0 }
        let texts = [error["code"]?.text, error["status"]?.text, error["type"]?.text]
        let code = texts.lazy.compactMap { $0 }.first { Int($0) == nil && $0 != "error" }
        let message = error["message"]?.text ?? code ?? "the provider gave no reason"
        self.init(.serverError, message: message, code: code, status: number)
        let type = error["type"]?.text.flatMap { $0 == "error" ? nil : $0 }
        kind = Self.kind(code: code, type: type, message: message, status: number)
        retryAfterSeconds = RetryAfter.seconds(google: error["details"])
    }

    /// Bedrock's error: its type stands in a header or in `__type`.
    init(bedrock message: String, type: String?) {
        self.init(
            Self.kind(code: type, message: message, status: nil), message: message, code: type)
    }

    /// Cohere's error: a text alone.
    init(cohere message: String) {
        self.init(Self.kind(code: nil, message: message, status: nil), message: message)
    }

    static func kind(code: String?, type: String? = nil, message: String, status: Int?) -> Kind {
        if let kind = kind(words: message) { return kind }
        for name in [code, type] {
            if let name, let kind = kinds[name.lowercased()] { return kind }
        }
        return kind(status: status)
    }

    /// What the status alone says.
    static func kind(status: Int?) -> Kind {
        switch status {
        case 401: .authentication
        case 402: .payment
        case 403: .permission
        case 404, 405, 410: .notFound
        case 408, 504: .timeout
        case 413: .tooLarge
        case 429: .rateLimited
        case 503, 529: .overloaded
        case let status? where 400..<500 ~= status: .invalidRequest
        default: .serverError
        }
    }

    /// Some say it in words only: the code is that of any wrong request.
    private static func kind(words message: String) -> Kind? {
        let lower = message.lowercased()
        if tooLong.contains(where: lower.contains) { return .contextTooLong }
        if filtered.contains(where: lower.contains) { return .contentFilter }
        // Google calls a wrong key an invalid argument.
        if lower.contains("api key not valid") { return .authentication }
        return nil
    }

    private static let tooLong = [
        "maximum context length", "prompt is too long", "context window", "context length exceeded",
        "exceeds the maximum number of tokens", "input is too long", "reduce the length of the",
        "too many total text bytes",
    ]
    private static let filtered = [
        "content management policy", "content filtering policy", "blocked by content filter",
    ]

    /// Codes and types as the providers write them, in lower case.
    private static let kinds: [String: Kind] = [
        "context_length_exceeded": .contextTooLong, "string_above_max_length": .contextTooLong,
        "content_filter": .contentFilter, "content_policy_violation": .contentFilter,
        "responsibleaipolicyviolation": .contentFilter,
        "invalid_api_key": .authentication, "authentication_error": .authentication,
        "unauthenticated": .authentication, "unrecognizedclientexception": .authentication,
        "invalid_authentication": .authentication,
        "permission_error": .permission, "permission_denied": .permission,
        "accessdeniedexception": .permission,
        "insufficient_quota": .payment, "billing_error": .payment,
        "billing_hard_limit_reached": .payment, "insufficient_balance": .payment,
        "model_not_found": .notFound, "not_found_error": .notFound, "not_found": .notFound,
        "resourcenotfoundexception": .notFound,
        "request_too_large": .tooLarge,
        "rate_limit_exceeded": .rateLimited, "rate_limit_error": .rateLimited,
        "resource_exhausted": .rateLimited, "throttlingexception": .rateLimited,
        "tokens": .rateLimited, "requests": .rateLimited,
        "overloaded_error": .overloaded, "unavailable": .overloaded,
        "serviceunavailableexception": .overloaded, "modelnotreadyexception": .overloaded,
        "server_overloaded": .overloaded,
        "timeout_error": .timeout, "deadline_exceeded": .timeout,
        "modeltimeoutexception": .timeout,
        "api_error": .serverError, "server_error": .serverError, "internal": .serverError,
        "internalserverexception": .serverError, "modelerrorexception": .serverError,
        "invalid_request_error": .invalidRequest, "invalid_argument": .invalidRequest,
        "failed_precondition": .invalidRequest, "validationexception": .invalidRequest,
        "tool_use_failed": .invalidRequest,
    ]
}
