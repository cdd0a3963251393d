import Foundation
import Ledger
import Testing

@testable import Providers

// Our tokens against those of Python's tiktoken, as Tests/Independent/tokens.py wrote them down.
struct `A tokenizer` {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/tokens")

    static func tokenizer(
        _ pattern: TextPattern, maximumPieceBytes: Int = .max
    ) throws -> Tokenizer {
        let file = try Data(contentsOf: folder.appending(path: "small.tiktoken"))
        return try Tokenizer(
            file: Array(file), pattern: pattern, maximumPieceBytes: maximumPieceBytes)
    }

    /// A text, how often it is repeated, and tiktoken's tokens or their number.
    struct Case {
        let text: String
        let times: Int?
        let tokens: [UInt32]
        let count: Int
    }

    static func cases(_ pattern: TextPattern) throws -> [Case] {
        let file = try String(
            contentsOf: folder.appending(path: "cases.jsonl"), encoding: .utf8)
        return try file.split(separator: "\n").compactMap { line in
            let value = try JSONValue(parsing: Array(line.utf8))
            guard value["pattern"]?.text == pattern.rawValue else { return nil }
            func number(_ value: JSONValue?) -> Int? { value?.numberText.flatMap { Int($0) } }
            let tokens = (value["tokens"]?.elements ?? []).compactMap(number).map { UInt32($0) }
            return Case(
                text: value["text"]?.text ?? "", times: number(value["times"]), tokens: tokens,
                count: number(value["count"]) ?? tokens.count)
        }
    }

    @Test(arguments: TextPattern.allCases)
    func `makes the tokens that tiktoken makes`(pattern: TextPattern) throws {
        let tokenizer = try Self.tokenizer(pattern)
        let cases = try Self.cases(pattern).filter { $0.times == nil }
        try #require(cases.count > 200)
        for one in cases {
            #expect(tokenizer.encode(one.text) == one.tokens, "\(one.text.debugDescription)")
            #expect(tokenizer.count(one.text) == one.count)
            // In parts, however small, it is the same.
            var reading = Tokenizer.Reading(one.text)
            var count = 0
            while !reading.isAtEnd { count += tokenizer.count(&reading, bytes: 1) }
            #expect(count == one.count)
        }
    }

    @Test(arguments: TextPattern.allCases)
    func `counts long runs of one kind as tiktoken does`(pattern: TextPattern) throws {
        let tokenizer = try Self.tokenizer(pattern)
        let cases = try Self.cases(pattern).filter { ($0.times ?? .max) < 100_000 }
        try #require(!cases.isEmpty)
        for one in cases {
            let text = String(repeating: one.text, count: one.times ?? 0)
            #expect(tokenizer.count(text) == one.count, "\(one.text.debugDescription)")
        }
    }

    /// Steps, and not seconds: a merge leads to two new pairs at most, whatever the text.
    @Test func `takes steps in proportion to a megabyte of one letter`() throws {
        let tokenizer = try Self.tokenizer(.o200k)
        let long = try #require(try Self.cases(.o200k).first { $0.times == 1_000_000 })
        let text = Array(repeating: UInt8(ascii: "a"), count: 1_000_000)
        var merger = PieceMerger(tokenizer.ranks)
        #expect(merger.tokens(of: text, 0..<text.count) == long.count)
        #expect(merger.steps <= 3 * text.count)
        // The gateway makes no tokens of such a piece: each byte counts as one.
        let bounded = try Self.tokenizer(.o200k, maximumPieceBytes: Tokenizer.maximumPieceBytes)
        #expect(bounded.count(long.text + " " + String(repeating: "a", count: 70_000)) == 70_002)
    }

    static let bytes = (0...255).map { byte in
        Data([UInt8(byte)]).base64EncodedString() + " \(byte)\n"
    }.joined()

    /// A row: what stands behind the bytes, and a part of what is said of it.
    static let files: [(String, String?)] = [
        ("", nil), ("\n", nil), ("YWI= 256\r\nYWJj 300", nil), ("YWI=\n", "line 257"),
        ("YWI 256\n", "line 257"), ("YW!= 256\n", "line 257"), ("YWI= x\n", "line 257"),
        ("YWI= -1\n", "line 257"), ("YWI= 4294967295\n", "line 257"),
        ("==== 256\n", "line 257"), (" 256\n", "line 257"),
        ("YWI= 256\nYWI= 257\n", "twice"), ("YWI= 7\n", "two tokens of rank 7"),
    ]

    @Test func `needs a token for every byte`() {
        for (file, fault) in [
            ("", "no token for the byte 0"), ("YWI= 1", "no token for the byte 0"),
            ("{\"model\": {}}", "line 1 is not a token"),
        ] {
            let error = #expect(throws: TokenFileError.self) {
                _ = try Tokenizer(file: Array(file.utf8), pattern: .cl100k)
            }
            #expect(error?.description.contains(fault) ?? false)
        }
    }

    @Test(arguments: files)
    func `is read from a file of tiktoken's, or says what is wrong with it`(
        file: String, fault: String?
    ) {
        do throws(TokenFileError) {
            let tokenizer = try Tokenizer(
                file: Array((Self.bytes + file).utf8), pattern: .cl100k)
            #expect(fault == nil && tokenizer.count("hello") == 5)
        } catch {
            #expect(fault.map { error.description.contains($0) } ?? false, "\(error)")
        }
    }

    static let requests: [(Interface, String, [String])] = [
        (
            .chatCompletions,
            #""messages":[{"role":"system","content":"ab"},{"role":"user","content":["#
                + #"{"type":"text","text":"cd"},{"type":"image_url","image_url":{"url":"data:x"}}]}]"#,
            ["ab", "cd"]
        ),
        (.completions, #""prompt":["a","b"]"#, ["a", "b"]),
        (.completions, #""prompt":[[1,2]]"#, []), (.embeddings, #""input":"abc""#, ["abc"]),
        (
            .responses,
            #""instructions":"i","input":[{"role":"user","content":[{"type":"input_text","text":"t"}]}]"#,
            ["i", "t"]
        ),
        (
            .messages,
            #""max_tokens":1,"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"u"}]"#,
            ["s", "u"]
        ),
        (
            .chatCompletions,
            #""messages":[{"role":"user"}],"tools":[{"function":{"name":"f"}}]"#, []
        ),
    ]

    @Test(arguments: requests)
    func `counts what of a request is text, and leaves the rest bounded by its bytes`(
        interface: Interface, members: String, texts: [String]
    ) throws {
        let request = try CallRequest(
            interface, body: Array(#"{"model":"m",\#(members)}"#.utf8))
        #expect(request.texts.sorted() == texts.sorted())
        let bytes = texts.reduce(0) { $0 + $1.utf8.count }
        #expect(request.textBound(counted: bytes) == request.input.textBound)
        #expect(request.textBound(counted: 0) >= 0)
    }
}
