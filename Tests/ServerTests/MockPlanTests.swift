import Ledger
import Providers
import Testing

@testable import Server

@Suite struct `Answers of the mock provider` {
    /// One call for each interface that answers with text.
    static let interfaces: [(MockEndpoint, Interface, String)] = [
        (.chat, .chatCompletions, #""messages":[{"content":"12345678"}]"#),
        (.completions, .completions, #""prompt":"12345678","max_tokens":100"#),
        (.messages, .messages, #""max_tokens":100,"messages":[{"content":"12345678"}]"#),
        (.generate, .generateContent, #""contents":[{"parts":[{"text":"12345678"}]}]"#),
    ]

    static func call(
        _ endpoint: MockEndpoint, _ members: String, isStream: Bool, _ words: String = ""
    ) throws -> MockCall {
        let model = "m" + words
        guard isStream else {
            return try Plans.call(endpoint, #"{"model":"\#(model)",\#(members)}"#, model: model)
        }
        let options =
            [.chat, .completions].contains(endpoint)
            ? #","stream_options":{"include_usage":true}"# : ""
        return try Plans.call(
            endpoint == .generate ? .streamGenerate : endpoint,
            #"{"model":"\#(model)","stream":true\#(options),\#(members)}"#, model: model)
    }

    @Test(arguments: interfaces, [false, true])
    func `say the same usage in every interface, streamed or not`(
        row: (MockEndpoint, Interface, String), isStream: Bool
    ) throws {
        let call = try Self.call(row.0, row.2, isStream: isStream, "+cached-tokens=1")
        let report = try Plans.report(call, row.1)
        let usage = try #require(report.usages.first)
        #expect(usage.source == .provider)
        #expect(usage.tokens[.input] == 1)
        #expect(usage.tokens[.cacheRead] == 1)
        #expect(usage.tokens[.output] == 16)
        #expect(usage.model == "m+cached-tokens=1")
        #expect(report.isComplete && report.error == nil && report.doubt == nil)
        let plan = MockPlan(call, Plans.stamp, fails: false)
        #expect(plan.tokens == MockPlan.Tokens(input: 2, cached: 1, output: 16))
        #expect(plan.outcome == .answered)
    }

    @Test(arguments: interfaces, [false, true])
    func `leave usage out where they shall`(
        row: (MockEndpoint, Interface, String), isStream: Bool
    ) throws {
        let call = try Self.call(row.0, row.2, isStream: isStream, "+usage=missing")
        let report = try Plans.report(call, row.1)
        #expect(report.usages.first?.source == .missing)
        #expect(report.isComplete)
    }

    @Test(arguments: interfaces, [false, true])
    func `are cut by a limit, and not where they ignore it`(
        row: (MockEndpoint, Interface, String), isStream: Bool
    ) throws {
        for (words, tokens) in [("", 5 as UInt32), ("+ignore-limit", 16)] {
            let limit =
                switch row.0 {
                case .generate: #","generationConfig":{"maxOutputTokens":5}"#
                case .chat: #","max_tokens":5"#
                default: ""
                }
            let members = row.2.replacing("\"max_tokens\":100", with: "\"max_tokens\":5") + limit
            let call = try Self.call(row.0, members, isStream: isStream, words)
            let report = try Plans.report(call, row.1)
            #expect(report.usages.first?.tokens[.output] == tokens)
            let reason = try #require(report.finishReason)
            let isCut = ["length", "max_tokens", "MAX_TOKENS"].contains(reason)
            #expect(isCut == (tokens == 5), "\(reason)")
        }
    }

    @Test func `have as many bytes of text as their tokens say`() throws {
        for bytes in [1, 4, 7] {
            let call = try Plans.call(
                .chat, #"{"model":"m","messages":[{"content":"x"}]}"#,
                headers: [("bytes-per-token", "\(bytes)"), ("output-tokens", "30")])
            let text = try Plans.answer(call).at("choices.0.message.content")?.text
            #expect(text?.utf8.count == 30 * bytes)
        }
    }

    @Test(arguments: [1, 3, 16, 100])
    func `are the same text in pieces of any size`(size: Int) throws {
        let body =
            #"{"model":"m+chunk-tokens=\#(size)","stream":true,"messages":[{"content":"x"}]}"#
        let chunks = try Plans.chunks(try Plans.call(.chat, body))
        let text = try Plans.events(chunks).compactMap { $0.at("choices.0.delta.content")?.text }
        let whole = try Plans.call(.chat, #"{"model":"m","messages":[{"content":"x"}]}"#)
        #expect(text.joined() == (try Plans.answer(whole)).at("choices.0.message.content")?.text)
        #expect(chunks.reduce(0) { $0 + $1.tokens } == 16)
        #expect(chunks.count == (16 + size - 1) / size + 2)
    }

    @Test func `of two choices have two texts in every piece`() throws {
        let call = try Plans.call(
            .chat,
            #"{"model":"m+output-tokens=3","n":2,"stream":true,"messages":[{"content":"x"}]}"#)
        let chunks = try Plans.chunks(call)
        let events = try Plans.events(chunks)
        #expect(chunks.map(\.tokens) == [0, 2, 2, 2, 0])
        #expect(
            events.map { $0.at("choices.0.index")?.numberText ?? "" }
                == ["0", "1", "0", "1", "0", "1", "0", "1", "0", "1"])
        // Nobody asked for usage.
        #expect(events.allSatisfy { $0["usage"] == nil })
    }

    @Test func `take their time: before the first byte and between pieces`() throws {
        let words = "+latency-ms=50+chunk-delay-ms=10+output-tokens=4+chunk-tokens=2"
        for isStream in [false, true] {
            let call = try Self.call(
                .chat, #""messages":[{"content":"x"}]"#, isStream: isStream, words)
            let plan = MockPlan(call, Plans.stamp, fails: false)
            #expect(plan.delayMilliseconds == (isStream ? 50 : 60))
            if isStream {
                #expect(try Plans.chunks(call).map(\.delayMilliseconds) == [0, 0, 10, 0])
            }
        }
    }

    @Test(arguments: [0, 1, 5, 16, 100])
    func `break off where they shall`(after: Int) throws {
        let call = try Self.call(
            .chat, #""messages":[{"content":"x"}]"#, isStream: true, "+break-after=\(after)")
        let chunks = try Plans.chunks(call)
        #expect(
            chunks.map(\.breaksOff) == Array(repeating: false, count: chunks.count - 1) + [true])
        #expect(chunks.reduce(0) { $0 + $1.tokens } == min(16, after))
        #expect(!(try Plans.report(call, .chatCompletions)).isComplete)
        let plan = MockPlan(call, Plans.stamp, fails: false)
        #expect(plan.outcome == .broken)
        #expect(plan.tokens.output == min(16, after))
    }

    @Test func `fail in the interface's own shape`() throws {
        for (endpoint, interface, members) in Self.interfaces {
            let call = try Self.call(
                endpoint, members, isStream: false, "+error-status=429+retry-after=7")
            let plan = MockPlan(call, Plans.stamp, fails: true)
            #expect(plan.status == 429)
            #expect(plan.headers.map(\.value) == ["7"])
            #expect(plan.outcome == .failed && plan.tokens == MockPlan.Tokens())
            guard case .whole(let body) = plan.body else { throw Plans.Missing() }
            let report = AnswerReport(interface, status: plan.status, body: body)
            #expect(report.error?.kind == .rateLimited)
        }
    }

    @Test func `are a page of HTML where they shall`() throws {
        let call = try Self.call(
            .messages, #""max_tokens":5,"messages":[{"content":"x"}]"#, isStream: true, "+html")
        let plan = MockPlan(call, Plans.stamp, fails: false)
        guard case .whole(let body) = plan.body else { throw Plans.Missing() }
        #expect(plan.status == 200 && plan.type.hasPrefix("text/html"))
        #expect(body.starts(with: "<html>".utf8))
    }

    @Test func `call a tool with arguments in pieces, cut by a limit`() throws {
        let tools = """
            "tools":[{"type":"function","function":{"name":"w","parameters":
            {"properties":{"ç\\"":{"type":"string"},"ação":{"type":"integer"}}}}}]
            """
        for bytes in 1...9 {
            let call = try Self.call(
                .chat, #""messages":[{"role":"user","content":"tool"}],\#(tools)"#,
                isStream: true, "+bytes-per-token=\(bytes)")
            let events = try Plans.events(try Plans.chunks(call))
            let text = events.compactMap {
                $0.at("choices.0.delta.tool_calls.0.function.arguments")?.text
            }.joined()
            #expect(text == #"{"ç\"":"mock","ação":1}"#)
            #expect(events.contains { $0.at("choices.0.finish_reason")?.text == "tool_calls" })
        }
        let cut = try Self.call(
            .chat, #""max_tokens":2,"messages":[{"role":"user","content":"tool"}],\#(tools)"#,
            isStream: false)
        let answer = try Plans.answer(cut)
        #expect(answer.at("choices.0.finish_reason")?.text == "length")
        #expect(answer.at("usage.completion_tokens")?.numberText == "2")
    }

    @Test func `of Google are one array where no events are asked for`() throws {
        var call = try Self.call(
            .generate, #""contents":[{"parts":[{"text":"x"}]}]"#, isStream: true,
            "+output-tokens=2")
        call.isArray = true
        let bytes = try Plans.chunks(call).flatMap(\.bytes)
        let array = try JSONValue(parsing: bytes)
        #expect(array.elements?.count == 3)
        #expect(array.at("2.candidates.0.finishReason")?.text == "STOP")
    }

    @Test(arguments: [
        (MockEndpoint.responsesCount, #""input":"12345""#, "input_tokens"),
        (.messagesCount, #""messages":[{"content":"12345"}]"#, "input_tokens"),
        (.generateCount, #""contents":[{"parts":[{"text":"12345"}]}]"#, "totalTokens"),
    ])
    func `count as the usage does`(endpoint: MockEndpoint, members: String, name: String) throws {
        let call = try Plans.call(endpoint, #"{"model":"m",\#(members)}"#, model: "m")
        #expect(try Plans.answer(call)[name]?.numberText == "2")
        #expect(MockPlan(call, Plans.stamp, fails: false).outcome == .counted)
    }

    @Test func `of embeddings are vectors of length one, the same for the same text`() throws {
        let call = try Plans.call(.embeddings, #"{"model":"m","input":["ab","cd","ab"]}"#)
        let answer = try Plans.answer(call)
        let rows = try #require(answer["data"]?.elements?.map { $0["embedding"]?.elements })
        #expect(rows.count == 3)
        #expect(rows[0] == rows[2] && rows[0] != rows[1])
        let length = (rows[0] ?? []).compactMap { Double($0.numberText ?? "") }
            .reduce(0) { $0 + $1 * $1 }
        #expect(abs(length - 1) < 0.001)
        #expect(answer.at("usage.prompt_tokens")?.numberText == "2")
    }
}
