import Foundation
import Testing

@testable import Ledger

// The forms in which a program may send its usage, without a server: what is read from each, and
// what is said of those that are wrong.
struct `Usage that is sent` {
    static let now = Instant(seconds: 1_800_000_000)

    /// A call with what every one needs, for the client whose key it comes with.
    static func call(_ id: String? = "a", _ more: String = "") -> String {
        let id = id.map { "\"id\":\"\($0)\"," } ?? ""
        return #"{\#(id)"occurred_at":"2026-11-20T15:04:05Z","provider":"openai","#
            + #""model":"gpt-4o","tokens":{"input":12,"output":3}\#(more)}"#
    }

    /// The same call in a CloudEvent, with attributes replaced or, as "", left out.
    static func envelope(_ changes: [String: String] = [:], data: String? = nil) -> String {
        var members = [
            "specversion": "\"1.0\"", "id": "\"7\"", "source": "\"/bot\"",
            "type": "\"razao.usage.recorded\"", "time": "\"2026-11-20T15:04:05Z\"",
        ]
        members["data"] =
            data ?? #"{"provider":"openai","model":"gpt-4o","tokens":{"input":12,"output":3}}"#
        members.merge(changes) { $1 }
        return "{"
            + members.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
            .map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    static let lines = "application/x-ndjson"
    static let event = "application/cloudevents+json"
    static let batch = "application/cloudevents-batch+json"

    static func calls(
        _ body: String, _ type: String? = nil, _ attributes: [String: String] = [:],
        batch: String? = nil
    ) throws(UsagePostError) -> [PostedCall] {
        try UsagePost(
            body: Array(body.utf8), contentType: type, attributes: attributes, batch: batch
        ).calls(of: "acme", now: now)
    }

    /// Every way to say one call.
    static let forms: [(body: String, type: String?, attributes: [String: String])] = [
        (call(), "application/json", [:]), (call(), nil, [:]),
        (call(), "Application/JSON; charset=utf-8", [:]),
        (call(), "application/x-www-form-urlencoded", [:]),
        (call(), "application/vnd.acme+json", [:]),
        ("[\(call())]", "application/json", [:]), (#"{"events":[\#(call())]}"#, nil, [:]),
        ("\u{FEFF}" + call(), nil, [:]), (call(), lines, [:]), (call(), "application/jsonl", [:]),
        ("\n\r\n \u{9}\n\(call())\r\n\n", lines, [:]), ("\u{FEFF}\(call())\n", lines, [:]),
        (envelope(), event, [:]), ("[\(envelope())]", batch, [:]), (envelope(), batch, [:]),
        (envelope(), "application/json", [:]), (envelope(), lines, [:]),
        (envelope(["subject": "\"acme\"", "traceparent": "\"00-1\"", "n": "1"]), event, [:]),
        (envelope(["subject": "null", "datacontenttype": "\"application/json\""]), event, [:]),
        (
            envelope([
                "data": "",
                "data_base64": "\"" + Data(call(nil).utf8).base64EncodedString() + "\"",
            ]), event, [:]
        ),
        (
            call(nil), "application/json",
            [
                "specversion": "1.0", "id": "7", "source": "/bot", "type": "razao.usage.recorded",
                "time": "2026-11-20T15:04:05Z", "subject": "acme",
            ]
        ),
    ]

    @Test(arguments: forms.indices) func `is the same call in every form`(form: Int) throws {
        let (body, type, attributes) = Self.forms[form]
        let calls = try Self.calls(body, type, attributes)
        #expect(calls.count == 1 && calls[0].index == 0)
        let call = try calls[0].result.get()
        #expect(call.event.client == "acme" && call.event.model == "gpt-4o")
        #expect(call.event.tokens == TokenCounts(input: 12, output: 3))
        #expect(call.event.occurredAt.description == "2026-11-20T15:04:05Z")
        let isEnvelope = body.contains("specversion") || !attributes.isEmpty
        #expect(call.givenID == (isEnvelope ? "cloudevent 4 /bot 7" : "a"))
        #expect(calls[0].id == (isEnvelope ? "7" : "a"))
    }

    @Test func `keeps its order, its places and its lines`() throws {
        let body = "\(Self.call("a"))\n\n{\n\(Self.call("c"))"
        let calls = try Self.calls(body, Self.lines)
        #expect(calls.map(\.index) == [0, 1, 2] && calls.map(\.line) == [1, 3, 4])
        #expect(calls.map(\.id) == ["a", nil, "c"])
        #expect(
            calls[1].result
                == .failure(
                    PostRefusal(
                        .invalid,
                        ImportError(
                            reason: "is not valid JSON at column 2: a name in double quotes is "
                                + "due here"))))
        #expect(try Self.calls("[]").isEmpty && Self.calls(#"{"events":[]}"#).isEmpty)
        #expect(try Self.calls("", Self.lines).isEmpty)
    }

    @Test func `says in the data what goes before the envelope`() throws {
        let data =
            #"{"id":"x","occurred_at":"2026-11-21T00:00:00Z","client":"acme","provider":"openai","#
            + #""model":"gpt-4o"}"#
        let calls = try Self.calls(
            Self.envelope(["subject": "\"someone\""], data: data), Self.event)
        let call = try calls[0].result.get()
        #expect(call.givenID == "x" && call.event.client == "acme")
        #expect(call.event.occurredAt.description == "2026-11-21T00:00:00Z")
    }

    @Test func `of two sources with the same id is two calls, however they are cut`() throws {
        let bodies = [("/a", "b"), ("/a b", "c"), ("/a", "b c"), ("/b", "b")].map {
            Self.envelope(["source": "\"\($0.0)\"", "id": "\"\($0.1)\""])
        }
        let calls = try Self.calls("[\(bodies.joined(separator: ","))]", Self.batch)
        #expect(Set(try calls.map { try $0.result.get().givenID }).count == 4)
    }

    @Test func `may leave the id to the whole, which is each client's own`() throws {
        let post = UsagePost(body: [], batch: "lot 1")
        #expect(post.source(of: "acme") != post.source(of: "loja"))
        #expect(UsagePost(body: []).source(of: "acme") == nil)
        #expect(try Self.calls(Self.call(nil), batch: "lot 1")[0].result.get().givenID == nil)
    }

    static let faults: [(body: String, kind: PostRefusal.Kind, words: String)] = [
        (call("a", #","client":"loja""#), .forbidden, "client: names the client \"loja\", and"),
        (envelope(["subject": "\"loja\""]), .forbidden, "subject: names the client \"loja\""),
        (
            call("a", #","hold":"01890a5d-ac96-774b-bcce-b302099a8057""#), .invalid,
            "hold: is for calls through the gateway"
        ),
        (call("a", #","colour":1"#), .invalid, "colour: is no field of a call; remove it"),
        (call("a", #","model":"x""#), .invalid, "model: stands twice in the line; keep one"),
        (call("a", #","latency_ms":-5"#), .invalid, "latency_ms: is -5; give a whole number"),
        (call(""), .invalid, "id: is empty; give one"),
        ("[7]", .invalid, "is no JSON object; give each event as an object in braces"),
        (envelope(["specversion": "\"0.3\""]), .invalid, "specversion: \"0.3\" is not known"),
        (envelope(["type": "\"prompt\""]), .invalid, "type: \"prompt\" is not known; use one of"),
        (envelope(["type": ""]), .invalid, "type: is missing; give razao.usage.recorded"),
        (envelope(["id": ""]), .invalid, "id: is missing; source and id say which event it is"),
        (envelope(["id": "\"\""]), .invalid, "id: is empty; give one"),
        (envelope(["source": "5"]), .invalid, "source: is 5; give a text in double quotes"),
        (envelope(["time": "\"today\""]), .invalid, "time: \"today\" is not an instant"),
        (envelope(["time": ""]), .invalid, "occurred_at: is missing; give an instant like"),
        (
            envelope(["time": "\"2030-01-01T00:00:00Z\""]), .invalid,
            "occurred_at: 2030-01-01T00:00:00Z is in the future, by more than an hour"
        ),
        (envelope(["data": ""]), .invalid, "data: is missing; give the call's fields in it"),
        (envelope(["data": "\"{}\""]), .invalid, "data: is \"{}\"; give an object in braces"),
        (envelope(["data_base64": "\"e30=\""]), .invalid, "data: stands beside data_base64"),
        (envelope(["data": "", "data_base64": "\"*\""]), .invalid, "data_base64: is not Base64"),
        (envelope(["data": "", "data_base64": "\"Ww==\""]), .invalid, "is not valid JSON at"),
        (envelope(["datacontenttype": "\"text/xml\""]), .invalid, "datacontenttype: is \"text/"),
        (
            envelope(["id\":\"8\",\"id": "\"9\"", "id": ""]), .invalid,
            "id: stands twice in the event; keep one"
        ),
    ]

    @Test(arguments: faults.indices) func `is refused with its field`(fault: Int) throws {
        let (body, kind, words) = Self.faults[fault]
        let calls = try Self.calls(body)
        guard case .failure(let refusal) = try #require(calls.first).result else {
            Issue.record("\(body) was taken")
            return
        }
        #expect(refusal.kind == kind && "\(refusal)".hasPrefix(words), "\(refusal)")
    }

    @Test func `of the binary mode wants every attribute as a header`() throws {
        let calls = try Self.calls(Self.call(nil), nil, ["specversion": "1.0", "id": "7"])
        guard case .failure(let refusal) = calls[0].result else {
            Issue.record("it was taken")
            return
        }
        #expect("\(refusal)" == "type: is missing; give razao.usage.recorded")
        // What says itself that it is an envelope is one.
        #expect(
            try Self.calls(Self.envelope(), Self.event, ["id": "8"])[0].id == "7")
    }

    static let wholes: [(body: String, type: String?, kind: UsagePostError.Kind, words: String)] = [
        ("", nil, .malformed, "the body is not valid JSON at line 1, column 1: the text ends"),
        ("{\n{", nil, .malformed, "the body is not valid JSON at line 2, column 1: a name"),
        ("7", nil, .malformed, "the body is no event; give an object, a list of objects or"),
        (#"{"events":{}}"#, nil, .malformed, "\"events\" must be a list, with nothing beside it"),
        (#"{"events":[],"x":1}"#, nil, .malformed, "\"events\" must be a list, with nothing"),
        (String(repeating: "[", count: 70), nil, .malformed, "the body is not valid JSON at line"),
        ("a,b", "text/csv", .unknownType, "usage cannot be read from \"text/csv\"; send"),
        (call(), "application/cloudevents+avro", .unknownType, "usage cannot be read from"),
        (
            "[" + String(repeating: "{},", count: UsagePost.maximumCalls) + "{}]", nil, .tooLarge,
            "more than 1000 events at once; send them in several requests"
        ),
        (
            String(repeating: "{}\n", count: UsagePost.maximumCalls + 1), lines, .tooLarge,
            "more than 1000 events at once"
        ),
        (
            "[" + String(repeating: "0,", count: UsagePost.maximumValues) + "0]", nil, .malformed,
            "the body is not valid JSON at line 1"
        ),
        (
            String(repeating: " ", count: UsagePost.maximumBytes + 1), nil, .tooLarge,
            "the body is too large; 4194304 bytes are allowed"
        ),
    ]

    @Test(arguments: wholes.indices) func `that is no list of calls is refused whole`(whole: Int) {
        let (body, type, kind, words) = Self.wholes[whole]
        let error = #expect(throws: UsagePostError.self) { try Self.calls(body, type) }
        #expect(error?.kind == kind && error?.description.hasPrefix(words) == true, "\(words)")
    }

    @Test func `may be as many as are allowed`() throws {
        let body = Array(repeating: Self.call(), count: UsagePost.maximumCalls)
        #expect(try Self.calls("[\(body.joined(separator: ","))]").count == 1_000)
        #expect(try Self.calls(body.joined(separator: "\n"), Self.lines).count == 1_000)
    }

    @Test(arguments: ["", "a\nb", String(repeating: "x", count: 201)])
    func `wants a name for the whole that can be one`(name: String) {
        let error = #expect(throws: UsagePostError.self) {
            try Self.calls(Self.call(), batch: name)
        }
        #expect(error?.description.hasPrefix("Idempotency-Key must be 1 to 200 bytes") == true)
    }
}
