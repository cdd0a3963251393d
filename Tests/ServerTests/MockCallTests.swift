import Ledger
import Providers
import Testing

@testable import Server

@Suite struct `What the mock reads in a request` {
    /// A row: the endpoint, the body's members behind the model, and the bytes of text in it.
    static let inputs: [(MockEndpoint, String, Int)] = [
        (.chat, #""messages":[{"role":"user","content":"12345"}]"#, 5),
        (
            .chat,
            #""messages":[{"role":"system","content":"123"},{"role":"user","content":"ção"}]"#, 8
        ),
        (
            .chat,
            #""messages":[{"content":[{"type":"text","text":"12"},{"type":"image_url"}]}]"#, 2
        ),
        (.chat, #""messages":[{"role":"assistant","content":null}],"tools":[{"a":"b"}]"#, 0),
        (.completions, #""prompt":"1234""#, 4), (.completions, #""prompt":["12","345"]"#, 5),
        (.embeddings, #""input":"1234567""#, 7), (.embeddings, #""input":["1","2"]"#, 2),
        (.responsesCount, #""instructions":"12","input":"345""#, 5),
        (
            .responsesCount,
            #""input":[{"role":"user","content":[{"type":"input_text","text":"123"}]}]"#, 3
        ),
        (
            .messages,
            #""max_tokens":9,"system":"12","messages":[{"role":"user","content":"345"}]"#, 5
        ),
        (
            .messagesCount,
            """
            "system":[{"type":"text","text":"12"}],"messages":[{"content":[
            {"type":"tool_result","content":[{"type":"text","text":"34"}]},
            {"type":"text","text":"5"}]}]
            """, 5
        ),
        (
            .generate,
            """
            "systemInstruction":{"parts":[{"text":"12"}]},
            "contents":[{"parts":[{"text":"34"},{"inlineData":{"data":"xxxx"}}]}]
            """, 4
        ),
        (.generateCount, #""generateContentRequest":{"contents":[{"parts":[{"text":"1"}]}]}"#, 1),
    ]

    @Test(arguments: inputs)
    func `is text, a token for every four bytes or for every one`(
        endpoint: MockEndpoint, members: String, bytes: Int
    ) throws {
        let body = #"{"model":"m",\#(members)}"#
        #expect(try Plans.call(endpoint, body).inputTokens == (bytes + 3) / 4)
        let single = try Plans.call(endpoint, body, headers: [("bytes-per-token", "1")])
        #expect(single.inputTokens == bytes)
    }

    @Test func `prompts of token numbers count one each`() throws {
        #expect(try Plans.call(.embeddings, #"{"model":"m","input":[1,2,3]}"#).inputTokens == 3)
        let call = try Plans.call(.completions, #"{"model":"m","prompt":[[1,2],[3]]}"#)
        #expect(call.inputTokens == 3)
        #expect(call.answers == 2)
    }

    @Test(
        arguments: [
            (.chat, #""max_tokens":7,"n":2,"messages":[{}]"#, 7, 2),
            (.chat, #""max_tokens":7,"max_completion_tokens":5,"messages":[{}]"#, 5, 1),
            (.completions, #""prompt":["a","b"],"n":3"#, 16, 6),
            (.messages, #""max_tokens":3,"messages":[{}]"#, 3, 1),
            (
                .generate,
                #""generationConfig":{"maxOutputTokens":4,"candidateCount":2},"contents":[{}]"#, 4,
                2
            ),
            (.generate, #""generation_config":{"max_output_tokens":4},"contents":[{}]"#, 4, 1),
        ] as [(MockEndpoint, String, Int, Int)])
    func `is a limit and a number of answers`(
        endpoint: MockEndpoint, members: String, limit: Int, answers: Int
    ) throws {
        let call = try Plans.call(endpoint, #"{"model":"m",\#(members)}"#)
        #expect(call.limit == limit)
        #expect(call.answers == answers)
    }

    @Test(
        arguments: [
            (.chat, "", nil), (.chat, "[]", nil), (.chat, "{", nil), (.chat, "{}", "model"),
            (.chat, #"{"model":"m"}"#, "messages"),
            (.chat, #"{"model":"m","messages":[]}"#, "messages"),
            (.chat, #"{"model":"m","messages":[{}],"max_tokens":0}"#, "max_tokens"),
            (.chat, #"{"model":"m","messages":[{}],"n":"many"}"#, "n"),
            (.chat, #"{"model":"m","messages":[{}],"stream_options":{}}"#, "stream_options"),
            (.chat, #"{"model":"m+x=1","messages":[{}]}"#, "x"),
            (.chat, #"{"model":"m","messages":[{}],"n":129}"#, nil),
            (.completions, #"{"model":"m"}"#, "prompt"), (.embeddings, #"{"model":"m"}"#, "input"),
            (.messages, #"{"model":"m","messages":[{}]}"#, "max_tokens"),
            (.generate, #"{"contents":1}"#, "model"),
            (.chat, String(repeating: "[", count: 100_000), nil),
        ] as [(MockEndpoint, String, String?)])
    func `is refused where it cannot be answered`(
        endpoint: MockEndpoint, body: String, parameter: String?
    ) {
        let error = #expect(throws: APIError.self) { _ = try Plans.call(endpoint, body) }
        #expect(error?.status == 400)
        #expect(error?.parameter == parameter)
    }

    static let tools = #""tools":[{"function":{"name":"a"}},{"function":{"name":"b"}}]"#

    /// A row: members of a chat, and the tool that is called.
    @Test(arguments: [
        (#""messages":[{"role":"user","content":"use a Tool"}],\#(tools)"#, "a"),
        (#""messages":[{"role":"user","content":[{"text":"the tool"}]}],\#(tools)"#, "a"),
        (#""messages":[{"role":"user","content":"hello"}],\#(tools)"#, nil),
        (#""messages":[{"role":"user","content":"tool"}]"#, nil),
        (#""messages":[{"role":"tool","content":"the tool says"}],\#(tools)"#, nil),
        (
            #""messages":[{"role":"user","content":"tool"},{"role":"user","content":"x"}],\#(tools)"#,
            nil
        ),
        (#""messages":[{"role":"user","content":"x"}],"tool_choice":"required",\#(tools)"#, "a"),
        (#""messages":[{"role":"user","content":"tool"}],"tool_choice":"none",\#(tools)"#, nil),
        (
            #""messages":[{}],"tool_choice":{"function":{"name":"b"}},\#(tools)"#, "b"
        ),
    ])
    func `is a wish for a tool`(members: String, due: String?) throws {
        let call = try Plans.call(.chat, #"{"model":"m",\#(members)}"#)
        #expect(call.tool?.name == due)
    }

    @Test func `arguments of a tool fit its schema`() throws {
        let schema = """
            {"type":"object","required":["s","n","b","l","o","e"],"properties":{
            "s":{"type":"string"},"n":{"type":["integer","null"]},"b":{"type":"boolean"},
            "l":{"type":"array"},"e":{"enum":["x","y"]},"unneeded":{"type":"string"},
            "o":{"type":"OBJECT","properties":{"inner":{"type":"STRING"}}}}}
            """
        let sample = MockTools.sample(try JSONValue(parsing: Array(schema.utf8)))
        #expect(
            sample.compact
                == #"{"s":"mock","n":1,"b":true,"l":[],"e":"x","o":{"inner":"mock"}}"#)
    }
}
