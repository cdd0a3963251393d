internal import Ledger

/// A caller's request: what admission has to know of it, and how it is sent on.
///
/// ```swift
/// let request = try CallRequest(.chatCompletions, body: bytes)
/// request.model; request.isStream; request.maximumOutputTokens; request.input.textBound
/// let body = try request.body(for: UpstreamChange(model: "gpt-4o", stream: true))
/// ```
/// Nothing in it is looked at beyond what decides cost and shape: unknown members are passed on,
/// numbers keep their digits. What is read must be of the right type, and no member of the body may
/// be there twice, since who reads the first and who the last would see two requests. Errors:
/// ``RequestError``. Cost: linear.
public struct CallRequest: Sendable, Equatable {
    /// The interface it is written for.
    public let interface: Interface
    /// The model that is asked for.
    public internal(set) var model = ""
    /// True where the caller wants a stream.
    public internal(set) var isStream = false
    /// True where the caller wants usage in the stream. Interfaces other than OpenAI's always
    /// have it.
    public internal(set) var wantsUsage = true
    /// The most tokens one answer may have, where the caller says so.
    public internal(set) var maximumOutputTokens: UInt32?
    /// How many answers are made: choices, times prompts.
    public internal(set) var answers: UInt32 = 1
    /// What the model is given to read.
    public internal(set) var input = InputSize()
    /// How many tools the model may call.
    public internal(set) var tools = 0
    /// What the caller says about reasoning.
    public internal(set) var reasoning = Reasoning.unsaid
    /// The tier asked for, normalised: empty for the standard one.
    public internal(set) var serviceTier = ""
    /// The end user as the caller names them: personal data.
    public internal(set) var endUser: String?
    /// True where the answer may have sound or images, which are dearer than text.
    public internal(set) var wantsMedia = false
    /// True where the input is to be kept in the provider's cache for an hour, which is dearer.
    public internal(set) var wantsLongCache = false
    /// The body as it was read.
    var body: JSONValue

    /// What a caller says about tokens that are billed and may not be seen.
    public enum Reasoning: Sendable, Equatable {
        /// Nothing: the model decides.
        case unsaid
        /// There shall be none.
        case off
        /// There shall be some; the effort or the budget as the caller wrote it.
        case on(String)
    }

    /// Reads a body. Google's interface has model and streaming in the path: `model` and `stream`
    /// are for it alone. Throws what is wrong with the body.
    public init(
        _ interface: Interface, body bytes: [UInt8], model: String? = nil, stream: Bool? = nil,
        limits: RequestLimits = RequestLimits()
    ) throws(RequestError) {
        guard bytes.count <= limits.bytes else {
            throw RequestError(
                .tooLarge, nil,
                "the body has \(bytes.count) bytes; \(limits.bytes) are allowed")
        }
        self.interface = interface
        body = .null
        do throws(JSONTextError) {
            body = try JSONValue(parsing: bytes, maximumValues: limits.values)
        } catch {
            throw RequestError(.malformed, nil, "the body is not JSON that can be read: \(error)")
        }
        guard let members = body.members else {
            throw RequestError(.malformed, nil, "the body must be a JSON object")
        }
        if body.uniqueMembers?.count != members.count {
            throw RequestError(.wrong, nil, "the body names a member twice; name it once")
        }
        let fields = Fields(object: body)
        switch interface {
        case .generateContent:
            guard let model else { throw .missing("model") }
            self.model = model
            isStream = stream ?? false
        default:
            guard let model = try fields.text("model") else { throw .missing("model") }
            self.model = model
            isStream = try fields.flag("stream") ?? false
        }
        guard !self.model.isEmpty, self.model.utf8.count <= EventLimits.model,
            self.model.unicodeScalars.allSatisfy(Self.mayName)
        else { throw .wrong("model", "the name of a model, without spaces") }
        if isStream, !interface.canStream { throw .wrong("stream", "false here") }
        try read(fields)
        wantsLongCache = Self.namesLongCache(body)
    }

    /// Nothing that ends or parts a line: names stand in headers and in the log.
    private static func mayName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator: false
        default: true
        }
    }

    private mutating func read(_ fields: Fields) throws(RequestError) {
        switch interface {
        case .chatCompletions: try readChat(fields)
        case .completions: try readCompletion(fields)
        case .embeddings: try readEmbeddings(fields)
        case .responses: try readResponses(fields)
        case .messages, .countTokens: try readMessages(fields)
        case .generateContent: try readGemini(fields)
        case .converse, .cohereChat:
            throw RequestError(
                .unsupported, nil, "requests of the interface \(interface) are not taken")
        }
    }

    /// Anthropic's `"cache_control": {"ttl": "1h"}`, wherever it stands.
    private static func namesLongCache(_ value: JSONValue) -> Bool {
        switch value {
        case .array(let elements): elements.contains(where: namesLongCache)
        case .object(let members):
            members.contains { member in
                if member.name == "cache_control", let ttl = member.value["ttl"]?.text {
                    return ttl != "5m"
                }
                return namesLongCache(member.value)
            }
        default: false
        }
    }
}
