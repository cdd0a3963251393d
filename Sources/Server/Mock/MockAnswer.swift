import Ledger

/// What an answer consists of, and the bytes of it in the interface that is asked for.
///
/// Bodies are written as text, without building a value first: the mock is the other end of load
/// tests. Whatever comes from the caller is quoted.
struct MockAnswer: Sendable {
    let call: MockCall
    let stamp: MockPlan.Stamp
    /// What each of the answers says, or the arguments of the tool it calls.
    let text: MockText
    let tokens: MockPlan.Tokens

    init(_ call: MockCall, _ stamp: MockPlan.Stamp) {
        self.call = call
        self.stamp = stamp
        let behavior = call.behavior
        let limit = behavior.ignoresLimit ? Int.max : call.limit ?? Int.max
        if let tool = call.tool {
            text = MockText(
                tool.arguments.compact, bytesPerToken: behavior.bytesPerToken, atMost: limit)
        } else {
            text = MockText(
                tokens: min(limit, behavior.outputTokens), bytesPerToken: behavior.bytesPerToken)
        }
        let hasText = !call.endpoint.isCount && call.endpoint != .embeddings
        tokens = MockPlan.Tokens(
            input: call.inputTokens,
            cached: hasText ? min(behavior.cachedTokens, call.inputTokens) : 0,
            output: hasText ? text.tokens * call.answers : 0)
    }

    /// True where the caller's limit ended the answer.
    var isLimited: Bool {
        call.tool == nil ? text.tokens < call.behavior.outputTokens : text.isCut
    }

    /// True where usage is reported in this answer.
    var hasUsage: Bool { call.behavior.reportsUsage && call.wantsUsage }

    /// The model's name in quotes.
    var model: String { JSONValue.quoted(call.model) }

    /// The tool's name in quotes.
    var toolName: String { JSONValue.quoted(call.tool?.name ?? "") }

    /// The arguments as an object: nothing where they were cut.
    var arguments: String { text.isCut ? "{}" : text.whole }

    /// An answer that is not streamed.
    var whole: [UInt8] {
        let body =
            switch call.endpoint {
            case .chat: wholeChat
            case .completions: wholeCompletion
            case .embeddings: wholeEmbeddings
            case .responsesCount:
                #"{"object":"response.input_tokens","input_tokens":\#(tokens.input)}"#
            case .messages: wholeMessage
            case .messagesCount: #"{"input_tokens":\#(tokens.input)}"#
            case .generate, .streamGenerate: gemini(0..<text.tokens, isLast: true)
            case .generateCount:
                #"{"totalTokens":\#(tokens.input),"promptTokensDetails":["#
                    + #"{"modality":"TEXT","tokenCount":\#(tokens.input)}]}"#
            }
        return Array(body.utf8)
    }

    /// The first events of a stream.
    func opening() -> [UInt8] {
        let text =
            switch call.endpoint {
            case .chat: (0..<call.answers).map(chatOpening).joined()
            case .messages: messageOpening
            case .streamGenerate: call.isArray ? "[" : ""
            default: ""
            }
        return Array(text.utf8)
    }

    /// The events that bring those tokens, of every answer.
    func piece(_ range: Range<Int>) -> [UInt8] {
        let text =
            switch call.endpoint {
            case .chat: (0..<call.answers).map { chatPiece($0, range) }.joined()
            case .completions: (0..<call.answers).map { completionPiece($0, range) }.joined()
            case .messages: messagePiece(range)
            case .streamGenerate: geminiPiece(range)
            default: ""
            }
        return Array(text.utf8)
    }

    /// The last events of a stream.
    func closing() -> [UInt8] {
        let text =
            switch call.endpoint {
            case .chat: chatClosing
            case .completions: completionClosing
            case .messages: messageClosing
            case .streamGenerate: geminiClosing
            default: ""
            }
        return Array(text.utf8)
    }
}
