internal import Ledger

/// A chat completions request as one of Google's generateContent.
///
/// Google finds the call that a result belongs to by the function's name, which is looked up by the
/// call's id. The signature of a thought that Google wants back with a call stands in
/// `extra_content.google.thought_signature`, where Google's own interface for OpenAI's clients has
/// it. Source: ai.google.dev/api/generate-content and ai.google.dev/gemini-api/docs/openai.
extension CallRequest {
    func geminiBody(_ change: UpstreamChange) throws(RequestError) -> JSONValue {
        let settings = try ChatSettings(
            self, others: ["n", "seed", "presence_penalty", "frequency_penalty", "top_k"])
        if settings.mayCallSeveral == false {
            throw .unsupported(
                "parallel_tool_calls", "cannot be false for this model; leave it out")
        }
        if let tier = Fields(object: body).value("service_tier")?.text,
            !["auto", "default"].contains(tier)
        {
            throw .unsupported("service_tier", "must be auto or default for this model's provider")
        }
        let conversation = try ChatConversation(body["messages"]?.elements ?? [])
        var contents: [JSONValue] = []
        for turn in conversation.turns {
            var parts: [JSONValue] = []
            for piece in turn.pieces { parts.append(try Self.part(piece)) }
            contents.append(
                .made(
                    ("role", .string(turn.isAssistant ? "model" : "user")),
                    ("parts", .array(parts))))
        }
        var system: [JSONValue] = []
        for piece in conversation.system { system.append(try Self.part(piece)) }
        let config = try geminiConfig(settings, change)
        return .made(
            ("systemInstruction", system.isEmpty ? nil : .made(("parts", .array(system)))),
            ("contents", .array(contents)), ("tools", Self.tools(settings)),
            ("toolConfig", Self.choice(settings)),
            ("generationConfig", config.isVoid ? nil : config))
    }

    private func geminiConfig(
        _ settings: ChatSettings, _ change: UpstreamChange
    ) throws(RequestError) -> JSONValue {
        let fields = Fields(object: body)
        var config = JSONValue.made(
            ("maxOutputTokens", outputLimit(change).map { .count($0) }),
            ("stopSequences", settings.stops.isEmpty ? nil : .array(settings.stops)))
        for (name, google) in [
            ("temperature", "temperature"), ("top_p", "topP"), ("top_k", "topK"),
            ("n", "candidateCount"), ("seed", "seed"), ("presence_penalty", "presencePenalty"),
            ("frequency_penalty", "frequencyPenalty"),
        ] {
            if let value = fields.value(name) { config = config.setting(google, value) }
        }
        switch settings.format {
        case .text: break
        case .object:
            config = config.setting("responseMimeType", .string("application/json"))
        case .schema(let schema):
            config = config.setting("responseMimeType", .string("application/json"))
            config = config.setting("responseJsonSchema", schema)
        }
        if let effort = try fields.text("reasoning_effort") {
            config = config.setting(
                "thinkingConfig", try Self.thinking(effort, model: change.model ?? model))
        }
        return config
    }

    /// Budgets up to version 2.5, levels from 3 on; the numbers are Google's own for this.
    private static func thinking(_ effort: String, model: String) throws(RequestError) -> JSONValue
    {
        if model.contains("gemini-2") {
            let budgets = [
                "none": 0, "minimal": 1_024, "low": 1_024, "medium": 8_192, "high": 24_576,
            ]
            if let budget = budgets[effort] { return .made(("thinkingBudget", .count(budget))) }
        } else if ["minimal", "low", "medium", "high"].contains(effort) {
            return .made(("thinkingLevel", .string(effort)))
        }
        throw .unsupported(
            "reasoning_effort", "cannot be \"\(effort.prefix(40))\" for this model")
    }

    private static func tools(_ settings: ChatSettings) -> JSONValue? {
        guard !settings.tools.isEmpty else { return nil }
        let list = settings.tools.map { tool in
            JSONValue.made(
                ("name", .string(tool.name)),
                ("description", tool.description.map(JSONValue.string)),
                ("parametersJsonSchema", tool.parameters))
        }
        return .array([.made(("functionDeclarations", .array(list)))])
    }

    private static func choice(_ settings: ChatSettings) -> JSONValue? {
        let mode: (String, JSONValue?)? =
            switch settings.choice {
            case .unsaid: nil
            case .auto: ("AUTO", nil)
            case .none: ("NONE", nil)
            case .required: ("ANY", nil)
            case .tool(let name): ("ANY", .array([.string(name)]))
            }
        return mode.map { mode, names in
            .made(
                (
                    "functionCallingConfig",
                    .made(("mode", .string(mode)), ("allowedFunctionNames", names))
                ))
        }
    }

    private static func part(_ piece: ChatConversation.Piece) throws(RequestError) -> JSONValue {
        switch piece {
        case .text(let text, let cache):
            guard cache == nil else {
                throw .unsupported(
                    "cache_control", "has no equivalent at this model's provider; leave it out")
            }
            return .made(("text", .string(text)))
        case .data(let type, let base64, _, _):
            return .made(
                ("inlineData", .made(("mimeType", .string(type)), ("data", .string(base64)))))
        case .imageAddress:
            throw .unsupported(
                "image_url.url",
                "must be a URL like data:image/png;base64,… for this model's provider, which "
                    + "fetches nothing")
        case .call(_, let name, let arguments, let signature):
            return .made(
                ("functionCall", .made(("name", .string(name)), ("args", arguments))),
                ("thoughtSignature", signature.map(JSONValue.string)))
        case .result(let id, let name, let texts):
            guard let name else {
                throw .wrong(
                    "tool_call_id", "the id of a call before it; \"\(id.prefix(60))\" is none")
            }
            return .made(
                (
                    "functionResponse",
                    .made(("name", .string(name)), ("response", response(texts)))
                ))
        case .thinking:
            throw .unsupported(
                "thinking_blocks", "are of another provider's model; leave them out")
        }
    }

    /// Google wants an object; a text that is none becomes its `output`.
    private static func response(_ texts: [ChatConversation.Piece]) -> JSONValue {
        let whole = texts.reduce(into: "") { whole, piece in
            if case .text(let text, _) = piece { whole += text }
        }
        if let value = try? JSONValue(parsing: Array(whole.utf8)), value.members != nil {
            return value
        }
        return .made(("output", .string(whole)))
    }
}
