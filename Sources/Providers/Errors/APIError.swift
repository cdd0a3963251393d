internal import Ledger

/// An error as an answer in the caller's own dialect.
///
/// ```swift
/// let error = APIError(status: 402, message: "…", code: "budget_exceeded")
/// error.body(.anthropic)          // {"type":"error","error":{"type":"billing_error",…
/// ```
/// Nothing of a provider's key, address or body stands in it beyond the provider's message.
/// Sources: platform.openai.com/docs/guides/error-codes, docs.anthropic.com/en/api/errors,
/// cloud.google.com/apis/design/errors.
public struct APIError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The HTTP status.
    public var status: Int
    /// The sentence for a person: what is wrong and what to do.
    public var message: String
    /// A word for programs, such as `budget_exceeded`; nil for the usual one of the status.
    public var code: String?
    /// The member of the request that is at fault.
    public var parameter: String?
    /// When to come back; the server says it in `Retry-After` too.
    public var retryAfterSeconds: UInt32?
    /// More for programs, in order: a budget's name, what is used, what the limit is.
    public var details: [Note]

    /// A name and what it is.
    public struct Note: Sendable, Equatable {
        /// The member's name.
        public var name: String
        /// Its text, or the digits of its number.
        public var value: String
        /// True where the value is written as a number.
        public var isNumber: Bool

        /// A text under a name.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
            isNumber = false
        }

        /// A number under a name, with just those digits; a text where they are none.
        public init(_ name: String, digits: String) {
            self.name = name
            value = digits
            let parsed = try? JSONValue(parsing: Array(digits.utf8))
            if case .number? = parsed { isNumber = true } else { isNumber = false }
        }

        var json: JSONValue { isNumber ? .number(value) : .string(value) }
    }

    /// An error of that status.
    public init(
        status: Int, message: String, code: String? = nil, parameter: String? = nil,
        retryAfterSeconds: UInt32? = nil, details: [Note] = []
    ) {
        self.status = status
        self.message = message
        self.code = code
        self.parameter = parameter
        self.retryAfterSeconds = retryAfterSeconds
        self.details = details
    }

    /// What is wrong with a caller's request.
    public init(_ error: RequestError) {
        self.init(
            status: error.kind == .tooLarge ? 413 : 400, message: error.description,
            code: error.kind == .unsupported ? "unsupported_parameter" : nil,
            parameter: error.parameter)
    }

    /// What a provider's error is to the caller: a fault of the gateway's key or account is none of
    /// the caller's, so it is told as a failure behind the gateway.
    public init(_ error: ProviderError) {
        var told = error.message
        let (status, code): (Int, String?) =
            switch error.kind {
            case .invalidRequest: (400, error.code)
            case .contextTooLong: (400, "context_length_exceeded")
            case .contentFilter: (400, "content_filter")
            case .notFound: (404, "model_not_found")
            case .tooLarge: (413, nil)
            case .rateLimited: (429, "rate_limit_exceeded")
            case .overloaded: (503, nil)
            case .timeout: (504, nil)
            case .serverError: (502, nil)
            case .authentication, .permission, .payment: (502, "provider_refused")
            }
        if code == "provider_refused" {
            // Providers repeat a part of the key in these.
            told = "the provider refused the gateway's own access; tell who runs the gateway"
        }
        self.init(
            status: status, message: told, code: code,
            retryAfterSeconds: error.retryAfterSeconds)
    }

    /// Status and message.
    public var description: String { "\(status): \(message)" }

    /// The body in a dialect's shape.
    public func body(_ dialect: Dialect, requestID: String? = nil) -> [UInt8] {
        json(dialect, requestID: requestID).compactBytes
    }

    /// The error as an event of a stream that has begun.
    public func event(_ interface: Interface, requestID: String? = nil) -> [UInt8] {
        let value = json(interface.dialect, requestID: requestID)
        // Anthropic's events have a name; OpenAI's SDKs look for `error` in the data.
        let name: String? = interface.dialect == .anthropic ? "error" : nil
        return StreamText.event(value, name: name)
    }

    private func json(_ dialect: Dialect, requestID: String?) -> JSONValue {
        let notes = details.map { JSONValue.Member(name: $0.name, value: $0.json) }
        switch dialect {
        case .openAI, .bedrock, .cohere:
            let members: [JSONValue.Member] = [
                .init(name: "message", value: .string(message)),
                .init(name: "type", value: .string(Self.openAIType(status))),
                .init(name: "param", value: parameter.map(JSONValue.string) ?? .null),
                .init(name: "code", value: .string(code ?? Self.openAICode(status))),
            ]
            return .made(("error", .object(members + notes)))
        case .anthropic:
            let members: [JSONValue.Member] = [
                .init(name: "type", value: .string(Self.anthropicType(status))),
                .init(name: "message", value: .string(message)),
            ]
            return .made(
                ("type", .string("error")), ("error", .object(members + notes)),
                ("request_id", requestID.map(JSONValue.string)))
        case .gemini, .vertex:
            var list: [JSONValue] = []
            if !notes.isEmpty || code != nil {
                list.append(
                    .made(
                        ("@type", .string("type.googleapis.com/google.rpc.ErrorInfo")),
                        ("reason", .string((code ?? Self.openAICode(status)).uppercased())),
                        ("metadata", .object(notes))))
            }
            if let seconds = retryAfterSeconds {
                list.append(
                    .made(
                        ("@type", .string("type.googleapis.com/google.rpc.RetryInfo")),
                        ("retryDelay", .string("\(seconds)s"))))
            }
            return .made(
                (
                    "error",
                    .made(
                        ("code", .count(status)), ("message", .string(message)),
                        ("status", .string(Self.googleStatus(status))),
                        ("details", list.isEmpty ? nil : .array(list)))
                ))
        }
    }

    private static func openAIType(_ status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 402: "insufficient_quota"
        case 403: "permission_error"
        case 429: "rate_limit_error"
        case 408, 504: "timeout_error"
        case 503: "overloaded_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    private static func openAICode(_ status: Int) -> String {
        switch status {
        case 401: "invalid_api_key"
        case 402: "budget_exceeded"
        case 403: "permission_denied"
        case 404: "not_found"
        case 408, 504: "timeout"
        case 413: "request_too_large"
        case 429: "rate_limit_exceeded"
        case 502: "bad_gateway"
        case 503: "overloaded"
        case 500...: "server_error"
        default: "invalid_request"
        }
    }

    private static func anthropicType(_ status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 408, 504: "timeout_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 503, 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    private static func googleStatus(_ status: Int) -> String {
        switch status {
        case 401: "UNAUTHENTICATED"
        case 402, 429: "RESOURCE_EXHAUSTED"
        case 403: "PERMISSION_DENIED"
        case 404: "NOT_FOUND"
        case 408, 504: "DEADLINE_EXCEEDED"
        case 502, 503: "UNAVAILABLE"
        case 500...: "INTERNAL"
        default: "INVALID_ARGUMENT"
        }
    }
}
