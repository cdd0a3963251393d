import Foundation
import Testing

@testable import Ledger

@Suite struct `A member that stands twice` {
    @Test(arguments: [
        (#"{"a":1,"b":2,"a":3}"#, "a"), (#"{"a":1,"a":1}"#, "a"),
        (#"{"t":{"x":1,"y":2,"x":3}}"#, "x"), (#"{"l":[{"x":1},{"y":1,"y":2}]}"#, "y"),
        (#"{"a":1,"\u0061":2}"#, "a"), (#"{ "a" : 1 , "a" : 2 }"#, "a"),
        (#"{"a\"b":1,"a\"b":2}"#, "a\"b"), (#"{"x":{"y":1},"x":{"z":1}}"#, "x"),
        (#"{"":1,"":2}"#, ""),
    ])
    func `is found in whichever object`(line: String, name: String) {
        #expect(RepeatedMember.find(in: Data(line.utf8)) == name)
    }

    @Test(arguments: [
        #"{"a":1,"b":"a","c":"a:"}"#, #"{"a":{"a":{"a":1}},"b":{"a":1}}"#,
        #"[{"a":1},{"a":1}]"#, #"{"a":["b","b"],"b":1}"#, #"{"a":"\"b\":","b":1}"#, "{}", "[]",
        #""a""#, "1", #"{"a":"\\","b":"\\"}"#, #"{"ab":1,"a":2,"b":3}"#,
    ])
    func `is not found where names only look alike`(line: String) {
        #expect(RepeatedMember.find(in: Data(line.utf8)) == nil)
    }

    @Test func `is refused in a slice of a larger buffer, too`() {
        let text = Data(#"xxxx{"client":"a","client":"b"}yy"#.utf8)
        let line = text[4..<text.count - 2]
        #expect(throws: ImportError.self) {
            try UsageJSONLine().parse(line, now: Instant(seconds: 1_800_000_000))
        }
        #expect(RepeatedMember.find(in: line) == "client")
    }
}
