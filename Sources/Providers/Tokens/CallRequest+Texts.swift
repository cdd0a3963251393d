internal import Ledger

/// What of a request reaches the model as text, word for word: the part of the input whose tokens a
/// ``Tokenizer`` can count.
///
/// What stands around it, and what providers write in their own way, such as tools, stays bounded
/// by its bytes. So the sum is a bound that is sure, and near to the truth where the text is long.
extension CallRequest {
    /// The texts of prompts, messages and instructions.
    public var texts: [String] {
        var texts: [String] = []
        for member in body.members ?? [] {
            switch member.name {
            case "messages", "contents":
                for message in member.value.elements ?? [] {
                    Self.add(message["content"] ?? message["parts"], to: &texts)
                }
            case "input", "prompt", "instructions", "system": Self.add(member.value, to: &texts)
            case "systemInstruction", "system_instruction":
                Self.add(member.value["parts"], to: &texts)
            default: break
            }
        }
        return texts
    }

    /// The bound of the text when ``texts`` have so many tokens.
    public func textBound(counted tokens: Int) -> Int {
        input.textBound - texts.reduce(0) { $0 + $1.utf8.count } + tokens
    }

    /// A text, or those of a list's parts; what else stands there is no text that is known.
    private static func add(_ value: JSONValue?, to texts: inout [String]) {
        switch value {
        case .string(let text): texts.append(text)
        case .array(let parts):
            for part in parts {
                if let text = part.text ?? part["text"]?.text {
                    texts.append(text)
                } else if part["role"] != nil {
                    add(part["content"], to: &texts)
                }
            }
        default: break
        }
    }
}
