internal import Ledger

/// Reading and bounding requests of Anthropic's messages.
///
/// Source: docs.anthropic.com/en/api/messages.
extension CallRequest {
    private static let settings: Set<String> = [
        "model", "stream", "max_tokens", "temperature", "top_p", "top_k", "stop_sequences",
        "metadata", "service_tier", "thinking", "messages", "speed", "inference_geo",
    ]

    /// How the types of Anthropic's tools begin that the caller runs.
    private static let callersTools = ["bash_", "text_editor_", "computer_", "memory_"]

    /// The least budget that Anthropic takes for thinking.
    private static let leastThinking: UInt32 = 1_024

    mutating func readMessages(_ fields: Fields) throws(RequestError) {
        let limit = try fields.whole("max_tokens")
        if interface == .messages, limit == nil { throw .missing("max_tokens") }
        maximumOutputTokens = interface == .countTokens ? 0 : limit
        let tier = try fields.text("service_tier") ?? ""
        // `standard_only` forbids the priority tier, which `auto` allows.
        serviceTier = ServiceTier.normalized(tier == "standard_only" ? "" : tier)
        if let speed = try fields.text("speed"), speed != "standard" { serviceTier = speed }
        endUser = try fields.fields("metadata")?.text("user_id")
        if let thinking = try fields.fields("thinking") {
            let type = try thinking.text("type") ?? ""
            let budget = try thinking.whole("budget_tokens")
            reasoning = type == "disabled" ? .off : .on(budget.map { "\($0)" } ?? type)
        }
        guard let messages = try fields.list("messages") else { throw .missing("messages") }
        guard !messages.isEmpty else { throw .wrong("messages", "a list with a message in it") }
        input.textBound += InputSize.around
        for (index, message) in messages.enumerated() {
            guard message.members != nil else { throw .wrong("messages[\(index)]", "an object") }
            input.textBound += 8
            for member in message.members ?? [] {
                input.textBound += member.name.utf8.count
                if member.name == "content" {
                    countContent(member.value)
                } else {
                    input.count(member.value)
                }
            }
        }
        for member in body.members ?? [] where !Self.settings.contains(member.name) {
            input.textBound += member.name.utf8.count
            input.count(member.value)
        }
        for name in ["mcp_servers", "container", "context_management"]
        where fields.value(name) != nil {
            input.note(name, countable: name == "context_management")
        }
        let list = try fields.list("tools") ?? []
        tools = list.count
        if tools > 0 { input.textBound += InputSize.aroundTools }
        for tool in list {
            let type = tool["type"]?.text ?? "custom"
            guard type != "custom" else { continue }
            // Those that the caller runs add a text that is counted; others read what they find.
            let isCallers = Self.callersTools.contains { type.hasPrefix($0) }
            input.note("the tool \(type.prefix(60))", countable: isCallers)
        }
    }

    private mutating func countContent(_ content: JSONValue) {
        guard let blocks = content.elements else {
            input.count(content)
            return
        }
        for block in blocks {
            let source = block["source"]
            switch block["type"]?.text {
            case "image": countSource(.image, source, of: block)
            case "document" where source?["type"]?.text != "text":
                if source?["type"]?.text == "content", let content = source?["content"] {
                    countContent(content)
                } else {
                    countSource(.file, source, of: block)
                }
            case "tool_result", "search_result":
                for member in block.members ?? [] {
                    input.textBound += member.name.utf8.count
                    if member.name == "content" {
                        countContent(member.value)
                    } else {
                        input.count(member.value)
                    }
                }
            default: input.count(block)
            }
        }
    }

    private mutating func countSource(
        _ medium: InputSize.Medium, _ source: JSONValue?, of block: JSONValue
    ) {
        if source?["file_id"]?.text != nil { input.note("a stored file") }
        let address = source?["data"]?.text ?? source?["url"]?.text
        input.count(medium, address: address, of: block)
    }

    /// The body with at most that many tokens of output, its budget for thinking below that.
    func limitedMessages(_ value: JSONValue, _ limit: UInt32) throws(RequestError) -> JSONValue {
        let value = limited(value, ["max_tokens"], or: "max_tokens", limit)
        guard let thinking = value["thinking"],
            let digits = thinking["budget_tokens"]?.numberText, let budget = UInt32(digits),
            budget >= limit
        else { return value }
        guard limit > Self.leastThinking else {
            throw RequestError(
                .unsupported, "thinking.budget_tokens",
                "the answer is bounded to \(limit) tokens, and thinking takes at least "
                    + "\(Self.leastThinking); send the request without thinking")
        }
        return value.setting(
            "thinking", thinking.setting("budget_tokens", .count(limit - 1)))
    }
}
