internal import Ledger

/// The usage of Amazon Bedrock's Converse: input is net of the cache, reads and writes come on top.
///
/// The answer names no model and no id: both stand in the URL and in a header. Source:
/// docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html.
enum ConverseUsage: UsageDialect {
    static func read(_ value: JSONValue, event: String?, into facts: inout AnswerFacts) {
        // In a stream the payload stands under the event's own name.
        let metadata = value["metadata"] ?? value
        if let usage = metadata["usage"], usage["inputTokens"] != nil { facts.usage = usage }
        AnswerFacts.keep(
            metadata["serviceTier"]?["type"], in: &facts.serviceTier)
        let stop = value["messageStop"]?["stopReason"] ?? value["stopReason"]
        if stop?.text != nil { facts.isComplete = true }
        AnswerFacts.keep(stop, in: &facts.finishReason)
        if value["output"] == nil, let message = value["message"]?.text {
            facts.note(ProviderError(bedrock: message, type: value["__type"]?.text))
        }
    }

    static func usages(_ facts: AnswerFacts, _ counts: inout CountReader) -> [ModelUsage] {
        var usage = ModelUsage(
            model: facts.model, serviceTier: AnswerFacts.tier(facts.serviceTier),
            providerUsage: ProviderUsageText.compact(facts.usage))
        guard let told = facts.usage, let input = counts.count(told, "inputTokens"),
            let output = counts.count(told, "outputTokens")
        else { return [usage] }
        usage.tokens = TokenCounts(input: input, output: output)
        usage.tokens[.cacheRead] =
            counts.count(told, "cacheReadInputTokens", "cacheReadInputTokenCount") ?? 0
        var long: UInt32 = 0
        for entry in told["cacheDetails"]?.elements ?? [] where entry["ttl"]?.text != "5m" {
            long = counts.sum(long, counts.count(entry, "inputTokens") ?? 0)
        }
        let written = counts.count(told, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
        let parts = CacheWrites.parts(of: written ?? long, long: long)
        (usage.tokens[.cacheWrite5m], usage.tokens[.cacheWrite1h]) = parts
        usage.source = .provider
        return [usage]
    }

    static func shownBytes(_ value: JSONValue) -> Int {
        let delta = value["contentBlockDelta"]?["delta"] ?? value["contentBlockStart"]?["start"]
        return ShownText.bytes(delta) + ShownText.bytes(value["output"]?["message"]?["content"])
    }
}
