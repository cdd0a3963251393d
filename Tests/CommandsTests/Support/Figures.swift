import Foundation
import Testing

/// A JSON value as the tests look at it: numbers stay as they are written.
struct Figures {
    let value: Any?

    init(_ value: Any?) { self.value = value }

    init(parsing text: String, place: SourceLocation = #_sourceLocation) throws {
        let parsed: Any? = try? JSONSerialization.jsonObject(
            with: Data(text.utf8), options: .fragmentsAllowed)
        try #require(parsed != nil, "no JSON: \(text.prefix(300))", sourceLocation: place)
        value = parsed
    }

    subscript(_ name: String) -> Figures { Figures((value as? [String: Any])?[name]) }

    var names: Set<String> { Set((value as? [String: Any] ?? [:]).keys) }
    var list: [Figures] { (value as? [Any] ?? []).map { Figures($0) } }
    var text: String { value as? String ?? "not a text: \(String(describing: value))" }
    var count: Int { (value as? NSNumber)?.intValue ?? -1 }

    /// A decimal text without zeros at its end, so that equal numbers are equal texts.
    var number: String { Self.shortest(text) }

    static func shortest(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = text
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text == "-0" ? "0" : text
    }
}
