internal import Ledger

/// The usage of OpenAI's responses: input includes cached tokens, output includes reasoning. In a
/// stream only the last event tells it.
///
/// Source: platform.openai.com/docs/api-reference/responses.
enum ResponsesUsage: UsageDialect {
    static func read(_ value: JSONValue, event: String?, into facts: inout AnswerFacts) {
        let type = value["type"]?.text
        let response = value["response"] ?? (value["object"]?.text == "response" ? value : nil)
        if let response {
            AnswerFacts.keep(response["model"], in: &facts.model)
            AnswerFacts.keep(response["id"], in: &facts.requestID)
            AnswerFacts.keep(
                response["service_tier"], in: &facts.serviceTier)
            if let usage = response["usage"], usage["input_tokens"] != nil { facts.usage = usage }
            end(response, into: &facts)
            if let error = ProviderError(inside: response, event: nil, of: .openAI) {
                facts.note(error)
            }
        }
        if type == "error", let error = ProviderError(event: value, of: .openAI) {
            facts.note(error)
        } else if response == nil,
            let error = ProviderError(inside: value, event: event, of: .openAI)
        {
            facts.note(error)
        }
    }

    private static func end(_ response: JSONValue, into facts: inout AnswerFacts) {
        guard let status = response["status"]?.text,
            ["completed", "incomplete", "failed", "cancelled"].contains(status)
        else { return }
        facts.isComplete = true
        facts.finishReason = status
        AnswerFacts.keep(response["incomplete_details"]?["reason"], in: &facts.finishReason)
        let meters = response["tool_usage"]
        if let told = meters?["web_search"]?["num_requests"]?.numberText.flatMap({ UInt32($0) }) {
            facts.searches = told
        } else {
            facts.searches = searches(response)
        }
        facts.imageTool = meters?["image_gen"].flatMap { meter in
            let names = ["input_tokens", "output_tokens"]
            return names.contains { (meter[$0]?.numberText ?? "0") != "0" } ? meter : nil
        }
    }

    /// Searches are billed by the piece; opening a page that was found is not.
    private static func searches(_ response: JSONValue) -> UInt32 {
        let calls = (response["output"]?.elements ?? []).filter { item in
            item["type"]?.text == "web_search_call"
                && (item["action"]?["type"]?.text ?? "search") == "search"
        }
        return UInt32(clamping: calls.count)
    }

    static func usages(_ facts: AnswerFacts, _ counts: inout CountReader) -> [ModelUsage] {
        var main = ModelUsage(
            model: facts.model, serviceTier: AnswerFacts.tier(facts.serviceTier),
            providerUsage: ProviderUsageText.compact(facts.usage))
        if let usage = facts.usage, let tokens = tokens(usage, &counts) {
            main.tokens = tokens
            main.tokens[.webSearch] = facts.searches
            main.source = .provider
        }
        guard let image = facts.imageTool, let tokens = tokens(image, &counts) else {
            return [main]
        }
        // Images are made by a model of their own that the answer does not name.
        return [
            main,
            ModelUsage(
                model: "image_generation", tokens: tokens, source: .provider,
                providerUsage: ProviderUsageText.compact(image)),
        ]
    }

    private static func tokens(_ usage: JSONValue, _ counts: inout CountReader) -> TokenCounts? {
        guard let input = counts.count(usage, "input_tokens"),
            let output = counts.count(usage, "output_tokens")
        else { return nil }
        var tokens = TokenCounts()
        let inputs = usage["input_tokens_details"]
        let outputs = usage["output_tokens_details"]
        let (short, long) = CacheWrites.openAI(inputs, &counts)
        counts.split(
            input,
            [
                (.cacheRead, counts.count(inputs, "cached_tokens") ?? 0), (.cacheWrite1h, long),
                (.cacheWrite5m, short), (.inputAudio, counts.count(inputs, "audio_tokens") ?? 0),
                (.inputImage, counts.count(inputs, "image_tokens") ?? 0),
            ], rest: .input, into: &tokens)
        counts.split(
            output,
            [
                (.reasoning, counts.count(outputs, "reasoning_tokens") ?? 0),
                (.outputAudio, counts.count(outputs, "audio_tokens") ?? 0),
                (.outputImage, counts.count(outputs, "image_tokens") ?? 0),
            ], rest: .output, into: &tokens)
        return tokens
    }

    static func shownBytes(_ value: JSONValue) -> Int {
        if value["type"] == nil { return ShownText.bytes(value["output"]) }
        if value["type"]?.text == "response.output_item.added" {
            return ShownText.bytes(value["item"]) + ShownText.opening
        }
        return value["delta"]?.text == nil ? 0 : ShownText.bytes(value["delta"])
    }
}
