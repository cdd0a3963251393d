import Ledger
import Providers

/// What the mock reads in a request.
///
/// Input is counted by one rule for all interfaces and for the counting calls: the bytes of UTF-8
/// of all texts of messages, system prompts, prompts and inputs, together, divided by the bytes a
/// token and rounded up. Names, roles, tools, images and files count nothing; a prompt that is
/// given as token numbers counts one for each.
struct MockCall: Sendable, Equatable {
    /// A call of a tool that the answer consists of.
    struct Tool: Sendable, Equatable {
        let name: String
        let arguments: JSONValue
    }

    /// How embeddings are asked for.
    struct Vectors: Sendable, Equatable {
        var inputs: [String] = []
        var dimensions = 8
        var isBase64 = false
    }

    let endpoint: MockEndpoint
    /// The model as it is asked for, words and all.
    let model: String
    /// How this call is answered.
    let behavior: MockBehavior
    var isStream = false
    var wantsUsage = false
    /// Streams of Google's interface that are no events but one JSON array.
    var isArray = false
    var limit: Int?
    var answers = 1
    var inputTokens = 0
    var tool: Tool?
    var vectors = Vectors()

    /// Reads a body. `model` is the one of the path, where the interface has it there; `headers`
    /// are the wishes of the call's headers, their names without `x-mock-`.
    init(
        _ endpoint: MockEndpoint, body: [UInt8], model pathModel: String? = nil,
        headers: [(name: String, value: String)] = [], defaults: MockBehavior = MockBehavior()
    ) throws(APIError) {
        self.endpoint = endpoint
        let value: JSONValue
        do throws(JSONTextError) {
            value = try JSONValue(parsing: body, maximumValues: 1_000_000)
        } catch {
            throw Self.wrong(nil, "the body is not JSON that can be read: \(error)")
        }
        guard value.members != nil else { throw Self.wrong(nil, "the body must be a JSON object") }
        let isCount = endpoint == .generateCount || endpoint == .responsesCount
        guard let model = pathModel ?? value["model"]?.text ?? (isCount ? "" : nil) else {
            throw Self.wrong("model", "\"model\" is missing; it is a text and required")
        }
        self.model = model
        do throws(MockSettingError) {
            let words = MockBehavior.words(of: model)
            behavior = try defaults.changed(by: headers + words)
        } catch {
            throw Self.wrong(error.name, error.description)
        }
        try read(value)
    }

    static func wrong(_ parameter: String?, _ message: String) -> APIError {
        APIError(status: 400, message: message, parameter: parameter)
    }

    private mutating func read(_ value: JSONValue) throws(APIError) {
        var reader = MockInput()
        switch endpoint {
        case .chat:
            try readStream(value)
            limit = try Self.whole(value, "max_completion_tokens", or: "max_tokens")
            answers = try Self.whole(value, "n") ?? 1
            let messages = try Self.list(value, "messages")
            for message in messages { reader.add(message["content"]) }
            let last = messages.last
            tool = MockTools.openAI(value, last?["role"]?.text == "user" ? last : nil)
        case .completions:
            try readStream(value)
            limit = try Self.whole(value, "max_tokens") ?? 16
            guard let prompt = value["prompt"] else { throw Self.missing("prompt") }
            answers = try Self.whole(value, "n") ?? 1
            answers *= MockInput.inputs(prompt).count
            reader.add(prompt)
        case .embeddings:
            guard let input = value["input"] else { throw Self.missing("input") }
            wantsUsage = true
            reader.add(input)
            vectors.inputs = MockInput.inputs(input)
            vectors.dimensions = try Self.whole(value, "dimensions") ?? vectors.dimensions
            vectors.isBase64 = value["encoding_format"]?.text == "base64"
        case .responsesCount:
            reader.add(value["instructions"])
            reader.add(value["input"])
        case .messages, .messagesCount:
            isStream = value["stream"] == .bool(true)
            wantsUsage = true
            limit = try Self.whole(value, "max_tokens")
            if endpoint == .messages, limit == nil { throw Self.missing("max_tokens") }
            reader.add(value["system"])
            let messages = try Self.list(value, "messages")
            for message in messages { reader.add(message["content"]) }
            tool = MockTools.anthropic(value, messages.last)
        case .generate, .streamGenerate, .generateCount:
            let value = value["generateContentRequest"] ?? value
            isStream = endpoint == .streamGenerate
            wantsUsage = true
            let config = value["generationConfig"] ?? value["generation_config"] ?? .object([])
            limit = try Self.whole(config, "maxOutputTokens", or: "max_output_tokens")
            answers = try Self.whole(config, "candidateCount", or: "candidate_count") ?? 1
            reader.add((value["systemInstruction"] ?? value["system_instruction"])?["parts"])
            let contents = try Self.list(value, "contents")
            for content in contents { reader.add(content["parts"]) }
            tool = MockTools.gemini(value, contents.last)
        }
        guard answers <= 128, vectors.dimensions <= 4_096, vectors.inputs.count <= 2_048 else {
            throw Self.wrong(nil, "more is asked for than the mock provider makes in one call")
        }
        inputTokens = reader.tokens(bytesPerToken: behavior.bytesPerToken)
    }

    private mutating func readStream(_ value: JSONValue) throws(APIError) {
        isStream = value["stream"] == .bool(true)
        let options = value["stream_options"]
        if options?.members != nil, !isStream {
            throw Self.wrong("stream_options", "\"stream_options\" is for streams only")
        }
        wantsUsage = !isStream || options?["include_usage"] == .bool(true)
    }

    private static func missing(_ name: String) -> APIError {
        wrong(name, "\"\(name)\" is missing; it is required")
    }

    private static func list(_ value: JSONValue, _ name: String) throws(APIError) -> [JSONValue] {
        guard let list = value[name]?.elements, !list.isEmpty else {
            throw wrong(name, "\"\(name)\" must be a list with something in it")
        }
        return list
    }

    private static func whole(_ value: JSONValue, _ name: String, or other: String? = nil)
        throws(APIError) -> Int?
    {
        for name in [name, other].compactMap(\.self) {
            guard let found = value[name], found != .null else { continue }
            guard case .number(let digits) = found, let number = Int(digits), number > 0,
                number <= 1 << 40
            else { throw wrong(name, "\"\(name)\" must be a whole number from 1 on") }
            return number
        }
        return nil
    }
}

/// Adds up the texts that a model would read.
struct MockInput: Sendable {
    private(set) var bytes = 0
    /// Tokens that are given as numbers.
    private(set) var numbers = 0

    /// The tokens of what was added.
    func tokens(bytesPerToken: Int) -> Int {
        MockText.count(bytes: bytes, bytesPerToken: bytesPerToken) + numbers
    }

    /// Adds a text, a list of parts, or what of a part is text.
    mutating func add(_ value: JSONValue?) {
        switch value {
        case .string(let text): bytes += text.utf8.count
        case .number: numbers += 1
        case .array(let elements): for element in elements { add(element) }
        case .object:
            if let text = value?["text"]?.text {
                bytes += text.utf8.count
            } else if let content = value?["content"] ?? value?["output"] {
                add(content)
            }
        default: break
        }
    }

    /// What a prompt or an input consists of: a text, texts, or lists of tokens.
    static func inputs(_ input: JSONValue) -> [String] {
        guard let elements = input.elements else { return [input.text ?? input.compact] }
        if case .number? = elements.first { return [input.compact] }
        if elements.isEmpty { return [""] }
        return elements.map { $0.text ?? $0.compact }
    }
}
