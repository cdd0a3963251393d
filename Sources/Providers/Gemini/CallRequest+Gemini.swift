internal import Ledger

/// Reading and bounding requests of Google's generateContent.
///
/// Google takes each name in two spellings, `generationConfig` and `generation_config`; so does
/// this, and refuses both at once. Source: ai.google.dev/api/generate-content.
extension CallRequest {
    private static let settings: Set<String> = [
        "contents", "generationConfig", "generation_config", "safetySettings", "safety_settings",
        "labels", "model",
    ]

    mutating func readGemini(_ fields: Fields) throws(RequestError) {
        let configName = try Self.spelling("generationConfig", fields)
        if let config = try fields.fields(configName) {
            let limit = try Self.spelling("maxOutputTokens", config)
            maximumOutputTokens = try config.whole(limit)
            answers = try config.whole(Self.spelling("candidateCount", config)) ?? 1
            let modalities = try config.list(Self.spelling("responseModalities", config)) ?? []
            wantsMedia = modalities.contains { $0.text?.uppercased() != "TEXT" }
            if let thinking = try config.fields(Self.spelling("thinkingConfig", config)) {
                let budget = thinking.value(try Self.spelling("thinkingBudget", thinking))
                let level = try thinking.text(Self.spelling("thinkingLevel", thinking))
                if budget?.numberText == "0" {
                    reasoning = .off
                } else if let wish = level ?? budget?.numberText {
                    reasoning = .on(wish)
                }
            }
            // A schema is part of the prompt.
            input.count(config.object)
        }
        guard let contents = try fields.list("contents") else { throw .missing("contents") }
        input.textBound += InputSize.around
        for (index, content) in contents.enumerated() {
            guard content.members != nil else { throw .wrong("contents[\(index)]", "an object") }
            input.textBound += 8
            for part in content["parts"]?.elements ?? [content["parts"] ?? .null] {
                countPart(part)
            }
        }
        for member in body.members ?? [] where !Self.settings.contains(member.name) {
            input.textBound += member.name.utf8.count
            input.count(member.value)
        }
        for name in ["cachedContent", "cached_content"] where fields.value(name) != nil {
            input.note(name)
        }
        try countTools(fields)
    }

    private mutating func countTools(_ fields: Fields) throws(RequestError) {
        for tool in try fields.list("tools") ?? [] {
            for member in tool.members ?? [] where member.value != .null {
                if ["functionDeclarations", "function_declarations"].contains(member.name) {
                    tools += member.value.elements?.count ?? 0
                } else {
                    tools += 1
                    input.note("the tool \(member.name.prefix(60))", countable: false)
                }
            }
        }
        if tools > 0 { input.textBound += InputSize.aroundTools }
    }

    private mutating func countPart(_ part: JSONValue) {
        let inline = part["inlineData"] ?? part["inline_data"]
        let file = part["fileData"] ?? part["file_data"]
        guard let medium = inline ?? file else {
            input.count(part)
            return
        }
        let type = medium["mimeType"]?.text ?? medium["mime_type"]?.text ?? ""
        if file != nil { input.note("a file by address") }
        input.count(InputSize.Medium(type), address: inline?["data"]?.text, of: part)
    }

    /// The spelling a body uses for a name; throws where it uses both.
    private static func spelling(_ name: String, _ fields: Fields) throws(RequestError) -> String {
        let snake = name.reduce(into: "") { text, letter in
            text += letter.isUppercase ? "_" + letter.lowercased() : String(letter)
        }
        guard fields.object[snake] != nil else { return name }
        if fields.object[name] != nil {
            throw RequestError(
                .wrong, fields.path + name,
                "\"\(fields.path)\(name)\" is there as \"\(snake)\" too; write one of them")
        }
        return snake
    }

    /// The body with at most that many tokens of output.
    func limitedGemini(_ value: JSONValue, _ limit: UInt32?) throws(RequestError) -> JSONValue {
        guard let limit else { return value }
        let fields = Fields(object: value)
        let name = try Self.spelling("generationConfig", fields)
        let config = fields.value(name) ?? .object([])
        let member = try Self.spelling("maxOutputTokens", Fields(object: config))
        return value.setting(name, limited(config, [member], or: member, limit))
    }
}
