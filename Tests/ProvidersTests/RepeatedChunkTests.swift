import Foundation
import Ledger
import TestSupport
import Testing

@testable import Providers

/// Chunks that differ from the one before in their text alone are not read whole: whatever stands
/// between and in them, the answer has to be the same as if they were.
struct `Chunks that repeat` {
    private static let texts = [
        "Bom", " dia", "!", "", "ção", "\u{1F600}", "\"", "\\", "a\nb", "\t", "\u{7}", "</s>",
        #""delta":{"content":""#, #"","finish_reason":"stop"#, "data: [DONE]", "\r\n\r\n", "}}]}",
    ]

    /// A stream of random chunks, and the text of each choice as its maker knows it.
    private struct Made {
        var bytes: [UInt8] = []
        var contents: [Int: String] = [:]

        init(_ random: inout SeededRandom) {
            var model = "m"
            for _ in 0..<random.int(1...60) {
                let choice = random.once(in: 10) ? 1 : 0
                contents[choice, default: ""] += ""
                switch random.int(0...19) {
                case 0: bytes += Array(": a comment\n\n".utf8)
                case 1: model = random.pick(["m", "n"])
                case 2:
                    add(
                        #""delta":{"tool_calls":[{"index":0,"function":{"arguments":"x"}}]}"#,
                        choice, model)
                case 3:
                    // A member beside the text: not the same as the chunk before.
                    add(#""delta":{"content":"","role":"assistant"}"#, choice, model)
                case 4:
                    let text = random.pick(Self.texts)
                    add(#""delta":{"content":\#(Self.quoted(text))}"#, choice, model, name: "x")
                    contents[choice, default: ""] += text
                default:
                    let text = random.pick(Self.texts)
                    add(#""delta":{"content":\#(Self.quoted(text))}"#, choice, model)
                    contents[choice, default: ""] += text
                }
            }
            add(#""delta":{"role":"assistant"}"#, 0, model)
            contents[0, default: ""] += ""
            for choice in contents.keys.sorted() {
                add(#""delta":{}"#, choice, model, finish: #""stop""#)
            }
            bytes += Array(
                """
                data: {"id":"c","model":"\(model)","choices":[],"usage":\
                {"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\ndata: [DONE]\n\n
                """.utf8)
        }

        private static let texts = `Chunks that repeat`.texts

        private static func quoted(_ text: String) -> String {
            String(decoding: JSONValue.string(text).compactBytes, as: UTF8.self)
        }

        private mutating func add(
            _ delta: String, _ choice: Int, _ model: String, finish: String = "null",
            name: String? = nil
        ) {
            if let name { bytes += Array("event: \(name)\n".utf8) }
            bytes += Array(
                """
                data: {"id":"c","object":"chat.completion.chunk","created":7,"model":"\(model)",\
                "choices":[{"index":\(choice),\(delta),"finish_reason":\(finish)}]}\n\n
                """.utf8)
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `give the same answer as if each were read whole`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let made = Made(&random)
        var stream = AnswerStream(.chatCompletions, isStreamed: true, showsUsage: true)
        var whole = AnswerStream(.chatCompletions, isStreamed: false, showsUsage: true)
        var parser = EventStreamParser()
        var meter = AnswerMeter(.chatCompletions)
        var passed: [UInt8] = []
        var rest = made.bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(random.int(1...400)))
            rest = rest.dropFirst(piece.count)
            passed += stream.consume(piece)
            #expect(stream.bytesBeforeEnd <= passed.count)
            _ = whole.consume(piece)
            for event in parser.consume(piece) { meter.observe(event) }
            #expect(stream.meter == meter, "seed \(seed)")
            #expect(whole.meter == meter, "seed \(seed)")
        }
        passed += try stream.finish()
        #expect(passed == made.bytes, "seed \(seed)")
        let answer = try JSONValue(parsing: try whole.finish())
        let contents = (answer["choices"]?.elements ?? []).map {
            $0["message"]?["content"]?.text ?? ""
        }
        #expect(
            contents == made.contents.sorted { $0.key < $1.key }.map(\.value), "seed \(seed)")
    }

    @Test func `are those whose every other byte is the same`() throws {
        func event(_ data: String) -> ServerSentEvent {
            ServerSentEvent(
                raw: Array("data: \(data)\n\n".utf8), isOversized: false, isFirst: false)
        }
        let first = #"{"model":"m","choices":[{"index":2,"delta":{"content":"a"}}]}"#
        var repeated = RepeatedChunk()
        #expect(repeated.text(of: event(first)) == nil)
        repeated.learn(event(first), event(first).json)
        #expect(repeated.choice == 2)
        for (other, text) in [
            (first, "a"), (first.replacing("\"a\"", with: "\"\""), ""),
            (first.replacing("\"a\"", with: "\"olá\""), "olá"),
            (first.replacing("\"a\"", with: "\"\\n\""), nil),
            (first.replacing("\"a\"", with: "\"a\",\"b\":\"c\""), nil),
            (first.replacing("\"m\"", with: "\"n\""), nil), (first + " ", nil),
            (first.replacing("\"a\"", with: "null"), nil), ("[DONE]", nil), ("", nil),
        ] as [(String, String?)] {
            #expect(repeated.text(of: event(other)) == text, "\(other)")
        }
        for news in [
            #"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#,
            #"{"choices":[{"delta":{"content":"a"}}],"usage":{"total_tokens":1}}"#,
            #"{"choices":[{"delta":{"content":"a"}},{"index":1,"delta":{"content":"a"}}]}"#,
            #"{"choices":[{"delta":{"content":["a"]}}]}"#, #"{"error":{"message":"no"}}"#,
        ] {
            repeated.learn(event(news), event(news).json)
            #expect(repeated.text(of: event(news)) == nil, "\(news)")
        }
    }
}
