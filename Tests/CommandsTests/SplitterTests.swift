import Foundation
import Testing

@testable import Commands

// A JSON list is cut into its elements however its bytes arrive.
@Suite struct `Elements of a JSON list` {
    private func elements(
        _ text: String, piece: Int, perBatch: Int = 2, longest: Int = 40
    ) -> (elements: [String], numbers: [UInt64], fault: String?) {
        var splitter = JSONElementSplitter(elementsPerBatch: perBatch, longest: longest)
        var found: [String] = []
        var numbers: [UInt64] = []
        func drain(_ splitter: inout JSONElementSplitter) {
            while let batch = splitter.next() {
                numbers.append(batch.firstLine)
                found += batch.ranges.map { String(decoding: batch.bytes[$0], as: UTF8.self) }
            }
        }
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            splitter.append(Data(bytes[start..<min(start + piece, bytes.count)]))
            drain(&splitter)
        }
        splitter.finish()
        drain(&splitter)
        return (found, numbers, splitter.fault)
    }

    @Test(arguments: [
        ("[]", []), (" [ ] ", []), ("[1,2]", ["1", "2"]),
        (
            "[{\"a\":\"],{\\\"\"},\n [2,[3]] , \"x\\\\\"]",
            ["{\"a\":\"],{\\\"\"}", "[2,[3]] ", "\"x\\\\\""]
        ),
        ("{\"data\": [{\"a\":1},{}], \"total\": [9]}", ["{\"a\":1}", "{}"]),
        ("\u{FEFF}[{\"ã\":\"語\"}]", ["{\"ã\":\"語\"}"]),
    ])
    func `are found at every cut`(text: String, expected: [String]) {
        for piece in 1...9 {
            let result = elements(text, piece: piece)
            #expect(result.elements == expected && result.fault == nil, "pieces of \(piece)")
            #expect(
                result.numbers == stride(from: 1, to: UInt64(expected.count) + 1, by: 2).map { $0 })
        }
    }

    @Test(arguments: ["[1,2", "[", "[{\"a\":[1,2}", "[\"never closed]"])
    func `say where the list does not end`(text: String) {
        #expect(elements(text, piece: 3).fault?.contains("does not end") == true)
    }

    @Test func `take no more room than their bound`() {
        let long = "\"" + String(repeating: "x", count: 500) + "\""
        let result = elements("[1,\(long),3]", piece: 7)
        #expect(result.elements.map(\.utf8.count) == [1, 42, 1] && result.fault == nil)
    }

    @Test(arguments: [
        ("[1]", true), (" \n[", true), ("{\"data\" : [", true), ("{\"data\":{}}", false),
        ("{\"request_id\":1}", false), ("request_id,spend", false), ("", false),
        ("\u{FEFF}[", true),
    ])
    func `are told from lines by how a file begins`(text: String, expected: Bool) {
        #expect(JSONElementSplitter.begins(Data(text.utf8)) == expected)
    }
}
