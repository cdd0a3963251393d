import Testing

@testable import Providers

struct `A counting call` {
    static let chat =
        #"{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":9,"stream":true}"#

    static func body(
        _ interface: Interface, _ text: String, as upstream: Interface, _ dialect: Dialect
    ) throws -> String? {
        let request = try CallRequest(interface, body: Array(text.utf8), model: "g")
        let body = try request.countingBody(
            for: UpstreamChange(model: "z"), as: upstream, dialect: dialect)
        return body.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `holds what is read by the model, and nothing else`() throws {
        #expect(
            try Self.body(.chatCompletions, Self.chat, as: .messages, .anthropic)
                == #"{"model":"z","messages":[{"role":"user","content":[{"type":"text","text":"#
                + #""hi"}]}]}"#
        )
        #expect(
            try Self.body(.messages, Self.chat, as: .messages, .anthropic)
                == #"{"model":"z","messages":[{"role":"user","content":"hi"}]}"#)
        #expect(
            try Self.body(.chatCompletions, Self.chat, as: .generateContent, .gemini)
                == #"{"generateContentRequest":{"contents":[{"role":"user","parts":[{"text":"#
                + #""hi"}]}],"#
                + #""generationConfig":{"maxOutputTokens":9},"model":"models/z"}}"#)
        #expect(
            try Self.body(
                .generateContent, #"{"contents":[{}],"safetySettings":[]}"#, as: .generateContent,
                .vertex) == #"{"contents":[{}]}"#)
        #expect(
            try Self.body(.chatCompletions, Self.chat, as: .chatCompletions, .openAI)
                == #"{"model":"z","input":[{"role":"user","content":"hi"}]}"#)
    }

    /// A row: the members of a chat behind its model, and those of OpenAI's counting call; nothing
    /// where something would be missing in the count.
    static let chats: [(String, String?)] = [
        (
            #""messages":[{"role":"system","content":[{"type":"text","text":"a"}]},"#
                + #"{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"c","content":"12"}]"#,
            #""input":[{"role":"system","content":[{"type":"input_text","text":"a"}]},"#
                + #"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},"#
                + #"{"type":"function_call_output","call_id":"c","output":"12"}]"#
        ),
        (
            #""messages":[{"role":"user","content":[{"type":"image_url","image_url":"#
                + #"{"url":"https://x/y"}}]}],"max_tokens":5"#,
            #""input":[{"role":"user","content":[{"type":"input_image","#
                + #""image_url":"https://x/y","detail":"auto"}]}]"#
        ),
        (
            #""messages":[{"role":"assistant","content":[{"type":"text","text":"a"}]}],"tools":"#
                + #"[{"type":"function","function":{"name":"f","parameters":{}}}],"tool_choice":"#
                + #"{"type":"function","function":{"name":"f"}},"response_format":{"type":"#
                + #""json_schema","json_schema":{"name":"s"}},"reasoning_effort":"low""#,
            #""input":[{"role":"assistant","content":[{"type":"output_text","text":"a"}]}],"#
                + #""tools":[{"type":"function","name":"f","parameters":{}}],"tool_choice":"#
                + #"{"type":"function","name":"f"},"text":{"format":{"type":"json_schema","#
                + #""name":"s"}},"reasoning":{"effort":"low"}"#
        ),
        (#""messages":[{"role":"user","content":"a","name":"ana"}]"#, nil),
        (#""messages":[{"role":"user","content":[{"type":"input_audio"}]}]"#, nil),
        (#""messages":[{"role":"user","content":"a"}],"functions":[]"#, nil),
        (#""messages":[{"role":"user","content":"a"}],"tools":[{"type":"custom"}]"#, nil),
    ]

    @Test(arguments: chats)
    func `of OpenAI is a chat as it would be a response`(chat: String, due: String?) throws {
        let body = try Self.body(
            .chatCompletions, #"{"model":"m",\#(chat)}"#, as: .chatCompletions, .openAI)
        #expect(body == due.map { #"{"model":"z",\#($0)}"# })
    }

    @Test func `of OpenAI takes a plain prompt and a response, and no other`() throws {
        #expect(
            try Self.body(.completions, #"{"model":"m","prompt":"a"}"#, as: .completions, .openAI)
                == #"{"model":"z","input":"a"}"#)
        for more in [#""a","suffix":"b""#, "[1,2]"] {
            #expect(
                try Self.body(
                    .completions, #"{"model":"m","prompt":\#(more)}"#, as: .completions, .openAI)
                    == nil)
        }
        #expect(
            try Self.body(
                .responses, #"{"model":"m","input":"a","store":true}"#, as: .responses, .openAI)
                == #"{"model":"z","input":"a"}"#)
        #expect(!CallRequest.isCounted(.embeddings, by: .openAI))
    }

    @Test(
        arguments: [
            (#"{"input_tokens":2095}"#, 2095),
            (#"{"totalTokens":31,"promptTokensDetails":[]}"#, 31),
            (#"{"input_tokens":-1}"#, nil), (#"{"input_tokens":"9"}"#, nil), ("<html>", nil),
            (#"{"error":{}}"#, nil), ("", nil),
        ] as [(String, UInt32?)])
    func `is answered by a number or by nothing`(body: String, count: UInt32?) {
        #expect(CallRequest.counted(Array(body.utf8)) == count)
    }
}
