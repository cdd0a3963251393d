import Ledger
import TestSupport
import Testing

@testable import Providers

struct `An error of a provider` {
    static func shown(_ error: ProviderError) -> String {
        let wait = error.retryAfterSeconds.map { ", wait \($0)" } ?? ""
        return "\(error.kind.rawValue)\(wait): \(error.message)"
    }

    typealias Header = (name: String, value: String)

    static let table:
        [(dialect: Dialect, status: Int, headers: [Header], body: String, shown: String)] = [
            (
                .openAI, 401, [],
                #"{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"#
                    + #""invalid_api_key"}}"#,
                "authentication: Incorrect API key"
            ),
            (
                .openAI, 429, [("Retry-After", "7")],
                #"{"error":{"message":"Rate limit","type":"tokens","code":"rate_limit_exceeded"}}"#,
                "rate_limited, wait 7: Rate limit"
            ),
            (
                .openAI, 429, [("retry-after-ms", "1200"), ("retry-after", "9")],
                #"{"error":{"message":"Pay","type":"insufficient_quota","code":"#
                    + #""insufficient_quota"}}"#,
                "payment, wait 2: Pay"
            ),
            (
                .openAI, 400, [],
                #"{"error":{"message":"This model's maximum context length is 8192","code":"#
                    + #""context_length_exceeded"}}"#,
                "context_too_long: This model's maximum context length is 8192"
            ),
            (
                .openAI, 400, [], #"{"error":{"message":"No","code":"content_filter"}}"#,
                "content_filter: No"
            ),
            (
                .openAI, 429, [("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")],
                #"{"error":{"code":429,"message":"Provider returned error"}}"#,
                "rate_limited: Provider returned error"
            ),
            (.openAI, 500, [], #"{"error":"boom"}"#, "server_error: boom"),
            (
                .openAI, 404, [], #"{"detail":"Not Found"}"#,
                "not_found: the provider answered with status 404 and a text where JSON was due"
            ),
            (
                .openAI, 502, [], "\n<html><body>Bad Gateway: key=sk-1</body></html>",
                "server_error: the provider answered with status 502 and HTML where JSON was due"
            ),
            (
                .openAI, 503, [("RETRY-AFTER", "3")], "",
                "overloaded, wait 3: the provider answered with status 503 and nothing else"
            ),
            (
                .openAI, 200, [], "<html>",
                "server_error: the provider answered with status 200 and HTML where JSON was due"
            ),
            (
                .anthropic, 529, [],
                #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                "overloaded: Overloaded"
            ),
            (
                .anthropic, 400, [],
                #"{"type":"error","error":{"type":"invalid_request_error","message":"#
                    + #""prompt is too long: 9 tokens"}}"#,
                "context_too_long: prompt is too long: 9 tokens"
            ),
            (
                .anthropic, 413, [],
                #"{"type":"error","error":{"type":"request_too_large","message":"#
                    + #""Request exceeds"}}"#,
                "too_large: Request exceeds"
            ),
            (
                .gemini, 429, [],
                #"[{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED","details":"#
                    + #"[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"#
                    + #""34.07s"}]}}]"#,
                "rate_limited, wait 35: Quota"
            ),
            (
                .gemini, 400, [],
                #"{"error":{"code":400,"message":"API key not valid","status":"#
                    + #""INVALID_ARGUMENT"}}"#,
                "authentication: API key not valid"
            ),
            (
                .vertex, 403, [],
                #"{"error":{"code":403,"message":"Denied","status":"PERMISSION_DENIED"}}"#,
                "permission: Denied"
            ),
            (
                .bedrock, 429, [], #"{"message":"Too many requests"}"#,
                "rate_limited: Too many requests"
            ),
            (
                .cohere, 404, [], #"{"id":"x","message":"model 'y' not found"}"#,
                "not_found: model 'y' not found"
            ),
            (
                .openAI, 400, [], "{\"error\":{\"message\":\"a\\nb\\u0000c\",\"type\":null}}",
                "invalid_request: a b c"
            ),
            (
                .openAI, 429, [("retry-after", "999999999999999999999")], "",
                "rate_limited: the provider answered with status 429 and nothing else"
            ),
            (
                .openAI, 429, [("retry-after", "-5")], "",
                "rate_limited: the provider answered with status 429 and nothing else"
            ),
            (
                .openAI, 429, [("retry-after", "9999999")], "",
                "rate_limited, wait 86400: the provider answered with status 429 and nothing else"
            ),
        ]

    @Test(arguments: table.indices) func `is recognised by what it says`(index: Int) {
        let row = Self.table[index]
        let error = ProviderError(
            row.dialect, status: row.status, headers: row.headers, body: Array(row.body.utf8))
        #expect(Self.shown(error) == row.shown)
        #expect(error.status == row.status)
    }

    static let streams: [(interface: Interface, event: String, shown: String)] = [
        (.chatCompletions, #"data: {"error":{"message":"m","code":503}}"#, "overloaded: m"),
        (
            .chatCompletions, "event: error\ndata: {\"message\":\"m\",\"type\":\"server_error\"}",
            "server_error: m"
        ),
        (
            .messages, #"data: {"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#,
            "rate_limited: m"
        ),
        (.messages, #"data: {"type":"error"}"#, "server_error: an error without a message"),
        (
            .generateContent, #"data: {"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}"#,
            "overloaded: m"
        ),
        (
            .responses,
            #"data: {"type":"response.failed","response":{"status":"failed","error":{"code":"#
                + #""rate_limit_exceeded","message":"m"}}}"#, "rate_limited: m"
        ),
        (
            .responses, #"data: {"type":"error","code":"server_error","message":"m"}"#,
            "server_error: m"
        ),
        (.chatCompletions, #"data: {"error":null,"choices":[]}"#, "none"),
        (.chatCompletions, #"data: {"error":{},"choices":[]}"#, "none"),
        (
            .chatCompletions, #"data: {"choices":[{"error":{"code":502,"message":"m"}}]}"#,
            "server_error: m"
        ),
        (.chatCompletions, #"data: {"choices":[],"x_groq":{"error":"m"}}"#, "server_error: m"),
        (.chatCompletions, "event: error\ndata: \"x\"", "none"),
    ]

    @Test(arguments: streams) func `is found in a stream that began well`(
        interface: Interface, event: String, shown: String
    ) {
        let report = Metered(interface).fed([Array((event + "\n\n").utf8)]).meter.report
        #expect((report.error.map(Self.shown) ?? "none") == shown)
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func `that was recorded is told for what it is`() {
        var kinds: [ProviderError.Kind: Int] = [:]
        for recording in Recording.all {
            guard let error = recording.report().error else { continue }
            kinds[error.kind, default: 0] += 1
            #expect(!error.message.isEmpty && error.message.utf8.count < 1_100)
        }
        #expect(kinds == [.notFound: 7, .invalidRequest: 17, .rateLimited: 1])
    }

    @Test(arguments: [400, 401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 504])
    func `told to a caller has the shape and the kind that its dialect knows`(status: Int) throws {
        let error = APIError(
            status: status, message: "why \"so\"", parameter: "model", retryAfterSeconds: 9,
            details: [.init("budget", "main"), .init("limit", digits: "10.50")])
        for dialect in Dialect.allCases where dialect != .cohere && dialect != .bedrock {
            let body = error.body(dialect, requestID: "r1")
            let back = ProviderError(dialect, status: status, body: body)
            #expect(back.message == "why \"so\"")
            let byStatus = ProviderError.kind(status: status)
            #expect(back.kind == byStatus || status == 402 || status >= 500, "\(dialect): \(back)")
            let shown = String(decoding: body, as: UTF8.self)
            #expect(shown.contains(#""budget":"main","limit":10.50"#), "\(shown)")
        }
    }

    @Test func `in each dialect is written as its own clients read it`() {
        let error = APIError(status: 402, message: "over", code: "budget_exceeded")
        func shown(_ dialect: Dialect) -> String {
            String(decoding: error.body(dialect, requestID: "r"), as: UTF8.self)
        }
        #expect(
            shown(.openAI)
                == #"{"error":{"message":"over","type":"insufficient_quota","param":null,"#
                + #""code":"budget_exceeded"}}"#)
        #expect(
            shown(.anthropic)
                == #"{"type":"error","error":{"type":"billing_error","message":"over"},"#
                + #""request_id":"r"}"#)
        #expect(
            shown(.gemini)
                == #"{"error":{"code":402,"message":"over","status":"RESOURCE_EXHAUSTED","#
                + #""details":"#
                + #"[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"#
                + #""BUDGET_EXCEEDED","metadata":{}}]}}"#)
        let event = String(decoding: error.event(.messages), as: UTF8.self)
        #expect(
            event.hasPrefix("event: error\ndata: {\"type\":\"error\"") && event.hasSuffix("}\n\n"))
        let plain = String(decoding: error.event(.chatCompletions), as: UTF8.self)
        #expect(plain.hasPrefix("data: {\"error\":"))
    }

    @Test func `of the gateway's own key or account is none of the caller's`() {
        for kind in [ProviderError.Kind.authentication, .permission, .payment] {
            let error = APIError(ProviderError(kind, message: "Incorrect key sk-abc123"))
            #expect(error.status == 502 && !error.message.contains("sk-"))
        }
        let limited = APIError(
            ProviderError(.rateLimited, message: "slow", retryAfterSeconds: 4))
        #expect(limited.status == 429 && limited.retryAfterSeconds == 4)
        #expect(APIError(RequestError.missing("model")).status == 400)
        #expect(APIError(RequestError(.tooLarge, nil, "x")).status == 413)
    }
}
