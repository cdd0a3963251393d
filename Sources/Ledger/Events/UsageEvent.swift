/// One AI call, as a fact: who called what, when, what it consumed and how it ended.
///
/// ```swift
/// var call = UsageEvent(client: "acme", provider: "openai", model: "gpt-4o", occurredAt: now)
/// call.tokens = TokenCounts(input: 1_200, output: 340)
/// ```
/// Holds no text of prompts or answers, ever. The end user is a keyed pseudonym, never a number.
public struct UsageEvent: Sendable, Equatable {
    /// The client that is charged.
    public var client: String
    /// Who answered, for example `openai`.
    public var provider: String
    /// The model that answered.
    public var model: String
    /// When the provider's answer ended; decides price, rate, day and budget period.
    public var occurredAt: Instant
    /// The model the caller asked for, where it differs from ``model``.
    public var modelRequested: String?
    /// What kind of call it was.
    public var operation: Operation = .chat
    /// The provider's service tier, normalised: empty for the standard one.
    public var serviceTier = ""
    /// What was consumed.
    public var tokens = TokenCounts()
    /// How the consumption is known.
    public var usageSource: UsageSource = .provider
    /// How the call ended.
    public var outcome: Outcome = .succeeded
    /// True when the answer came from the response cache: it costs nothing and counts as saved.
    public var wasCached = false
    /// True when another model than the first choice answered.
    public var wasFallback = false
    /// Why a fallback was used.
    public var fallbackReason: String?
    /// From request to the end of the answer, in milliseconds.
    public var latencyMilliseconds: UInt32?
    /// From request to the first token, in milliseconds.
    public var timeToFirstTokenMilliseconds: UInt32?
    /// 1 for the first try of a request.
    public var attempt: UInt8 = 1
    /// The gateway key that was used, by its id.
    public var key: String?
    /// The conversation this call belongs to.
    public var conversation: String?
    /// A keyed pseudonym of the end user.
    public var endUser: EndUserPseudonym?
    /// The request id at the provider.
    public var requestID: String?
    /// The hold that this call settles.
    public var hold: EventID?
    /// Free labels, sorted by name.
    public var tags: [String: String] = [:]
    /// The provider's own usage object, compact JSON, so that a parser's fault can be repaired.
    public var providerUsage: String?

    /// A call with what every call has; the rest keeps its defaults.
    public init(client: String, provider: String, model: String, occurredAt: Instant) {
        self.client = client
        self.provider = provider
        self.model = model
        self.occurredAt = occurredAt
    }

    /// What kind of call it was.
    public enum Operation: UInt8, Sendable, CaseIterable {
        case chat, completion, embedding, image, speech, transcription, rerank, moderation, batch
        case other

        /// The name in files and exports.
        public var name: String { "\(self)" }
    }

    /// How the consumption is known. Unknown is a state, not zero.
    public enum UsageSource: UInt8, Sendable, CaseIterable {
        /// The provider reported it.
        case provider
        /// It was counted or estimated here.
        case estimated
        /// Nobody knows it: the counts say nothing.
        case missing

        /// The name in files and exports.
        public var name: String { "\(self)" }
    }

    /// How a call ended.
    public enum Outcome: UInt8, Sendable, CaseIterable {
        case succeeded, failed, cancelled, cutAtLimit, abandoned

        /// The name in files and exports.
        public var name: String { self == .cutAtLimit ? "cut_at_limit" : "\(self)" }
    }
}

/// Sixteen bytes that stand for an end user of one client: an HMAC under that client's secret, so
/// that listing all phone numbers does not reveal whose it is.
public struct EndUserPseudonym: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes, big-endian.
    public var high: UInt64
    /// The last eight bytes, big-endian.
    public var low: UInt64

    /// The pseudonym of those two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The pseudonym that an export wrote (`p:` and a UUID form), or nil for any other text.
    public init?(_ text: some StringProtocol) {
        guard text.hasPrefix("p:"), let id = EventID(text.dropFirst(2)) else { return nil }
        self.init(high: id.high, low: id.low)
    }

    /// `p:` and the sixteen bytes in UUID form.
    public var description: String { "p:\(EventID(high: high, low: low))" }
}

/// Service tiers as they are kept: what providers call standard, default, auto or on demand is one.
public enum ServiceTier {
    /// The tier in lower case, empty for the standard one.
    public static func normalized(_ tier: some StringProtocol) -> String {
        let lower = tier.lowercased()
        return standardNames.contains(lower) ? "" : lower
    }

    static let standardNames: Set<String> = ["", "standard", "default", "auto", "on_demand"]
}
