internal import Ledger

/// The messages of a chat completions request, as what any provider's dialect can be made of.
///
/// Reading refuses what no other dialect has; what only one of them lacks, its writer refuses. Text
/// of the system stands apart, since both Anthropic and Google want it apart: messages of the
/// system in the middle of a conversation are put before it, in their order.
struct ChatConversation {
    /// Instructions, in order.
    private(set) var system: [Piece] = []
    /// What was said, two turns of one side after one another joined.
    private(set) var turns: [Turn] = []
    /// The names of the tools that were called, by the id of the call.
    private var called: [String: String] = [:]

    /// What one side said.
    struct Turn {
        let isAssistant: Bool
        var pieces: [Piece]
    }

    /// A part of a turn.
    enum Piece {
        /// A text, and Anthropic's mark that the input up to here is to be cached.
        case text(String, cache: JSONValue?)
        /// An image, sound or document that stands in the request.
        case data(mediaType: String, base64: String, name: String?, cache: JSONValue?)
        /// An image that stands elsewhere.
        case imageAddress(String, cache: JSONValue?)
        /// A call of a tool; its arguments are an object.
        case call(id: String, name: String, arguments: JSONValue, signature: String?)
        /// What a tool gave back.
        case result(id: String, name: String?, texts: [Piece])
        /// A block of Anthropic's thinking, as it was.
        case thinking(JSONValue)
    }

    /// Reads the messages of a request that was read without a fault.
    init(_ messages: [JSONValue]) throws(RequestError) {
        for (index, message) in messages.enumerated() {
            let fields = Fields(object: message, path: "messages[\(index)].")
            let role = try fields.text("role")
            switch role {
            case "system", "developer":
                try refuseOthers(fields, known: ["role", "content"])
                system += try pieces(fields, ["text"])
            case "user":
                try refuseOthers(fields, known: ["role", "content"])
                append(false, try pieces(fields, ["text", "image_url", "input_audio", "file"]))
            case "assistant": append(true, try assistant(fields))
            case "tool":
                try refuseOthers(fields, known: ["role", "content", "tool_call_id", "name"])
                guard let id = try fields.text("tool_call_id") else {
                    throw .missing(fields.path + "tool_call_id")
                }
                let name = try fields.text("name")
                let texts = try pieces(fields, ["text"])
                append(false, [.result(id: id, name: called[id] ?? name, texts: texts)])
            default:
                throw .unsupported(
                    fields.path + "role",
                    "must be system, developer, user, assistant or tool for this model's provider")
            }
        }
    }

    private mutating func append(_ isAssistant: Bool, _ pieces: [Piece]) {
        guard !pieces.isEmpty else { return }
        if let last = turns.last, last.isAssistant == isAssistant {
            turns[turns.count - 1].pieces += pieces
        } else {
            turns.append(Turn(isAssistant: isAssistant, pieces: pieces))
        }
    }

    private mutating func assistant(_ fields: Fields) throws(RequestError) -> [Piece] {
        // What an answer of ours bears beside these is empty, or repeats `thinking_blocks`.
        try refuseOthers(
            fields,
            known: [
                "role", "content", "refusal", "tool_calls", "thinking_blocks",
                "reasoning_content", "reasoning",
            ])
        var pieces: [Piece] = []
        for block in try fields.list("thinking_blocks") ?? [] { pieces.append(.thinking(block)) }
        pieces += try self.pieces(fields, ["text", "refusal"])
        if let refusal = try fields.text("refusal"), !refusal.isEmpty {
            pieces.append(.text(refusal, cache: nil))
        }
        for (index, call) in (try fields.list("tool_calls") ?? []).enumerated() {
            let path = "\(fields.path)tool_calls[\(index)]."
            pieces.append(try self.call(Fields(object: call, path: path)))
        }
        return pieces
    }

    private mutating func call(_ fields: Fields) throws(RequestError) -> Piece {
        guard (try fields.text("type") ?? "function") == "function",
            let function = try fields.fields("function")
        else { throw .unsupported(fields.path + "type", "must be \"function\" for this model") }
        guard let id = try fields.text("id") else { throw .missing(fields.path + "id") }
        guard let name = try function.text("name") else {
            throw .missing(function.path + "name")
        }
        let text = try function.text("arguments") ?? ""
        let isEmpty = text.allSatisfy(\.isWhitespace)
        let arguments = isEmpty ? .object([]) : try? JSONValue(parsing: Array(text.utf8))
        guard let arguments, arguments.members != nil else {
            throw .wrong(function.path + "arguments", "a JSON object, as a text")
        }
        called[id] = name
        let google = fields.value("extra_content")?["google"]
        return .call(
            id: id, name: name, arguments: arguments,
            signature: google?["thought_signature"]?.text)
    }

    /// The parts of a message's content; empty texts, which Anthropic refuses, are left out.
    private func pieces(_ fields: Fields, _ types: Set<String>) throws(RequestError) -> [Piece] {
        guard let content = fields.value("content") else { return [] }
        if let text = content.text { return text.isEmpty ? [] : [.text(text, cache: nil)] }
        guard let parts = content.elements else {
            throw .wrong(fields.path + "content", "a text or a list of parts")
        }
        var pieces: [Piece] = []
        for (index, part) in parts.enumerated() {
            let path = "\(fields.path)content[\(index)]."
            guard let type = part["type"]?.text, types.contains(type) else {
                let known = types.sorted().joined(separator: ", ")
                throw .unsupported(path + "type", "must be one of \(known) for this model")
            }
            if let piece = try piece(Fields(object: part, path: path), type) {
                pieces.append(piece)
            }
        }
        return pieces
    }

    private func piece(_ fields: Fields, _ type: String) throws(RequestError) -> Piece? {
        let cache = fields.value("cache_control")
        try refuseOthers(fields, known: ["type", type, "cache_control"])
        switch type {
        case "text", "refusal":
            guard let text = try fields.text(type) else { throw .missing(fields.path + type) }
            return text.isEmpty ? nil : .text(text, cache: cache)
        case "image_url":
            guard let image = try fields.fields("image_url"), let url = try image.text("url") else {
                throw .missing(fields.path + "image_url.url")
            }
            if let detail = try image.text("detail"), detail != "auto" {
                throw .unsupported(
                    image.path + "detail",
                    "has no equivalent at this model's provider; leave it out")
            }
            guard url.hasPrefix("data:") else { return .imageAddress(url, cache: cache) }
            return try data(url, name: nil, cache, image.path + "url")
        case "input_audio":
            guard let sound = try fields.fields("input_audio"), let data = try sound.text("data"),
                let format = try sound.text("format")
            else { throw .missing(fields.path + "input_audio.data") }
            return .data(mediaType: "audio/\(format)", base64: data, name: nil, cache: cache)
        default:
            guard let file = try fields.fields("file"), let url = try file.text("file_data") else {
                throw .unsupported(
                    fields.path + "file",
                    "must hold its content in file_data: the provider has no file of that id")
            }
            return try data(url, name: try file.text("filename"), cache, file.path + "file_data")
        }
    }

    /// `data:image/png;base64,…`. Source: RFC 2397.
    private func data(
        _ url: String, name: String?, _ cache: JSONValue?, _ path: String
    ) throws(RequestError) -> Piece {
        let bytes = url.utf8
        guard url.hasPrefix("data:"), let comma = bytes.firstIndex(of: UInt8(ascii: ",")),
            let head = String(bytes[..<comma]), head.hasSuffix(";base64")
        else { throw .wrong(path, "a URL like data:image/png;base64,…") }
        let type = head.dropFirst(5).prefix { $0 != ";" }
        guard type.contains("/") else { throw .wrong(path, "a URL with a media type in it") }
        return .data(
            mediaType: String(type), base64: String(url[bytes.index(after: comma)...]), name: name,
            cache: cache)
    }

    /// Refuses members that have a value and are not known, since they would be lost.
    private func refuseOthers(_ fields: Fields, known: Set<String>) throws(RequestError) {
        for member in fields.object.members ?? [] where !known.contains(member.name) {
            guard !member.value.isVoid else { continue }
            throw .unsupported(
                fields.path + member.name,
                "has no equivalent at this model's provider; leave it out")
        }
    }
}

extension JSONValue {
    /// True for null, false, zero and what is empty: nothing is lost with it.
    var isVoid: Bool {
        switch self {
        case .null, .bool(false): true
        case .bool: false
        case .number(let text): text.allSatisfy { "-0.".contains($0) }
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        }
    }
}
