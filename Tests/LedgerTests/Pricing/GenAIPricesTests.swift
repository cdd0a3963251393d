import Foundation
import Money
import Testing

@testable import Ledger

struct `Prices of the genai book` {
    static func book(_ prices: String, match: String = #"{"equals":"m"}"#) -> String {
        #"[{"id":"p","models":[{"id":"m","match":\#(match),"prices":\#(prices)}]}]"#
    }

    @Test(
        arguments: [
            (
                #"""
                {"input_mtok":2.5,"output_mtok":10,"cache_read_mtok":0.25,\#
                "cache_write_mtok":3,"cache_write_1h_mtok":4,"input_audio_mtok":5,\#
                "output_audio_mtok":6,"input_image_mtok":7,"output_image_mtok":8,\#
                "output_reasoning_mtok":9}
                """#,
                [
                    """
                    p/m 2000-01-01T00:00:00Z input 2.50, cache_read 0.25, cache_write_5m \
                    3.00, cache_write_1h 4.00, input_audio 5.00, input_image 7.00, output \
                    10.00, reasoning 9.00, output_audio 6.00, output_image 8.00
                    """
                ]
            ),
            (
                #"""
                {"input_mtok":{"base":1,"tiers":[{"start":200000,"price":2}]},\#
                "output_mtok":{"base":3,"tiers":[{"start":400000,"price":4}]},\#
                "cache_read_mtok":0.1}
                """#,
                [
                    """
                    p/m 2000-01-01T00:00:00Z input 1.00, cache_read 0.10, output 3.00 | \
                    >200000 input 2.00, cache_read 0.10, output 3.00 | >400000 input 2.00, \
                    cache_read 0.10, output 4.00
                    """
                ]
            ),
            (
                #"""
                [{"prices":{"input_mtok":1}},{"constraint":{"start_date":"2026-03-13"},\#
                "prices":{"input_mtok":2}}]
                """#,
                ["p/m 2000-01-01T00:00:00Z input 1.00", "p/m 2026-03-13T00:00:00Z input 2.00"]
            ),
            (
                #"""
                [{"prices":{"input_mtok":1,"output_mtok":2}},\#
                {"constraint":{"start_time":"00:30:00Z","end_time":"16:30:00Z"},\#
                "prices":{"input_mtok":3}}]
                """#,
                ["p/m 2000-01-01T00:00:00Z input 1.00, output 2.00 | 30-990 input 3.00"]
            ),
            (
                #"{"input_mtok":1,"web_searches_kcount":10,"input_video_mtok":2}"#,
                [
                    "p/m 2000-01-01T00:00:00Z input 1.00",
                    "note p/m: input_video_mtok is no class that is kept; its price is left out",
                    "note p/m: web_searches_kcount is no class that is kept; its price is left out",
                ]
            ),
        ] as [(String, [String])])
    func `conditions become dates, sizes and windows`(prices: String, expected: [String]) {
        #expect(Shown.contents(Self.book(prices), .genai) == expected)
    }

    @Test(arguments: [
        (
            "2026-03-12T00:00:00Z",
            ["p/m 2026-03-12T00:00:00Z input 1.00", "p/m 2026-03-13T00:00:00Z input 2.00"]
        ),
        ("2026-03-13T00:00:00Z", ["p/m 2026-03-13T00:00:00Z input 2.00"]),
        ("2026-09-01T00:00:00Z", ["p/m 2026-09-01T00:00:00Z input 2.00"]),
    ])
    func `a later beginning takes up what holds then`(from: String, expected: [String]) {
        let prices =
            #"[{"prices":{"input_mtok":1}},"#
            + #"{"constraint":{"start_date":"2026-03-13"},"prices":{"input_mtok":2}}]"#
        #expect(Shown.contents(Self.book(prices), .genai, from: from) == expected)
    }

    @Test(arguments: [
        (#"{"equals":"x"}"#, ["x"]),
        (
            #"{"or":[{"equals":"m"},{"equals":"x"},{"starts_with":"y"},{"or":[{"equals":"z"}]}]}"#,
            ["x", "z"]
        ),
        (#"{"contains":"x"}"#, []), (#"{"regex":"x"}"#, []),
        (#"{"and":[{"equals":"x"},{"contains":"y"}]}"#, []),
    ])
    func `only exact names become aliases`(match: String, expected: [String]) {
        let shown = Shown.contents(Self.book(#"{"input_mtok":1}"#, match: match), .genai)
        #expect(shown.dropFirst().map { $0 } == expected.map { "p/\($0) 2000-01-01T00:00:00Z = m" })
    }

    @Test(arguments: [
        ("{}", "has no price by token"),
        (#"{"web_searches_kcount":10}"#, "has no price by token"),
        (#"{"input_mtok":0.0000001}"#, "input_mtok: 0.0000001 has more than 6 decimals"),
        (
            #"[{"constraint":{"start_date":"2026-03-13"},"prices":{"input_mtok":2}}]"#,
            "has no price without a condition to begin with"
        ),
        (
            #"""
            [{"prices":{"input_mtok":1}},{"constraint":{"weekday":"1"},\#
            "prices":{"input_mtok":2}}]
            """#,
            "has a condition weekday that is not known"
        ),
        (
            #"""
            [{"prices":{"input_mtok":1}},{"constraint":{"start_date":"2026-01-01",\#
            "start_time":"01:00:00Z"},"prices":{"input_mtok":2}}]
            """#,
            "mixes conditions that one price cannot express"
        ),
        (
            #"""
            [{"prices":{"input_mtok":1}},{"constraint":{"start_time":"01:00:30Z",\#
            "end_time":"02:00:00Z"},"prices":{"input_mtok":2}}]
            """#,
            "has an hour that is no whole minute in UTC"
        ),
        (
            #"""
            [{"prices":{"input_mtok":1}},{"constraint":{"start_date":"2026-03-13"},\#
            "prices":{"input_mtok":2}},{"constraint":{"start_date":"2026-03-12"},\#
            "prices":{"input_mtok":3}}]
            """#,
            "mixes conditions that one price cannot express"
        ),
        (
            #"{"input_mtok":{"base":1,"tiers":[{"price":2}]}}"#,
            "input_mtok has a tier without a start"
        ),
    ])
    func `what cannot be expressed is skipped with its reason`(prices: String, expected: String) {
        let good = #",{"id":"q","models":[{"id":"n","match":{},"prices":{"input_mtok":1}}]}]"#
        let shown = Shown.contents(String(Self.book(prices).dropLast()) + good, .genai)
        #expect(shown.contains { $0.hasPrefix("skipped p/m: \(expected)") }, "\(shown)")
    }

    @Test func `a file that is no such book is refused`() {
        #expect(Shown.contents("{}", .genai)[0].contains("no list of providers"))
        #expect(Shown.contents("[{}]", .genai)[0].contains("no id or no models"))
        #expect(Shown.contents("[]", .genai)[0].contains("holds no model with a price"))
    }
}
