internal import Ledger

/// A request as OpenAI's counting call takes it: in the shape of its responses.
///
/// What has no equal there makes the whole request one that cannot be counted: a count without it
/// would be too low. Source: developers.openai.com/api/reference, `POST /responses/input_tokens`.
extension CallRequest {
    private static let counted: Set<String> = [
        "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls",
        "reasoning", "text", "truncation", "previous_response_id", "conversation",
    ]

    /// Members of a chat that are written anew below; any other that reaches the prompt is none.
    private static let rewritten: Set<String> = [
        "messages", "tools", "tool_choice", "response_format", "prompt", "suffix", "echo",
    ]

    /// The body of the counting call; nil where the request cannot be written so.
    func responsesCount(_ change: UpstreamChange) throws(RequestError) -> JSONValue? {
        let sent = try changed(change)
        if interface == .responses { return Self.only(Self.counted, of: sent) }
        let fields = Fields(object: sent)
        for member in sent.members ?? [] where member.value != .null {
            guard Self.chatSettings.contains(member.name) || Self.rewritten.contains(member.name)
            else { return nil }
        }
        if interface == .completions {
            // A plain prompt has none of what surrounds a message, so the count is above it.
            guard fields.value("suffix") == nil, let prompt = fields.value("prompt")?.text else {
                return nil
            }
            return .made(("model", sent["model"]), ("input", .string(prompt)))
        }
        guard interface == .chatCompletions else { return nil }
        var items: [JSONValue] = []
        for message in try fields.list("messages") ?? [] {
            guard let written = Self.items(message) else { return nil }
            items += written
        }
        var tools: [JSONValue] = []
        for tool in try fields.list("tools") ?? [] {
            guard let written = Self.flat(tool, type: "function", inside: "function") else {
                return nil
            }
            tools.append(written)
        }
        let format = fields.value("response_format")
        return .made(
            ("model", sent["model"]), ("input", .array(items)),
            ("tools", tools.isEmpty ? nil : .array(tools)),
            ("tool_choice", fields.value("tool_choice").map(Self.choice)),
            (
                "text",
                format.map {
                    .made(
                        ("format", Self.flat($0, type: "json_schema", inside: "json_schema") ?? $0))
                }
            ), ("reasoning", fields.value("reasoning_effort").map { .made(("effort", $0)) }))
    }

    /// An object of that type with what stands inside it beside the type; nil for another type.
    private static func flat(_ value: JSONValue, type: String, inside name: String) -> JSONValue? {
        guard value["type"]?.text == type, let members = value[name]?.members else { return nil }
        return .object([.init(name: "type", value: .string(type))] + members)
    }

    private static func choice(_ value: JSONValue) -> JSONValue {
        flat(value, type: "function", inside: "function") ?? value
    }

    /// The items that a message becomes: itself, the tools it calls, or what a tool gave back.
    private static func items(_ message: JSONValue) -> [JSONValue]? {
        let known = ["role", "content", "tool_calls", "tool_call_id"]
        for member in message.members ?? [] where member.value != .null {
            guard known.contains(member.name) else { return nil }
        }
        guard let role = message["role"]?.text else { return nil }
        var items: [JSONValue] = []
        switch role {
        case "tool":
            guard let content = content(message["content"], of: "user") else { return nil }
            return [
                .made(
                    ("type", .string("function_call_output")),
                    ("call_id", message["tool_call_id"]), ("output", content))
            ]
        case "system", "developer", "user", "assistant":
            if let value = message["content"], value != .null {
                guard let content = content(value, of: role) else { return nil }
                items.append(.made(("role", .string(role)), ("content", content)))
            }
        default: return nil
        }
        for call in message["tool_calls"]?.elements ?? [] {
            guard call["type"]?.text ?? "function" == "function", let inner = call["function"]
            else { return nil }
            items.append(
                .made(
                    ("type", .string("function_call")), ("call_id", call["id"]),
                    ("name", inner["name"]), ("arguments", inner["arguments"])))
        }
        return items
    }

    private static func content(_ value: JSONValue?, of role: String) -> JSONValue? {
        if value?.text != nil { return value }
        guard let parts = value?.elements else { return nil }
        var written: [JSONValue] = []
        for part in parts {
            guard let one = self.part(part, of: role) else { return nil }
            written.append(one)
        }
        return .array(written)
    }

    private static func part(_ part: JSONValue, of role: String) -> JSONValue? {
        switch part["type"]?.text {
        case "text":
            let type = role == "assistant" ? "output_text" : "input_text"
            return .made(("type", .string(type)), ("text", part["text"]))
        case "image_url":
            return .made(
                ("type", .string("input_image")), ("image_url", part["image_url"]?["url"]),
                ("detail", part["image_url"]?["detail"] ?? .string("auto")))
        case "file":
            guard let file = part["file"]?.members else { return nil }
            return .object([.init(name: "type", value: .string("input_file"))] + file)
        default: return nil
        }
    }
}
