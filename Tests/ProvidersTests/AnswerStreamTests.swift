import Foundation
import Ledger
import TestSupport
import Testing

@testable import Providers

struct `What a caller gets of a stream` {
    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The caller's bytes of a stream that comes in those pieces.
    static func answer(
        _ interface: Interface, to caller: Interface? = nil, _ pieces: [[UInt8]],
        isStreamed: Bool = true, showsUsage: Bool = true, notes: [APIError.Note] = []
    ) throws(ProviderError) -> String {
        var stream = AnswerStream(
            interface, to: caller, isStreamed: isStreamed, showsUsage: showsUsage)
        var bytes: [UInt8] = []
        for piece in pieces { bytes += stream.consume(piece) }
        bytes += try stream.finish(notes: notes)
        return text(bytes)
    }

    static let chunks = [
        #"{"id":"c","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"#
            + #""index":0,"#
            + #""delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
        #"{"id":"c","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"#
            + #""index":0,"#
            + #""delta":{"content":"Hel"},"finish_reason":null}],"usage":null}"#,
        #"{"id":"c","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"#
            + #""index":0,"#
            + #""delta":{"content":"lo"},"finish_reason":null}]}"#,
        #"{"id":"c","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"#
            + #""index":0,"#
            + #""delta":{},"finish_reason":"stop"}]}"#,
        #"{"id":"c","object":"chat.completion.chunk","created":7,"model":"m","choices":[],"usage":"#
            + #"{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#,
    ]
    static let chat = chunks.map { "data: \($0)\n\n" }.joined() + "data: [DONE]\n\n"

    @Test func `is each byte of it, without the usage that was not asked for`() throws {
        let bytes = Array(Self.chat.utf8)
        #expect(try Self.answer(.chatCompletions, [bytes]) == Self.chat)
        let without = Self.chat.replacing("data: \(Self.chunks[4])\n\n", with: "")
        #expect(try Self.answer(.chatCompletions, [bytes], showsUsage: false) == without)
        for cut in bytes.indices {
            let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
            #expect(try Self.answer(.chatCompletions, pieces) == Self.chat)
            #expect(try Self.answer(.chatCompletions, pieces, showsUsage: false) == without)
        }
    }

    @Test func `ends with the cost in its usage, where the caller sees one`() throws {
        let notes = [APIError.Note("cost_usd", digits: "0.0010"), .init("provider", "openai")]
        let shown = try Self.answer(.chatCompletions, [Array(Self.chat.utf8)], notes: notes)
        let usage =
            #""total_tokens":5,"cost_usd":0.0010,"provider":"openai"}}"# + "\n\ndata: [DONE]\n\n"
        #expect(shown.hasSuffix(usage))
        #expect(shown.hasPrefix("data: \(Self.chunks[0])\n\n"))
        let hidden = try Self.answer(
            .chatCompletions, [Array(Self.chat.utf8)], showsUsage: false, notes: notes)
        #expect(!hidden.contains("cost_usd") && hidden.hasSuffix("data: [DONE]\n\n"))
        let body = try Self.answer(
            .chatCompletions, [Array(Self.chat.utf8)], isStreamed: false, notes: notes)
        #expect(
            body
                == #"{"id":"c","object":"chat.completion","created":7,"model":"m","choices":[{"#
                + #""index":0,"message":{"role":"assistant","content":"Hello","refusal":null},"#
                + #""logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"#
                + #""completion_tokens":2,"total_tokens":5,"cost_usd":0.0010,"provider":"openai"}}"#
        )
    }

    @Test func `has the cost in usage that comes with an empty choice, or with the last word`()
        throws
    {
        let notes = [APIError.Note("cost_usd", digits: "1")]
        let usage = #""usage":{"prompt_tokens":1,"completion_tokens":1}"#
        let word =
            #"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}],\#(usage)}"#
        let last = #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],\#(usage)}"#
        let empty = #"{"choices":[{"index":0,"delta":{},"finish_reason":null}],\#(usage)}"#
        for events in [[word, last], [word, last, empty]] {
            let stream = Array(events.map { "data: \($0)\n\n" }.joined().utf8)
            let shown = try Self.answer(.chatCompletions, [stream], notes: notes)
            #expect(shown.hasPrefix("data: \(word)\n\n"))
            #expect(shown.components(separatedBy: "cost_usd").count == 2)
            #expect(shown.hasSuffix(#""cost_usd":1}}"# + "\n\n"))
            var cut = AnswerStream(.chatCompletions, isStreamed: true, showsUsage: false)
            _ = cut.consume(stream)
            let end = Self.text(try cut.cut(tokens: TokenCounts(input: 1, output: 1)))
            #expect(end == "data: [DONE]\n\n")
        }
        var whole = AnswerStream(.chatCompletions, isStreamed: false, showsUsage: true)
        #expect(whole.consume(whole: Array(#"{"id":"a",\#(usage)}"#.utf8)).isEmpty)
        #expect(whole.meter.report.usages.first?.tokens == TokenCounts(input: 1, output: 1))
        #expect(Self.text(try whole.finish(notes: notes)).hasSuffix(#""cost_usd":1}}"#))
    }

    @Test func `is put together with tools, choices, log probabilities and refusals`() throws {
        let deltas = [
            #"{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"#
                + #""id":"a","#
                + #""type":"function","function":{"name":"f","arguments":""}}]}}"#,
            #"{"index":1,"delta":{"role":"assistant","content":"no"},"logprobs":{"content":[{"#
                + #""token":"#
                + #""no","logprob":-0.10}],"refusal":null}}"#,
            #"{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\""}}]}}"#,
            #"{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"#
                + #""name":"g","arguments":"{}"}},{"index":0,"id":"","function":{"arguments":":"#
                + #"1}"}}]}}"#,
            #"{"index":1,"delta":{"content":"ne"},"logprobs":{"content":[{"token":"ne","#
                + #""logprob":-1}]}}"#,
            #"{"index":1,"delta":{"refusal":"I "}}"#, #"{"index":1,"delta":{"refusal":"won't"}}"#,
            #"{"index":1,"delta":{},"finish_reason":"stop"}"#,
            #"{"index":0,"delta":{},"finish_reason":"tool_calls"}"#,
        ]
        let stream = deltas.map { "data: {\"id\":\"c\",\"choices\":[\($0)]}\n\n" }.joined()
        let body = try Self.answer(.chatCompletions, [Array(stream.utf8)], isStreamed: false)
        #expect(
            body
                == #"{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"#
                + #""assistant","content":null,"refusal":null,"tool_calls":[{"id":"a","type":"#
                + #""function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"#
                + #""function","function":{"name":"g","arguments":"{}"}}]},"logprobs":null,"#
                + #""finish_reason":"tool_calls"},{"index":1,"message":{"role":"assistant","#
                + #""content":"none","refusal":"I won't"},"logprobs":{"content":[{"token":"no","#
                + #""logprob":-0.10},{"token":"ne","logprob":-1}],"refusal":null},"#
                + #""finish_reason":"stop"}]}"#)
    }

    static let message = [
        #"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"#
            + #""c","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"#
            + #""input_tokens":5,"#
            + #""output_tokens":1,"service_tier":"standard"}}}"#,
        #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"#
            + #""","#
            + #""signature":""}}"#,
        #"{"type":"ping"}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"#
            + #""hm"}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"#
            + #""s="}}"#,
        #"{"type":"content_block_stop","index":0}"#,
        #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":"#
            + #"{"cited_text":"x"}}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"A"}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"B"}}"#,
        #"{"type":"content_block_stop","index":1}"#,
        #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","#
            + #""name":"#
            + #""f","input":{}}}"#,
        #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","#
            + #""partial_json":"#
            + #""{\"big\": 12345678901234567890"}}"#,
        #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","#
            + #""partial_json":"}"}}"#,
        #"{"type":"content_block_stop","index":2}"#,
        #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":"#
            + #"{"output_tokens":9}}"#,
        #"{"type":"message_stop"}"#,
    ]

    static func events(_ values: [String]) -> [UInt8] {
        values.flatMap { value in
            let parsed = try? JSONValue(parsing: Array(value.utf8))
            return Array("event: \(parsed?["type"]?.text ?? "")\ndata: \(value)\n\n".utf8)
        }
    }

    @Test func `is one message with thinking, its signature, citations and tools`() throws {
        let body = try Self.answer(.messages, [Self.events(Self.message)], isStreamed: false)
        #expect(
            body
                == #"{"id":"m","type":"message","role":"assistant","model":"c","content":[{"type":"#
                + #""thinking","thinking":"hm","signature":"s="},{"type":"text","text":"AB","#
                + #""citations":[{"cited_text":"x"}]},{"type":"tool_use","id":"t","name":"f","#
                + #""input":{"big":12345678901234567890}}],"stop_reason":"tool_use","#
                + #""stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":9,"#
                + #""service_tier":"standard"}}"#)
        let passed = try Self.answer(
            .messages, [Self.events(Self.message)], notes: [.init("cost_usd", digits: "1.5")])
        #expect(passed.contains(#""usage":{"output_tokens":9,"cost_usd":1.5}}"#))
        #expect(passed.hasSuffix("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"))
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func `put together is charged as the stream is`() throws {
        var answers = 0
        for recording in Recording.streams {
            let streamed = recording.report()
            #expect(
                try Self.answer(recording.interface, [recording.body])
                    == Self.text(recording.body), "\(recording)")
            guard streamed.error == nil, recording.interface != .cohereChat else { continue }
            let body = try Self.answer(recording.interface, [recording.body], isStreamed: false)
            let whole = AnswerReport(recording.interface, status: 200, body: Array(body.utf8))
            #expect(whole.usages.map(\.tokens) == streamed.usages.map(\.tokens), "\(recording)")
            #expect(whole.usages.map(\.model) == streamed.usages.map(\.model), "\(recording)")
            #expect(whole.finishReason == streamed.finishReason, "\(recording)")
            #expect(whole.requestID == streamed.requestID && whole.isComplete, "\(recording)")
            answers += 1
        }
        #expect(answers == 61)
    }

    @Test func `that is cut at its limit ends in order`() throws {
        let half = Array(Self.chat.prefix(Self.chat.utf8.count / 2).utf8)
        let tokens = TokenCounts(input: 3, output: 1)
        for showsUsage in [true, false] {
            var stream = AnswerStream(.chatCompletions, isStreamed: true, showsUsage: showsUsage)
            let begun = stream.consume(half)
            let end = try stream.cut(tokens: tokens, notes: [.init("cost_usd", digits: "0.5")])
            let metered = Metered(.chatCompletions).fed([begun, end]).meter.report
            #expect(metered.finishReason == "length" && metered.isComplete)
            #expect(metered.usages.first?.tokens == (showsUsage ? tokens : TokenCounts()))
            #expect(Self.text(end).hasSuffix("data: [DONE]\n\n"))
            #expect(Self.text(end).contains("cost_usd") == showsUsage)
        }
        var whole = AnswerStream(.chatCompletions, isStreamed: false, showsUsage: true)
        #expect(whole.consume(half).isEmpty)
        let body = Self.text(try whole.cut(tokens: tokens))
        #expect(body.contains(#""content":"Hel""#) && body.contains(#""finish_reason":"length""#))

        var message = AnswerStream(.messages, isStreamed: true, showsUsage: true)
        let begun = message.consume(Self.events(Array(Self.message.prefix(9))))
        let end = try message.cut(tokens: tokens)
        #expect(
            Self.text(end)
                == "event: content_block_stop\ndata: {\"type\":\"content_block_stop\","
                + "\"index\":1}\n\n"
                + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"
                + "\"stop_reason\":\"max_tokens\",\"stop_sequence\":null},\"usage\":{"
                + "\"input_tokens\":3,\"cache_creation_input_tokens\":0,"
                + "\"cache_read_input_tokens\":0,\"output_tokens\":1}}\n\n"
                + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
        let metered = Metered(.messages).fed([begun, end]).meter.report
        #expect(metered.finishReason == "max_tokens" && metered.isComplete)

        var gemini = AnswerStream(.generateContent, isStreamed: false, showsUsage: true)
        _ = gemini.consume(
            Array("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n".utf8))
        let answer = Self.text(try gemini.cut(tokens: tokens))
        #expect(answer.contains(#"{"text":"a"}"#) && answer.contains("MAX_TOKENS"))
    }

    @Test func `is an error where it is put together and stopped before its end`() throws {
        let half = Array(Self.chat.prefix(Self.chat.utf8.count / 2).utf8)
        #expect(throws: ProviderError.self) {
            try Self.answer(.chatCompletions, [half], isStreamed: false)
        }
        let failed =
            "data: \(Self.chunks[1])\n\nevent: error\ndata: {\"error\":{\"message\":"
            + "\"Overloaded\",\"type\":\"overloaded_error\"}}\n\n"
        #expect(throws: ProviderError(.overloaded, message: "Overloaded", code: "overloaded_error"))
        {
            try Self.answer(.chatCompletions, [Array(failed.utf8)], isStreamed: false)
        }
        // A caller who has a stream sees it as it came.
        #expect(try Self.answer(.chatCompletions, [Array(failed.utf8)]) == failed)
    }

    @Test func `with a part that cannot be read is passed on, but never put together`() throws {
        let broken = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\ud83d\"}}]}\n\n"
        let stream = Array((broken + Self.chat).utf8)
        #expect(try Self.answer(.chatCompletions, [stream]) == broken + Self.chat)
        #expect(throws: ProviderError.self) {
            try Self.answer(.chatCompletions, [stream], isStreamed: false)
        }
        let messages = Array("data: {]\n\n".utf8) + Self.events(Self.message)
        let told = try Self.answer(.messages, to: .chatCompletions, [messages])
        #expect(told.contains("could not be read") && !told.contains("[DONE]"))
    }

    @Test func `ends where its mark of the end is, and half an event goes nowhere`() throws {
        for (interface, whole) in [
            (Interface.chatCompletions, Array(Self.chat.utf8)),
            (.messages, Self.events(Self.message)),
        ] {
            for isStreamed in [true, false] {
                var stream = AnswerStream(interface, isStreamed: isStreamed, showsUsage: true)
                _ = stream.consume(Array(whole.dropLast()))
                #expect(!stream.isAtEnd)
                _ = stream.consume(Array(whole.suffix(1)))
                #expect(stream.isAtEnd)
            }
            var half = AnswerStream(interface, isStreamed: true, showsUsage: true)
            _ = half.consume(Array(whole.prefix(whole.count / 2)))
            #expect(half.flush().isEmpty && !half.isAtEnd)
            // A whole one that lacks nothing but its blank line is passed on.
            var last = AnswerStream(interface, isStreamed: true, showsUsage: true)
            _ = last.consume(Array(whole.dropLast(2)))
            let end = last.flush() + (try last.finish())
            #expect(last.isAtEnd && end == Array(whole.dropLast(2).suffix(end.count)))
            #expect(!end.isEmpty)
        }
    }

    @Test func `repeats no key of the provider in an error`() throws {
        let key = try #require(ProviderKey("sk-abc123-secret"))
        let failed = Array(
            "data: {\"error\":{\"message\":\"no sk-abc123-secret\",\"code\":\"x\"}}\n\n".utf8)
        for caller in [Interface.chatCompletions, .messages] {
            var stream = AnswerStream(
                caller, to: .chatCompletions, isStreamed: true, showsUsage: true, hiding: key)
            let told = Self.text(stream.consume(failed))
            #expect(told.contains("no (secret)") && !told.contains("sk-abc"), "\(told)")
        }
        var whole = AnswerStream(.messages, isStreamed: false, showsUsage: true, hiding: key)
        _ = whole.consume(failed)
        let error = #expect(throws: ProviderError.self) { try whole.finish() }
        #expect(error?.message == "no (secret)")
        // What means no key is left as it is.
        let short = ProviderError(.overloaded, message: "next").hiding(ProviderKey("x"))
        #expect(short.message == "next")
    }

    @Test func `that is put together is bounded`() {
        var stream = AnswerStream(
            .chatCompletions, isStreamed: false, showsUsage: true, maximumBytes: 10_000)
        let chunk = Array(
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n".utf8)
        for _ in 0..<1_000 { _ = stream.consume(chunk) }
        _ = stream.consume(Array(Self.chat.utf8))
        #expect(throws: ProviderError.self) { try stream.finish() }
    }

    @Test func `is not held up by what comes behind its usage`() throws {
        var stream = AnswerStream(.chatCompletions, isStreamed: true, showsUsage: true)
        let usage = "data: \(Self.chunks[4])\n\n"
        #expect(stream.consume(Array(usage.utf8)).isEmpty)
        let comment = ": \(String(repeating: "x", count: 30_000))\n\n"
        #expect(stream.consume(Array(comment.utf8)).isEmpty)
        #expect(stream.consume(Array(comment.utf8)).isEmpty)
        let all = stream.consume(Array(comment.utf8)) + (try stream.finish())
        #expect(Self.text(all) == usage + comment + comment + comment)
    }

    @Test(arguments: [Interface.chatCompletions, .completions, .messages, .generateContent])
    func `of any bytes is those bytes, never a trap`(interface: Interface) throws {
        let words =
            Self.chunks.map { "data: \($0)\n\n" } + Self.message.map { "data: \($0)\n\n" }
            + [
                "data: [DONE]\n\n", ": x\n\n",
                "data: {\"index\":-1,\"choices\":[{\"index\":1e9}]}\n\n",
            ]
            + [#"data: {"candidates":[{"index":-3,"content":{"parts":[{"text":"a"}]}}]}"# + "\n\n"]
        try withSeed { random in
            for _ in 0..<100 {
                var bytes = (0..<random.int(0...12)).flatMap { _ in Array(random.pick(words).utf8) }
                if random.once(in: 3), !bytes.isEmpty {
                    bytes[random.int(0...bytes.count - 1)] = random.pick([0xFF, 0x0A, 0x22])
                }
                try #require(try Self.answer(interface, [bytes]) == Self.text(bytes))
                _ = try? Self.answer(interface, [bytes], isStreamed: false)
                var stream = AnswerStream(
                    interface, isStreamed: random.once(in: 2), showsUsage: true)
                _ = stream.consume(bytes)
                _ = try? stream.cut(tokens: TokenCounts(input: 1, output: 1))
            }
        }
    }
}
