import Gateway
import Ledger
import Providers

/// The models that callers may ask for, as OpenAI and Anthropic list theirs.
enum ModelList {
    static func json(_ models: [OfferedModel], _ dialect: Dialect) -> [UInt8] {
        let list = models.map { entry($0, dialect) }.joined(separator: ",")
        let first = models.first.map { quoted($0.id) } ?? "null"
        let last = models.last.map { quoted($0.id) } ?? "null"
        let text =
            dialect == .anthropic
            ? #"{"data":[\#(list)],"has_more":false,"first_id":\#(first),"last_id":\#(last)}"#
            : #"{"object":"list","data":[\#(list)]}"#
        return Array(text.utf8)
    }

    static func json(_ model: OfferedModel, _ dialect: Dialect) -> [UInt8] {
        Array(entry(model, dialect).utf8)
    }

    private static func entry(_ model: OfferedModel, _ dialect: Dialect) -> String {
        let id = quoted(model.id)
        return dialect == .anthropic
            ? #"{"type":"model","id":\#(id),"display_name":\#(quoted(model.name)),"#
                + #""created_at":"1970-01-01T00:00:00Z"}"#
            : #"{"id":\#(id),"object":"model","created":0,"owned_by":\#(quoted(model.provider))}"#
    }

    /// A text as JSON; names of models hold no control characters.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
