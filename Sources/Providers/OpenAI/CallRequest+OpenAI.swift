internal import Ledger

/// Reading requests of OpenAI's interfaces. Source: platform.openai.com/docs/api-reference.
extension CallRequest {
    /// Members that never reach a prompt, whatever stands in them. What is not listed is counted.
    static let chatSettings: Set<String> = [
        "model", "stream", "stream_options", "max_tokens", "max_completion_tokens",
        "max_output_tokens", "temperature", "top_p", "top_k", "min_p", "n", "best_of", "stop",
        "presence_penalty", "frequency_penalty", "seed", "user", "metadata", "service_tier",
        "logit_bias", "logprobs", "top_logprobs", "store", "parallel_tool_calls",
        "reasoning_effort", "verbosity", "modalities", "prompt_cache_key", "safety_identifier",
        "prompt_cache_retention", "encoding_format", "dimensions", "truncation", "background",
    ]

    /// Members that let an OpenAI-compatible provider read, or bill for, more than is there.
    private static let openEnded = [
        "web_search_options", "plugins", "models", "route", "mcp_servers", "search_parameters",
    ]

    /// Members that name what OpenAI has stored, and can count.
    private static let stored = ["previous_response_id", "conversation"]

    mutating func readChat(_ fields: Fields) throws(RequestError) {
        try readShared(fields)
        try readStreamOptions(fields)
        let limits = [
            try fields.whole("max_completion_tokens"), try fields.whole("max_tokens"),
        ].compactMap(\.self)
        maximumOutputTokens = limits.max()
        answers = try fields.whole("n") ?? 1
        guard let messages = try fields.list("messages") else { throw .missing("messages") }
        guard !messages.isEmpty else { throw .wrong("messages", "a list with a message in it") }
        for (index, message) in messages.enumerated() {
            guard message.members != nil else { throw .wrong("messages[\(index)]", "an object") }
            countMessage(message)
        }
        countOthers(except: ["messages"])
        try countTools(fields)
        if let modalities = try fields.list("modalities") {
            wantsMedia = modalities.contains { $0.text != "text" }
        }
        switch try fields.text("reasoning_effort") {
        case "none": reasoning = .off
        case let effort?: reasoning = .on(effort)
        case nil: try readReasoning(fields)
        }
    }

    /// OpenRouter's and OpenAI's `reasoning` object, and the switch that vLLM and GLM know.
    private mutating func readReasoning(_ fields: Fields) throws(RequestError) {
        if let wish = fields.value("reasoning") {
            let effort = wish["effort"]?.text ?? wish["max_tokens"]?.numberText
            if effort == "none" || wish["enabled"] == .bool(false) {
                reasoning = .off
            } else if effort != nil || wish["enabled"] == .bool(true) {
                reasoning = .on(effort ?? "enabled")
            }
        } else if let type = fields.value("thinking")?["type"]?.text {
            reasoning = type == "disabled" ? .off : .on(type)
        }
    }

    mutating func readCompletion(_ fields: Fields) throws(RequestError) {
        try readShared(fields)
        try readStreamOptions(fields)
        maximumOutputTokens = try fields.whole("max_tokens")
        guard let prompt = fields.value("prompt") else { throw .missing("prompt") }
        var prompts: UInt32 = 1
        if let list = prompt.elements, case .number? = list.first {
        } else if let list = prompt.elements {
            prompts = UInt32(clamping: max(1, list.count))
        }
        let each = max(try fields.whole("n") ?? 1, try fields.whole("best_of") ?? 1)
        let (product, overflow) = each.multipliedReportingOverflow(by: prompts)
        guard !overflow else { throw .wrong("n", "a number of answers that can be made") }
        answers = product
        countOthers(except: [])
    }

    mutating func readEmbeddings(_ fields: Fields) throws(RequestError) {
        try readShared(fields)
        guard fields.value("input") != nil else { throw .missing("input") }
        maximumOutputTokens = 0
        reasoning = .off
        countOthers(except: [])
    }

    mutating func readResponses(_ fields: Fields) throws(RequestError) {
        try readShared(fields)
        maximumOutputTokens = try fields.whole("max_output_tokens")
        if fields.value("prompt") != nil { input.note("prompt") }
        for item in fields.value("input")?.elements ?? [] { countMessage(item) }
        if fields.value("input")?.elements == nil { input.count(fields.value("input")) }
        countOthers(except: ["input"])
        try countTools(fields)
        try readReasoning(fields)
    }

    private mutating func readShared(_ fields: Fields) throws(RequestError) {
        serviceTier = ServiceTier.normalized(try fields.text("service_tier") ?? "")
        let user = try fields.text("user")
        endUser = try fields.text("safety_identifier") ?? user
        for name in Self.openEnded where fields.value(name) != nil {
            input.note(name, countable: false)
        }
        for name in Self.stored where fields.value(name) != nil { input.note(name) }
    }

    private mutating func readStreamOptions(_ fields: Fields) throws(RequestError) {
        let options = try fields.fields("stream_options")
        wantsUsage = try options?.flag("include_usage") ?? false
    }

    private mutating func countTools(_ fields: Fields) throws(RequestError) {
        let list = (try fields.list("tools") ?? []) + (try fields.list("functions") ?? [])
        tools = list.count
        if tools > 0 { input.textBound += InputSize.aroundTools }
        for tool in list {
            let type = tool["type"]?.text ?? "function"
            if type != "function", type != "custom" {
                input.note("the tool \(type.prefix(60))", countable: false)
            }
        }
    }

    private mutating func countOthers(except read: Set<String>) {
        input.textBound += InputSize.around
        for member in body.members ?? [] {
            guard !Self.chatSettings.contains(member.name), !read.contains(member.name) else {
                continue
            }
            input.textBound += member.name.utf8.count
            input.count(member.value)
        }
    }

    /// A message, or an item of a response's input: its media are counted apart, all else as text.
    private mutating func countMessage(_ message: JSONValue) {
        input.textBound += 8
        for member in message.members ?? [] {
            input.textBound += member.name.utf8.count
            guard let parts = member.value.elements, ["content", "output"].contains(member.name)
            else {
                input.count(member.value)
                continue
            }
            for part in parts { countPart(part) }
        }
    }

    private mutating func countPart(_ part: JSONValue) {
        switch part["type"]?.text {
        case "image_url":
            let address = part["image_url"]?["url"]?.text ?? part["image_url"]?.text
            input.count(.image, address: address, of: part)
        case "input_image": input.count(.image, address: part["image_url"]?.text, of: part)
        case "input_audio":
            input.count(.sound, address: part["input_audio"]?["data"]?.text, of: part)
        case "file", "input_file":
            let file = part["file"] ?? part
            if file["file_id"]?.text != nil { input.note("a stored file") }
            let address = file["file_data"]?.text ?? file["file_url"]?.text
            input.count(.file, address: address, of: part)
        case "video_url", "input_video":
            input.count(.file, address: part["video_url"]?["url"]?.text, of: part)
        default: input.count(part)
        }
    }
}
