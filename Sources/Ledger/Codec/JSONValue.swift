/// A JSON text as it is written: numbers keep their digits and objects keep every member.
///
/// ```swift
/// let value = try JSONValue(parsing: bytes)
/// value["input_cost_per_token"]?.numberText        // "1.5e-07"
/// ```
/// For files in which digits are money and names are repeated, where Foundation would go through
/// binary fractions or keep the first of two members; and for requests and answers that are passed
/// on with a few members changed. RFC 8259, at most 64 levels deep. Cost: linear.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A name and its value.
    package struct Member: Sendable, Equatable {
        package let name: String
        package var value: JSONValue

        /// A member of an object.
        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The text's value. Throws where it stops being JSON, or holds more values than allowed: a
    /// byte or two of text can become a value of forty, so what comes from outside is bounded.
    package init(parsing bytes: [UInt8], maximumValues: Int = .max) throws(JSONTextError) {
        var reader = JSONReader(bytes, maximumValues: maximumValues)
        self = try reader.document()
    }

    /// The member of that name, the last one where it is repeated; nil in anything but an object.
    package subscript(name: String) -> JSONValue? { members?.last { $0.name == name }?.value }

    /// An object's members, nil for anything else.
    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The members in their order, of repeated names only the last.
    package var uniqueMembers: [Member]? {
        guard let members else { return nil }
        var last: [String: Int] = [:]
        for (index, member) in members.enumerated() { last[member.name] = index }
        if last.count == members.count { return members }
        return members.enumerated().filter { last[$0.element.name] == $0.offset }.map(\.element)
    }

    /// An array's elements, nil for anything else.
    package var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// A text's content, nil for anything else.
    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The digits of a number, or of a number that is written as a text.
    package var numberText: String? {
        switch self {
        case .number(let text), .string(let text): text
        default: nil
        }
    }
}

/// Where and why a text stops being JSON.
package struct JSONTextError: Error, Sendable, Equatable, CustomStringConvertible {
    package let line: Int
    package let column: Int
    package let reason: String

    package var description: String { "line \(line), column \(column): \(reason)" }
}

/// Walks over the bytes of one JSON text.
private struct JSONReader {
    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0
    private var valuesLeft: Int

    init(_ bytes: [UInt8], maximumValues: Int) {
        self.bytes = bytes
        valuesLeft = maximumValues
    }

    mutating func document() throws(JSONTextError) -> JSONValue {
        // A byte order mark says nothing in UTF-8.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw fail("nothing more may follow the value") }
        return value
    }

    private mutating func value() throws(JSONTextError) -> JSONValue {
        skipSpace()
        guard let byte = peek else { throw fail("the text ends where a value is due") }
        guard valuesLeft > 0 else { throw fail("more values than are allowed") }
        valuesLeft -= 1
        switch byte {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw fail("a value is due here")
        }
    }

    private mutating func object() throws(JSONTextError) -> JSONValue {
        try enter()
        var members: [JSONValue.Member] = []
        skipSpace()
        if take("}") { return .object(leave(members)) }
        members.reserveCapacity(8)
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else {
                throw fail("a name in double quotes is due here")
            }
            let name = try string()
            skipSpace()
            guard take(":") else { throw fail("a colon is due behind \"\(name.prefix(60))\"") }
            members.append(JSONValue.Member(name: name, value: try value()))
            skipSpace()
            if take("}") { return .object(leave(members)) }
            guard take(",") else { throw fail("a comma or a closing brace is due here") }
        }
    }

    private mutating func array() throws(JSONTextError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(leave(elements)) }
        while true {
            elements.append(try value())
            skipSpace()
            if take("]") { return .array(leave(elements)) }
            guard take(",") else { throw fail("a comma or a closing bracket is due here") }
        }
    }

    private mutating func number() throws(JSONTextError) -> JSONValue {
        let start = index
        _ = take("-")
        let zero = peek == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !zero || whole == 1 else { throw fail("this is not a number") }
        if take("."), digits() == 0 { throw fail("digits are due behind the point") }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { throw fail("digits are due in the exponent") }
        }
        return .number(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func string() throws(JSONTextError) -> String {
        index += 1
        let start = index
        while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            guard byte >= 0x20 else { throw fail("a text holds a raw control character") }
            index += 1
        }
        if peek == UInt8(ascii: "\"") {
            index += 1
            return try text(bytes.span.extracting(start..<index - 1))
        }
        var collected = Array(bytes[start..<index])
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(collected.span)
            case UInt8(ascii: "\\"): try escape(into: &collected)
            case 0..<0x20: throw fail("a text holds a raw control character")
            default: collected.append(byte)
            }
        }
        throw fail("the text ends inside a text in double quotes")
    }

    private func text(_ bytes: Span<UInt8>) throws(JSONTextError) -> String {
        guard let text = try? UTF8Span(validating: bytes) else { throw fail("a text is not UTF-8") }
        return String(copying: text)
    }

    private mutating func escape(into collected: inout [UInt8]) throws(JSONTextError) {
        guard let byte = peek else { throw fail("the text ends inside an escape") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): collected.append(byte)
        case UInt8(ascii: "b"): collected.append(8)
        case UInt8(ascii: "f"): collected.append(12)
        case UInt8(ascii: "n"): collected.append(10)
        case UInt8(ascii: "r"): collected.append(13)
        case UInt8(ascii: "t"): collected.append(9)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if 0xD800..<0xDC00 ~= code, take("\\"), take("u") {
                let low = try hexadecimal()
                guard 0xDC00..<0xE000 ~= low else { throw fail("half a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = UnicodeScalar(code) else { throw fail("half a surrogate pair") }
            collected.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw fail("an escape that JSON does not know")
        }
    }

    private mutating func hexadecimal() throws(JSONTextError) -> UInt32 {
        guard index + 4 <= bytes.count,
            let code = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16),
            bytes[index] != UInt8(ascii: "+")
        else { throw fail("four hexadecimal digits are due here") }
        index += 4
        return code
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONTextError)
        -> JSONValue
    {
        guard bytes[index...].starts(with: word.utf8) else { throw fail("a value is due here") }
        index += word.utf8.count
        return value
    }

    private mutating func digits() -> Int {
        let start = index
        while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { index += 1 }
        return index - start
    }

    private mutating func enter() throws(JSONTextError) {
        index += 1
        depth += 1
        if depth > 64 { throw fail("more than 64 levels of brackets") }
    }

    private mutating func leave<T>(_ value: T) -> T {
        depth -= 1
        return value
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            index += 1
        }
    }

    private func fail(_ reason: String) -> JSONTextError {
        let before = bytes[..<index]
        let newline = before.lastIndex(of: 0x0A)
        return JSONTextError(
            line: before.count { $0 == 0x0A } + 1, column: index - (newline ?? -1), reason: reason)
    }
}
