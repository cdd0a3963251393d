import Money

/// A call in LiteLLM's spend logs.
///
/// `prompt_tokens` includes what was read from and written to a cache. That is so in what LiteLLM
/// writes today; versions that counted it beside are told by counts that cannot be, and refused
/// where two readings are possible. `cache_hit` is LiteLLM's own response cache.
struct LiteLLMSpendLog {
    private let record: ForeignRecord
    private let options: ForeignOptions
    private let metadata: JSONValue?

    init(_ record: ForeignRecord, _ options: ForeignOptions) {
        self.record = record
        self.options = options
        metadata = record.value("metadata")
    }

    /// Names of `--client-from` that stand inside `metadata`.
    static let aliases = [
        "key_alias": "user_api_key_alias", "team_alias": "user_api_key_team_alias",
    ]

    /// The call; nil for a request that was refused before it reached a model.
    func call(now: Instant) throws(ImportError) -> ImportedCall? {
        guard let id = record.text("request_id") else {
            throw ImportError(
                field: "request_id",
                reason: "is missing; sums by day are no calls: export the table, or ask "
                    + "/spend/logs with summarize=false")
        }
        let isFailed = status == "failure"
        let prompt = try record.count("prompt_tokens") ?? 0
        let completion = try record.count("completion_tokens") ?? 0
        let usd = try record.decimal("spend", decimals: USD.decimals).map(Amount<USD>.init(units:))
        guard let names else {
            if isFailed, prompt == 0, completion == 0, usd?.units ?? 0 == 0 { return nil }
            throw ImportError(field: "model", reason: "is missing, and model_group too")
        }
        var fields = UsageFields()
        fields.provider = names.provider
        fields.model = names.model
        fields.modelRequested = names.requested
        fields.client = client
        fields.id = id
        fields.requestID = id
        fields.operation = operation.name
        fields.outcome = isFailed ? UsageEvent.Outcome.failed.name : nil
        fields.wasCached = try record.flag("cache_hit") ?? false
        fields.conversation = record.text("session_id")
        fields.endUser = options.clientFrom == "end_user" ? nil : record.text("end_user")
        fields.key = key
        fields.tokens = try tokens(prompt: prompt, completion: completion)
        // A success without a token and a price is one whose usage nobody told.
        fields.hasTokens = !fields.tokens.isEmpty || isFailed || fields.wasCached
        if let tags { fields.tags["request_tags"] = tags }
        let ended = try times(&fields)
        var call = try fields.call(
            ImportDefaults(client: options.client, occurredAt: ended), now: now)
        call.recorded = RecordedCost(usd: usd)
        return call
    }

    private var status: String? { record.text("status") ?? metadata?["status"]?.text }

    private var client: String? {
        guard let column = options.clientFrom else { return nil }
        // A client's id stands in clear everywhere: a key in clear must not become one.
        if column == "api_key" { return key }
        guard let inner = Self.aliases[column] else { return record.text(column) }
        return metadata?[inner]?.text
    }

    /// A hash as LiteLLM keeps keys, or its name for the master key. Anything else may be a key in
    /// clear, and is left out.
    private var key: String? {
        guard let key = record.text("api_key") else { return nil }
        let isHash = key.utf8.count == 64 && key.utf8.allSatisfy(Self.isHexDigit)
        return isHash || key == "litellm_proxy_master_key" ? key : nil
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    private var names: (provider: String?, model: String, requested: String?)? {
        let group = record.text("model_group")
        guard var model = record.text("model") ?? group else { return nil }
        var provider = record.text("custom_llm_provider")
        if let name = provider, model.hasPrefix(name + "/") {
            model.removeFirst(name.count + 1)
        } else if provider == nil {
            if let slash = model.firstIndex(of: "/") {
                provider = String(model[..<slash])
                model = String(model[slash...].dropFirst())
            } else {
                provider = options.provider
            }
        }
        return (provider.map { options.providers[$0] ?? $0 }, model, group)
    }

    private var operation: UsageEvent.Operation {
        let type = record.text("call_type") ?? "completion"
        let name =
            type.hasPrefix("a") && Self.operations[type] == nil ? type.dropFirst() : type[...]
        return Self.operations[String(name)] ?? .other
    }

    private static let operations: [String: UsageEvent.Operation] = [
        "completion": .chat, "responses": .chat, "anthropic_messages": .chat,
        "generate_content": .chat, "generate_content_stream": .chat,
        "text_completion": .completion, "embedding": .embedding, "image_generation": .image,
        "image_edit": .image, "speech": .speech, "transcription": .transcription,
        "rerank": .rerank, "moderation": .moderation, "create_batch": .batch,
        "retrieve_batch": .batch,
    ]

    /// Whole tags, as many as fit beside other tags.
    private var tags: String? {
        var kept = ""
        for tag in record.value("request_tags")?.elements?.compactMap(\.text) ?? [] {
            let longer = kept.isEmpty ? tag : "\(kept), \(tag)"
            guard longer.utf8.count <= 400 else { break }
            kept = longer
        }
        return kept.isEmpty ? nil : kept
    }

    /// Sets the latencies and gives the instant at which the answer ended.
    private func times(_ fields: inout UsageFields) throws(ImportError) -> Instant? {
        let start = try record.instant("startTime", zone: options.zone)
        let end = try record.instant("endTime", zone: options.zone)
        let first = try record.instant("completionStartTime", zone: options.zone)
        guard let start else { return end }
        func milliseconds(_ instant: Instant) -> UInt32 {
            UInt32(clamping: (instant.nanoseconds - start.nanoseconds) / 1_000_000)
        }
        fields.latency = try record.count("request_duration_ms") ?? end.map(milliseconds)
        // Without a stream it is written as the end, which says nothing.
        if let first, let end, first >= start, first < end {
            fields.firstToken = milliseconds(first)
        }
        return end ?? start
    }
}

extension LiteLLMSpendLog {
    /// What the provider said, as LiteLLM keeps it: a whole object, or in older versions the rest
    /// beside the three sums.
    private var usage: JSONValue? {
        for name in ["usage_object", "additional_usage_values"] {
            if let value = metadata?[name], value.members?.isEmpty == false { return value }
        }
        return nil
    }

    private func tokens(prompt: UInt32, completion: UInt32) throws(ImportError) -> TokenCounts {
        let inner = usage?["prompt_tokens_details"]
        let outer = usage?["completion_tokens_details"]
        var tokens = TokenCounts()
        let read = try Self.count(usage, "cache_read_input_tokens")
        tokens[.cacheRead] = read > 0 ? read : try Self.count(inner, "cached_tokens")
        let written = max(
            try Self.count(usage, "cache_creation_input_tokens"),
            try Self.count(inner, "cache_creation_tokens"))
        // Of calls with several steps the parts may lack what the sum has; what is missing was
        // written for the usual five minutes.
        let hour = try Self.count(
            inner?["cache_creation_token_details"], "ephemeral_1h_input_tokens")
        tokens[.cacheWrite1h] = min(hour, written)
        tokens[.cacheWrite5m] = written - min(hour, written)
        tokens[.inputAudio] = try Self.count(inner, "audio_tokens")
        tokens[.inputImage] = try Self.count(inner, "image_tokens")
        tokens[.input] = try input(of: prompt, beside: tokens)
        tokens[.reasoning] = try Self.count(outer, "reasoning_tokens")
        tokens[.outputAudio] = try Self.count(outer, "audio_tokens")
        tokens[.outputImage] = try Self.count(outer, "image_tokens")
        let inside = tokens.totalTokens - tokens.totalInput
        guard inside <= UInt64(completion) else {
            throw ImportError(
                field: "completion_tokens",
                reason: "is \(completion), less than the \(inside) tokens that are part of it")
        }
        tokens[.output] = completion - UInt32(inside)
        tokens[.webSearch] = try Self.count(usage?["server_tool_use"], "web_search_requests")
        return tokens
    }

    /// The input that no cache served.
    private func input(
        of prompt: UInt32, beside tokens: TokenCounts
    ) throws(ImportError) -> UInt32 {
        let all = tokens.totalInput
        if all <= UInt64(prompt) { return prompt - UInt32(all) }
        let read = tokens[.cacheRead]
        // Too small to hold what was cached: an older version wrote it. Where nothing was read, or
        // more than the prompt, there is one reading.
        if read == 0 || read > prompt { return prompt }
        throw ImportError(
            field: "prompt_tokens",
            reason: "is \(prompt), less than the \(all) cached tokens that are part of it, and it "
                + "cannot be told which of them are; give this call in our own format")
    }

    private static func count(_ object: JSONValue?, _ name: String) throws(ImportError) -> UInt32 {
        switch object?[name] {
        case nil, .null?: return 0
        case let value?:
            guard let text = value.numberText,
                let number = try? DecimalText.parse(text, decimals: 0),
                let count = UInt32(exactly: number)
            else {
                throw ImportError(
                    field: name, reason: "is no whole number from 0 to \(UInt32.max)")
            }
            return count
        }
    }
}
