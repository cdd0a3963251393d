internal import Ledger

/// The usage of Anthropic's messages: input is net of the cache, output includes thinking.
///
/// In a stream `message_start` tells the input and `message_delta` the output, and what it repeats
/// replaces what was told before: it may be far higher, since a server's tool was run in between.
/// `iterations` lists the calls an answer was made of; a compaction or an advisor is not in the
/// usage above it, and may be another model's. Source: docs.anthropic.com/en/api/messages and
/// …/messages-streaming.
enum MessagesUsage: UsageDialect {
    static func read(_ value: JSONValue, event: String?, into facts: inout AnswerFacts) {
        switch value["type"]?.text {
        case "message_start":
            if let message = value["message"] { readMessage(message, into: &facts) }
        case "message_delta":
            merge(value["usage"], into: &facts)
            AnswerFacts.keep(value["delta"]?["stop_reason"], in: &facts.finishReason)
        case "message_stop": facts.isComplete = true
        case "message":
            readMessage(value, into: &facts)
            facts.isComplete = true
        case "error":
            AnswerFacts.keep(value["request_id"], in: &facts.requestID)
            facts.note(
                ProviderError(inside: value, event: event, of: .anthropic)
                    ?? ProviderError(.serverError, message: "an error without a message"))
        default:
            if let error = ProviderError(inside: value, event: event, of: .anthropic) {
                facts.note(error)
            }
        }
    }

    private static func readMessage(_ message: JSONValue, into facts: inout AnswerFacts) {
        AnswerFacts.keep(message["model"], in: &facts.model)
        AnswerFacts.keep(message["id"], in: &facts.requestID)
        AnswerFacts.keep(message["stop_reason"], in: &facts.finishReason)
        merge(message["usage"], into: &facts)
    }

    /// The last value of each member that is not null.
    private static func merge(_ usage: JSONValue?, into facts: inout AnswerFacts) {
        guard let new = usage?.uniqueMembers else { return }
        var members = facts.usage?.members ?? []
        for member in new.prefix(256) where member.value != .null {
            if let index = members.firstIndex(where: { $0.name == member.name }) {
                members[index] = member
            } else {
                members.append(member)
            }
        }
        facts.usage = .object(members)
    }

    static func usages(_ facts: AnswerFacts, _ counts: inout CountReader) -> [ModelUsage] {
        let tier = tier(facts.usage)
        guard let usage = facts.usage, var tokens = tokens(usage, &counts) else {
            return [
                ModelUsage(
                    model: facts.model, serviceTier: tier,
                    providerUsage: ProviderUsageText.compact(facts.usage))
            ]
        }
        let raw = ProviderUsageText.compact(usage)
        let others = others(usage, main: facts.model, &tokens, &counts)
        tokens[.webSearch] = counts.count(usage["server_tool_use"], "web_search_requests") ?? 0
        let main = ModelUsage(
            model: facts.model, tokens: tokens, serviceTier: tier, source: .provider,
            providerUsage: raw)
        return [main]
            + others.map { model, tokens, iterations in
                ModelUsage(
                    model: model, tokens: tokens, serviceTier: tier, source: .provider,
                    providerUsage: ProviderUsageText.compact(
                        .object([.init(name: "iterations", value: .array(iterations))])))
            }
    }

    /// The tier, or the speed that is billed at prices of its own.
    private static func tier(_ usage: JSONValue?) -> String {
        let speed = AnswerFacts.tier(usage?["speed"]?.text)
        return speed.isEmpty
            ? AnswerFacts.tier(usage?["service_tier"]?.text) : speed
    }

    /// One of the calls that an answer was made of.
    private struct Iteration {
        let model: String?
        let isMessage: Bool
        let tokens: TokenCounts
        let raw: JSONValue
    }

    /// What the iterations add: to the answering model's tokens, and for other models.
    ///
    /// Those of type `message` make up the usage above them. Where one of them names another model
    /// and they add up to the whole, it is taken out of the answering model's.
    private static func others(
        _ usage: JSONValue, main: String?, _ tokens: inout TokenCounts, _ counts: inout CountReader
    ) -> [(model: String, tokens: TokenCounts, iterations: [JSONValue])] {
        var list: [Iteration] = []
        var messages = TokenCounts()
        for raw in usage["iterations"]?.elements ?? [] {
            guard let part = self.tokens(raw, &counts) else { continue }
            let named = AnswerFacts.name(raw["model"]?.text)
            let isMessage = (raw["type"]?.text ?? "message") == "message"
            if isMessage { counts.add(part, to: &messages) }
            list.append(
                Iteration(
                    model: named == main ? nil : named, isMessage: isMessage, tokens: part,
                    raw: raw))
        }
        let isSplit =
            list.contains { $0.isMessage && $0.model != nil }
            && messages.totalInput == tokens.totalInput
            && messages.totalTokens == tokens.totalTokens
        if isSplit {
            var own = TokenCounts()
            for part in list where part.isMessage && part.model == nil {
                counts.add(part.tokens, to: &own)
            }
            let thinking = min(tokens[.reasoning], own[.output])
            own[.output] -= thinking
            own[.reasoning] = counts.sum(own[.reasoning], thinking)
            tokens = own
        }
        var others: [(model: String, tokens: TokenCounts, iterations: [JSONValue])] = []
        for part in list where !part.isMessage || isSplit {
            guard let model = part.model else {
                if !part.isMessage { counts.add(part.tokens, to: &tokens) }
                continue
            }
            if let index = others.firstIndex(where: { $0.model == model }) {
                counts.add(part.tokens, to: &others[index].tokens)
                others[index].iterations.append(part.raw)
            } else {
                others.append((model, part.tokens, [part.raw]))
            }
        }
        return others
    }

    /// The counts of a usage object or of one iteration.
    private static func tokens(_ usage: JSONValue, _ counts: inout CountReader) -> TokenCounts? {
        guard let input = counts.count(usage, "input_tokens"),
            let output = counts.count(usage, "output_tokens")
        else { return nil }
        var tokens = TokenCounts()
        tokens[.input] = input
        tokens[.cacheRead] = counts.count(usage, "cache_read_input_tokens") ?? 0
        let lives = usage["cache_creation"]
        let short = counts.count(lives, "ephemeral_5m_input_tokens") ?? 0
        let long = counts.count(lives, "ephemeral_1h_input_tokens") ?? 0
        let written =
            counts.count(usage, "cache_creation_input_tokens") ?? counts.sum(short, long)
        (tokens[.cacheWrite5m], tokens[.cacheWrite1h]) = CacheWrites.parts(of: written, long: long)
        let thinking = counts.count(usage["output_tokens_details"], "thinking_tokens") ?? 0
        counts.split(output, [(.reasoning, thinking)], rest: .output, into: &tokens)
        return tokens
    }

    static func shownBytes(_ value: JSONValue) -> Int {
        switch value["type"]?.text {
        case "content_block_start": ShownText.bytes(value["content_block"]) + ShownText.opening
        case "content_block_delta": ShownText.bytes(value["delta"])
        case "message": ShownText.bytes(value["content"])
        default: 0
        }
    }
}
