internal import Ledger

/// The end of a stream from its last usage on, kept back until the cost is known.
///
/// Behind the usage nothing comes that a person waits for. What comes nevertheless is kept up to a
/// bound and then let go: the stream is never held up for the sake of a note.
struct UsageTail: Sendable, Equatable {
    private static let maximumBytes = 64 << 10

    private var usage: JSONValue?
    private var usageBytes: [UInt8] = []
    private var name: String?
    private var behind: [UInt8] = []

    /// Keeps back an event with usage; one that was kept before goes in front of it as it was.
    mutating func begin(_ value: JSONValue, _ bytes: [UInt8], name: String?) {
        let before = flush()
        usage = value
        usageBytes = bytes
        self.name = name
        ahead += before
    }

    /// What has to leave before the event that is kept.
    private var ahead: [UInt8] = []

    /// Sends bytes on, or keeps them behind the usage.
    mutating func keep(_ bytes: [UInt8], into output: inout [UInt8]) {
        output += ahead
        ahead = []
        guard usage != nil else {
            output += bytes
            return
        }
        behind += bytes
        if behind.count > Self.maximumBytes { output += flush() }
    }

    /// Everything that is kept, as it was.
    mutating func flush() -> [UInt8] {
        defer { self = UsageTail() }
        return ahead + usageBytes + behind
    }

    /// Everything that is kept, with notes in the usage.
    mutating func finish(_ interface: Interface, _ notes: [APIError.Note]) -> [UInt8] {
        defer { self = UsageTail() }
        guard let usage, !notes.isEmpty else { return ahead + usageBytes + behind }
        let noted = Self.noted(usage, interface, notes)
        return ahead + StreamText.event(noted, name: name) + behind
    }

    /// A value whose usage has those members more.
    static func noted(
        _ value: JSONValue, _ interface: Interface, _ notes: [APIError.Note]
    ) -> JSONValue {
        let name = interface == .generateContent ? "usageMetadata" : "usage"
        guard var usage = value[name], usage.members != nil else { return value }
        for note in notes { usage = usage.setting(note.name, note.json) }
        return value.setting(name, usage)
    }

    /// True for OpenAI's chunk that holds usage and nothing else.
    static func isUsageOnly(_ value: JSONValue, _ interface: Interface) -> Bool {
        guard interface == .chatCompletions || interface == .completions else { return false }
        guard value["usage"]?.members != nil, value["error"] == nil else { return false }
        return value["choices"]?.elements?.isEmpty ?? false
    }

    /// True for the event behind which no more text comes and that has usage.
    ///
    /// `ending` has seen the event: some tell usage with the last word, some in a chunk of its own,
    /// with an empty choice in it or with none.
    static func isFinal(_ value: JSONValue, _ interface: Interface, _ ending: AnswerEnding) -> Bool
    {
        switch interface {
        case .chatCompletions, .completions:
            guard value["usage"]?.members != nil else { return false }
            return value["choices"]?.elements?.isEmpty ?? true || ending.isEnded
        case .messages:
            return value["type"]?.text == "message_delta"
                && value["delta"]?["stop_reason"]?.text != nil
        case .generateContent:
            return value["usageMetadata"]?.members != nil
                && value["candidates"]?.elements?.first?["finishReason"]?.text != nil
        default: return false
        }
    }
}
