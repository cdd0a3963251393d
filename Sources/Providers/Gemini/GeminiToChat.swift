internal import Ledger

/// Google's chunks as chunks of chat completions.
///
/// A call of a function comes whole and, at most models, without an id: it gets one of the answer's
/// and its number. Thoughts are told as `reasoning_content`, pictures as `images`. Source:
/// ai.google.dev/api/generate-content#v1beta.GenerateContentResponse.
struct GeminiToChat: AnswerTranslation {
    private var chunk: ChatChunk
    /// How many calls each candidate made; what it has not begun is not in it.
    private var calls: [Int: Int] = [:]

    init(createdAt: Int64) { chunk = ChatChunk(createdAt: createdAt) }

    mutating func chunks(_ value: JSONValue) -> [JSONValue] {
        chunk.id = value["responseId"]?.text ?? chunk.id
        chunk.model = value["modelVersion"]?.text ?? chunk.model
        var chunks: [JSONValue] = []
        for candidate in value["candidates"]?.elements ?? [] {
            let index = candidate["index"]?.numberText.flatMap { Int($0) } ?? 0
            guard 0..<1_024 ~= index else { continue }
            begin(index, &chunks)
            for part in candidate["content"]?["parts"]?.elements ?? [] {
                if let delta = delta(part, index) {
                    chunks.append(chunk.value(index: index, delta))
                }
            }
            if let reason = candidate["finishReason"]?.text {
                let word = (calls[index] ?? 0) > 0 ? "tool_calls" : "stop"
                chunks.append(
                    chunk.value(
                        index: index, .object([]),
                        finishReason: Self.finishReason(reason) ?? word))
            }
        }
        if value["promptFeedback"]?["blockReason"]?.text != nil {
            begin(0, &chunks)
            chunks.append(chunk.value(.object([]), finishReason: "content_filter"))
        }
        return chunks
    }

    private mutating func begin(_ index: Int, _ chunks: inout [JSONValue]) {
        guard calls[index] == nil else { return }
        calls[index] = 0
        chunks.append(
            chunk.value(
                index: index, .made(("role", .string("assistant")), ("content", .string("")))))
    }

    private mutating func delta(_ part: JSONValue, _ index: Int) -> JSONValue? {
        if let call = part["functionCall"] {
            let number = calls[index] ?? 0
            calls[index] = number + 1
            let id = call["id"]?.text ?? "call_\(chunk.id)_\(index)_\(number)"
            return ChatChunk.call(
                index: number, id: id, name: call["name"]?.text ?? "",
                arguments: (call["args"] ?? .object([])).compact,
                signature: part["thoughtSignature"]?.text)
        }
        if let text = part["text"]?.text {
            guard !text.isEmpty else { return nil }
            let name = part["thought"] == .bool(true) ? "reasoning_content" : "content"
            return .made((name, .string(text)))
        }
        guard let inline = part["inlineData"], let data = inline["data"]?.text else { return nil }
        let type = inline["mimeType"]?.text ?? "application/octet-stream"
        let address = JSONValue.made(("url", .string("data:\(type);base64,\(data)")))
        return .made(
            (
                "images",
                .array([.made(("type", .string("image_url")), ("image_url", address))])
            ))
    }

    /// Why it ended, in OpenAI's words; nil where it simply ended.
    private static func finishReason(_ reason: String) -> String? {
        switch reason {
        case "MAX_TOKENS": "length"
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
            "LANGUAGE":
            "content_filter"
        default: nil
        }
    }

    func events(of body: JSONValue) -> [JSONValue] { body.elements ?? [body] }
}
