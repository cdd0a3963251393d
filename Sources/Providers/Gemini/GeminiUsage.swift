internal import Ledger

/// The usage of Google's generateContent, at AI Studio and at Vertex.
///
/// The prompt includes cached tokens; candidates exclude thoughts; a tool's prompt comes on top.
/// Each chunk of a stream repeats the usage and the last one counts as a whole, even where it is
/// lower. A count of zero is left out, as everywhere in Google's JSON. Source:
/// ai.google.dev/api/generate-content#UsageMetadata.
enum GeminiUsage: UsageDialect {
    static func read(_ value: JSONValue, event: String?, into facts: inout AnswerFacts) {
        AnswerFacts.keep(value["modelVersion"], in: &facts.model)
        AnswerFacts.keep(value["responseId"], in: &facts.requestID)
        if let usage = value["usageMetadata"], usage.members != nil {
            facts.usage = usage
            AnswerFacts.keep(
                usage["trafficType"], in: &facts.serviceTier)
            AnswerFacts.keep(
                usage["serviceTier"], in: &facts.serviceTier)
        }
        if let reason = value["promptFeedback"]?["blockReason"]?.text {
            facts.isBlocked = true
            facts.isComplete = true
            facts.finishReason = reason
        }
        for candidate in value["candidates"]?.elements ?? [] {
            facts.isBlocked = false
            if let reason = candidate["finishReason"] {
                facts.isComplete = true
                if facts.finishReason == nil || (candidate["index"]?.numberText ?? "0") == "0" {
                    AnswerFacts.keep(reason, in: &facts.finishReason)
                }
            }
            let queries = candidate["groundingMetadata"]?["webSearchQueries"]?.elements?.count ?? 0
            facts.searches = max(facts.searches, UInt32(clamping: queries))
        }
        if let error = ProviderError(inside: value, event: event, of: .gemini) {
            facts.note(error)
        }
    }

    static func usages(_ facts: AnswerFacts, _ counts: inout CountReader) -> [ModelUsage] {
        var usage = ModelUsage(
            model: facts.model, serviceTier: AnswerFacts.tier(facts.serviceTier),
            providerUsage: ProviderUsageText.compact(facts.usage))
        guard let told = facts.usage, let tokens = tokens(told, facts, &counts) else {
            return [usage]
        }
        usage.tokens = tokens
        usage.tokens[.webSearch] = searches(facts)
        usage.source = .provider
        return [usage]
    }

    /// Up to version 2.5 a grounded prompt is billed once, from 3 on every query.
    private static func searches(_ facts: AnswerFacts) -> UInt32 {
        let isByPrompt = ["gemini-1", "gemini-2"].contains { facts.model?.hasPrefix($0) ?? false }
        return isByPrompt ? min(1, facts.searches) : facts.searches
    }

    private static func tokens(
        _ usage: JSONValue, _ facts: AnswerFacts, _ counts: inout CountReader
    ) -> TokenCounts? {
        let prompt = counts.count(usage, "promptTokenCount")
        let candidates = counts.count(usage, "candidatesTokenCount")
        let total = counts.count(usage, "totalTokenCount")
        // An answer that tells neither tells nothing, unless the prompt itself was refused.
        guard prompt != nil || candidates != nil || facts.isBlocked else { return nil }
        let tool = counts.count(usage, "toolUsePromptTokenCount") ?? 0
        let thoughts = counts.count(usage, "thoughtsTokenCount") ?? 0
        let input = counts.sum(prompt ?? 0, tool)
        var tokens = TokenCounts()
        let cached = counts.count(usage, "cachedContentTokenCount") ?? 0
        let parts = ["promptTokensDetails", "toolUsePromptTokensDetails"]
        func fresh(_ modality: String, _ counts: inout CountReader) -> UInt32 {
            var sum: UInt32 = 0
            for part in parts { sum = counts.sum(sum, of(modality, usage[part], &counts)) }
            let read = of(modality, usage["cacheTokensDetails"], &counts)
            return sum - min(sum, read)
        }
        counts.split(
            input,
            [
                (.cacheRead, cached), (.inputAudio, fresh("AUDIO", &counts)),
                (.inputImage, fresh("IMAGE", &counts)),
            ], rest: .input, into: &tokens)
        let known = UInt64(input) + UInt64(thoughts)
        let shown = candidates ?? total.map { UInt32(clamping: max(UInt64($0), known) - known) }
        let made = usage["candidatesTokensDetails"]
        counts.split(
            shown ?? 0,
            [
                (.outputAudio, of("AUDIO", made, &counts)),
                (.outputImage, of("IMAGE", made, &counts)),
            ], rest: .output, into: &tokens)
        tokens[.reasoning] = thoughts
        return tokens
    }

    /// The tokens of one modality in a list of them.
    private static func of(
        _ modality: String, _ list: JSONValue?, _ counts: inout CountReader
    ) -> UInt32 {
        var sum: UInt32 = 0
        for entry in list?.elements ?? [] where entry["modality"]?.text == modality {
            sum = counts.sum(sum, counts.count(entry, "tokenCount") ?? 0)
        }
        return sum
    }

    static func shownBytes(_ value: JSONValue) -> Int {
        (value["candidates"]?.elements ?? []).reduce(0) { sum, candidate in
            sum + ShownText.bytes(candidate["content"]?["parts"])
        }
    }
}
