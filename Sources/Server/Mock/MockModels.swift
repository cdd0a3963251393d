import Ledger
import Providers

/// Lists of models in each manner. Every name is a model to the mock; the lists have those that
/// callers like to find.
enum MockModels {
    static let names = [
        "gpt-4o", "gpt-4o-mini", "text-embedding-3-small", "claude-sonnet-4-5", "claude-haiku-4-5",
        "gemini-2.5-flash", "mock-1",
    ]

    /// The list, or one model, which is always there.
    static func json(_ dialect: Dialect, id: String?) -> [UInt8] {
        let text: String
        if let id {
            text = model(dialect, id)
        } else {
            let rows = names.map { model(dialect, $0) }.joined(separator: ",")
            text =
                switch dialect {
                case .anthropic:
                    #"{"data":[\#(rows)],"has_more":false,"first_id":"\#(names[0])","#
                        + #""last_id":"\#(names[names.count - 1])"}"#
                case .gemini: #"{"models":[\#(rows)]}"#
                default: #"{"object":"list","data":[\#(rows)]}"#
                }
        }
        return Array(text.utf8)
    }

    private static func model(_ dialect: Dialect, _ id: String) -> String {
        let name = JSONValue.quoted(id)
        switch dialect {
        case .anthropic:
            return #"{"type":"model","id":\#(name),"display_name":\#(name),"#
                + #""created_at":"2026-01-01T00:00:00Z"}"#
        case .gemini:
            return #"{"name":\#(JSONValue.quoted("models/\(id)")),"displayName":\#(name),"#
                + #""inputTokenLimit":1048576,"outputTokenLimit":65536,"#
                + #""supportedGenerationMethods":["generateContent","countTokens"]}"#
        default:
            return #"{"id":\#(name),"object":"model","created":1767225600,"owned_by":"mock"}"#
        }
    }
}
