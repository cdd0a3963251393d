/// A JSON document to be written: names sorted, nulls explicit, the same bytes every time.
///
/// `JSONEncoder` drops a nil where the reader should see `null`, and how it escapes may change with
/// the toolchain; a digest cannot stand on that.
enum JSONValue {
    case object([String: JSONValue])
    case array([JSONValue])
    case string(String)
    case integer(UInt64)
    case signed(Int64)
    /// Digits as they were written.
    case number(String)
    case bool(Bool)
    case null

    /// With white space for people or without any.
    enum Layout {
        case pretty
        case compact
    }

    /// A string, or null.
    static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    /// An array of strings, or null.
    static func optional(_ texts: [String]?) -> JSONValue {
        texts.map { .array($0.map(JSONValue.string)) } ?? .null
    }

    /// The object without one of its members.
    func without(_ name: String) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members[name] = nil
        return .object(members)
    }

    /// The document as text, without a final newline.
    func text(_ layout: Layout) -> String {
        var output = ""
        write(to: &output, layout, depth: 0)
        return output
    }

    private func write(to output: inout String, _ layout: Layout, depth: Int) {
        switch self {
        case .object(let members):
            let sorted = members.sorted { $0.key < $1.key }
            Self.writeList(sorted, between: "{}", to: &output, layout, depth: depth) {
                member, output in
                Self.writeString(member.key, to: &output)
                output += layout == .pretty ? ": " : ":"
                member.value.write(to: &output, layout, depth: depth + 1)
            }
        case .array(let values):
            Self.writeList(values, between: "[]", to: &output, layout, depth: depth) {
                value, output in
                value.write(to: &output, layout, depth: depth + 1)
            }
        case .string(let text): Self.writeString(text, to: &output)
        case .integer(let value): output += String(value)
        case .signed(let value): output += String(value)
        case .number(let digits): output += digits
        case .bool(let value): output += value ? "true" : "false"
        case .null: output += "null"
        }
    }

    private static func writeList<Element>(
        _ elements: [Element], between brackets: String, to output: inout String, _ layout: Layout,
        depth: Int, _ body: (Element, inout String) -> Void
    ) {
        output += brackets.prefix(1)
        for (index, element) in elements.enumerated() {
            if index > 0 { output += "," }
            newline(to: &output, layout, depth: depth + 1)
            body(element, &output)
        }
        if !elements.isEmpty { newline(to: &output, layout, depth: depth) }
        output += brackets.suffix(1)
    }

    private static func newline(to output: inout String, _ layout: Layout, depth: Int) {
        guard layout == .pretty else { return }
        output += "\n" + String(repeating: "  ", count: depth)
    }

    /// Escapes what RFC 8785 escapes: quote, backslash and control characters.
    private static func writeString(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\u{8}": output += "\\b"
            case "\t": output += "\\t"
            case "\n": output += "\\n"
            case "\u{C}": output += "\\f"
            case "\r": output += "\\r"
            case "\u{0}"..."\u{1F}":
                output += scalar.value < 16 ? "\\u000" : "\\u00"
                output += String(scalar.value, radix: 16)
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}
