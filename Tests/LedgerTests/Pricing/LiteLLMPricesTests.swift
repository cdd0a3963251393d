import Testing

@testable import Ledger

struct `Prices of LiteLLM's map` {
    static let start = "2026-01-01T00:00:00Z"

    static func model(_ members: String, _ name: String = "m") -> String {
        #"{"\#(name)":{"litellm_provider":"p",\#(members)}}"#
    }

    @Test(
        arguments: [
            (
                #"""
                "input_cost_per_token":1.5e-07,"output_cost_per_token":0.00000060,\#
                "max_tokens":1
                """#,
                ["p/m \(start) input 0.15, output 0.60"]
            ),
            (
                #""input_cost_per_token":2,"input_cost_per_token":0.000001"#,
                ["p/m \(start) input 1.00"]
            ),
            (
                #"""
                "cache_read_input_token_cost":1e-6,"cache_creation_input_token_cost":2e-6,\#
                "cache_creation_input_token_cost_above_1hr":3e-6,\#
                "input_cost_per_audio_token":4e-6,"output_cost_per_audio_token":5e-6,\#
                "output_cost_per_reasoning_token":6e-6,"input_cost_per_image_token":7e-6,\#
                "output_cost_per_image_token":8e-6
                """#,
                [
                    """
                    p/m \(start) cache_read 1.00, cache_write_5m 2.00, cache_write_1h \
                    3.00, input_audio 4.00, input_image 7.00, reasoning 6.00, output_audio \
                    5.00, output_image 8.00
                    """
                ]
            ),
            (
                #"""
                "input_cost_per_token":1e-6,"cache_read_input_token_cost":1e-7,\#
                "input_cost_per_token_cache_hit":2e-7
                """#,
                ["p/m \(start) input 1.00, cache_read 0.10"]
            ),
            (
                #"""
                "input_cost_per_token":1e-6,"output_cost_per_token":2e-6,\#
                "cache_read_input_token_cost":1e-7,\#
                "input_cost_per_token_above_200k_tokens":3e-6,\#
                "output_cost_per_token_above_512k_tokens":9e-6
                """#,
                [
                    """
                    p/m \(start) input 1.00, cache_read 0.10, output 2.00 | >200000 input \
                    3.00, cache_read 0.10, output 2.00 | >512000 input 3.00, cache_read \
                    0.10, output 9.00
                    """
                ]
            ),
            (
                #"""
                "input_cost_per_token":1e-6,"input_cost_per_token_batches":5e-7,\#
                "input_cost_per_token_priority":2e-6,\#
                "cache_read_input_token_cost_flex":1e-8,\#
                "input_cost_per_token_above_200k_tokens_priority":4e-6
                """#,
                [
                    "p/m \(start) input 1.00", "p/m:batch \(start) input 0.50",
                    "p/m:flex \(start) cache_read 0.01",
                    "p/m:priority \(start) input 2.00 | >200000 input 4.00",
                ]
            ),
            (
                #"""
                "tiered_pricing":[{"range":[0,256000.0],"input_cost_per_token":5e-8},\#
                {"range":[256e3,1000000.0],"input_cost_per_token":2.5e-7}]
                """#,
                ["p/m \(start) input 0.05 | >256000 input 0.25"]
            ),
            (
                #""input_cost_per_token":1e-6,"input_cost_per_second":0.1"#,
                ["p/m \(start) input 1.00"]
            ),
            (
                #""input_cost_per_token":0,"output_cost_per_token":0.0"#,
                ["p/m \(start) input 0.00, output 0.00"]
            ),
        ] as [(String, [String])])
    func `members become entries`(members: String, expected: [String]) {
        #expect(Shown.contents(Self.model(members), .litellm, from: Self.start) == expected)
    }

    @Test(arguments: [
        (#""input_cost_per_second":0.1"#, "skipped m: has no price by token"),
        (
            #""input_cost_per_token":0.0,"input_cost_per_query":0.002"#,
            "skipped m: is not charged by token"
        ),
        (
            #""input_cost_per_token":2.9999900000000002e-06"#,
            "skipped m: input_cost_per_token: 2.9999900000000002e-06 has more than 12 decimals and"
                + " nothing is rounded in silence; give at most 12"
        ),
        (
            #""input_cost_per_token":-1"#,
            "skipped m: input_cost_per_token: -1 is negative; give zero or more"
        ),
        (
            #""tiered_pricing":[{"range":[0,25],"input_cost_per_query":1}]"#,
            "skipped m: has ranges without a price by token"
        ),
        (
            #"""
            "tiered_pricing":[{"range":[0,25],"input_cost_per_token":1e-6},{"range":[26,\#
            50],"input_cost_per_token":1e-6}]
            """#,
            "skipped m: has ranges that do not follow one another from 0"
        ),
        (
            #"""
            "input_cost_per_token":1e-6,"tiered_pricing":[{"range":[0,25],\#
            "input_cost_per_token":1e-6}]
            """#,
            "skipped m: gives prices both by range and without"
        ),
    ])
    func `what cannot be kept exactly is skipped with its reason`(
        members: String, expected: String
    ) {
        // A good neighbour, since a file without any price is refused as a whole.
        let text =
            Self.model(members).dropLast()
            + #","n":{"litellm_provider":"p","input_cost_per_token":1e-6}}"#
        #expect(
            Shown.contents(String(text), .litellm, from: Self.start)
                == ["p/n \(Self.start) input 1.00", expected])
    }

    @Test func `the last of repeated models counts, and a full name before a bare one`() {
        let text =
            #"{"sample_spec":{"litellm_provider":"x","input_cost_per_token":1},"#
            + #""a":{"litellm_provider":"p","input_cost_per_token":1e-6},"#
            + #""p/b":{"litellm_provider":"p","input_cost_per_token":2e-6},"#
            + #""b":{"litellm_provider":"p","input_cost_per_token":9e-6},"#
            + #""c":{"litellm_provider":"p","input_cost_per_token":4e-6},"#
            + #""p/c":{"litellm_provider":"p","input_cost_per_token":0.000004},"#
            + #""q/d":{"litellm_provider":"p","input_cost_per_token":5e-6},"#
            + #""a":{"litellm_provider":"p","input_cost_per_token":3e-6},"#
            + #""last_updated":"x","e":{"input_cost_per_token":3e-6}}"#
        #expect(
            Shown.contents(text, .litellm, from: Self.start) == [
                "p/b \(Self.start) input 2.00", "p/c \(Self.start) input 4.00",
                "p/q/d \(Self.start) input 5.00", "p/a \(Self.start) input 3.00",
                "skipped last_updated: is no model", "skipped e: names no provider",
                "skipped b: has other prices than p/b, whose full name counts",
            ])
    }

    @Test func `the map needs a date and a model`() {
        #expect(Shown.contents("{}", .litellm)[0].contains("with --effective-from"))
        #expect(Shown.contents("{}", .litellm, from: Self.start)[0].contains("holds no model"))
        #expect(Shown.contents("[]", .litellm, from: Self.start)[0].contains("no map of models"))
    }

    @Test func `dated events become dated entries`() {
        func event(
            _ at: String, _ kind: String, _ model: String, _ provider: String, _ input: String
        )
            -> String
        {
            #"{"observed_at":"\#(at)","event":"\#(kind)","model":"\#(model)","#
                + #""provider":\#(provider),"prices":{\#(input)}}"#
        }
        let price = #""input_cost_per_token":"0.000001""#
        let text = [
            event("2024-01-01T00:00:00Z", "add", "m", "null", price),
            event(
                "2024-01-02T00:00:00Z", "change", "m", "\"p\"", #""input_cost_per_token":"2e-6""#),
            event("2024-01-03T00:00:00Z", "change", "m", "\"p\"", ""),
            event("2024-01-04T00:00:00Z", "remove", "m", "\"p\"", ""),
            event("2024-01-05T00:00:00Z", "add", "lost", "null", price), "",
            event("2024-01-06T00:00:00Z", "add", "p/b", "\"p\"", price),
            event("2024-01-07T00:00:00Z", "add", "b", "\"p\"", price),
        ].joined(separator: "\n")
        #expect(
            Shown.contents(text, .litellmEvents) == [
                "p/m 2024-01-01T00:00:00Z input 1.00", "p/m 2024-01-02T00:00:00Z input 2.00",
                "p/b 2024-01-06T00:00:00Z input 1.00",
                "skipped m: has no price by token",
                "skipped m: was removed at 2024-01-04T00:00:00Z; its last price stays",
                "skipped lost: no event of the file names its provider",
                "skipped b: p/b is there too; its full name counts",
            ])
        #expect(Shown.contents(text, .litellmEvents, from: Self.start)[0].contains("own dates"))
        #expect(Shown.contents(text + "\n{", .litellmEvents)[0].hasPrefix("line 9 is not valid"))
        #expect(Shown.contents("{}", .litellmEvents)[0].contains("line 1 names no model"))
    }
}
