// Providers: how each provider's interface is spoken, and nothing else. Bytes of requests and
// answers go in; values that decide something come out: what an answer consumed (`AnswerMeter`,
// `AnswerReport`), what a request may consume (`CallRequest`), what the caller gets to see
// (`AnswerStream`), what went wrong (`ProviderError`) and where a call goes (`ProviderSettings`).
// There is no socket, no clock and no file here, so that every rule is tested on bytes alone. A
// folder holds what one provider's dialect needs; `Streams`, `Usage`, `Requests`, `Answers`,
// `Errors` and `Settings` hold what all share. Start with `AnswerMeter`.

/// Whose manner of speaking a provider has: headers, paths and error bodies follow it.
public enum Dialect: String, Sendable, CaseIterable {
    /// OpenAI, and everybody who copies it: Groq, Mistral, DeepSeek, OpenRouter, vLLM, …
    case openAI = "openai"
    /// Anthropic's Messages API.
    case anthropic
    /// Google's generateContent, at AI Studio (generativelanguage.googleapis.com).
    case gemini
    /// Google's generateContent at Vertex AI: other paths and an OAuth token.
    case vertex
    /// Amazon Bedrock's Converse.
    case bedrock
    /// Cohere's chat, version 2.
    case cohere
}

/// One endpoint's bodies: what its requests and answers look like.
public enum Interface: String, Sendable, CaseIterable {
    /// `POST /chat/completions` of OpenAI and of those who copy it.
    case chatCompletions
    /// `POST /completions` of OpenAI.
    case completions
    /// `POST /embeddings` of OpenAI.
    case embeddings
    /// `POST /responses` of OpenAI.
    case responses
    /// `POST /v1/messages` of Anthropic.
    case messages
    /// `POST /v1/messages/count_tokens` of Anthropic: free, an answer without usage.
    case countTokens
    /// `:generateContent` and `:streamGenerateContent` of Google, AI Studio and Vertex alike.
    case generateContent
    /// `/model/…/converse` of Amazon Bedrock.
    case converse
    /// `POST /v2/chat` of Cohere.
    case cohereChat

    /// The shape of its errors.
    public var dialect: Dialect {
        switch self {
        case .chatCompletions, .completions, .embeddings, .responses: .openAI
        case .messages, .countTokens: .anthropic
        case .generateContent: .gemini
        case .converse: .bedrock
        case .cohereChat: .cohere
        }
    }

    /// False where no answer of it can be streamed.
    public var canStream: Bool {
        switch self {
        case .embeddings, .countTokens: false
        default: true
        }
    }
}
