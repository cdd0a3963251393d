public import Ledger
public import Money
public import Providers

/// What is known of a call before its answer: what its usage events will say.
public struct CallFacts: Sendable, Equatable {
    /// Whose call it is.
    public var client: String
    /// The key it was made with.
    public var key: String?
    /// Who answers.
    public var provider: String
    /// The model that the provider was asked for, as the price book names it.
    public var model: String
    /// The model that the caller asked for.
    public var modelRequested: String
    /// What kind of call it is.
    public var operation: UsageEvent.Operation
    /// The tier that was asked for.
    public var serviceTier: String
    /// The call's id, as the caller was told it.
    public var requestID: String
    /// The hold that the call settles.
    public var hold: EventID?
    /// The end user's pseudonym.
    public var endUser: EndUserPseudonym?
    /// The conversation.
    public var conversation: String?
    /// Tags.
    public var tags: [String: String] = [:]
    /// When the request came.
    public var startedAt: Instant

    /// Facts of a call.
    public init(
        client: String, key: String?, provider: String, model: String, modelRequested: String,
        operation: UsageEvent.Operation, serviceTier: String, requestID: String, startedAt: Instant
    ) {
        self.client = client
        self.key = key
        self.provider = provider
        self.model = model
        self.modelRequested = modelRequested
        self.operation = operation
        self.serviceTier = serviceTier
        self.requestID = requestID
        self.startedAt = startedAt
    }
}

/// How an answer ended, and what it consumed.
public struct AnswerEnd: Sendable, Equatable {
    /// How the call ended.
    public var outcome: UsageEvent.Outcome
    /// What was consumed: one entry a model.
    public var usages: [ModelUsage]
    /// True where the counts are the gateway's own estimate.
    public var isEstimated = false
    /// True where it is known that nothing was consumed, though no answer says so.
    public var consumedNothing = false
    /// When it ended.
    public var at: Instant
    /// When the first byte of the answer came.
    public var firstByteAt: Instant?

    /// An end.
    public init(
        _ outcome: UsageEvent.Outcome, _ usages: [ModelUsage], isEstimated: Bool = false,
        at: Instant, firstByteAt: Instant? = nil
    ) {
        self.outcome = outcome
        self.usages = usages
        self.isEstimated = isEstimated
        self.at = at
        self.firstByteAt = firstByteAt
    }
}

/// What a finished call writes into the log, and what it cost.
public enum Settlement {
    /// The usage events of a call: one a model that is billed, the first of which settles the hold.
    ///
    /// The event names the model that answered where the book knows its price. Where it does not,
    /// it names the one that was asked for and admitted by its price, and the answering name stands
    /// in the tag `model_answered`: an answer under a new name must not be free.
    public static func events(
        _ facts: CallFacts, _ end: AnswerEnd, _ book: PriceBook
    ) -> [UsageEvent] {
        let usages = end.usages.isEmpty ? [ModelUsage(model: nil)] : end.usages
        return usages.enumerated().map { index, usage in
            var event = UsageEvent(
                client: facts.client, provider: facts.provider, model: facts.model,
                occurredAt: end.at)
            event.modelRequested = facts.modelRequested
            event.operation = facts.operation
            event.serviceTier = usage.source == .missing ? facts.serviceTier : usage.serviceTier
            event.tags = facts.tags
            if let answered = usage.model, answered != facts.model {
                let key = PriceBook.Key(
                    provider: facts.provider, model: answered, serviceTier: event.serviceTier)
                if index > 0 || book.entry(key, at: end.at) != nil {
                    event.model = answered
                } else {
                    event.tags["model_answered"] = String(answered.prefix(200))
                }
            }
            event.outcome = end.outcome
            event.tokens = usage.tokens
            event.usageSource = source(usage, end)
            event.latencyMilliseconds = milliseconds(facts.startedAt, end.at)
            event.timeToFirstTokenMilliseconds = end.firstByteAt.map {
                milliseconds(facts.startedAt, $0)
            }
            event.key = facts.key
            event.conversation = facts.conversation
            event.endUser = facts.endUser
            event.requestID = facts.requestID
            event.providerUsage = usage.providerUsage
            if index == 0 { event.hold = facts.hold }
            return event
        }
    }

    /// What calls cost by a book; nil where one of them has no price or unknown usage.
    public static func cost(
        _ events: [UsageEvent], _ book: PriceBook
    ) throws(MoneyError) -> Amount<USD>? {
        var sum = Amount<USD>.zero
        for event in events {
            if event.usageSource == .missing { return nil }
            if event.tokens.isEmpty { continue }
            let key = PriceBook.Key(
                provider: event.provider, model: event.model, serviceTier: event.serviceTier)
            guard
                let prices = book.prices(
                    key, at: event.occurredAt, inputTokens: event.tokens.totalInput)
            else { return nil }
            try sum.add(prices.cost(of: event.tokens))
        }
        return sum
    }

    /// What an answer that was stopped is charged: it says nothing of what it consumed, so each
    /// byte of its text counts as a token, and never more than was set aside for it. A limit is
    /// hard only if what is not known counts as what it can be at most.
    public static func bound(
        input: UInt64, shownBytes: Int, atMost held: UInt64
    ) -> TokenCounts {
        let output = min(UInt64(max(0, shownBytes)), held)
        return TokenCounts(
            input: UInt32(clamping: input), output: UInt32(clamping: output))
    }

    private static func source(
        _ usage: ModelUsage, _ end: AnswerEnd
    ) -> UsageEvent.UsageSource {
        if end.isEstimated { return .estimated }
        if usage.source == .missing, end.consumedNothing { return .provider }
        return usage.source
    }

    private static func milliseconds(_ from: Instant, _ to: Instant) -> UInt32 {
        UInt32(clamping: max(0, to.nanoseconds - from.nanoseconds) / 1_000_000)
    }
}
