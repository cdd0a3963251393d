internal import Ledger

/// The usage of chat completions, completions and embeddings, of OpenAI and of those who copy it.
///
/// The prompt includes cached and written tokens, audio and images; the completion includes
/// reasoning and audio. Names differ: cached tokens stand in `prompt_tokens_details`, in
/// `prompt_cache_hit_tokens` (DeepSeek), `num_cached_tokens` (Mistral) or `cached_tokens`
/// (Together). Groq tells the usage of a stream in `x_groq` too, and that of a compound system by
/// model. Any chunk may carry usage, the last one counts. Source:
/// platform.openai.com/docs/api-reference, and each provider's own.
enum ChatUsage: UsageDialect {
    static func read(_ value: JSONValue, event: String?, into facts: inout AnswerFacts) {
        AnswerFacts.keep(value["model"], in: &facts.model)
        AnswerFacts.keep(value["id"], in: &facts.requestID)
        AnswerFacts.keep(
            value["service_tier"], in: &facts.serviceTier)
        let groq = value["x_groq"]
        for usage in [groq?["usage"], value["usage"]] where tellsSomething(usage) {
            facts.usage = usage
        }
        for holder in [groq, value] {
            if let models = holder?["usage_breakdown"]?["models"]?.elements, !models.isEmpty {
                facts.breakdown = models
            }
        }
        for choice in value["choices"]?.elements ?? [] {
            if let error = ProviderError(inside: choice, event: nil, of: .openAI) {
                facts.note(error)
            }
            guard let reason = choice["finish_reason"]?.text else { continue }
            facts.isComplete = true
            if facts.finishReason == nil || choice["index"]?.numberText == "0" {
                AnswerFacts.keep(.string(reason), in: &facts.finishReason)
            }
        }
        if value["object"]?.text == "list" {
            // Embeddings: a list without a last word, and without an output.
            facts.isComplete = true
            facts.hasNoOutput = true
        }
        for holder in [value, groq] {
            if let holder, let error = ProviderError(inside: holder, event: event, of: .openAI) {
                facts.note(error)
            }
        }
    }

    /// An empty object, or one of nulls, is no usage.
    private static func tellsSomething(_ usage: JSONValue?) -> Bool {
        let names = ["prompt_tokens", "completion_tokens", "total_tokens"]
        return names.contains { name in (usage?[name]).map { $0 != .null } ?? false }
    }

    static func usages(_ facts: AnswerFacts, _ counts: inout CountReader) -> [ModelUsage] {
        let tier = AnswerFacts.tier(facts.serviceTier)
        guard let usage = facts.usage,
            let tokens = tokens(usage, hasNoOutput: facts.hasNoOutput, &counts)
        else {
            return [
                ModelUsage(
                    model: facts.model, serviceTier: tier,
                    providerUsage: ProviderUsageText.compact(facts.usage))
            ]
        }
        if let parts = byModel(facts, tier, of: tokens, &counts) { return parts }
        return [
            ModelUsage(
                model: facts.model, tokens: tokens, serviceTier: tier, source: .provider,
                providerUsage: ProviderUsageText.compact(usage))
        ]
    }

    /// The usage by model, where the parts make up the whole; where not, the whole is billed.
    private static func byModel(
        _ facts: AnswerFacts, _ tier: String, of whole: TokenCounts, _ counts: inout CountReader
    ) -> [ModelUsage]? {
        var order: [String] = []
        var parts: [String: (tokens: TokenCounts, raw: [JSONValue])] = [:]
        var sum = TokenCounts()
        for entry in facts.breakdown {
            guard let model = AnswerFacts.name(entry["model"]?.text), let usage = entry["usage"],
                let tokens = tokens(usage, &counts)
            else { return nil }
            if parts[model] == nil { order.append(model) }
            var part = parts[model] ?? (TokenCounts(), [])
            counts.add(tokens, to: &part.tokens)
            counts.add(tokens, to: &sum)
            part.raw.append(usage)
            parts[model] = part
        }
        guard !order.isEmpty, sum.totalInput == whole.totalInput,
            sum.totalTokens == whole.totalTokens
        else { return nil }
        return order.map { model in
            ModelUsage(
                model: model, tokens: parts[model]?.tokens ?? TokenCounts(), serviceTier: tier,
                source: .provider,
                providerUsage: ProviderUsageText.compact(
                    .object([.init(name: "models", value: .array(parts[model]?.raw ?? []))])))
        }
    }

    /// The counts of one usage object, or nil where it does not tell them.
    private static func tokens(
        _ usage: JSONValue, hasNoOutput: Bool = false, _ counts: inout CountReader
    ) -> TokenCounts? {
        let total = counts.count(usage, "total_tokens")
        guard
            let prompt = counts.count(usage, "prompt_tokens")
                ?? rest(of: total, without: counts.count(usage, "completion_tokens"))
                ?? (hasNoOutput ? total : nil)
        else { return nil }
        guard
            let completion = counts.count(usage, "completion_tokens")
                ?? rest(of: total, without: prompt) ?? (hasNoOutput ? 0 : nil)
        else { return nil }
        var tokens = TokenCounts()
        input(usage, prompt, &counts, &tokens)
        output(usage, completion, prompt, total, &counts, &tokens)
        let searches = counts.count(usage["server_tool_use_details"], "web_search_requests")
        tokens[.webSearch] =
            searches ?? counts.count(usage, "num_search_queries", "num_sources_used") ?? 0
        tokens[.seconds] = counts.seconds(usage, "prompt_audio_seconds") ?? 0
        return tokens
    }

    private static func rest(of total: UInt32?, without part: UInt32?) -> UInt32? {
        guard let total, let part, total >= part else { return nil }
        return total - part
    }

    private static func input(
        _ usage: JSONValue, _ prompt: UInt32, _ counts: inout CountReader,
        _ tokens: inout TokenCounts
    ) {
        let details = usage["prompt_tokens_details"]
        let read =
            counts.count(details, "cached_tokens")
            ?? counts.count(usage, "prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens")
        let (short, long) = CacheWrites.openAI(details, &counts)
        counts.split(
            prompt,
            [
                (.cacheRead, read ?? 0), (.cacheWrite1h, long), (.cacheWrite5m, short),
                (.inputAudio, counts.count(details, "audio_tokens") ?? 0),
                (.inputImage, counts.count(details, "image_tokens") ?? 0),
            ], rest: .input, into: &tokens)
    }

    private static func output(
        _ usage: JSONValue, _ completion: UInt32, _ prompt: UInt32, _ total: UInt32?,
        _ counts: inout CountReader, _ tokens: inout TokenCounts
    ) {
        let details = usage["completion_tokens_details"]
        let reasoning = counts.count(details, "reasoning_tokens") ?? 0
        var output = completion
        // xAI leaves reasoning out of the completion; the total says so.
        if let total, reasoning > 0,
            UInt64(total) == UInt64(prompt) + UInt64(completion) + UInt64(reasoning)
        {
            output = counts.sum(output, reasoning)
        }
        counts.split(
            output,
            [
                (.reasoning, reasoning),
                (.outputAudio, counts.count(details, "audio_tokens") ?? 0),
                (.outputImage, counts.count(details, "image_tokens") ?? 0),
            ], rest: .output, into: &tokens)
    }

    static func shownBytes(_ value: JSONValue) -> Int {
        var bytes = 0
        for choice in value["choices"]?.elements ?? [] {
            bytes += ShownText.streamed(choice["delta"]) + ShownText.bytes(choice["message"])
            bytes += ShownText.bytes(choice["text"])
        }
        return bytes
    }
}
