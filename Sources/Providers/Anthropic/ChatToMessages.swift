internal import Ledger

/// A chat completions request as one of Anthropic's messages.
///
/// `reasoning_effort` becomes the effort of `output_config`; who wants a budget of thinking writes
/// `thinking` as Anthropic has it. `cache_control` on parts is passed on. Without a bound on the
/// output, which Anthropic requires, 4,096 tokens are asked for, which every model of theirs has.
/// Source: docs.anthropic.com/en/api/messages.
extension CallRequest {
    /// The bound where nobody set one; a budget for thinking comes on top of it.
    private var usualOutput: UInt32 {
        let digits = object("thinking")?["budget_tokens"]?.numberText
        let (sum, overflow) = (digits.flatMap { UInt32($0) } ?? 0)
            .addingReportingOverflow(4_096)
        return overflow ? 4_096 : sum
    }

    func messagesBody(_ change: UpstreamChange) throws(RequestError) -> JSONValue {
        let settings = try ChatSettings(self, others: ["thinking", "top_k"])
        let conversation = try ChatConversation(body["messages"]?.elements ?? [])
        var messages: [JSONValue] = []
        for turn in conversation.turns {
            var content: [JSONValue] = []
            for piece in turn.pieces { content.append(try Self.block(piece)) }
            messages.append(
                .made(
                    ("role", .string(turn.isAssistant ? "assistant" : "user")),
                    ("content", .array(content))))
        }
        var system: [JSONValue] = []
        for piece in conversation.system { system.append(try Self.block(piece)) }
        var body = JSONValue.made(
            ("model", .string(change.model ?? model)),
            ("max_tokens", .count(outputLimit(change) ?? usualOutput)),
            ("system", system.isEmpty ? nil : .array(system)),
            ("messages", .array(messages)),
            ("stop_sequences", settings.stops.isEmpty ? nil : .array(settings.stops)))
        for name in ["temperature", "top_p", "top_k", "thinking"] {
            if let value = object(name) { body = body.setting(name, value) }
        }
        if change.stream ?? isStream { body = body.setting("stream", .bool(true)) }
        if let endUser {
            body = body.setting("metadata", .made(("user_id", .string(endUser))))
        }
        if let tier = try messagesTier() { body = body.setting("service_tier", tier) }
        if let output = try messagesOutput(settings) {
            body = body.setting("output_config", output)
        }
        body = Self.withTools(body, settings)
        guard let limit = change.outputLimit else { return body }
        return try limitedMessages(body, limit)
    }

    private func object(_ name: String) -> JSONValue? { Fields(object: body).value(name) }

    private func messagesTier() throws(RequestError) -> JSONValue? {
        switch object("service_tier")?.text {
        case nil: return nil
        case "auto": return .string("auto")
        case "default": return .string("standard_only")
        default:
            throw .unsupported("service_tier", "must be auto or default for this model's provider")
        }
    }

    /// Effort and form of the answer.
    private func messagesOutput(_ settings: ChatSettings) throws(RequestError) -> JSONValue? {
        var output = JSONValue.object([])
        switch object("reasoning_effort")?.text {
        case nil: break
        // Without `thinking` these models do not think out of sight.
        case "none": break
        case let effort? where ["low", "medium", "high", "xhigh", "max"].contains(effort):
            output = output.setting("effort", .string(effort))
        default:
            throw .unsupported(
                "reasoning_effort", "must be none, low, medium, high, xhigh or max for this model")
        }
        switch settings.format {
        case .text: break
        case .schema(let schema):
            output = output.setting(
                "format", .made(("type", .string("json_schema")), ("schema", schema)))
        case .object:
            throw .unsupported(
                "response_format",
                "cannot be json_object for this model: its provider wants the schema, as "
                    + "json_schema")
        }
        return output.isVoid ? nil : output
    }

    private static func withTools(_ body: JSONValue, _ settings: ChatSettings) -> JSONValue {
        guard !settings.tools.isEmpty else { return body }
        let empty = JSONValue.made(("type", .string("object")), ("properties", .object([])))
        let tools = settings.tools.map { tool in
            JSONValue.made(
                ("name", .string(tool.name)),
                ("description", tool.description.map(JSONValue.string)),
                ("input_schema", tool.parameters ?? empty),
                ("strict", tool.isStrict ? .bool(true) : nil))
        }
        let choice: JSONValue? =
            switch settings.choice {
            case .unsaid:
                settings.mayCallSeveral == false ? .made(("type", .string("auto"))) : nil
            case .auto: .made(("type", .string("auto")))
            case .none: .made(("type", .string("none")))
            case .required: .made(("type", .string("any")))
            case .tool(let name): .made(("type", .string("tool")), ("name", .string(name)))
            }
        let whole = body.setting("tools", .array(tools))
        guard var choice else { return whole }
        if settings.mayCallSeveral == false, settings.choice != .none {
            choice = choice.setting("disable_parallel_tool_use", .bool(true))
        }
        return whole.setting("tool_choice", choice)
    }

    private static func block(_ piece: ChatConversation.Piece) throws(RequestError) -> JSONValue {
        switch piece {
        case .text(let text, let cache):
            return .made(
                ("type", .string("text")), ("text", .string(text)), ("cache_control", cache))
        case .data(let type, let base64, let name, let cache):
            guard type.hasPrefix("image/") || type == "application/pdf" else {
                throw .unsupported(
                    "messages", "hold \(type), which this model's provider does not take")
            }
            return .made(
                ("type", .string(type.hasPrefix("image/") ? "image" : "document")),
                (
                    "source",
                    .made(
                        ("type", .string("base64")), ("media_type", .string(type)),
                        ("data", .string(base64)))
                ), ("title", name.map(JSONValue.string)), ("cache_control", cache))
        case .imageAddress(let address, let cache):
            return .made(
                ("type", .string("image")),
                ("source", .made(("type", .string("url")), ("url", .string(address)))),
                ("cache_control", cache))
        case .call(let id, let name, let arguments, _):
            return .made(
                ("type", .string("tool_use")), ("id", .string(id)), ("name", .string(name)),
                ("input", arguments))
        case .result(let id, _, let texts):
            var content: [JSONValue] = []
            for text in texts { content.append(try block(text)) }
            return .made(
                ("type", .string("tool_result")), ("tool_use_id", .string(id)),
                ("content", .array(content)))
        case .thinking(let block): return block
        }
    }
}
