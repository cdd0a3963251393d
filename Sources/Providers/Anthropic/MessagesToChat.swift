internal import Ledger

/// Anthropic's events as chunks of chat completions.
///
/// Thinking is told as `reasoning_content`; whole blocks of it, with their signatures, follow as
/// `thinking_blocks`, which a caller who calls tools sends back. Source:
/// docs.anthropic.com/en/api/messages-streaming.
struct MessagesToChat: AnswerTranslation {
    private var chunk: ChatChunk
    private var blocks: [Int: Block] = [:]
    private var calls = 0

    init(createdAt: Int64) { chunk = ChatChunk(createdAt: createdAt) }

    private enum Block {
        case text
        case call(Int)
        case thinking(JoinedObject)
        case other
    }

    mutating func chunks(_ value: JSONValue) -> [JSONValue] {
        let index = value["index"]?.numberText.flatMap { Int($0) } ?? 0
        switch value["type"]?.text {
        case "message_start":
            chunk.id = value["message"]?["id"]?.text ?? chunk.id
            chunk.model = value["message"]?["model"]?.text ?? chunk.model
            return [
                chunk.value(.made(("role", .string("assistant")), ("content", .string(""))))
            ]
        case "content_block_start": return start(index, value["content_block"] ?? .null)
        case "content_block_delta": return delta(index, value["delta"] ?? .null)
        case "content_block_stop":
            guard case .thinking(let joined)? = blocks.removeValue(forKey: index) else { return [] }
            return [chunk.value(.made(("thinking_blocks", .array([joined.value]))))]
        case "message_delta":
            guard let reason = value["delta"]?["stop_reason"]?.text else { return [] }
            return [chunk.value(.object([]), finishReason: Self.finishReason(reason))]
        default: return []
        }
    }

    private mutating func start(_ index: Int, _ block: JSONValue) -> [JSONValue] {
        guard blocks.count < 1_024 else { return [] }
        switch block["type"]?.text {
        case "text":
            blocks[index] = .text
            guard let text = block["text"]?.text, !text.isEmpty else { return [] }
            return [chunk.value(.made(("content", .string(text))))]
        case "tool_use":
            blocks[index] = .call(calls)
            calls += 1
            let call = ChatChunk.call(
                index: calls - 1, id: block["id"]?.text ?? "", name: block["name"]?.text ?? "",
                arguments: "")
            guard let input = block["input"], !input.isVoid else { return [chunk.value(call)] }
            let whole = ChatChunk.call(index: calls - 1, arguments: input.compact)
            return [chunk.value(call), chunk.value(whole)]
        case "thinking", "redacted_thinking":
            var joined = JoinedObject()
            joined.add(block)
            blocks[index] = .thinking(joined)
            guard let text = block["thinking"]?.text, !text.isEmpty else { return [] }
            return [chunk.value(.made(("reasoning_content", .string(text))))]
        default:
            blocks[index] = .other
            return []
        }
    }

    private mutating func delta(_ index: Int, _ delta: JSONValue) -> [JSONValue] {
        switch blocks[index] {
        case .text:
            guard let text = delta["text"] else { return [] }
            return [chunk.value(.made(("content", text)))]
        case .call(let call):
            guard let text = delta["partial_json"]?.text, !text.isEmpty else { return [] }
            return [chunk.value(ChatChunk.call(index: call, arguments: text))]
        case .thinking(var joined):
            // Taken out first, so that it is changed in its place.
            blocks[index] = .other
            joined.add(delta.removing("type"))
            blocks[index] = .thinking(joined)
            guard let text = delta["thinking"] else { return [] }
            return [chunk.value(.made(("reasoning_content", text)))]
        case .other, nil: return []
        }
    }

    /// Why it ended, in OpenAI's words.
    static func finishReason(_ reason: String) -> String {
        switch reason {
        case "max_tokens", "model_context_window_exceeded": "length"
        case "tool_use": "tool_calls"
        case "refusal": "content_filter"
        default: "stop"
        }
    }

    func events(of body: JSONValue) -> [JSONValue] {
        guard body["type"]?.text == "message" else { return [body] }
        var events: [JSONValue] = [
            .made(("type", .string("message_start")), ("message", body.removing("content")))
        ]
        for (index, block) in (body["content"]?.elements ?? []).enumerated() {
            for name in ["content_block_start", "content_block_stop"] {
                events.append(
                    .made(
                        ("type", .string(name)), ("index", .count(index)),
                        ("content_block", name == "content_block_start" ? block : nil)))
            }
        }
        events.append(
            .made(
                ("type", .string("message_delta")),
                ("delta", .made(("stop_reason", body["stop_reason"])))))
        return events
    }
}
