import Ledger
import TestSupport
import Testing

@testable import Providers

struct `Usage of an answer` {
    static func report(_ interface: Interface, _ body: String, status: Int = 200) -> AnswerReport {
        AnswerReport(interface, status: status, body: Array(body.utf8))
    }

    /// `input=3 output=4`, classes that are not zero; `missing` where it is not known.
    static func shown(_ report: AnswerReport) -> String {
        report.usages.map { usage in
            guard usage.source == .provider else { return usage.source.name }
            let counts = UsageClass.allCases.filter { usage.tokens[$0] > 0 }
                .map { "\($0.name)=\(usage.tokens[$0])" }
            return (counts.isEmpty ? ["nothing"] : counts).joined(separator: " ")
        }.joined(separator: " + ")
    }

    /// Whatever a provider sends, it can be recorded.
    static func record(_ report: AnswerReport) throws {
        for usage in report.usages {
            var event = UsageEvent(
                client: "c", provider: "p", model: usage.model ?? "asked",
                occurredAt: Instant(seconds: 0))
            event.tokens = usage.tokens
            event.usageSource = usage.source
            event.serviceTier = usage.serviceTier
            event.requestID = report.requestID
            event.providerUsage = usage.providerUsage
            try event.check()
        }
    }

    @Test(arguments: Interface.allCases) func `with names of any kind can be recorded`(
        interface: Interface
    ) throws {
        let name = "\"\\u0000" + String(repeating: "é", count: 200) + "\\n\""
        let body = """
            {"type":"message","object":"response","model":\(name),"id":\(name),
            "modelVersion":\(name),"responseId":\(name),"service_tier":\(name),
            "usageMetadata":{"serviceTier":\(name),"promptTokenCount":1},"usage":{
            "service_tier":\(name),"prompt_tokens":1,"completion_tokens":1,"input_tokens":1,
            "output_tokens":1,"iterations":[{"type":"x","model":\(name),"input_tokens":1,
            "output_tokens":1}],"inputTokens":1,"outputTokens":1},"serviceTier":{"type":\(name)}}
            """
        let report = Self.report(interface, body)
        try Self.record(report)
        #expect(interface == .converse || (report.requestID?.utf8.count ?? 0) == 200)
    }

    static let chat: [(usage: String, shown: String)] = [
        (#"{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14}"#, "input=10 output=4"),
        (#"{"prompt_tokens":10,"completion_tokens":0}"#, "input=10"),
        (#"{"prompt_tokens":0,"completion_tokens":0}"#, "nothing"),
        (#"{"prompt_tokens":10,"total_tokens":10}"#, "input=10"),
        (#"{"completion_tokens":4,"total_tokens":14}"#, "input=10 output=4"),
        (#"{"prompt_tokens":10}"#, "missing"), (#"{"completion_tokens":10}"#, "missing"),
        (#"{"total_tokens":10}"#, "missing"), (#"{}"#, "missing"), ("null", "missing"),
        (#"[1]"#, "missing"), (#""none""#, "missing"),
        (#"{"prompt_tokens":null,"completion_tokens":null}"#, "missing"),
        (#"{"prompt_tokens":-1,"completion_tokens":4}"#, "missing"),
        (#"{"prompt_tokens":1.5,"completion_tokens":4}"#, "missing"),
        (#"{"prompt_tokens":1e3,"completion_tokens":4}"#, "missing"),
        (#"{"prompt_tokens":"10","completion_tokens":4}"#, "missing"),
        (#"{"prompt_tokens":4294967296,"completion_tokens":4}"#, "missing"),
        (#"{"prompt_tokens":99999999999999999999999,"completion_tokens":4}"#, "missing"),
        (#"{"prompt_tokens":4294967295,"completion_tokens":4}"#, "input=4294967295 output=4"),
        (#"{"prompt_tokens":12.0,"completion_tokens":-0}"#, "input=12"),
        (
            #"{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":null}"#,
            "input=10 output=4"
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":{"#
                + #""cached_tokens":-3}}"#,
            "missing"
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":9,"prompt_tokens_details":{"#
                + #""cached_tokens":3,"#
                + #""audio_tokens":2,"image_tokens":1},"completion_tokens_details":"#
                + #"{"reasoning_tokens":5,"audio_tokens":1,"image_tokens":2}}"#,
            "input=4 cache_read=3 input_audio=2 input_image=1 output=1 reasoning=5 output_audio=1 "
                + "output_image=2"
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":"#
                + #"{"cache_write_tokens":6,"cache_write_tokens_details":{"ttl_30m_tokens":4}}}"#,
            "input=4 cache_write_5m=2 cache_write_1h=4 output=1"
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":1,"prompt_cache_hit_tokens":8}"#,
            "input=2 cache_read=8 output=1"
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":1,"num_cached_tokens":8}"#,
            "input=2 cache_read=8 output=1"
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":4,"prompt_audio_seconds":{}}"#,
            "input=10 output=4"
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":4,"prompt_audio_seconds":3.20}"#,
            "input=10 output=4 seconds=4"
        ),
        (#"{"prompt_tokens":10,"completion_tokens":4,"prompt_audio_seconds":-3.2}"#, "missing"),
        // What a provider bills is its total; the parts are cut.
        (
            #"{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":{"#
                + #""cached_tokens":99}}"#,
            "cache_read=10 output=4"
        ),
        // Reasoning beside the completion, as the total says.
        (
            #"{"prompt_tokens":10,"completion_tokens":4,"total_tokens":20,"#
                + #""completion_tokens_details":{"reasoning_tokens":6},"num_sources_used":2}"#,
            "input=10 output=4 reasoning=6 web_search=2"
        ),
    ]

    @Test(arguments: chat) func `in OpenAI's shape is told class by class or missing`(
        usage: String, shown: String
    ) {
        let body = #"{"id":"x","model":"m","choices":[],"usage":\#(usage)}"#
        let report = Self.report(.chatCompletions, body)
        #expect(Self.shown(report) == shown)
        #expect(report.usages.first?.model == "m")
    }

    static let others: [(interface: Interface, body: String, shown: String)] = [
        (
            .messages,
            #"{"type":"message","usage":{"input_tokens":5,"output_tokens":9,"#
                + #""cache_read_input_tokens":7,"cache_creation_input_tokens":6,"#
                + #""cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":"#
                + #"4},"#
                + #""output_tokens_details":{"thinking_tokens":8},"#
                + #""server_tool_use":{"web_search_requests":3},"service_tier":"batch"}}"#,
            "input=5 cache_read=7 cache_write_5m=2 cache_write_1h=4 output=1 reasoning=8 "
                + "web_search=3"
        ),
        (.messages, #"{"type":"message","usage":{"output_tokens":9}}"#, "missing"),
        (.messages, #"{"type":"message","usage":null}"#, "missing"),
        (
            .messages,
            #"{"type":"message","model":"a","usage":{"input_tokens":5,"output_tokens":9,"#
                + #""iterations":[{"type":"message","model":"a","input_tokens":2,"#
                + #""output_tokens":5},"#
                + #"{"type":"message","model":"b","input_tokens":3,"output_tokens":4}]}}"#,
            "input=2 output=5 + input=3 output=4"
        ),
        (
            .messages,
            #"{"type":"message","model":"a","usage":{"input_tokens":2,"output_tokens":5,"#
                + #""iterations":[{"type":"message","model":"a","input_tokens":2,"#
                + #""output_tokens":5},"#
                + #"{"type":"message","model":"b","input_tokens":3,"output_tokens":4}]}}"#,
            "input=2 output=5"
        ),
        (
            .generateContent,
            #"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":20,"#
                + #""cachedContentTokenCount":6,"candidatesTokenCount":4,"thoughtsTokenCount":9,"#
                + #""toolUsePromptTokenCount":5,"promptTokensDetails":[{"modality":"AUDIO","#
                + #""tokenCount":8},{"modality":"IMAGE","tokenCount":3}],"cacheTokensDetails":"#
                + #"[{"modality":"AUDIO","tokenCount":2}],"candidatesTokensDetails":"#
                + #"[{"modality":"IMAGE","tokenCount":1}]}}"#,
            "input=10 cache_read=6 input_audio=6 input_image=3 output=3 reasoning=9 output_image=1"
        ),
        (
            .generateContent,
            #"{"candidates":[{}],"usageMetadata":{"promptTokenCount":4294967295,"#
                + #""toolUsePromptTokenCount":1,"candidatesTokenCount":4}}"#, "missing"
        ),
        (.generateContent, #"{"candidates":[{}],"usageMetadata":{}}"#, "missing"),
        (
            .generateContent,
            #"[{"usageMetadata":{"promptTokenCount":9}},{"usageMetadata":{"promptTokenCount":7,"#
                + #""candidatesTokenCount":2}}]"#, "input=7 output=2"
        ),
        (
            .converse,
            #"{"usage":{"inputTokens":3,"outputTokens":4,"cacheReadInputTokens":5,"#
                + #""cacheWriteInputTokens":6,"cacheDetails":[{"ttl":"1h","inputTokens":4},"#
                + #"{"ttl":"5m","inputTokens":2}]}}"#,
            "input=3 cache_read=5 cache_write_5m=2 cache_write_1h=4 output=4"
        ),
        (
            .cohereChat,
            #"{"usage":{"billed_units":{"input_tokens":3.0,"output_tokens":4.0,"search_units":"#
                + #"1}}}"#,
            "input=3 output=4 web_search=1"
        ),
        (
            .responses,
            #"{"object":"response","status":"completed","output":[{"type":"web_search_call","#
                + #""action":{"type":"search"}},{"type":"web_search_call","action":{"type":"#
                + #""open_page"}}],"usage":{"input_tokens":3,"output_tokens":4}}"#,
            "input=3 output=4 web_search=1"
        ),
        (
            .responses,
            #"{"object":"response","status":"completed","usage":{"input_tokens":3,"#
                + #""output_tokens":4},"tool_usage":{"image_gen":{"input_tokens":7,"#
                + #""output_tokens":8,"output_tokens_details":{"image_tokens":8}}}}"#,
            "input=3 output=4 + input=7 output_image=8"
        ),
        (.responses, #"{"object":"response","status":"in_progress"}"#, "missing"),
        (
            .embeddings, #"{"object":"list","usage":{"prompt_tokens":8,"total_tokens":8}}"#,
            "input=8"
        ),
        (.embeddings, #"{"object":"list","usage":{"prompt_tokens":8}}"#, "input=8"),
        (.embeddings, #"{"object":"list","usage":{"total_tokens":8}}"#, "input=8"),
        (.countTokens, #"{"input_tokens":8}"#, "missing"),
    ]

    @Test(arguments: others) func `in other shapes is told class by class or missing`(
        interface: Interface, body: String, shown: String
    ) {
        #expect(Self.shown(Self.report(interface, body)) == shown)
    }

    @Test func `of a stream may stand in any chunk, and the last one told counts`() {
        let stream = """
            data: {"choices":[{"delta":{"content":"a"}}],
            data: "usage":{"prompt_tokens":1,"completion_tokens":1}}

            data: {"choices":[{"finish_reason":"stop"}],
            data: "usage":{"prompt_tokens":9,"completion_tokens":2}}

            data: {"choices":[],"usage":null}

            data: {"choices":[],"usage":{}}

            data: not JSON

            data: {"x_groq":{"usage":{"prompt_tokens":9,"completion_tokens":3}}}

            data: [DONE]


            """
        let meter = Metered(.chatCompletions).fed([Array(stream.utf8)]).meter
        #expect(Self.shown(meter.report) == "input=9 output=3" && meter.unreadableEvents == 1)
        #expect(meter.report.finishReason == "stop" && meter.report.isComplete)
    }

    @Test func `keeps its own text within two kilobytes, and says when it was cut`() throws {
        let filler = (0..<300).map { #""detail_\#($0)":\#($0)"# }.joined(separator: ",")
        let long = String(repeating: "x", count: 9_000)
        let body =
            #"{"usage":{"note":"\#(long)","nothing":null,"more":{\#(filler)},"prompt_tokens":10,"#
            + #""completion_tokens":4,"cost":0.00049701333333333333333}}"#
        let usage = try #require(Self.report(.chatCompletions, body).usages.first)
        #expect(
            usage.providerUsage
                == #"{"prompt_tokens":10,"completion_tokens":4,"cost":0.00049701333333333333333,"#
                + #""cut":true}"#)
        let many = #"{"usage":{"prompt_tokens":10,"completion_tokens":4,\#(filler)}}"#
        let cut = try #require(Self.report(.chatCompletions, many).usages.first?.providerUsage)
        #expect(cut.utf8.count <= 2_048 && cut.hasSuffix(#","cut":true}"#))
    }

    @Test(arguments: Interface.allCases) func `of any bytes is read or missing, never a trap`(
        interface: Interface
    ) throws {
        let words = [
            "{", "}", "[", "]", ",", ":", "\"usage\":", "\"usageMetadata\":", "\"prompt_tokens\":",
            "\"input_tokens\":", "\"output_tokens\":", "\"type\":", "\"message_delta\"",
            "\"message\":", "\"delta\":", "\"error\":", "\"choices\":", "null", "1", "-1", "1e999",
            "4294967296", "\"\u{FFFD}\"", "\n", "data: ", "event: error", "\"billed_units\":",
            "\"model\":", "\"id\":", "\"\\u0007\"", "\"service_tier\":",
            "\"\(String(repeating: "é", count: 300))\"", "\"modelVersion\":", "\"iterations\":",
        ]
        try withSeed { random in
            for _ in 0..<300 {
                let text = (0..<random.int(0...40)).map { _ in random.pick(words) }.joined()
                var bytes = Array(text.utf8)
                if random.once(in: 3), !bytes.isEmpty {
                    bytes[random.int(0...bytes.count - 1)] = 0xFF
                }
                let body = AnswerReport(interface, status: random.pick([200, 400]), body: bytes)
                try #require(!body.usages.isEmpty)
                try Self.record(body)
                let stream = Metered(interface).fed([Array("data: ".utf8) + bytes]).meter.report
                try #require(!stream.usages.isEmpty)
                try Self.record(stream)
            }
        }
    }

    @Test func `nested too deeply or of too many values is missing`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(
            Self.report(.chatCompletions, #"{"usage":\#(deep)"#).usages.first?.source == .missing)
        let stream =
            "data: {\"usage\":\(deep)\n\ndata: {\"usage\":{\"prompt_tokens\":1,"
            + "\"completion_tokens\":2}}\n\n"
        let meter = Metered(.chatCompletions).fed([Array(stream.utf8)]).meter
        #expect(Self.shown(meter.report) == "input=1 output=2")
    }
}
