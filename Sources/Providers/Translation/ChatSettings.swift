internal import Ledger

/// What a chat completions request says beside its messages, for writing it in another dialect.
///
/// What a dialect has no equivalent for is refused by name. Members that change nothing about the
/// answer are read for what they are worth to the gateway and not sent: `stream_options`, and
/// `metadata`, `prompt_cache_key` and `user` where the provider has nothing like them.
struct ChatSettings {
    let object: JSONValue
    var tools: [Tool] = []
    var choice = ToolChoice.unsaid
    var mayCallSeveral: Bool?
    var format = Format.text
    var stops: [JSONValue] = []

    /// A function that the model may call.
    struct Tool {
        let name: String
        let description: String?
        let parameters: JSONValue?
        let isStrict: Bool
    }

    /// Which tool the model must call.
    enum ToolChoice: Equatable {
        case unsaid, auto, none, required
        case tool(String)
    }

    /// The form of the answer.
    enum Format {
        case text, object
        case schema(JSONValue)
    }

    /// Members that are read by name, whatever the dialect, or that change nothing.
    private static let known: Set<String> = [
        "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens",
        "temperature", "top_p", "stop", "tools", "tool_choice", "parallel_tool_calls",
        "response_format", "reasoning_effort", "user", "safety_identifier", "metadata",
        "prompt_cache_key", "service_tier",
    ]

    /// Reads the settings. `others` are the members that this dialect knows beside the usual ones.
    init(_ request: CallRequest, others: Set<String>) throws(RequestError) {
        object = request.body
        let fields = Fields(object: object)
        for member in object.members ?? [] {
            guard !Self.known.contains(member.name), !others.contains(member.name),
                !member.value.isVoid, !Self.isUsual(member)
            else { continue }
            throw .unsupported(
                member.name, "has no equivalent at this model's provider; leave it out")
        }
        try readTools(fields)
        try readChoice(fields)
        mayCallSeveral = try fields.flag("parallel_tool_calls")
        try readFormat(fields)
        if let stop = fields.value("stop") {
            stops = stop.text == nil ? try fields.list("stop") ?? [] : [stop]
        }
    }

    /// A value that says what is so anyway.
    private static func isUsual(_ member: JSONValue.Member) -> Bool {
        switch member.name {
        case "n": member.value.numberText == "1"
        case "modalities": member.value == .array([.string("text")])
        default: false
        }
    }

    private mutating func readTools(_ fields: Fields) throws(RequestError) {
        for (index, tool) in (try fields.list("tools") ?? []).enumerated() {
            let entry = Fields(object: tool, path: "tools[\(index)].")
            guard try entry.text("type") == "function", let function = try entry.fields("function")
            else {
                throw .unsupported(
                    entry.path + "type", "must be \"function\" for this model's provider")
            }
            guard let name = try function.text("name") else {
                throw .missing(function.path + "name")
            }
            tools.append(
                Tool(
                    name: name, description: try function.text("description"),
                    parameters: try function.fields("parameters")?.object,
                    isStrict: try function.flag("strict") ?? false))
        }
    }

    private mutating func readChoice(_ fields: Fields) throws(RequestError) {
        guard let value = fields.value("tool_choice") else { return }
        switch value.text {
        case "auto": choice = .auto
        case "none": choice = .none
        case "required": choice = .required
        default:
            guard value["type"]?.text == "function", let name = value["function"]?["name"]?.text
            else {
                throw .unsupported(
                    "tool_choice", "must be auto, none, required or one function for this model")
            }
            choice = .tool(name)
        }
    }

    private mutating func readFormat(_ fields: Fields) throws(RequestError) {
        guard let value = try fields.fields("response_format") else { return }
        switch try value.text("type") {
        case "text": format = .text
        case "json_object": format = .object
        case "json_schema":
            guard let schema = try value.fields("json_schema")?.fields("schema") else {
                throw .missing("response_format.json_schema.schema")
            }
            format = .schema(schema.object)
        default:
            throw .unsupported(
                "response_format.type", "must be text, json_object or json_schema for this model")
        }
    }
}
