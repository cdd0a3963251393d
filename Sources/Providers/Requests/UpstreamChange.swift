internal import Ledger

/// What is changed in a request before it goes to the provider.
///
/// ```swift
/// try request.body(for: UpstreamChange(model: "gpt-4o", stream: true, outputLimit: 4_096))
/// ```
public struct UpstreamChange: Sendable, Equatable {
    /// The model to ask for in place of the caller's.
    public var model: String?
    /// Whether to stream, in place of what the caller said. A stream always asks for usage.
    public var stream: Bool?
    /// The most tokens an answer may have: the caller's own bound stays where it is lower.
    public var outputLimit: UInt32?
    /// The member that bounds the output where the caller set none; newer models of OpenAI want
    /// `max_completion_tokens`, most who copy it know `max_tokens` alone.
    public var outputLimitName: String?

    /// A change; what is nil stays as it is.
    public init(
        model: String? = nil, stream: Bool? = nil, outputLimit: UInt32? = nil,
        outputLimitName: String? = nil
    ) {
        self.model = model
        self.stream = stream
        self.outputLimit = outputLimit
        self.outputLimitName = outputLimitName
    }
}

extension CallRequest {
    /// The body with those changes and everything else as it was.
    ///
    /// Throws where a change cannot be made: a limit below the least that the provider takes.
    public func body(for change: UpstreamChange) throws(RequestError) -> [UInt8] {
        try changed(change).compactBytes
    }

    func changed(_ change: UpstreamChange) throws(RequestError) -> JSONValue {
        var value = body
        if interface == .generateContent {
            return try limitedGemini(value, change.outputLimit)
        }
        if let model = change.model { value = value.setting("model", .string(model)) }
        if interface.canStream {
            let stream = change.stream ?? isStream
            if stream != isStream { value = value.setting("stream", .bool(stream)) }
            value = withUsage(value, stream: stream)
        }
        guard let limit = change.outputLimit else { return value }
        switch interface {
        case .chatCompletions:
            let name = change.outputLimitName ?? "max_completion_tokens"
            return limited(value, ["max_completion_tokens", "max_tokens"], or: name, limit)
        case .completions: return limited(value, ["max_tokens"], or: "max_tokens", limit)
        case .responses:
            return limited(value, ["max_output_tokens"], or: "max_output_tokens", limit)
        case .messages: return try limitedMessages(value, limit)
        default: return value
        }
    }

    /// Only OpenAI's chat and completions have to be asked for usage in a stream; they refuse to be
    /// asked for it where there is none.
    private func withUsage(_ value: JSONValue, stream: Bool) -> JSONValue {
        guard interface == .chatCompletions || interface == .completions else { return value }
        guard stream else { return value.removing("stream_options") }
        let options = value["stream_options"].flatMap { $0.members == nil ? nil : $0 }
        return value.setting(
            "stream_options",
            (options ?? .object([])).setting("include_usage", .bool(true)))
    }

    /// Each of the members that is there at most the limit; where none is, the one of that name.
    func limited(_ value: JSONValue, _ names: [String], or name: String, _ limit: UInt32)
        -> JSONValue
    {
        var value = value
        let fields = Fields(object: value)
        let present = names.filter { fields.value($0) != nil }
        for present in present {
            // Read before without a fault, so it is a number.
            if let own = (try? fields.whole(present)) ?? nil, own > limit {
                value = value.setting(present, .count(limit))
            }
        }
        return present.isEmpty ? value.setting(name, .count(limit)) : value
    }
}
