internal import Ledger

/// Letting a provider count a request's input, where the bound by bytes does not fit a budget.
///
/// Anthropic, Google and OpenAI count for nothing. OpenAI counts requests of its responses, so that
/// a chat is written as one. Sources: docs.anthropic.com/en/api/messages-count-tokens,
/// ai.google.dev/api/tokens, developers.openai.com/api/docs/guides/token-counting.
extension CallRequest {
    /// Whether who speaks `dialect` counts requests of an interface.
    public static func isCounted(_ upstream: Interface, by dialect: Dialect) -> Bool {
        switch (upstream, dialect) {
        case (.messages, .anthropic), (.generateContent, .gemini), (.generateContent, .vertex),
            (.chatCompletions, .openAI), (.completions, .openAI), (.responses, .openAI):
            true
        default: false
        }
    }

    /// The body of the counting call of who speaks `dialect`, for the request as it goes to
    /// `upstream`; nil where that provider counts nothing. Throws what ``body(for:as:)`` throws.
    public func countingBody(
        for change: UpstreamChange, as upstream: Interface, dialect: Dialect
    ) throws(RequestError) -> [UInt8]? {
        let sent: JSONValue
        switch (upstream, dialect) {
        case (.messages, .anthropic):
            sent = try interface == .messages ? changed(change) : messagesBody(change)
            let counted: Set<String> = [
                "model", "messages", "system", "tools", "tool_choice", "thinking", "mcp_servers",
                "output_config", "context_management",
            ]
            return Self.only(counted, of: sent).compactBytes
        case (.generateContent, .gemini), (.generateContent, .vertex):
            sent = try interface == .generateContent ? changed(change) : geminiBody(change)
            if dialect == .vertex {
                let counted: Set<String> = [
                    "contents", "systemInstruction", "system_instruction", "tools",
                    "generationConfig", "generation_config",
                ]
                return Self.only(counted, of: sent).compactBytes
            }
            let name = JSONValue.string("models/\(change.model ?? model)")
            return JSONValue.made(("generateContentRequest", sent.setting("model", name)))
                .compactBytes
        case (_, .openAI): return try responsesCount(change)?.compactBytes
        default: return nil
        }
    }

    static func only(_ names: Set<String>, of value: JSONValue) -> JSONValue {
        .object((value.members ?? []).filter { names.contains($0.name) })
    }

    /// The count in a counting call's answer; nil where there is none that can be believed.
    public static func counted(_ body: [UInt8]) -> UInt32? {
        guard let value = try? JSONValue(parsing: body, maximumValues: 100_000) else { return nil }
        var counts = CountReader()
        return counts.count(value, "input_tokens", "totalTokens")
    }
}
