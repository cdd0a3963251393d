import Ledger

/// Whether an answer is a call of a tool, and of which: when tools are offered and the caller's
/// last message has the word "tool" in it, or the request insists, the first tool is called, or
/// the one it insists on.
enum MockTools {
    static func openAI(_ request: JSONValue, _ last: JSONValue?) -> MockCall.Tool? {
        let choice = request["tool_choice"]
        let tools = (request["tools"]?.elements ?? []).compactMap { $0["function"] }
        return call(
            tools, schema: "parameters", isForbidden: choice?.text == "none",
            isForced: choice?.text == "required" || choice?["function"] != nil,
            named: choice?["function"]?["name"]?.text, last: last?["content"])
    }

    static func anthropic(_ request: JSONValue, _ last: JSONValue?) -> MockCall.Tool? {
        let choice = request["tool_choice"]
        let type = choice?["type"]?.text
        return call(
            request["tools"]?.elements ?? [], schema: "input_schema",
            isForbidden: type == "none", isForced: type == "any" || type == "tool",
            named: choice?["name"]?.text, last: last?["content"])
    }

    static func gemini(_ request: JSONValue, _ last: JSONValue?) -> MockCall.Tool? {
        let config = request["toolConfig"]?["functionCallingConfig"]
        let tools = (request["tools"]?.elements ?? []).flatMap { tool in
            (tool["functionDeclarations"] ?? tool["function_declarations"])?.elements ?? []
        }
        return call(
            tools, schema: "parameters", isForbidden: config?["mode"]?.text == "NONE",
            isForced: config?["mode"]?.text == "ANY",
            named: config?["allowedFunctionNames"]?.elements?.first?.text, last: last?["parts"])
    }

    private static func call(
        _ tools: [JSONValue], schema: String, isForbidden: Bool, isForced: Bool, named: String?,
        last: JSONValue?
    ) -> MockCall.Tool? {
        let tool = tools.first { named == nil || $0["name"]?.text == named } ?? tools.first
        guard let tool, !isForbidden, isForced || says(last) else { return nil }
        return MockCall.Tool(
            name: tool["name"]?.text ?? "tool",
            arguments: sample(tool[schema] ?? tool["parametersJsonSchema"] ?? .object([])))
    }

    /// Whether the text of a message, and not the result of a tool, has the word in it.
    private static func says(_ content: JSONValue?) -> Bool {
        switch content {
        case .string(let text): text.lowercased().contains("tool")
        case .array(let parts): parts.contains { says($0["text"]) }
        default: false
        }
    }

    /// A value that fits a schema, at most so deep as schemas are written.
    static func sample(_ schema: JSONValue, depth: Int = 0) -> JSONValue {
        if let first = schema["enum"]?.elements?.first { return first }
        let type = schema["type"]?.text ?? schema["type"]?.elements?.first?.text
        switch type?.lowercased() {
        case "string": return .string("mock")
        case "integer", "number": return .number("1")
        case "boolean": return .bool(true)
        case "array": return .array([])
        case "null": return .null
        default:
            let properties = depth < 8 ? schema["properties"]?.members ?? [] : []
            let required = schema["required"]?.elements?.compactMap(\.text)
            return .object(
                properties.filter { required?.contains($0.name) ?? true }.map { member in
                    .init(name: member.name, value: sample(member.value, depth: depth + 1))
                })
        }
    }
}
