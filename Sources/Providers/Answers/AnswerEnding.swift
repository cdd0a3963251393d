internal import Ledger

/// Knows what of an answer is open, so that it can be ended in order where it is cut at a limit.
struct AnswerEnding: Sendable {
    private let interface: Interface
    /// Members that every chunk of OpenAI's repeats.
    private var head: [JSONValue.Member] = []
    /// Choices that have begun and not ended.
    private var open: Set<Int> = []
    private var ended: Set<Int> = []
    private var usage: JSONValue?
    private var model: JSONValue?

    init(_ interface: Interface) { self.interface = interface }

    /// True where all choices that have begun have ended.
    var isEnded: Bool { open.isEmpty && !ended.isEmpty }

    /// True where a choice has ended.
    var hasEnded: Bool { !ended.isEmpty }

    /// True where the stream ends with `[DONE]`.
    var endsWithDone: Bool { interface == .chatCompletions || interface == .completions }

    /// Takes note of an event in the caller's interface.
    mutating func observe(_ value: JSONValue) {
        switch interface {
        case .messages: observeMessages(value)
        case .generateContent:
            if let version = value["modelVersion"] { model = version }
            if let told = value["usageMetadata"] { usage = told }
        case .chatCompletions, .completions: observeChat(value)
        default: break
        }
    }

    private mutating func observeChat(_ value: JSONValue) {
        if head.isEmpty, value["id"] != nil {
            let names: Set<String> = ["id", "object", "created", "model", "system_fingerprint"]
            head = (value.members ?? []).filter { names.contains($0.name) }
        }
        for choice in value["choices"]?.elements ?? [] {
            guard let index = choice["index"]?.numberText.flatMap({ Int($0) }) else { continue }
            guard open.count + ended.count < 1_024 else { return }
            if choice["finish_reason"]?.text != nil {
                open.remove(index)
                ended.insert(index)
            } else if !ended.contains(index) {
                open.insert(index)
            }
        }
    }

    private mutating func observeMessages(_ value: JSONValue) {
        let index = value["index"]?.numberText.flatMap { Int($0) }
        switch value["type"]?.text {
        case "message_start": usage = value["message"]?["usage"]
        case "content_block_start": if let index { open.insert(index) }
        case "content_block_stop": if let index { open.remove(index) }
        default: break
        }
    }

    /// The events that end what is open, the last one with the tokens that are charged.
    func values(_ tokens: TokenCounts, showsUsage: Bool) -> [JSONValue] {
        switch interface {
        case .messages:
            let stops = open.sorted().map { index in
                JSONValue.made(
                    ("type", .string("content_block_stop")), ("index", .count(index)))
            }
            let delta = JSONValue.made(
                ("type", .string("message_delta")),
                (
                    "delta",
                    .made(("stop_reason", .string("max_tokens")), ("stop_sequence", .null))
                ), ("usage", UsageText.anthropic(tokens)))
            return stops + [delta, .made(("type", .string("message_stop")))]
        case .generateContent:
            let candidate = JSONValue.made(
                ("content", .made(("role", .string("model")), ("parts", .array([])))),
                ("finishReason", .string("MAX_TOKENS")), ("index", .count(0)))
            return [
                .made(
                    ("candidates", .array([candidate])),
                    ("usageMetadata", UsageText.gemini(tokens)), ("modelVersion", model))
            ]
        case .chatCompletions, .completions: return chatValues(tokens, showsUsage: showsUsage)
        default: return []
        }
    }

    private func chatValues(_ tokens: TokenCounts, showsUsage: Bool) -> [JSONValue] {
        var values = open.sorted().map { index in
            let text: (String, JSONValue?) =
                interface == .chatCompletions
                ? ("delta", .object([])) : ("text", .string(""))
            return JSONValue.object(
                head + [
                    .init(
                        name: "choices",
                        value: .array([
                            .made(
                                ("index", .count(index)), text,
                                ("logprobs", .null), ("finish_reason", .string("length")))
                        ]))
                ])
        }
        if showsUsage { values += usageValues(tokens) }
        return values
    }

    /// OpenAI's chunk of usage alone.
    func usageValues(_ tokens: TokenCounts) -> [JSONValue] {
        guard endsWithDone else { return [] }
        return [
            .object(
                head + [
                    .init(name: "choices", value: .array([])),
                    .init(name: "usage", value: UsageText.openAI(tokens)),
                ])
        ]
    }
}
