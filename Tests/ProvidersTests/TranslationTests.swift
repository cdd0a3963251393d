import Ledger
import TestSupport
import Testing

@testable import Providers

struct `A chat completions request for another provider` {
    static func sent(
        _ upstream: Interface, _ body: String, _ change: UpstreamChange = UpstreamChange()
    ) -> String {
        do throws(RequestError) {
            let request = try CallRequest(.chatCompletions, body: Array(body.utf8))
            return String(decoding: try request.body(for: change, as: upstream), as: UTF8.self)
        } catch {
            return "\(error.kind): \(error)"
        }
    }

    static let user = #""messages":[{"role":"user","content":"hi"}]"#

    static let full =
        #"{"model":"x","messages":[{"role":"system","content":"be brief"},{"role":"user","#
        + #""content":["#
        + #"{"type":"text","text":"what?"},{"type":"image_url","image_url":{"url":"#
        + #""data:image/png;base64,QUJD","detail":"auto"}},{"type":"text","text":""}]},"#
        + #"{"role":"assistant","content":"I look","tool_calls":[{"id":"t1","type":"function","#
        + #""function":{"name":"look","arguments":"{\"n\":12345678901234567890}"}},"#
        + #"{"id":"t2","type":"function","function":{"name":"see","arguments":""}}]},"#
        + #"{"role":"tool","tool_call_id":"t1","content":"{\"found\":1.50}"},"#
        + #"{"role":"tool","tool_call_id":"t2","content":[{"type":"text","text":"none"}]},"#
        + #"{"role":"user","content":"and?"},{"role":"developer","content":"in English"}],"#
        + #""max_tokens":100,"temperature":0.70,"top_p":1,"stop":"END","stream":true,"user":"u","#
        + #""tools":[{"type":"function","function":{"name":"look","description":"d","parameters":"#
        + #"{"type":"object","properties":{"n":{"type":"integer"}}}}},{"type":"function","#
        + #""function":"#
        + #"{"name":"see"}}],"tool_choice":"required","n":1,"logprobs":false,"#
        + #""stream_options":{"include_usage":true},"metadata":{"a":"b"}}"#

    @Test func `becomes one of Anthropic's messages`() {
        #expect(
            Self.sent(.messages, Self.full, UpstreamChange(model: "claude", outputLimit: 50))
                == #"{"model":"claude","max_tokens":50,"system":[{"type":"text","text":"#
                + #""be brief"},"#
                + #"{"type":"text","text":"in English"}],"messages":[{"role":"user","content":["#
                + #"{"type":"text","text":"what?"},{"type":"image","source":{"type":"base64","#
                + #""media_type":"image/png","data":"QUJD"}}]},{"role":"assistant","content":["#
                + #"{"type":"text","text":"I look"},{"type":"tool_use","id":"t1","name":"look","#
                + #""input":{"n":12345678901234567890}},{"type":"tool_use","id":"t2","name":"see","#
                + #""input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"#
                + #""t1","content":[{"type":"text","text":"{\"found\":1.50}"}]},{"type":"#
                + #""tool_result","tool_use_id":"t2","content":[{"type":"text","text":"none"}]},"#
                + #"{"type":"text","text":"and?"}]}],"stop_sequences":["END"],"temperature":0.70,"#
                + #""top_p":1,"stream":true,"metadata":{"user_id":"u"},"tools":[{"name":"look","#
                + #""description":"d","input_schema":{"type":"object","properties":{"n":{"type":"#
                + #""integer"}}}},{"name":"see","input_schema":{"type":"object","properties":{"#
                + #"}}}],"#
                + #""tool_choice":{"type":"any"}}"#)
    }

    @Test func `becomes one of Google's generateContent`() {
        #expect(
            Self.sent(.generateContent, Self.full, UpstreamChange(outputLimit: 50))
                == #"{"systemInstruction":{"parts":[{"text":"be brief"},{"text":"in English"}]},"#
                + #""contents":[{"role":"user","parts":[{"text":"what?"},{"inlineData":{"#
                + #""mimeType":"#
                + #""image/png","data":"QUJD"}}]},{"role":"model","parts":[{"text":"I look"},"#
                + #"{"functionCall":{"name":"look","args":{"n":12345678901234567890}}},"#
                + #"{"functionCall":{"name":"see","args":{}}}]},{"role":"user","parts":["#
                + #"{"functionResponse":{"name":"look","response":{"found":1.50}}},"#
                + #"{"functionResponse":{"name":"see","response":{"output":"none"}}},"#
                + #"{"text":"and?"}]}],"tools":[{"functionDeclarations":[{"name":"look","#
                + #""description":"d","parametersJsonSchema":{"type":"object","properties":{"n":"#
                + #"{"type":"integer"}}}},{"name":"see"}]}],"toolConfig":{"functionCallingConfig":"#
                + #"{"mode":"ANY"}},"generationConfig":{"maxOutputTokens":50,"stopSequences":"#
                + #"["END"],"temperature":0.70,"topP":1,"candidateCount":1}}"#)
    }

    static let schema =
        #""response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"#
        + #""object"}}}"#

    static let table: [(upstream: Interface, body: String, sent: String)] = [
        (
            .messages, #"{"model":"c",\#(user)}"#,
            #"{"model":"c","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","#
                + #""text":"hi"}]}]}"#
        ),
        (
            .messages,
            #"{"model":"c",\#(user),\#(schema),"reasoning_effort":"high","service_tier":"#
                + #""default"}"#,
            #"{"model":"c","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","#
                + #""text":"hi"}]}],"service_tier":"standard_only","output_config":{"effort":"#
                + #""high","#
                + #""format":{"type":"json_schema","schema":{"type":"object"}}}}"#
        ),
        (
            .messages,
            #"{"model":"c","messages":[{"role":"user","content":[{"type":"text","text":"a","#
                + #""cache_control":{"type":"ephemeral"}},{"type":"file","file":{"filename":"#
                + #""a.pdf","#
                + #""file_data":"data:application/pdf;base64,QQ=="}},{"type":"image_url","#
                + #""image_url":"#
                + #"{"url":"https://a/b.png"}}]},{"role":"assistant","content":null,"refusal":"#
                + #"null,"#
                + #""reasoning_content":"hm","thinking_blocks":[{"type":"thinking","thinking":"#
                + #""hm","#
                + #""signature":"s"}],"annotations":[]}],"tools":[{"type":"function","function":"#
                + #"{"name":"f","strict":true}}],"parallel_tool_calls":false,"#
                + #""thinking":{"type":"enabled","budget_tokens":2000},"max_tokens":4000}"#,
            #"{"model":"c","max_tokens":4000,"messages":[{"role":"user","content":[{"type":"text","#
                + #""text":"a","cache_control":{"type":"ephemeral"}},{"type":"document","source":"#
                + #"{"type":"base64","media_type":"application/pdf","data":"QQ=="},"title":"#
                + #""a.pdf"},"#
                + #"{"type":"image","source":{"type":"url","url":"https://a/b.png"}}]},{"role":"#
                + #""assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"}]}],"#
                + #""thinking":{"type":"enabled","budget_tokens":2000},"tools":[{"name":"f","#
                + #""input_schema":{"type":"object","properties":{}},"strict":true}],"#
                + #""tool_choice":"#
                + #"{"type":"auto","disable_parallel_tool_use":true}}"#
        ),
        (
            .messages,
            #"{"model":"c","messages":[{"role":"user","content":"a"}],"#
                + #""thinking":{"type":"enabled","budget_tokens":9000}}"#,
            #"{"model":"c","max_tokens":13096,"messages":[{"role":"user","content":[{"type":"#
                + #""text","text":"a"}]}],"thinking":{"type":"enabled","budget_tokens":9000}}"#
        ),
        (
            .generateContent,
            #"{"model":"gemini-2.5-pro",\#(user),\#(schema),"n":2,"seed":7,"presence_penalty":0.5,"#
                + #""reasoning_effort":"low"}"#,
            #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"generationConfig":{"#
                + #""candidateCount":2,"seed":7,"presencePenalty":0.5,"responseMimeType":"#
                + #""application/json","responseJsonSchema":{"type":"object"},"thinkingConfig":{"#
                + #""thinkingBudget":1024}}}"#
        ),
        (
            .generateContent,
            #"{"model":"gemini-3-pro","messages":[{"role":"assistant","tool_calls":[{"id":"t","#
                + #""type":"#
                + #""function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":"#
                + #"{"thought_signature":"sig"}}}]}],"reasoning_effort":"high","tool_choice":"#
                + #"{"type":"function","function":{"name":"f"}},"response_format":{"type":"#
                + #""json_object"}}"#,
            #"{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"#
                + #""thoughtSignature":"sig"}]}],"toolConfig":{"functionCallingConfig":{"mode":"#
                + #""ANY","#
                + #""allowedFunctionNames":["f"]}},"generationConfig":{"responseMimeType":"#
                + #""application/json","thinkingConfig":{"thinkingLevel":"high"}}}"#
        ),
        // What has no equivalent is refused by name.
        (
            .messages, #"{"model":"c",\#(user),"n":2}"#,
            #"unsupported: "n" has no equivalent at this model's provider; leave it out"#
        ),
        (
            .messages, #"{"model":"c",\#(user),"logit_bias":{"1":2}}"#,
            #"unsupported: "logit_bias" has no equivalent at this model's provider; leave it out"#
        ),
        (
            .messages, #"{"model":"c",\#(user),"seed":7}"#,
            #"unsupported: "seed" has no equivalent at this model's provider; leave it out"#
        ),
        (
            .generateContent, #"{"model":"c",\#(user),"logprobs":true}"#,
            #"unsupported: "logprobs" has no equivalent at this model's provider; leave it out"#
        ),
        (
            .generateContent, #"{"model":"c",\#(user),"web_search_options":{"a":1}}"#,
            #"unsupported: "web_search_options" has no equivalent at this model's provider; "#
                + "leave it out"
        ),
        (
            .messages, #"{"model":"c","messages":[{"role":"user","content":"x","name":"Bob"}]}"#,
            #"unsupported: "messages[0].name" has no equivalent at this model's provider; "#
                + "leave it out"
        ),
        (
            .messages, #"{"model":"c","messages":[{"role":"critic","content":"x"}]}"#,
            #"unsupported: "messages[0].role" must be system, developer, user, assistant or tool "#
                + "for this model's provider"
        ),
        (
            .messages,
            #"{"model":"c","messages":[{"role":"user","content":[{"type":"image_url","image_url":"#
                + #"{"url":"https://a","detail":"high"}}]}]}"#,
            #"unsupported: "messages[0].content[0].image_url.detail" has no equivalent at this "#
                + "model's provider; leave it out"
        ),
        (
            .messages,
            #"{"model":"c","messages":[{"role":"user","content":[{"type":"input_audio","#
                + #""input_audio":"#
                + #"{"data":"QQ","format":"wav"}}]}]}"#,
            #"unsupported: "messages" hold audio/wav, which this model's provider does not take"#
        ),
        (
            .generateContent,
            #"{"model":"c","messages":[{"role":"user","content":[{"type":"image_url","image_url":"#
                + #"{"url":"https://a"}}]}]}"#,
            #"unsupported: "image_url.url" must be a URL like data:image/png;base64,… for this "#
                + "model's provider, which fetches nothing"
        ),
        (
            .messages,
            #"{"model":"c","messages":[{"role":"assistant","tool_calls":[{"id":"t","type":"#
                + #""function","#
                + #""function":{"name":"f","arguments":"[1]"}}]}]}"#,
            #"wrong: "messages[0].tool_calls[0].function.arguments" must be a JSON object,"#
                + #" as a text"#
        ),
        (
            .generateContent,
            #"{"model":"c","messages":[{"role":"tool","tool_call_id":"t","content":"x"}]}"#,
            #"wrong: "tool_call_id" must be the id of a call before it; "t" is none"#
        ),
        (
            .messages, #"{"model":"c",\#(user),"response_format":{"type":"json_object"}}"#,
            #"unsupported: "response_format" cannot be json_object for this model: its provider "#
                + "wants the schema, as json_schema"
        ),
        (
            .messages, #"{"model":"c",\#(user),"tools":[{"type":"custom","custom":{"name":"f"}}]}"#,
            #"unsupported: "tools[0].type" must be "function" for this model's provider"#
        ),
        (
            .messages, #"{"model":"c",\#(user),"service_tier":"flex"}"#,
            #"unsupported: "service_tier" must be auto or default for this model's provider"#
        ),
        (
            .generateContent, #"{"model":"gemini-3-pro",\#(user),"reasoning_effort":"none"}"#,
            #"unsupported: "reasoning_effort" cannot be "none" for this model"#
        ),
        (
            .embeddings, #"{"model":"c",\#(user)}"#,
            #"unsupported: "model" is of a provider that chat completions cannot be translated for"#
        ),
    ]

    @Test(arguments: table) func `is written in the other dialect or refused by name`(
        upstream: Interface, body: String, sent: String
    ) {
        #expect(Self.sent(upstream, body) == sent)
    }

    @Test(arguments: [Interface.messages, .generateContent])
    func `of any bytes is written or refused, never a trap`(upstream: Interface) throws {
        let words = [
            #""role":"user""#, #""role":"assistant""#, #""role":"tool""#, #""content":"x""#,
            #""content":[{"type":"text","text":"a"}]"#, #""content":[{"type":"image_url"}]"#,
            #""content":[{"type":"image_url","image_url":{"url":"data:,"}}]"#, #""content":7"#,
            #""tool_calls":[{"id":"t","function":{"name":"f","arguments":"{"}}]"#,
            #""tool_call_id":"t""#, #""tool_calls":[1]"#, #""thinking_blocks":[1]"#,
        ]
        try withSeed { random in
            for _ in 0..<500 {
                let messages = (0..<random.int(1...3)).map { _ in
                    "{"
                        + (0..<random.int(0...3)).map { _ in random.pick(words) }
                        .joined(separator: ",") + "}"
                }
                let body = #"{"model":"c","messages":[\#(messages.joined(separator: ","))]}"#
                let sent = Self.sent(upstream, body, UpstreamChange(outputLimit: 5))
                if sent.hasPrefix("{") { _ = try JSONValue(parsing: Array(sent.utf8)) }
            }
        }
    }
}

struct `An answer of another provider as chat completions` {
    static let at = Instant(seconds: 1_700_000_000)

    static func stream(_ upstream: Interface, isStreamed: Bool, showsUsage: Bool) -> AnswerStream {
        AnswerStream(
            upstream, to: .chatCompletions, isStreamed: isStreamed, showsUsage: showsUsage,
            createdAt: at)
    }

    static func answer(
        _ upstream: Interface, _ bytes: [UInt8], isStreamed: Bool, showsUsage: Bool = true,
        whole: Bool = false
    ) throws(ProviderError) -> String {
        var stream = stream(upstream, isStreamed: isStreamed, showsUsage: showsUsage)
        var output = whole ? stream.consume(whole: bytes) : stream.consume(bytes)
        output += try stream.finish()
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `has Anthropic's thinking, text, tools, reason and usage`() throws {
        let events = `What a caller gets of a stream`.events(
            `What a caller gets of a stream`.message)
        let body = try Self.answer(.messages, events, isStreamed: false)
        #expect(
            body
                == #"{"id":"m","object":"chat.completion","created":1700000000,"model":"c","#
                + #""choices":[{"index":0,"message":{"role":"assistant","content":"AB","#
                + #""reasoning_content":"hm","thinking_blocks":[{"type":"thinking","thinking":"#
                + #""hm","#
                + #""signature":"s="}],"refusal":null,"tool_calls":[{"id":"t","type":"function","#
                + #""function":{"name":"f","arguments":"{\"big\": 12345678901234567890}"}}]},"#
                + #""logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":5,"#
                + #""completion_tokens":9,"total_tokens":14,"prompt_tokens_details":{"#
                + #""cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"#
                + #""reasoning_tokens":0,"audio_tokens":0}}}"#)
        let streamed = try Self.answer(.messages, events, isStreamed: true)
        #expect(streamed.hasSuffix("data: [DONE]\n\n") && streamed.contains("\"usage\""))
        let hidden = try Self.answer(.messages, events, isStreamed: true, showsUsage: false)
        #expect(hidden.hasSuffix("data: [DONE]\n\n") && !hidden.contains("\"usage\""))
    }

    @Test func `has Google's calls with ids, signatures, pictures and blocks`() throws {
        let chunk =
            #"{"responseId":"r","modelVersion":"g","candidates":[{"content":{"parts":[{"text":"T","#
            + #""thought":true},{"text":"A"},{"functionCall":{"name":"f","args":{"x":1.0}},"#
            + #""thoughtSignature":"s"},{"functionCall":{"id":"own","name":"g"}},{"inlineData":{"#
            + #""mimeType":"image/png","data":"QQ"}}]},"finishReason":"STOP"}],"usageMetadata":{"#
            + #""promptTokenCount":3,"candidatesTokenCount":4,"thoughtsTokenCount":5}}"#
        let body = try Self.answer(
            .generateContent, Array("data: \(chunk)\r\n\r\n".utf8), isStreamed: false)
        #expect(
            body
                == #"{"id":"r","object":"chat.completion","created":1700000000,"model":"g","#
                + #""choices":[{"index":0,"message":{"role":"assistant","content":"A","#
                + #""reasoning_content":"T","images":[{"type":"image_url","image_url":{"url":"#
                + #""data:image/png;base64,QQ"}}],"refusal":null,"tool_calls":[{"id":"call_r_0_0","#
                + #""type":"function","function":{"name":"f","arguments":"{\"x\":1.0}"},"#
                + #""extra_content":{"google":{"thought_signature":"s"}}},{"id":"own","type":"#
                + #""function","function":{"name":"g","arguments":"{}"}}]},"logprobs":null,"#
                + #""finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"#
                + #""completion_tokens":9,"total_tokens":12,"prompt_tokens_details":{"#
                + #""cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"#
                + #""reasoning_tokens":5,"audio_tokens":0}}}"#)
        #expect(
            try Self.answer(.generateContent, Array(chunk.utf8), isStreamed: false, whole: true)
                == body)
        let blocked = #"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{}}"#
        let refused = try Self.answer(
            .generateContent, Array(blocked.utf8), isStreamed: false, whole: true)
        #expect(refused.contains(#""finish_reason":"content_filter""#))
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func `costs what it cost and says the same, streamed or not`() throws {
        var answers = 0
        let translated: Set<Interface> = [.messages, .generateContent]
        for recording in Recording.all
        where translated.contains(recording.interface) && recording.status < 400 {
            let whole = !recording.isStream
            let upstream = recording.report()
            let body = try Self.answer(
                recording.interface, recording.body, isStreamed: false, whole: whole)
            let report = AnswerReport(.chatCompletions, status: 200, body: Array(body.utf8))
            func sum(_ report: AnswerReport, _ isOutput: Bool) -> UInt64 {
                report.usages.reduce(0) { sum, usage in
                    let input = usage.tokens.totalInput
                    return sum + (isOutput ? usage.tokens.totalTokens - input : input)
                }
            }
            #expect(sum(report, false) == sum(upstream, false), "\(recording)")
            #expect(sum(report, true) == sum(upstream, true), "\(recording)")
            #expect(report.usages.first?.model == upstream.usages.first?.model)
            #expect(report.finishReason != nil && report.isComplete, "\(recording)")
            let chunks = try Self.answer(
                recording.interface, recording.body, isStreamed: true, whole: whole)
            var again = AnswerStream(.chatCompletions, isStreamed: false, showsUsage: true)
            _ = again.consume(Array(chunks.utf8))
            #expect(String(decoding: try again.finish(), as: UTF8.self) == body, "\(recording)")
            answers += 1
        }
        #expect(answers == 151)
    }

    @Test func `cut at its limit, or broken by an error, ends in order`() throws {
        let events = `What a caller gets of a stream`.events(
            Array(`What a caller gets of a stream`.message.prefix(9)))
        var stream = Self.stream(.messages, isStreamed: true, showsUsage: true)
        let begun = stream.consume(events)
        let end = try stream.cut(tokens: TokenCounts(input: 5, output: 2))
        let report = Metered(.chatCompletions).fed([begun, end]).meter.report
        #expect(report.finishReason == "length" && report.isComplete)
        #expect(report.usages.first?.tokens == TokenCounts(input: 5, output: 2))
        #expect(String(decoding: end, as: UTF8.self).hasSuffix("data: [DONE]\n\n"))

        let failure =
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
            + "\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"
        let told = try Self.answer(
            .messages, events + Array(failure.utf8), isStreamed: true)
        #expect(
            told.hasSuffix(
                #"data: {"error":{"message":"Overloaded","type":"overloaded_error","param":null,"#
                    + #""code":"overloaded"}}"# + "\n\n"))
        #expect(throws: ProviderError.self) {
            try Self.answer(.messages, events + Array(failure.utf8), isStreamed: false)
        }
    }

    @Test(arguments: [Interface.messages, .generateContent])
    func `of any bytes is written or an error, never a trap`(upstream: Interface) throws {
        let words =
            `What a caller gets of a stream`.message.map { "data: \($0)\n\n" } + [
                #"data: {"candidates":[{"index":-1},{"content":{"parts":[{"functionCall":1}]}}]}"#,
                #"data: {"candidates":[{"content":{"parts":7},"finishReason":7}]}"#, "\n\n",
                #"data: {"type":"content_block_start","index":99,"content_block":{"type":"#
                    + #""tool_use"}}"#,
                #"data: {"type":"content_block_delta","index":99,"delta":7}"#, "\n\n",
            ]
        try withSeed { random in
            for _ in 0..<150 {
                let bytes = (0..<random.int(0...12)).flatMap { _ in Array(random.pick(words).utf8) }
                let streamed = try Self.answer(upstream, bytes, isStreamed: true)
                try #require(streamed.isEmpty || streamed.hasSuffix("\n\n"))
                _ = try? Self.answer(upstream, bytes, isStreamed: false)
                _ = try? Self.answer(upstream, bytes, isStreamed: true, whole: true)
            }
        }
    }
}
