internal import Ledger

/// The usage of Cohere's chat: `billed_units` is what is billed, `tokens` is larger and is not.
///
/// Cached tokens are counted among the latter, so they say nothing about the bill. In a stream
/// `message-end` tells it. Source: docs.cohere.com/reference/chat.
enum CohereUsage: UsageDialect {
    static func read(_ value: JSONValue, event: String?, into facts: inout AnswerFacts) {
        AnswerFacts.keep(value["id"], in: &facts.requestID)
        AnswerFacts.keep(value["model"], in: &facts.model)
        let end = value["type"]?.text == "message-end" ? value["delta"] : value
        if let usage = end?["usage"] ?? end?["meta"], usage.members != nil { facts.usage = usage }
        if let reason = end?["finish_reason"], reason.text != nil {
            facts.isComplete = true
            AnswerFacts.keep(reason, in: &facts.finishReason)
        }
        if value["finish_reason"] == nil, let message = value["message"]?.text {
            facts.note(ProviderError(cohere: message))
        } else if let message = end?["error"]?.text {
            facts.note(ProviderError(cohere: message))
        }
    }

    static func usages(_ facts: AnswerFacts, _ counts: inout CountReader) -> [ModelUsage] {
        var usage = ModelUsage(
            model: facts.model, providerUsage: ProviderUsageText.compact(facts.usage))
        guard let billed = facts.usage?["billed_units"] ?? facts.usage?["tokens"],
            let input = counts.count(billed, "input_tokens")
        else { return [usage] }
        usage.tokens = TokenCounts(
            input: input, output: counts.count(billed, "output_tokens") ?? 0)
        usage.tokens[.webSearch] = counts.count(billed, "search_units") ?? 0
        usage.tokens[.images] = counts.count(billed, "images") ?? 0
        usage.source = .provider
        return [usage]
    }

    static func shownBytes(_ value: JSONValue) -> Int {
        let message = value["delta"]?["message"] ?? value["message"]
        let opening = value["type"]?.text?.hasSuffix("-start") == true ? ShownText.opening : 0
        return ShownText.bytes(message) + opening
    }
}
