internal import Ledger

/// What was gathered from an answer so far, before it is converted; one shape for all dialects.
struct AnswerFacts: Sendable, Equatable {
    var model: String?
    var requestID: String?
    var serviceTier: String?
    var finishReason: String?
    /// The usage object, merged the way its dialect wants it.
    var usage: JSONValue?
    /// The same usage by model, where the provider tells that.
    var breakdown: [JSONValue] = []
    var error: ProviderError?
    /// The end that the interface knows was seen.
    var isComplete = false
    /// The provider refused the prompt itself: there is nothing that could have been billed.
    var isBlocked = false
    /// What the interface answers with is no output of a model: embeddings.
    var hasNoOutput = false
    /// Searches the provider made, where they are counted in the answer and not in the usage.
    var searches: UInt32 = 0
    /// A second meter beside the usage: images that a tool made.
    var imageTool: JSONValue?

    /// Takes a text for a fact unless it is null or empty.
    static func keep(_ value: JSONValue?, in fact: inout String?) {
        guard let text = value?.text, text != fact, let name = name(text) else { return }
        fact = name
    }

    /// A text that an event takes, whatever the provider sent: without control characters and cut
    /// at the limit in bytes. A charge must never be lost for the sake of a name.
    static func name(_ text: String?, limit: Int = EventLimits.model) -> String? {
        guard let text, !text.isEmpty else { return nil }
        func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
        if text.utf8.count <= limit, !text.utf8.contains(where: isControl) { return text }
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars where scalar.value >= 0x20 && scalar.value != 0x7F {
            bytes += UTF8.width(scalar)
            guard bytes <= limit else { break }
            kept.append(scalar)
        }
        return kept.isEmpty ? nil : String(kept)
    }

    /// A tier as events have it, empty for the standard one.
    static func tier(_ text: String?) -> String {
        name(ServiceTier.normalized(text ?? ""), limit: EventLimits.serviceTier) ?? ""
    }

    /// Notes an error that stands in the answer.
    mutating func note(_ error: ProviderError) {
        if self.error == nil { self.error = error }
    }
}

/// How one interface's answers are read and its usage converted.
protocol UsageDialect {
    /// Takes the facts of one event of a stream, or of a whole body.
    static func read(_ value: JSONValue, event: String?, into facts: inout AnswerFacts)
    /// The usage by model. Told through `counts`: what cannot be believed.
    static func usages(_ facts: AnswerFacts, _ counts: inout CountReader) -> [ModelUsage]
    /// An upper bound of the tokens whose text this event or body shows.
    static func shownBytes(_ value: JSONValue) -> Int
}

extension Interface {
    var usageDialect: any UsageDialect.Type {
        switch self {
        case .chatCompletions, .completions, .embeddings: ChatUsage.self
        case .responses: ResponsesUsage.self
        case .messages, .countTokens: MessagesUsage.self
        case .generateContent: GeminiUsage.self
        case .converse: ConverseUsage.self
        case .cohereChat: CohereUsage.self
        }
    }
}
