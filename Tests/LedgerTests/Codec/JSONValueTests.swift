import Foundation
import Testing

@testable import Ledger

struct `JSON as it is written` {
    static func parse(_ text: String) -> String {
        do throws(JSONTextError) {
            return try JSONValue(parsing: Array(text.utf8)).compact
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        (
            " [ 1.50e-07 , -0 , 12345678901234567890123456789.0 ] ",
            "[1.50e-07,-0,12345678901234567890123456789.0]"
        ),
        (#"{"a":1,"b":{},"a":[],"":null}"#, #"{"a":1,"b":{},"a":[],"":null}"#),
        (#""\u00e9\ud83e\udd9c\n\/\\\"\u0001""#, #""é🦜\u000a/\\\"\u0001""#),
        ("\u{FEFF}true", "true"), ("false", "false"), ("null", "null"),
    ])
    func `digits, order and repeated members are kept`(text: String, expected: String) {
        #expect(Self.parse(text) == expected)
    }

    @Test(arguments: [
        ("", "line 1, column 1: the text ends where a value is due"),
        ("[1,\n2,]", "line 2, column 3: a value is due here"),
        ("{\"a\":1\n\"b\":2}", "line 2, column 1: a comma or a closing brace is due here"),
        ("{\"a\"}", "line 1, column 5: a colon is due behind \"a\""),
        ("[1 2]", "line 1, column 4: a comma or a closing bracket is due here"),
        ("01", "line 1, column 3: this is not a number"),
        ("-", "line 1, column 2: this is not a number"),
        ("1.", "line 1, column 3: digits are due behind the point"),
        ("1e", "line 1, column 3: digits are due in the exponent"),
        ("+1", "line 1, column 1: a value is due here"),
        ("tru", "line 1, column 1: a value is due here"),
        ("\"a", "line 1, column 3: the text ends inside a text in double quotes"),
        ("\"a\\", "line 1, column 4: the text ends inside an escape"),
        ("\"\t\"", "line 1, column 2: a text holds a raw control character"),
        ("\"\\x\"", "line 1, column 4: an escape that JSON does not know"),
        ("\"\\u12g4\"", "line 1, column 4: four hexadecimal digits are due here"),
        ("\"\\ud83e\"", "line 1, column 8: half a surrogate pair"),
        ("\"\\ud83e\\u0041\"", "line 1, column 14: half a surrogate pair"),
        ("1 2", "line 1, column 3: nothing more may follow the value"),
    ])
    func `what is no JSON is told with its place`(text: String, expected: String) {
        #expect(Self.parse(text) == expected)
    }

    @Test func `depth is bounded and bytes that are no text are refused`() {
        let deep = String(repeating: "[", count: 65)
        #expect(Self.parse(deep).contains("more than 64 levels of brackets"))
        #expect(throws: JSONTextError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test func `the number of values is bounded where a bound is given`() throws {
        let bytes = Array("[[],[],{\"a\":0}]".utf8)
        #expect(throws: Never.self) { try JSONValue(parsing: bytes, maximumValues: 5) }
        #expect(throws: JSONTextError.self) { try JSONValue(parsing: bytes, maximumValues: 4) }
    }

    @Test func `of repeated members the last one is found, in the order of the file`() throws {
        let value = try JSONValue(parsing: Array(#"{"a":1,"b":2,"a":3}"#.utf8))
        #expect(value["a"]?.numberText == "3" && value["c"] == nil)
        #expect(value.uniqueMembers?.map(\.name) == ["b", "a"])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `any bytes are either read or refused, never a trap`(seed: UInt64) {
        var random = Seeded(state: seed)
        let pieces = Array(#"{}[]",:\u0d8e+-.eE19 tfn"#.utf8) + [0x0A, 0x00, 0xFF, 0xC3]
        for _ in 0..<3_000 {
            let count = Int.random(in: 0...24, using: &random)
            let bytes = (0..<count).map { _ in pieces.randomElement(using: &random) ?? 0 }
            if let value = try? JSONValue(parsing: bytes) {
                #expect(Self.parse(value.compact) == value.compact)
            }
            _ = try? UsageJSONLine().parse(bytes[...], now: Instant(seconds: 0))
        }
    }
}
