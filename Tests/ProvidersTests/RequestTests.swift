import Ledger
import TestSupport
import Testing

@testable import Providers

struct `A caller's request` {
    static func read(_ interface: Interface, _ body: String) throws(RequestError) -> CallRequest {
        try CallRequest(
            interface, body: Array(body.utf8),
            model: interface == .generateContent ? "gemini-2.5-flash" : nil)
    }

    /// What admission needs, and only what is not the default.
    static func shown(_ interface: Interface, _ body: String) -> String {
        let request: CallRequest
        do throws(RequestError) {
            request = try read(interface, body)
        } catch {
            return "\(error.kind) \(error.parameter ?? "-"): \(error)"
        }
        var words = [request.model]
        if request.isStream { words.append("stream") }
        if request.isStream, !request.wantsUsage { words.append("no usage") }
        if let limit = request.maximumOutputTokens { words.append("max \(limit)") }
        if request.answers != 1 { words.append("\(request.answers) answers") }
        let input = request.input
        if input.images > 0 { words.append("\(input.images) images") }
        if input.sounds > 0 { words.append("\(input.sounds) sounds") }
        if input.files > 0 { words.append("\(input.files) files") }
        if request.tools > 0 { words.append("\(request.tools) tools") }
        if case .on(let wish) = request.reasoning { words.append("reasoning \(wish)") }
        if request.reasoning == .off { words.append("no reasoning") }
        if !request.serviceTier.isEmpty { words.append("tier \(request.serviceTier)") }
        if let user = request.endUser { words.append("user \(user)") }
        if request.wantsMedia { words.append("media") }
        if request.wantsLongCache { words.append("long cache") }
        if !input.unbounded.isEmpty {
            words.append("unbounded by " + input.unbounded.joined(separator: ", "))
        }
        return words.joined(separator: ", ")
    }

    static let hello = #""messages":[{"role":"user","content":"hi"}]"#

    static let table: [(interface: Interface, body: String, shown: String)] = [
        (.chatCompletions, #"{"model":"gpt-4o",\#(hello)}"#, "gpt-4o"),
        (
            .chatCompletions,
            #"{"model":"o3",\#(hello),"stream":true,"max_completion_tokens":90,"max_tokens":7,"#
                + #""n":3,"#
                + #""reasoning_effort":"high","service_tier":"Priority","user":"u1"}"#,
            "o3, stream, no usage, max 90, 3 answers, reasoning high, tier priority, user u1"
        ),
        (
            .chatCompletions,
            #"{"model":"m",\#(hello),"stream":true,"stream_options":{"include_usage":true},"#
                + #""max_tokens":12.0,"n":null,"safety_identifier":"s","user":"u"}"#,
            "m, stream, max 12, user s"
        ),
        (
            .chatCompletions,
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},"#
                + #"{"type":"image_url","image_url":{"url":"https://a/b.png"}},"#
                + #"{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}},"#
                + #"{"type":"file","file":{"file_id":"f"}}]}],"modalities":["text","audio"],"#
                + #""tools":[{"type":"function","function":{"name":"f"}},{"type":"web_search"}]}"#,
            "m, 2 images, 1 sounds, 1 files, 2 tools, media, unbounded by an image by address, "
                + "a stored file, the tool web_search"
        ),
        (
            .chatCompletions,
            #"{"model":"m",\#(hello),"reasoning":{"effort":"none"},"models":["dear"]}"#,
            "m, no reasoning, unbounded by models"
        ),
        (
            .completions, #"{"model":"m","prompt":["a","b"],"n":2,"best_of":5,"max_tokens":9}"#,
            "m, max 9, 10 answers"
        ),
        (.completions, #"{"model":"m","prompt":[1,2,3]}"#, "m"),
        (.completions, #"{"model":"m","prompt":[[1,2],[3]]}"#, "m, 2 answers"),
        (.embeddings, #"{"model":"m","input":["a"]}"#, "m, max 0, no reasoning"),
        (
            .messages,
            #"{"model":"claude-x","max_tokens":4096,\#(hello),"stream":true,"#
                + #""thinking":{"type":"enabled","budget_tokens":2048},"metadata":{"user_id":"u"},"#
                + #""service_tier":"standard_only"}"#,
            "claude-x, stream, max 4096, reasoning 2048, user u"
        ),
        (
            .messages,
            #"{"model":"c","max_tokens":9,"system":[{"type":"text","text":"s","cache_control":"#
                + #"{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"user","content":["#
                + #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":"#
                + #"{"type":"base64","media_type":"image/png","data":"AAAA"}}]},{"type":"#
                + #""document","#
                + #""source":{"type":"url","url":"https://a/b.pdf"}},{"type":"document","source":"#
                + #"{"type":"text","data":"plain"}}]}],"tools":[{"name":"f","input_schema":{}},"#
                + #"{"type":"web_search_20250305","name":"web_search"}],"mcp_servers":[{}]}"#,
            "c, max 9, 1 images, 1 files, 2 tools, long cache, unbounded by a file by address, "
                + "mcp_servers, the tool web_search_20250305"
        ),
        (.countTokens, #"{"model":"c",\#(hello)}"#, "c, max 0"),
        (
            .generateContent,
            #"{"contents":[{"role":"user","parts":[{"text":"x"},{"inlineData":{"mimeType":"#
                + #""audio/wav","data":"AA"}},{"file_data":{"mime_type":"video/mp4","file_uri":"#
                + #""gs://a"}}]}],"generation_config":{"max_output_tokens":7,"candidateCount":2,"#
                + #""thinkingConfig":{"thinkingBudget":0},"responseModalities":["TEXT","IMAGE"]},"#
                + #""tools":[{"functionDeclarations":[{"name":"f"},{"name":"g"}]},"#
                + #"{"googleSearch":{}}]}"#,
            "gemini-2.5-flash, max 7, 2 answers, 1 sounds, 1 files, 3 tools, no reasoning, media, "
                + "unbounded by a file by address, the tool googleSearch"
        ),
        (
            .responses,
            #"{"model":"m","input":"x","max_output_tokens":5,"reasoning":{"effort":"low"}}"#,
            "m, max 5, reasoning low"
        ),
        // What is refused.
        (
            .chatCompletions, "",
            "malformed -: the body is not JSON that can be read: line 1, "
                + "column 1: the text ends where a value is due"
        ),
        (.chatCompletions, "[]", "malformed -: the body must be a JSON object"),
        (.chatCompletions, "{\(hello)}", "missing model: \"model\" is missing; it is required"),
        (
            .chatCompletions, #"{"model":"a","model":"b",\#(hello)}"#,
            "wrong -: the body names a member twice; name it once"
        ),
        (
            .chatCompletions, #"{"model":"a\nb",\#(hello)}"#,
            "wrong model: \"model\" must be the name of a model, without spaces"
        ),
        (
            .chatCompletions, #"{"model":"a\u2028b",\#(hello)}"#,
            "wrong model: \"model\" must be the name of a model, without spaces"
        ),
        (
            .chatCompletions, #"{"model":"a\u0085b",\#(hello)}"#,
            "wrong model: \"model\" must be the name of a model, without spaces"
        ),
        (.chatCompletions, #"{"model":7,\#(hello)}"#, "wrong model: \"model\" must be a text"),
        (
            .chatCompletions, #"{"model":"m"}"#,
            "missing messages: \"messages\" is missing; it is required"
        ),
        (
            .chatCompletions, #"{"model":"m","messages":[]}"#,
            "wrong messages: \"messages\" must be a list with a message in it"
        ),
        (
            .chatCompletions, #"{"model":"m","messages":["x"]}"#,
            "wrong messages[0]: \"messages[0]\" must be an object"
        ),
        (
            .chatCompletions, #"{"model":"m",\#(hello),"stream":1}"#,
            "wrong stream: \"stream\" must be true or false"
        ),
        (
            .chatCompletions, #"{"model":"m",\#(hello),"n":0}"#,
            "wrong n: \"n\" must be a whole number from 1 on, not 0"
        ),
        (
            .chatCompletions, #"{"model":"m",\#(hello),"max_tokens":-5}"#,
            "wrong max_tokens: \"max_tokens\" must be a whole number from 1 on, not -5"
        ),
        (
            .chatCompletions, #"{"model":"m",\#(hello),"max_tokens":99999999999}"#,
            "wrong max_tokens: \"max_tokens\" must be a whole number from 1 on, not 99999999999"
        ),
        (
            .chatCompletions,
            #"{"model":"m",\#(hello),"stream_options":{"include_usage":1,"include_usage":true}}"#,
            "wrong stream_options: \"stream_options\" names a member twice; name it once"
        ),
        (
            .completions, #"{"model":"m","prompt":["a","b"],"n":4294967295}"#,
            "wrong n: \"n\" must be a number of answers that can be made"
        ),
        (
            .embeddings, #"{"model":"m","input":"a","stream":true}"#,
            "wrong stream: \"stream\" must be false here"
        ),
        (
            .messages, #"{"model":"m",\#(hello)}"#,
            "missing max_tokens: \"max_tokens\" is missing; it is required"
        ),
        (
            .generateContent, #"{"contents":[],"generationConfig":{},"generation_config":{}}"#,
            "wrong generationConfig: \"generationConfig\" is there as \"generation_config\" too; "
                + "write one of them"
        ),
        (
            .converse, #"{"model":"m"}"#,
            "unsupported -: requests of the interface converse are not taken"
        ),
    ]

    @Test(arguments: table) func `is told in what it costs, or refused in clear words`(
        interface: Interface, body: String, shown: String
    ) {
        #expect(Self.shown(interface, body) == shown)
    }

    @Test func `of too many bytes, values or levels is refused`() {
        let limits = RequestLimits(bytes: 100, values: 20)
        func kind(_ body: String) -> RequestError.Kind? {
            do throws(RequestError) {
                _ = try CallRequest(.chatCompletions, body: Array(body.utf8), limits: limits)
                return nil
            } catch {
                return error.kind
            }
        }
        #expect(kind(#"{"model":"m",\#(Self.hello)}"#) == nil)
        #expect(kind(String(repeating: " ", count: 101)) == .tooLarge)
        #expect(kind("[" + String(repeating: "0,", count: 30) + "0]") == .malformed)
        #expect(kind(String(repeating: "[", count: 70)) == .malformed)
        #expect(kind("{\"model\":\"\u{FFFD}\"}") == .missing)
    }

    @Test func `bounds its text by bytes: each of them may be a token`() throws {
        for count in [0, 1, 1_000, 50_000] {
            let text = String(repeating: "é", count: count)
            let bodies: [(Interface, String)] = [
                (
                    .chatCompletions,
                    #"{"model":"m","messages":[{"role":"user","content":"\#(text)"}]}"#
                ),
                (
                    .chatCompletions,
                    #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"#
                        + #""\#(text)"}]}]}"#
                ),
                (
                    .messages,
                    #"{"model":"m","max_tokens":1,"system":"\#(text)","messages":[{"role":"user","#
                        + #""content":"x"}]}"#
                ),
                (
                    .messages,
                    #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"#
                        + #""image","more":"\#(text)"}]}]}"#
                ),
                (.generateContent, #"{"contents":[{"parts":[{"text":"\#(text)"}]}]}"#),
                (.embeddings, #"{"model":"m","input":["\#(text)"]}"#),
                (.completions, #"{"model":"m","prompt":"\#(text)"}"#),
                (
                    .chatCompletions,
                    #"{"model":"m",\#(Self.hello),"response_format":{"schema":"\#(text)"}}"#
                ),
            ]
            for (interface, body) in bodies {
                let bound = try Self.read(interface, body).input.textBound
                #expect(bound >= 2 * count && bound < 2 * count + 300, "\(body.prefix(60))")
            }
        }
    }

    @Test func `has a bound that pictures in the text do not raise, and hidden text does`() throws {
        let data = String(repeating: "A", count: 10_000)
        let picture =
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":"#
            + #"{"url":"data:image/png;base64,\#(data)"}}]}]}"#
        let request = try Self.read(.chatCompletions, picture)
        #expect(request.input.textBound < 300 && request.input.mediaBytes > 10_000)
        // In a tool's description the same words are text.
        let tool =
            #"{"model":"m",\#(Self.hello),"tools":[{"type":"image_url","image_url":{"url":"#
            + #""\#(data)"}}]}"#
        #expect(try Self.read(.chatCompletions, tool).input.textBound > 10_000)
    }

    static let changes:
        [(interface: Interface, body: String, change: UpstreamChange, sent: String)] =
            [
                (
                    .chatCompletions,
                    #"{"model":"a","x":12345678901234567890.50,"messages":[{"role":"user"}],"y":"#
                        + #"[1e-9]}"#,
                    UpstreamChange(model: "b", stream: true, outputLimit: 9),
                    #"{"model":"b","x":12345678901234567890.50,"messages":[{"role":"user"}],"y":"#
                        + #"[1e-9],"#
                        + #""stream":true,"stream_options":{"include_usage":true},"#
                        + #""max_completion_tokens":9}"#
                ),
                (
                    .chatCompletions,
                    #"{"model":"a","messages":[{}],"stream":true,"stream_options":{"#
                        + #""include_usage":false,"#
                        + #""include_obfuscation":false},"max_tokens":50,"#
                        + #""max_completion_tokens":5}"#,
                    UpstreamChange(outputLimit: 9),
                    #"{"model":"a","messages":[{}],"stream":true,"stream_options":{"#
                        + #""include_usage":true,"#
                        + #""include_obfuscation":false},"max_tokens":9,"max_completion_tokens":5}"#
                ),
                (
                    .chatCompletions,
                    #"{"model":"a","messages":[{}],"stream":true,"stream_options":{}}"#,
                    UpstreamChange(stream: false, outputLimit: 4, outputLimitName: "max_tokens"),
                    #"{"model":"a","messages":[{}],"stream":false,"max_tokens":4}"#
                ),
                (
                    .messages, #"{"model":"a","max_tokens":5000,"messages":[{}]}"#,
                    UpstreamChange(stream: true, outputLimit: 2_000),
                    #"{"model":"a","max_tokens":2000,"messages":[{}],"stream":true}"#
                ),
                (
                    .messages,
                    #"{"model":"a","max_tokens":5000,"messages":[{}],"thinking":{"type":"enabled","#
                        + #""budget_tokens":4000}}"#, UpstreamChange(outputLimit: 2_000),
                    #"{"model":"a","max_tokens":2000,"messages":[{}],"thinking":{"type":"enabled","#
                        + #""budget_tokens":1999}}"#
                ),
                (
                    .generateContent,
                    #"{"contents":[{}],"generation_config":{"max_output_tokens":50}}"#,
                    UpstreamChange(model: "b", stream: true, outputLimit: 9),
                    #"{"contents":[{}],"generation_config":{"max_output_tokens":9}}"#
                ),
                (
                    .generateContent, #"{"contents":[{}]}"#, UpstreamChange(outputLimit: 9),
                    #"{"contents":[{}],"generationConfig":{"maxOutputTokens":9}}"#
                ),
                (
                    .embeddings, #"{"model":"a","input":["\u00e9\/"]}"#, UpstreamChange(model: "b"),
                    #"{"model":"b","input":["é/"]}"#
                ),
                (
                    .completions, #"{"model":"a","prompt":"","max_tokens":null}"#,
                    UpstreamChange(outputLimit: 3), #"{"model":"a","prompt":"","max_tokens":3}"#
                ),
            ]

    @Test(arguments: changes) func `is sent on with what was changed, and nothing else`(
        interface: Interface, body: String, change: UpstreamChange, sent: String
    ) throws {
        let bytes = try Self.read(interface, body).body(for: change)
        #expect(String(decoding: bytes, as: UTF8.self) == sent)
    }

    @Test func `cannot be bounded below what thinking takes`() throws {
        let body =
            #"{"model":"a","max_tokens":5000,\#(Self.hello),"thinking":{"type":"enabled","#
            + #""budget_tokens":4000}}"#
        let request = try Self.read(.messages, body)
        #expect(throws: RequestError.self) {
            try request.body(for: UpstreamChange(outputLimit: 1_024))
        }
    }

    @Test(arguments: Interface.allCases) func `of any bytes is read or refused, never a trap`(
        interface: Interface
    ) throws {
        let words = [
            "{", "}", "[", "]", ",", ":", "\"model\":\"m\"", "\"messages\":[{", "\"content\":[{",
            "\"type\":\"image_url\"", "\"type\":\"image\"", "\"source\":", "null", "1", "-1",
            "\"max_tokens\":9", "\"contents\":[{", "\"parts\":", "\"inlineData\":", "\"tools\":[{",
            "\"thinking\":{\"budget_tokens\":5000}", "\"generationConfig\":{", "\"a\"",
        ]
        try withSeed { random in
            for _ in 0..<400 {
                var text = (0..<random.int(0...30)).map { _ in random.pick(words) }
                    .joined(separator: random.once(in: 2) ? "," : "")
                if random.once(in: 2) { text = "{\"model\":\"m\"," + text + "}" }
                guard let request = try? Self.read(interface, text) else { continue }
                let change = UpstreamChange(model: "z", stream: true, outputLimit: 2_000)
                guard let sent = try? request.body(for: change) else { continue }
                _ = try JSONValue(parsing: sent)
                try #require(request.input.textBound >= 0)
            }
        }
    }
}
