import Providers
import Testing

@testable import Server

@Suite struct `Settings of the mock provider` {
    @Test func `are numbers by name`() throws {
        let behavior = try MockBehavior().changed(
            by: [
                ("latency-ms", "300"), ("output-tokens", "0"), ("chunk-tokens", "8"),
                ("chunk-delay-ms", "20"), ("bytes-per-token", "1"), ("error-status", "429"),
                ("cached-tokens", "9"),
            ])
        #expect(behavior.latencyMilliseconds == 300 && behavior.outputTokens == 0)
        #expect(behavior.chunkTokens == 8 && behavior.chunkDelayMilliseconds == 20)
        #expect(behavior.bytesPerToken == 1 && behavior.errorStatus == 429)
        #expect(behavior.cachedTokens == 9)
    }

    @Test func `are flags and words too`() throws {
        let behavior = try MockBehavior().changed(
            by: [
                ("usage", "missing"), ("ignore-limit", ""), ("html", "true"),
                ("retry-after", "7"), ("break-after", "3"), ("error-rate", "0.25"),
            ])
        #expect(!behavior.reportsUsage && behavior.ignoresLimit && behavior.answersHTML)
        #expect(behavior.retryAfterSeconds == 7 && behavior.breakAfterTokens == 3)
        #expect(behavior.errorRate == 0.25)
        #expect(try behavior.changed(by: [("html", "false")]).answersHTML == false)
    }

    @Test(arguments: [
        ("latency-ms", "-1"), ("latency-ms", "soon"), ("latency-ms", ""), ("chunk-tokens", "0"),
        ("bytes-per-token", "0"), ("error-rate", "1.5"), ("error-rate", "nan"),
        ("error-status", "200"), ("usage", "no"), ("html", "perhaps"), ("nonsense", "1"), ("", ""),
        ("output-tokens", "99999999999999999999"),
    ])
    func `that cannot be are told with their name`(name: String, text: String) {
        let error = #expect(throws: MockSettingError.self) {
            _ = try MockBehavior().changed(by: [(name, text)])
        }
        #expect(error?.name == name)
    }

    @Test func `a status without a rate means this very call`() throws {
        #expect(try MockBehavior().changed(by: [("error-status", "503")]).errorRate == 1)
        let both = try MockBehavior().changed(
            by: [("error-status", "503"), ("error-rate", "0")])
        #expect(both.errorRate == 0)
    }

    @Test func `words behind the model go before headers and headers before options`() throws {
        var defaults = MockBehavior()
        defaults.outputTokens = 1
        defaults.chunkTokens = 5
        defaults.latencyMilliseconds = 9
        let call = try Plans.call(
            .chat, #"{"model":"a/b+output-tokens=3","messages":[{"content":"x"}]}"#,
            headers: [("output-tokens", "2"), ("chunk-tokens", "4")], defaults: defaults)
        #expect(call.behavior.outputTokens == 3)
        #expect(call.behavior.chunkTokens == 4)
        #expect(call.behavior.latencyMilliseconds == 9)
        #expect(call.model == "a/b+output-tokens=3")
    }

    @Test func `which calls fail is the same for the same seed`() {
        func drawn(_ seed: UInt64) -> [Bool] {
            (1...4_000).map { MockDraw.fails(seed: seed, number: $0, rate: 0.25) }
        }
        #expect(drawn(1) == drawn(1))
        #expect(drawn(1) != drawn(2))
        for seed in 1...5 as ClosedRange<UInt64> {
            let count = drawn(seed).count { $0 }
            #expect((800...1_200).contains(count), "seed \(seed): \(count) of 4000")
        }
        #expect(!(1...100).contains { MockDraw.fails(seed: 1, number: $0, rate: 0) })
        #expect((1...100).allSatisfy { MockDraw.fails(seed: 1, number: $0, rate: 1) })
    }
}

@Suite struct `Paths of the mock provider` {
    @Test(arguments: [
        ("POST", "/v1/chat/completions", MockRoute.call(.chat, model: nil)),
        ("POST", "/v1/completions", .call(.completions, model: nil)),
        ("POST", "/v1/embeddings", .call(.embeddings, model: nil)),
        ("POST", "/v1/responses/input_tokens", .call(.responsesCount, model: nil)),
        ("POST", "/v1/messages", .call(.messages, model: nil)),
        ("POST", "/v1/messages/count_tokens", .call(.messagesCount, model: nil)),
        ("POST", "/v1beta/models/g-1:generateContent", .call(.generate, model: "g-1")),
        ("POST", "/v1beta/models/g-1:countTokens", .call(.generateCount, model: "g-1")),
        (
            "POST", "/v1beta/models/g%2Bhtml%3D1:streamGenerateContent",
            .call(.streamGenerate, model: "g+html=1")
        ),
        (
            "POST", "/v1/projects/p/locations/l/publishers/google/models/g-1:generateContent",
            .call(.generate, model: "g-1")
        ),
        ("GET", "/v1/chat/completions", .wrongMethod(.openAI)),
        ("GET", "/v1/messages", .wrongMethod(.anthropic)),
        ("GET", "/v1beta/models/g-1:generateContent", .wrongMethod(.gemini)),
        ("GET", "/v1/models", .models(.openAI, id: nil)),
        ("GET", "/v1/models/org/name", .models(.openAI, id: "org/name")),
        ("GET", "/v1beta/models", .models(.gemini, id: nil)),
        ("GET", "/v1beta/models/g-1", .models(.gemini, id: "g-1")),
        ("POST", "/v1/models", .wrongMethod(.openAI)),
        ("GET", "/mock/totals", .totals), ("POST", "/mock/reset", .reset),
        ("GET", "/mock/reset", .wrongMethod(.openAI)),
        ("GET", "/", .unknown(.openAI)), ("GET", "/v1beta/nothing", .unknown(.gemini)),
        ("GET", "/a/models/b", .unknown(.openAI)), ("GET", "/v1/models/", .unknown(.openAI)),
    ])
    func `lead to one thing each`(method: String, path: String, due: MockRoute) {
        #expect(MockRoute(method: method, path: path, isAnthropic: false) == due)
    }

    @Test func `of models are Anthropic's where its header is there`() {
        #expect(
            MockRoute(method: "GET", path: "/v1/models", isAnthropic: true)
                == .models(.anthropic, id: nil))
    }
}
