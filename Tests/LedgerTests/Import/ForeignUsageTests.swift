// Calls as other systems recorded them: what becomes of each column, and what is refused.

import Foundation
import Money
import TestSupport
import Testing

@testable import Ledger

/// A record of LiteLLM with what every one has, and some members in place of its own.
private func litellm(_ members: String = "") -> String {
    let base = """
        "request_id":"r-1","call_type":"acompletion","spend":0.0064,"prompt_tokens":1200,\
        "completion_tokens":340,"startTime":"2026-10-05T14:03:01.100Z",\
        "endTime":"2026-10-05T14:03:03.350Z","model":"gpt-4o","model_group":"gpt-4o",\
        "custom_llm_provider":"openai","cache_hit":"False","status":"success"
        """
    return "{\(base)\(members.isEmpty ? "" : "," + members)}"
}

private let now = Instant(seconds: 1_795_000_000)

private func read(
    _ line: String, _ layout: ForeignLayout = .litellm,
    _ change: (inout ForeignOptions) -> Void = { _ in }
) throws -> ImportedCall? {
    var options = ForeignOptions()
    options.client = "acme"
    change(&options)
    return try ForeignUsage(layout, options).parse(Array(line.utf8), now: now)
}

/// Input, cache read, cache writes of 5 minutes and an hour, output, reasoning.
private func counts(_ call: ImportedCall?) -> [UInt32] {
    guard let tokens = call?.event.tokens else { return [] }
    return [
        tokens[.input], tokens[.cacheRead], tokens[.cacheWrite5m], tokens[.cacheWrite1h],
        tokens[.output], tokens[.reasoning],
    ]
}

struct `Calls of LiteLLM's spend logs` {
    @Test func `become calls with their times, names and costs`() throws {
        let call = try #require(
            try read(
                litellm(
                    #""completionStartTime":"2026-10-05T14:03:01.600Z","session_id":"s-1","#
                        + #""end_user":"5511912345678","request_tags":["a","b"],"#
                        + #""api_key":"\#(String(repeating: "0a", count: 32))""#)))
        let event = call.event
        #expect(event.client == "acme" && event.provider == "openai" && event.model == "gpt-4o")
        #expect(event.modelRequested == nil && event.requestID == "r-1" && call.givenID == "r-1")
        #expect(try event.occurredAt == Instant("2026-10-05T14:03:03.350Z"))
        #expect(event.latencyMilliseconds == 2_250 && event.timeToFirstTokenMilliseconds == 500)
        #expect(event.conversation == "s-1" && call.endUser == "5511912345678")
        #expect(event.tags == ["request_tags": "a, b"] && event.key?.utf8.count == 64)
        #expect(call.recorded?.usd?.text == "0.0064")
        #expect(counts(call) == [1_200, 0, 0, 0, 340, 0])
    }

    @Test(
        arguments: [
            (#""prompt_tokens_details":{"cached_tokens":200}"#, [1_000, 200, 0, 0, 340, 0]),
            (
                #""cache_read_input_tokens":200,"cache_creation_input_tokens":100"#,
                [900, 200, 100, 0, 340, 0]
            ),
            // The parts lack what the sum has.
            (
                #""cache_creation_input_tokens":100,"prompt_tokens_details":"#
                    + #"{"cache_creation_token_details":"#
                    + #"{"ephemeral_5m_input_tokens":30,"ephemeral_1h_input_tokens":20}}"#,
                [1_100, 0, 80, 20, 340, 0]
            ),
            (#""completion_tokens_details":{"reasoning_tokens":300}"#, [1_200, 0, 0, 0, 40, 300]),
            (
                #""prompt_tokens_details":null,"completion_tokens_details":null"#,
                [1_200, 0, 0, 0, 340, 0]
            ),
            // Written by versions that counted beside the prompt.
            (#""cache_creation_input_tokens":5000"#, [1_200, 0, 5_000, 0, 340, 0]),
            (#""cache_read_input_tokens":5000"#, [1_200, 5_000, 0, 0, 340, 0]),
        ] as [(String, [UInt32])])
    func `have tokens in classes that do not overlap`(usage: String, expected: [UInt32]) throws {
        for name in ["usage_object", "additional_usage_values"] {
            let object = litellm(#""metadata":{"\#(name)":{\#(usage)}}"#)
            #expect(counts(try read(object)) == expected, "\(name)")
            let text = usage.replacing("\"", with: "\\\"")
            let asText = litellm(#""metadata":"{\"\#(name)\":{\#(text)}}""#)
            #expect(counts(try read(asText)) == expected, "\(name) as a text")
        }
    }

    @Test(arguments: [
        (#""model":"openai/gpt-4o""#, "openai/gpt-4o"),
        (#""model":"azure/gpt-4o""#, "openai/azure/gpt-4o"),
        (#""model":"groq/llama","custom_llm_provider":"""#, "groq/llama"),
        (#""custom_llm_provider":"""#, "house/gpt-4o"),
        (#""custom_llm_provider":"gemini""#, "google/gpt-4o"),
        (#""model":"","model_group":"fast""#, "openai/fast"),
    ])
    func `name provider and model once`(members: String, expected: String) throws {
        let event = try #require(
            try read(litellm(members)) {
                $0.provider = "house"
                $0.providers = ["gemini": "google"]
            }
        ).event
        #expect("\(event.provider)/\(event.model)" == expected)
    }

    @Test(arguments: [
        ("team_id", "t-1"), ("end_user", "e-1"), ("user", "u-1"), ("team_alias", "Team"),
        ("key_alias", "Key"), ("organization_id", "acme"), ("metadata", "acme"),
    ])
    func `are of the client that a column names, else of the one for all`(
        column: String, expected: String
    ) throws {
        let line = litellm(
            #""team_id":"t-1","end_user":"e-1","user":"u-1","organization_id":"","#
                + #""metadata":{"user_api_key_team_alias":"Team","user_api_key_alias":"Key"}"#)
        let call = try #require(try read(line) { $0.clientFrom = column })
        #expect(call.event.client == expected)
        #expect(call.endUser == (column == "end_user" ? nil : "e-1"))
    }

    @Test(arguments: [
        ("sk-1234567890abcdef", nil), ("anything", nil), ("", nil),
        ("litellm_proxy_master_key", "litellm_proxy_master_key"),
    ])
    func `keep a key only as a hash`(key: String, kept: String?) throws {
        let line = litellm(#""api_key":"\#(key)""#)
        #expect(try read(line)?.event.key == kept)
        #expect(try read(line) { $0.clientFrom = "api_key" }?.event.client == kept ?? "acme")
    }

    @Test(arguments: [
        (#""status":"failure""#, "failed provider false"),
        (#""cache_hit":"True","spend":0"#, "succeeded provider true"),
        (#""prompt_tokens":0,"completion_tokens":0,"spend":0"#, "succeeded missing false"),
        (
            #""prompt_tokens":0,"completion_tokens":0,"status":"failure""#,
            "failed provider false"
        ),
        (#""metadata":{"status":"failure"},"status":null"#, "failed provider false"),
        (#""cache_hit":"None""#, "succeeded provider false"),
    ])
    func `say how they ended and how usage is known`(members: String, expected: String) throws {
        let event = try #require(try read(litellm(members))).event
        #expect(
            "\(event.outcome.name) \(event.usageSource.name) \(event.wasCached)" == expected)
    }

    @Test func `are none where no model was reached`() throws {
        let refused =
            #""model":"","model_group":"","status":"failure","prompt_tokens":0,"#
            + #""completion_tokens":0,"spend":0"#
        #expect(try read(litellm(refused)) == nil)
    }

    @Test(arguments: [
        (litellm(#""prompt_tokens":"many""#), "prompt_tokens: is \"many\""),
        (litellm(#""prompt_tokens":-1"#), "prompt_tokens: is \"-1\""),
        (litellm(#""prompt_tokens":1.5"#), "prompt_tokens: is \"1.5\""),
        (litellm(#""endTime":"yesterday""#), "endTime: \"yesterday\" is not an instant"),
        (litellm(#""spend":"lots""#), "spend: \"lots\" is not a decimal number"),
        (litellm(#""model":"","model_group":"""#), "model: is missing"),
        (litellm(#""request_id":"""#), "request_id: is missing"),
        (litellm(#""custom_llm_provider":"""#), "provider: is missing"),
        (
            litellm(
                #""metadata":{"usage_object":{"cache_read_input_tokens":1100,"#
                    + #""cache_creation_input_tokens":200}}"#
            ),
            "it cannot be told"
        ),
        (
            litellm(
                #""metadata":{"usage_object":{"completion_tokens_details":"#
                    + #"{"reasoning_tokens":341}}}"#
            ),
            "completion_tokens: is 340, less than the 341"
        ),
        (#"{"users":{},"models":{},"spend":0}"#, "is no record of litellm: it has users, models"),
        (#"{"startTime":"2026-10-05","spend":3}"#, "request_id: is missing; sums by day"),
        ("[1]", "is no JSON object"), ("{\"a\":", "is not valid JSON at column"),
    ])
    func `are refused with the column and what to do`(line: String, sentence: String) throws {
        let error = #expect(throws: ImportError.self) { try read(line) }
        #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("0.0064", "0.0064"), ("3.1500000000000003e-06", "0.00000315"), ("0", "0"),
        ("1e-13", "0"), ("\"0.5\"", "0.5"), ("null", nil),
    ])
    func `have their cost digit by digit`(spend: String, expected: String?) throws {
        let line = litellm().replacing("\"spend\":0.0064", with: "\"spend\":\(spend)")
        #expect(try read(line)?.recorded?.usd?.text == expected)
    }
}

struct `Calls of a gateway's table` {
    private static let header =
        "client_id,conversation_id,phone,request_id,provider,model_name,input_tokens,"
        + "output_tokens,cached_tokens,total_tokens,latency_ms,was_cached,was_fallback,"
        + "fallback_reason,cost_usd,cost_brl,usd_to_brl_rate,metadata,error_details,created_at"

    private static let usual = [
        "client_id": "acme", "phone": "+5511912345678", "request_id": "req-1",
        "provider": "openai", "model_name": "gpt-4o-mini", "input_tokens": "1000",
        "output_tokens": "100", "cached_tokens": "600", "total_tokens": "1100",
        "latency_ms": "850", "was_cached": "f", "was_fallback": "f", "cost_usd": "0.000165",
        "cost_brl": "0.000891", "usd_to_brl_rate": "5.40", "created_at": "2026-10-05 22:15:01.5",
    ]

    private func row(
        _ cells: [String: String], _ change: (inout ForeignOptions) -> Void = { _ in }
    ) throws -> ImportedCall? {
        var options = ForeignOptions()
        change(&options)
        let names = Self.header.split(separator: ",").map(String.init)
        let values = Self.usual.merging(cells) { $1 }
        let table = try ForeignUsage(.gatewayLogs, options).table(
            header: CSVRowReader.Row(line: 1, cells: names))
        return try table.parse(
            CSVRowReader.Row(line: 2, cells: names.map { values[$0] ?? "" }), now: now)
    }

    @Test func `become calls whose cached tokens were part of the input`() throws {
        let call = try #require(
            try row(["metadata": #"{"channel":"web","n":3}"#]) {
                $0.metadataTags = ["channel", "n", "none"]
            })
        #expect(counts(call) == [400, 600, 0, 0, 100, 0])
        #expect(call.endUser == "+5511912345678" && call.event.endUser == nil)
        #expect(call.givenID == "req-1" && call.event.tags == ["channel": "web", "n": "3"])
        #expect(
            call.recorded
                == RecordedCost(
                    usd: try Amount("0.000165"), brl: try Amount("0.000891"),
                    rate: try ExchangeRate("5.40")))
    }

    @Test(arguments: [
        ("2026-10-05 22:15:01.5", "UTC", "2026-10-05T22:15:01.5Z"),
        ("2026-10-05 22:15:01.5", "America/Sao_Paulo", "2026-10-06T01:15:01.5Z"),
        ("2026-10-05 22:15:01+00", "America/Sao_Paulo", "2026-10-05T22:15:01Z"),
        ("2026-10-05T22:15:01-03", "UTC", "2026-10-06T01:15:01Z"),
        ("2026-10-05 22:15:01.123456+0530", "UTC", "2026-10-05T16:45:01.123456Z"),
        ("2026-10-05T22:15:01Z", "Asia/Tokyo", "2026-10-05T22:15:01Z"),
        // Set forward at midnight: that hour was on no clock. Set back: it was twice, the first.
        ("2018-11-04 00:30:00", "America/Sao_Paulo", "2018-11-04T03:30:00Z"),
        ("2019-02-16 23:30:00", "America/Sao_Paulo", "2019-02-17T01:30:00Z"),
    ])
    func `lie where a clock of their zone says`(
        text: String, zone: String, expected: String
    ) throws {
        let rules = try ZoneRules.named(zone)
        let call = try #require(try row(["created_at": text]) { $0.zone = rules })
        #expect(try call.event.occurredAt == Instant(expected))
    }

    @Test(arguments: [
        (["error_details": #"{"code":503}"#], "failed provider false"),
        (["error_details": "null"], "succeeded provider false"),
        (["error_details": "{}"], "succeeded provider false"),
        (["was_cached": "t"], "succeeded provider true"),
        (
            ["input_tokens": "0", "output_tokens": "0", "cached_tokens": ""],
            "succeeded missing false"
        ),
        (
            ["input_tokens": "", "output_tokens": "", "cached_tokens": "", "error_details": "x"],
            "failed missing false"
        ),
        (
            [
                "input_tokens": "0", "output_tokens": "0", "cached_tokens": "0",
                "error_details": "x",
            ],
            "failed provider false"
        ),
    ])
    func `say how they ended and how usage is known`(
        cells: [String: String], expected: String
    ) throws {
        let event = try #require(try row(cells)).event
        #expect(
            "\(event.outcome.name) \(event.usageSource.name) \(event.wasCached)" == expected)
    }

    @Test(arguments: [
        (["cached_tokens": "1001"], "cached_tokens: is 1001, more than the 1000"),
        (["input_tokens": "-4"], "input_tokens: is \"-4\""),
        (["cost_usd": "zero"], "cost_usd: \"zero\" is not a decimal number"),
        (["created_at": ""], "occurred_at: is missing"),
        (["created_at": "05/10/2026"], "created_at: \"05/10/2026\" is not an instant"),
        (["client_id": ""], "client: is missing"), (["was_cached": "maybe"], "was_cached"),
    ])
    func `are refused with the column and what to do`(
        cells: [String: String], sentence: String
    ) throws {
        let error = #expect(throws: ImportError.self) { try row(cells) }
        #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
        #expect(error?.line == 2)
    }

    @Test func `keep a reason on one line, and a total that does not add up`() throws {
        let call = try #require(
            try row([
                "was_fallback": "true", "fallback_reason": "timed out\nafter 30 s",
                "total_tokens": "1500",
            ]))
        #expect(call.event.wasFallback && call.event.fallbackReason == "timed out after 30 s")
        #expect(call.event.tags == ["recorded_total_tokens": "1500"])
    }

    @Test(arguments: [
        (["a", "b"], "gateway-logs needs the columns client_id, provider"),
        (["client_id", "client_id"], "client_id: stands twice"),
    ])
    func `need a header that has what is needed`(header: [String], sentence: String) throws {
        let error = #expect(throws: ImportError.self) {
            try ForeignUsage(.gatewayLogs, ForeignOptions()).table(
                header: CSVRowReader.Row(line: 1, cells: header))
        }
        #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
    }
}

struct `Recorded costs` {
    private func compare(
        usd: String?, brl: String? = nil, decimals: Int = 12, cached: Bool = false,
        model: String = "m"
    ) throws -> CostComparison {
        var state = LedgerState()
        var prices = PriceSet()
        prices[.input] = try UnitPrice("2.50")
        try state.apply(
            .priceSet(
                PriceEntry(
                    provider: "p", model: "m", effectiveFrom: Instant(seconds: 0), prices: prices)),
            at: SequenceNumber(1), recordedAt: Instant(seconds: 0))
        try state.apply(
            .settingsChanged(SettingsChange(name: "statement.rate_rule", value: "fixed:5.4321")),
            at: SequenceNumber(2), recordedAt: Instant(seconds: 0))
        var call = UsageEvent(
            client: "c", provider: "p", model: model, occurredAt: Instant(seconds: 1_791_000_000))
        call.tokens = TokenCounts(input: 1_001, output: 0)
        call.wasCached = cached
        return try CostComparison(
            call,
            RecordedCost(usd: usd.map { try Amount($0) }, brl: brl.map { try Amount($0) }),
            state: state, day: CivilDate(dayNumber: 20_730), decimals: decimals)
    }

    // 1,001 tokens at 2.50 a million are US$ 0.0025025 and at 5.4321 R$ 0.01359383025.
    @Test(
        arguments: [
            ("0.0025025", nil, 12, "equal", "0", "0"),
            ("0.002503", nil, 12, "different", "-0.0000005", "-0.00000271605"),
            ("0.002502", nil, 6, "equal", "0", "0"),
            ("0.002503", nil, 6, "different", "-0.0000005", "-0.00000271605"),
            ("0.0025025", "0.01359383025", 12, "equal", "0", "0"),
            ("0.0025025", "0.01", 12, "different", "0", "0.00359383025"),
            (nil, "0.0136", 4, "equal", nil, "0"), (nil, nil, 12, "unrecorded", nil, nil),
        ] as [(String?, String?, Int, String, String?, String?)])
    func `are compared at as many decimals as were kept`(
        usd: String?, brl: String?, decimals: Int, verdict: String, usdDifference: String?,
        brlDifference: String?
    ) throws {
        let one = try compare(usd: usd, brl: brl, decimals: decimals)
        #expect("\(one.verdict)" == verdict)
        #expect(one.usdDifference?.text == usdDifference)
        #expect(one.brlDifference?.text == brlDifference)
    }

    @Test func `in binary fractions are equal to ours where they are right`() throws {
        var random = SeededRandom(seed: 7)
        var state = LedgerState()
        var set = try prices("2.50", "10.00", cacheRead: "1.25")
        set[.cacheWrite5m] = try UnitPrice("3.125")
        try state.apply(
            .priceSet(
                PriceEntry(
                    provider: "p", model: "m", effectiveFrom: Instant(seconds: 0), prices: set)),
            at: SequenceNumber(1), recordedAt: Instant(seconds: 0))
        for _ in 0..<3_000 {
            var call = UsageEvent(
                client: "c", provider: "p", model: "m", occurredAt: Instant(seconds: 1_791_000_000))
            for (usageClass, most) in [
                (UsageClass.input, 200_000), (.cacheRead, 100_000), (.cacheWrite5m, 9_999),
                (.output, 30_000),
            ] { call.tokens[usageClass] = UInt32(random.int(0...most)) }
            // As other gateways compute it: prices by token, in binary fractions.
            let cost =
                Double(call.tokens[.input]) * 2.5e-06 + Double(call.tokens[.cacheRead]) * 1.25e-06
                + Double(call.tokens[.cacheWrite5m]) * 3.125e-06
                + Double(call.tokens[.output]) * 1e-05
            let units = try DecimalText.parse("\(cost)", decimals: 12, rounding: .halfEven)
            let one = try CostComparison(
                call, RecordedCost(usd: Amount(units: units)), state: state,
                day: CivilDate(dayNumber: 20_730))
            #expect(one.verdict == .equal, "\(cost) \(one.ours.usd.text)")
        }
    }

    @Test func `of cached answers are nothing, and without a price cannot be compared`() throws {
        #expect(try compare(usd: "0", cached: true).verdict == .equal)
        #expect(try compare(usd: "0.1", cached: true).usdDifference?.text == "-0.1")
        #expect(try compare(usd: "0.1", model: "other").verdict == .unpriced)
    }

    @Test func `add up by day and model, the largest difference first`() throws {
        var summary = CostComparisonSummary()
        for usd in ["0.0025025", "0.0026", "0.5", nil] { try summary.add(compare(usd: usd)) }
        try summary.add(compare(usd: "1", model: "other"))
        #expect(summary.count(.equal) == 1 && summary.count(.different) == 2)
        #expect(summary.count(.unpriced) == 1 && summary.recorded == 4)
        #expect(summary.usd.text == "-0.497595" && summary.greatest.text == "0.4974975")
        let group = try #require(summary.largest(5).first)
        #expect(group.calls == 2 && group.model == "p/m" && group.usd == summary.usd)
        #expect(group.recorded.text == "0.5026" && group.ours.text == "0.005005")
    }
}
