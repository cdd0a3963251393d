public import Ledger

/// What an answer says about itself: who answered, what it consumed, how it ended.
///
/// ```swift
/// let report = AnswerReport(.messages, status: 200, body: bytes)
/// for usage in report.usages { … usage.model, usage.tokens, usage.source … }
/// ```
public struct AnswerReport: Sendable, Equatable {
    /// One entry a model that is billed, the answering one first; never empty.
    public var usages: [ModelUsage]
    /// Why the answer ended, in the provider's word, of the first choice.
    public var finishReason: String?
    /// True where it ended because it was as long as it was allowed to be.
    public var isAtOutputLimit: Bool {
        ["length", "max_tokens", "MAX_TOKENS", "max_output_tokens"].contains(finishReason)
    }
    /// The answer's id at the provider.
    public var requestID: String?
    /// The error that stands in the answer, be it in a stream that began well.
    public var error: ProviderError?
    /// True when the answer came to the end that its interface knows; false for a cut stream, whose
    /// counts are those told so far: less than what is billed.
    public var isComplete: Bool
    /// What about the usage does not add up, in words; what is billed was kept, parts were cut.
    public var doubt: String?
}

/// What one model consumed for an answer.
public struct ModelUsage: Sendable, Equatable {
    /// The model as the answer names it; nil where it does not.
    public var model: String?
    /// What was consumed, in classes that do not overlap. Nothing where ``source`` is `missing`.
    public var tokens: TokenCounts
    /// The tier that was billed, normalised: empty for the standard one.
    public var serviceTier: String
    /// `provider`, or `missing` where the answer does not say it or cannot be believed.
    public var source: UsageEvent.UsageSource
    /// The provider's own usage, compact JSON of at most 2,048 bytes.
    public var providerUsage: String?

    /// The usage of one model.
    public init(
        model: String?, tokens: TokenCounts = TokenCounts(), serviceTier: String = "",
        source: UsageEvent.UsageSource = .missing, providerUsage: String? = nil
    ) {
        self.model = model
        self.tokens = tokens
        self.serviceTier = serviceTier
        self.source = source
        self.providerUsage = providerUsage
    }
}
