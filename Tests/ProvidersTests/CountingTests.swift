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
        #expect(try Self.body(.chatCompletions, Self.chat, as: .chatCompletions, .openAI) == nil)
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
