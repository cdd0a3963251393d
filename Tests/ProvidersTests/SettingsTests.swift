import Testing

@testable import Providers

struct `A provider's settings` {
    static func settings(
        _ dialect: Dialect, _ base: String = "https://api.example.com/v1/",
        paths: [Interface: String] = [:]
    ) throws(ProviderSettingsError) -> ProviderSettings {
        try ProviderSettings(
            name: "p", dialect: dialect, baseURL: base, keyName: "P_KEY", paths: paths)
    }

    static let targets: [(Dialect, Interface, String, Bool, String?)] = [
        (.openAI, .chatCompletions, "m", true, "/chat/completions"),
        (.openAI, .completions, "m", true, "/completions"),
        (.openAI, .embeddings, "m", false, "/embeddings"),
        (.anthropic, .messages, "m", true, "/v1/messages"),
        (.anthropic, .countTokens, "m", false, "/v1/messages/count_tokens"),
        (
            .gemini, .generateContent, "gemini-2.5-pro", true,
            "/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
        ),
        (
            .gemini, .generateContent, "../x?key=1#", false,
            "/models/..%2Fx%3Fkey%3D1%23:generateContent"
        ),
        (.gemini, .generateContent, "..", false, "/models/%2E%2E:generateContent"),
        (
            .vertex, .generateContent, "é\r\n", false,
            "/publishers/google/models/%C3%A9%0D%0A:generateContent"
        ),
        (
            .bedrock, .converse, "us.anthropic.x-v1:0", false,
            "/model/us.anthropic.x-v1%3A0/converse"
        ),
        (.openAI, .messages, "m", false, nil), (.anthropic, .embeddings, "m", false, nil),
        (.bedrock, .converse, "m", true, nil),
    ]

    @Test(arguments: targets) func `say where a call goes, whatever the model is called`(
        dialect: Dialect, interface: Interface, model: String, stream: Bool, path: String?
    ) throws {
        let settings = try Self.settings(dialect)
        let target = try? settings.target(interface, model: model, stream: stream)
        #expect(target == path.map { "https://api.example.com/v1" + $0 })
    }

    @Test func `may name paths of their own`() throws {
        let azure = try Self.settings(
            .openAI, paths: [.chatCompletions: "/deployments/{model}/chat?api-version=2024-10-21"])
        #expect(
            try azure.target(.chatCompletions, model: "a b", stream: true)
                == "https://api.example.com/v1/deployments/a%20b/chat?api-version=2024-10-21")
        #expect(throws: ProviderSettingsError.self) {
            try Self.settings(.openAI, paths: [.chatCompletions: "//evil \n"])
        }
    }

    @Test(arguments: [
        "", "api.example.com", "ftp://x", "https://", "https:///v1", "https://user:pw@x/v1",
        "https://x/v1?key=secret", "https://x/#", "https://x/\r\nHost: y", "https://x y",
        "https://é", "https://x\\y",
    ])
    func `with a base URL that is none are refused, and do not repeat it`(base: String) {
        #expect(throws: ProviderSettingsError.self) { try Self.settings(.openAI, base) }
        do throws(ProviderSettingsError) {
            _ = try Self.settings(.openAI, base)
        } catch {
            #expect(!error.description.contains("secret") && !error.description.contains("pw"))
        }
    }

    @Test(arguments: [
        (Dialect.openAI, "authorization: Bearer sk-1"), (.vertex, "authorization: Bearer sk-1"),
        (.anthropic, "x-api-key: sk-1"), (.gemini, "x-goog-api-key: sk-1"),
    ])
    func `give the key to the header of the dialect and to nothing else`(
        dialect: Dialect, line: String
    ) throws {
        let key = try #require(ProviderKey(" sk-1\r\n"))
        let headers = try Self.settings(dialect).headers(
            key: key, stream: true, requestID: "r\r\n1")
        #expect(headers.contains { "\($0.name): \($0.value)" == line })
        #expect(headers.contains { $0.name == "x-client-request-id" && $0.value == "r1" })
        for shown in ["\(headers)", "\(key)", String(reflecting: headers)] {
            #expect(!shown.contains("sk-1"))
        }
        var dumped = ""
        dump(headers, to: &dumped)
        dump(key, to: &dumped)
        #expect(!dumped.contains("sk-1"))
    }

    @Test func `may name the header of the key, which the settings' own cannot replace`() throws {
        let key = try #require(ProviderKey("k"))
        let azure = try ProviderSettings(
            name: "azure", dialect: .openAI, baseURL: "https://x.example", keyHeader: "api-key")
        let names = azure.headers(key: key, stream: false).map(\.name)
        #expect(names == ["content-type", "accept", "api-key"])
        #expect(throws: ProviderSettingsError.self) {
            try ProviderSettings(
                name: "a", dialect: .openAI, baseURL: "https://x", keyHeader: "a b")
        }
    }

    @Test func `take no header that would break a line`() {
        #expect(ProviderHeader("a b", "x") == nil && ProviderHeader("", "x") == nil)
        #expect(ProviderHeader("a:b", "x") == nil && ProviderHeader("a\r\n", "x") == nil)
        #expect(ProviderHeader("X-A", "1\r\nx-b: 2\u{0}")?.value == "1x-b: 2")
        #expect(ProviderKey("") == nil && ProviderKey("a\nb") == nil && ProviderKey("é") == nil)
    }

    @Test func `tell which interface answers a caller's`() throws {
        #expect(try Self.settings(.openAI).upstream(for: .chatCompletions) == .chatCompletions)
        #expect(try Self.settings(.anthropic).upstream(for: .chatCompletions) == .messages)
        #expect(try Self.settings(.gemini).upstream(for: .chatCompletions) == .generateContent)
        #expect(try Self.settings(.anthropic).upstream(for: .messages) == .messages)
        #expect(try Self.settings(.openAI).upstream(for: .messages) == nil)
    }
}
