internal import Ledger

/// Turns an upstream's events into chunks of the caller's interface.
protocol AnswerTranslation: Sendable {
    /// The chunks that one event becomes.
    mutating func chunks(_ value: JSONValue) -> [JSONValue]
    /// The events that a whole body stands for.
    func events(of body: JSONValue) -> [JSONValue]
}

/// Which interfaces can be spoken to which: chat completions to Anthropic's and Google's models.
enum Translation {
    /// How answers are translated; nil where both sides speak the same.
    static func answers(
        from upstream: Interface, to caller: Interface, createdAt: Int64
    ) -> (any AnswerTranslation)? {
        guard caller == .chatCompletions else { return nil }
        switch upstream {
        case .messages: return MessagesToChat(createdAt: createdAt)
        case .generateContent: return GeminiToChat(createdAt: createdAt)
        default: return nil
        }
    }
}

extension CallRequest {
    /// The body for an upstream that speaks another interface, with those changes.
    ///
    /// What the other side has nothing like is refused by name, never left out. Throws that, and
    /// what ``body(for:)`` throws.
    public func body(
        for change: UpstreamChange, as upstream: Interface
    ) throws(RequestError) -> [UInt8] {
        if upstream == interface { return try body(for: change) }
        guard interface == .chatCompletions else {
            throw RequestError(
                .unsupported, "model",
                "\"model\" must be one whose provider speaks \(interface.rawValue): such a "
                    + "request cannot be translated")
        }
        switch upstream {
        case .messages: return try messagesBody(change).compactBytes
        case .generateContent: return try geminiBody(change).compactBytes
        default:
            throw RequestError(
                .unsupported, "model",
                "\"model\" is of a provider that chat completions cannot be translated for")
        }
    }

    /// The lower of the caller's bound and the gateway's.
    func outputLimit(_ change: UpstreamChange) -> UInt32? {
        [maximumOutputTokens, change.outputLimit].compactMap(\.self).min()
    }
}

/// A chunk of chat completions.
struct ChatChunk: Sendable {
    var id = "chatcmpl"
    var model = ""
    let createdAt: Int64

    /// A chunk with one choice.
    func value(
        index: Int = 0, _ delta: JSONValue, finishReason: String? = nil
    ) -> JSONValue {
        .made(
            ("id", .string(id)), ("object", .string("chat.completion.chunk")),
            ("created", .count(createdAt)), ("model", .string(model)),
            (
                "choices",
                .array([
                    .made(
                        ("index", .count(index)), ("delta", delta),
                        ("finish_reason", finishReason.map(JSONValue.string) ?? .null))
                ])
            ))
    }

    /// What a piece of a call of a tool looks like.
    static func call(
        index: Int, id: String? = nil, name: String? = nil, arguments: String,
        signature: String? = nil
    ) -> JSONValue {
        let extra = signature.map { text in
            JSONValue.made(("google", .made(("thought_signature", .string(text)))))
        }
        let call = JSONValue.made(
            ("index", .count(index)), ("id", id.map(JSONValue.string)),
            ("type", id == nil ? nil : .string("function")),
            (
                "function",
                .made(("name", name.map(JSONValue.string)), ("arguments", .string(arguments)))
            ), ("extra_content", extra))
        return .made(("tool_calls", .array([call])))
    }
}
