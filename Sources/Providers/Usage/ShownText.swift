internal import Ledger

/// How much generated text a part of an answer holds, as a bound on its tokens.
enum ShownText {
    /// What opens a message or a block of one: special tokens that no text shows.
    static let opening = 8
    /// What stands around a tool call, which models write in a form that is not the JSON shown.
    static let toolCall = 64

    /// Members that hold no generated text: signatures, and data that is counted as images.
    private static let notText: Set<String> = [
        "signature", "thoughtSignature", "data", "encrypted_content", "id", "role", "type",
    ]

    /// A piece of a streamed message. The names that the protocol puts around each piece are counted
    /// where the message opens and nowhere else, or every chunk would count several times over.
    static func streamed(_ delta: JSONValue?) -> Int {
        (delta?.members ?? []).reduce(0) { sum, member in
            if notText.contains(member.name) { return sum + (member.name == "role" ? 24 : 0) }
            if case .string(let text) = member.value { return sum + text.utf8.count }
            return sum + bytes(member.value) + member.name.utf8.count
        }
    }

    /// All text in the value and the names of its members, each token having at least a byte.
    static func bytes(_ value: JSONValue?) -> Int {
        switch value {
        case .string(let text): text.utf8.count
        case .number(let text): text.utf8.count
        case .array(let elements): elements.reduce(0) { $0 + bytes($1) + 1 }
        case .object(let members):
            members.reduce(0) { sum, member in
                if member.name == "type",
                    ["tool_use", "function", "function_call"].contains(member.value.text)
                {
                    return sum + toolCall
                }
                if member.name == "functionCall" { return sum + toolCall + bytes(member.value) }
                if notText.contains(member.name) { return sum }
                return sum + bytes(member.value) + member.name.utf8.count
            }
        case .null, .bool, nil: 0
        }
    }
}
