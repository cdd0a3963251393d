/// Why an event is refused, with the field at fault.
public struct EventError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The field, as it is called in an import file.
    public let field: String
    /// What is wrong with it and what to do.
    public let reason: String

    /// An error about one field.
    public init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    /// The sentence that is shown to a person.
    public var description: String { "\(field): \(reason)" }
}

/// The bounds of an event's texts, in UTF-8 bytes; keys of views are made of the first four.
public enum EventLimits {
    /// A client's id.
    public static let client = 64
    /// A provider's name.
    public static let provider = 64
    /// A model's name.
    public static let model = 200
    /// A service tier.
    public static let serviceTier = 32
    /// Conversation, key, request id and fallback reason, each.
    public static let text = 200
    /// All tags together, as JSON.
    public static let tags = 1_024
    /// The provider's own usage object.
    public static let providerUsage = 2_048
}

extension UsageEvent {
    /// Throws unless every text is present, printable and short enough, and the counts agree with
    /// how they are known.
    public func check() throws(EventError) {
        try Self.checkName(client, "client", EventLimits.client)
        try Self.checkName(provider, "provider", EventLimits.provider)
        try Self.checkName(model, "model", EventLimits.model)
        if let modelRequested {
            try Self.checkName(modelRequested, "model_requested", EventLimits.model)
        }
        if !serviceTier.isEmpty {
            try Self.checkName(serviceTier, "service_tier", EventLimits.serviceTier)
        }
        if let conversation { try Self.checkName(conversation, "conversation", EventLimits.text) }
        if let key { try Self.checkName(key, "key", EventLimits.text) }
        if let requestID { try Self.checkName(requestID, "request_id", EventLimits.text) }
        if let fallbackReason {
            try Self.checkName(fallbackReason, "fallback_reason", EventLimits.text)
        }
        if let providerUsage, providerUsage.utf8.count > EventLimits.providerUsage {
            throw EventError(
                field: "provider_usage", reason: "is longer than \(EventLimits.providerUsage) bytes"
            )
        }
        if usageSource == .missing, !tokens.isEmpty {
            throw EventError(
                field: "usage_source",
                reason:
                    "says missing, yet tokens are given; leave them out, or say provider or "
                    + "estimated"
            )
        }
    }

    static func checkName(_ text: String, _ field: String, _ limit: Int) throws(EventError) {
        if text.isEmpty { throw EventError(field: field, reason: "is empty; give one") }
        var count = 0
        for byte in text.utf8 {
            // Control bytes would break keys, tables and terminals alike.
            if byte < 0x20 || byte == 0x7F {
                throw EventError(field: field, reason: "holds a control character; remove it")
            }
            count += 1
        }
        if count > limit {
            throw EventError(field: field, reason: "is longer than \(limit) bytes; shorten it")
        }
    }
}
