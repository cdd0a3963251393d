import Foundation
import Testing

@testable import Ledger

struct `Usage from JSON lines` {
    static let now = Instant(seconds: 1_800_000_000)
    let reader = UsageJSONLine()

    /// A line with what every call needs, and more.
    static func line(_ more: String = "", without: String = "") -> String {
        let members = [
            "occurred_at": "\"2026-11-20T15:04:05.5Z\"", "client": "\"acme\"",
            "provider": "\"openai\"", "model": "\"gpt-4o\"",
        ]
        var parts = members.sorted { $0.key < $1.key }.filter { $0.key != without }
            .map { "\"\($0.key)\":\($0.value)" }
        if !more.isEmpty { parts.append(more) }
        return "{" + parts.joined(separator: ",") + "}"
    }

    func parse(_ line: String, _ defaults: ImportDefaults = ImportDefaults()) throws(ImportError)
        -> ImportedCall
    {
        try UsageJSONLine(defaults: defaults).parse(Data(line.utf8), now: Self.now)
    }

    @Test func `a line with every field gives a call with every field`() throws {
        let call = try parse(
            Self.line(
                """
                "id":"row 7","conversation":"c1","end_user":"+55 11 91234-5678",
                "model_requested":"gpt-4o-latest","operation":"embedding","service_tier":"Flex",
                "tokens":{"input":10,"cache_read":20,"cache_write_5m":30,"cache_write_1h":40,
                "input_audio":50,"input_image":60,"output":70,"reasoning":80,"output_audio":90,
                "output_image":4294967295},"units":{"web_search":2},"usage_source":"estimated",
                "latency_ms":1200,"ttft_ms":90,"outcome":"cut_at_limit","was_cached":true,
                "was_fallback":true,"fallback_reason":"timeout","request_id":"req_1","attempt":3,
                "key":"k1","hold":"01890a5d-ac96-774b-bcce-b302099a8057",
                "tags":{"team":"a/b","x":""}
                """.replacing("\n", with: "")))
        #expect(call.givenID == "row 7")
        #expect(call.endUser == "+55 11 91234-5678")
        let event = call.event
        #expect(event.occurredAt.description == "2026-11-20T15:04:05.5Z")
        #expect(event.client == "acme" && event.provider == "openai" && event.model == "gpt-4o")
        #expect(event.modelRequested == "gpt-4o-latest")
        #expect(event.operation == .embedding && event.serviceTier == "flex")
        #expect(
            UsageClass.tokens.map { event.tokens[$0] }
                == [10, 20, 30, 40, 50, 60, 70, 80, 90, .max])
        #expect(event.tokens[.webSearch] == 2)
        #expect(event.usageSource == .estimated && event.outcome == .cutAtLimit)
        #expect(event.latencyMilliseconds == 1200 && event.timeToFirstTokenMilliseconds == 90)
        #expect(event.wasCached && event.wasFallback && event.fallbackReason == "timeout")
        #expect(event.requestID == "req_1" && event.attempt == 3 && event.key == "k1")
        #expect(event.hold == EventID("01890a5d-ac96-774b-bcce-b302099a8057"))
        #expect(event.tags == ["team": "a/b", "x": ""] && event.endUser == nil)
    }

    @Test func `what a line leaves out has its default`() throws {
        let call = try parse(Self.line("\"tokens\":null,\"outcome\":null"))
        #expect(call.event.usageSource == .missing)
        #expect(call.event.operation == .chat && call.event.outcome == .succeeded)
        #expect(call.givenID == nil && call.endUser == nil && call.event.attempt == 1)
        #expect(try parse(Self.line("\"tokens\":{}")).event.usageSource == .provider)
        #expect(try parse(Self.line("\"service_tier\":\"AUTO\"")).event.serviceTier == "")
        #expect(try parse(Self.line("\"was_fallback\":true")).event.wasFallback)
        let given = ImportDefaults(client: "fallback")
        #expect(try parse(Self.line(without: "client"), given).event.client == "fallback")
        #expect(try parse(Self.line(), given).event.client == "acme")
    }

    @Test(
        arguments: [
            (#""model_requested":"m""#, "model", "openai", "m", nil),
            (#""model_requested":"gpt-4o""#, "", "openai", "gpt-4o", nil),
            (#""model":"groq/llama/8b""#, "both", "groq", "llama/8b", nil),
            (#""model_requested":"groq/llama""#, "both", "groq", "llama", nil),
            (#""model":"a/b","model_requested":"a/c""#, "both", "a", "b", "c"),
            (#""model":"a/b""#, "model", "openai", "a/b", nil),
        ] as [(String, String, String, String, String?)])
    func `model and provider fill in for each other`(
        more: String, without: String, provider: String, model: String, requested: String?
    ) throws {
        let line =
            without == "both"
            ? #"{"occurred_at":"2026-11-20T15:04:05Z","client":"acme",\#(more)}"#
            : Self.line(more, without: without)
        let event = try parse(line).event
        #expect(event.provider == provider && event.model == model)
        #expect(event.modelRequested == requested)
    }

    @Test(arguments: [
        (
            "\"tokens\":{\"input\":-5}",
            "tokens.input: is -5; give a whole number from 0 to 4294967295"
        ),
        ("\"tokens\":{\"input\":1.5}", "tokens.input: is 1.5; give a whole number"),
        ("\"tokens\":{\"output\":4294967296}", "tokens.output: is 4294967296; give a whole"),
        ("\"tokens\":{\"output\":\"7\"}", "tokens.output: is \"7\"; give a whole number"),
        (
            "\"tokens\":{\"total\":7}",
            "tokens: \"total\" is not known; use one of input, cache_read"
        ),
        ("\"tokens\":{\"web_search\":7}", "tokens: \"web_search\" is not known"),
        (
            "\"units\":{\"input\":7}",
            "units: \"input\" is not known; use one of web_search, seconds"
        ),
        ("\"tokens\":5", "tokens: is 5; give an object in braces"),
        ("\"tokens\":[1]", "tokens: is a list; give an object in braces"),
        ("\"latency_ms\":true", "latency_ms: is true; give a whole number"),
        ("\"latency_ms\":{}", "latency_ms: is an object; give a whole number"),
        ("\"latency_ms\":1e400", "latency_ms: is a number that cannot be kept"),
        ("\"attempt\":256", "attempt: is 256; give a whole number from 0 to 255"),
        ("\"was_cached\":\"yes\"", "was_cached: is \"yes\"; give true or false"),
        ("\"was_cached\":1", "was_cached: is 1; give true or false"),
        ("\"conversation\":12", "conversation: is 12; give a text in double quotes"),
        ("\"conversation\":\"\"", "conversation: is empty; give one"),
        ("\"request_id\":\"a\\u0007b\"", "request_id: holds a control character; remove it"),
        ("\"tags\":{\"a\":1}", "tags.a: is 1; give a text in double quotes"),
        ("\"tags\":[]", "tags: is a list; give an object in braces"),
        ("\"prompt\":\"hello\"", "prompt: is no field of a call; remove it or put it under tags"),
        (
            "\"operation\":\"talk\"",
            "operation: \"talk\" is not known; use one of chat, completion,"
        ),
        (
            "\"outcome\":\"ok\"",
            "outcome: \"ok\" is not known; use one of succeeded, failed, cancel"
        ),
        ("\"usage_source\":\"me\"", "usage_source: \"me\" is not known; use one of provider, est"),
        ("\"usage_source\":\"provider\"", "usage_source: says provider, yet no tokens are given"),
        (
            "\"usage_source\":\"missing\",\"tokens\":{\"input\":1}",
            "usage_source: says missing, yet"
        ),
        ("\"hold\":\"x\"", "hold: is no UUID; give the id of a hold"),
        ("\"id\":\"\"", "id: is empty; give one"),
        ("\"id\":7", "id: is 7; give a text in double quotes"),
        ("\"end_user\":\"\"", "end_user: is empty; give one"),
    ])
    func `what is wrong is refused in one sentence that names the field`(
        more: String, expected: String
    ) throws {
        try refuses(Self.line(more), expected)
    }

    @Test(arguments: [
        (
            "2026-11-20T15:04:05",
            "occurred_at: \"2026-11-20T15:04:05\" has no zone; write an instant"
        ),
        ("2026-13-20T15:04:05Z", "names a date or time that does not exist"),
        ("yesterday", "occurred_at: \"yesterday\" is not an instant"),
        ("2027-01-15T09:00:01Z", "occurred_at: 2027-01-15T09:00:01Z is in the future"),
        ("2199-01-15T09:00:01Z", "is in the future, by more than an hour; check clock and zone"),
    ])
    func `instants without zone and in the future are refused`(
        text: String, expected: String
    ) throws {
        try refuses(
            Self.line("\"occurred_at\":\"\(text)\"", without: "occurred_at"), expected)
    }

    @Test func `a call up to an hour ahead of the clock is taken`() throws {
        // The clock stands at 2027-01-15T08:00:00Z.
        let line = Self.line("\"occurred_at\":\"2027-01-15T09:00:00Z\"", without: "occurred_at")
        #expect(try parse(line).event.occurredAt.seconds == 1_800_003_600)
    }

    @Test(arguments: [
        ("occurred_at", "occurred_at: is missing; give an instant like 2026-11-20T15:04:05Z"),
        ("client", "client: is missing; give it in the file or with --client"),
        ("provider", "provider: is missing; give it, or the model as provider/model"),
        ("model", "model: is missing; give the model that answered"),
    ])
    func `what every call needs must be there`(field: String, expected: String) throws {
        try refuses(Self.line(without: field), expected)
    }

    @Test(arguments: [
        ("", "is not valid JSON at column 1: the text ends where a value is due"),
        ("[]", "is no JSON object; give one object in braces a line"),
        ("7", "is no JSON object"),
        ("{\"client\":\"a\"", "is not valid JSON at column 14: a comma or a closing brace is due"),
        ("{\"client\" \"a\"}", "is not valid JSON at column 11: a colon is due behind \"client\""),
        ("{'client':1}", "is not valid JSON at column 2: a name in double quotes is due here"),
        ("{\"client\":NaN}", "is not valid JSON at column 11: a value is due here"),
        ("{\"client\":\"a\"} x", "is not valid JSON at column 16: nothing more may follow"),
    ])
    func `what is no JSON object is refused with its place`(line: String, expected: String) throws {
        try refuses(line, expected)
    }

    @Test func `text that is not UTF-8 is refused`() throws {
        var bytes = Array(Self.line("\"conversation\":\"?\"").utf8)
        let place = try #require(bytes.lastIndex(of: UInt8(ascii: "?")))
        bytes[place] = 0xFF
        let error = #expect(throws: ImportError.self) {
            try reader.parse(bytes[...], now: Self.now)
        }
        #expect(error?.description.contains("not") == true)
    }

    @Test func `a whole number may be written with a point or an exponent`() throws {
        let event = try parse(Self.line("\"tokens\":{\"input\":12.0,\"output\":1e3}")).event
        #expect(event.tokens[.input] == 12 && event.tokens[.output] == 1_000)
    }

    @Test func `bounds of texts hold`() throws {
        let long = String(repeating: "x", count: 201)
        try refuses(Self.line("\"id\":\"\(long)\""), "id: is longer than 200 bytes; shorten it")
        try refuses(Self.line("\"end_user\":\"\(long)\""), "end_user: is longer than 200 bytes")
        #expect(try parse(Self.line("\"id\":\"\(long.dropLast())\"")).givenID?.count == 200)
        let tags = (0..<9).map { "\"t\($0)\":\"\(long.prefix(120))\"" }.joined(separator: ",")
        try refuses(Self.line("\"tags\":{\(tags)}"), "tags: are longer than 1024 bytes; give fewer")
    }

    private func refuses(_ line: String, _ expected: String) throws {
        let error = #expect(throws: ImportError.self) { try parse(line) }
        let text = error?.description ?? ""
        #expect(text.contains(expected), "\(text)")
    }
}
