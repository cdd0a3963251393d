import Foundation
import Testing

@testable import Ledger

struct `Our own price files` {
    static func file(_ item: String) -> String {
        #"{"format":"razao-prices","version":1,"prices":[\#(item)]}"#
    }

    static let head = #""provider":"p","model":"m","effective_from":"2026-01-01T00:00:00Z""#

    @Test func `prices, tiers, hours and aliases are read`() {
        let text = Self.file(
            #"{\#(Self.head),"service_tier":"Flex","usd_per_million":{"input":"2.50","output":10},"#
                + #""tiers":[{"above_input_tokens":200000,"usd_per_million":{"input":"5"}},"#
                + #"{"above_input_tokens":400000,"usd_per_million":{"output":"0.000001"}}],"#
                + #""hours":[{"from":"16:30","to":"00:30","usd_per_million":{"input":"1.25"}}],"#
                + #""aliases":["m-1"]}"#)
        #expect(
            Shown.contents(text, .razao) == [
                "p/m:flex 2026-01-01T00:00:00Z input 2.50, output 10.00"
                    + " | >200000 input 5.00, output 10.00"
                    + " | >400000 input 5.00, output 0.000001 | 990-30 input 1.25, output 10.00",
                "p/m-1 2026-01-01T00:00:00Z = m",
            ])
    }

    @Test(arguments: [
        (
            #"{\#(head),"usd_per_million":{"input":"1"},"price":1}"#,
            #"prices[0]: "price" is no field"#
        ),
        (
            #"{\#(head),"usd_per_million":{"total":"1"}}"#,
            #"prices[0].usd_per_million: "total" is no field; use input, cache_read"#
        ),
        (
            #"{\#(head),"usd_per_million":{"input":"1","input":"2"}}"#,
            "prices[0].usd_per_million: input stands twice"
        ),
        (
            #"{\#(head),"usd_per_million":{"input":"0.0000001"}}"#,
            "prices[0].usd_per_million: input: 0.0000001 has more than 6 decimals"
        ),
        (#"{\#(head),"usd_per_million":{"input":"-1"}}"#, "input: -1 is negative"),
        (#"{\#(head),"usd_per_million":{"input":null}}"#, "input: \"\" is not a decimal number"),
        (#"{\#(head),"usd_per_million":{}}"#, "prices[0]: prices: are missing; give at least one"),
        (#"{\#(head)}"#, "prices[0]: usd_per_million is missing"),
        (
            #"{"provider":"p","model":"m","usd_per_million":{"input":"1"}}"#,
            "prices[0]: effective_from is missing or no text"
        ),
        (
            #"{"provider":"p","model":"m","effective_from":"2026-01-01","usd_per_million":{}}"#,
            "prices[0]: effective_from: \"2026-01-01\" is not an instant"
        ),
        (
            #"""
            {\#(head),"usd_per_million":{"input":"1"},"tiers":[{"above_input_tokens":1.5,\#
            "usd_per_million":{}}]}
            """#,
            "prices[0].tiers[0]: above_input_tokens is no whole number above the tier before"
        ),
        (
            #"""
            {\#(head),"usd_per_million":{"input":"1"},"hours":[{"from":"25:00",\#
            "to":"01:00","usd_per_million":{}}]}
            """#,
            "prices[0].hours[0]: from is no time of day; write it like 16:30"
        ),
        (
            #"""
            {\#(head),"usd_per_million":{"input":"1"},"hours":[{"from":"01:00",\#
            "to":"01:00","usd_per_million":{}}]}
            """#,
            "prices[0]: hours: are no window of a day"
        ),
        (
            #"{\#(head),"usd_per_million":{"input":"1"},"aliases":["m"]}"#,
            "prices[0]: alias_of: names the model itself"
        ),
        (#"{\#(head),"usd_per_million":{"input":"1"},"aliases":[1]}"#, "aliases holds no text"),
        ("7", "prices[0] is no object in braces"),
    ])
    func `every fault is refused with its place`(item: String, expected: String) {
        let shown = Shown.contents(Self.file(item), .razao)
        #expect(shown.count == 1 && shown[0].contains(expected), "\(shown)")
    }

    @Test(arguments: [
        ("{}", "format is not \"razao-prices\"; is it another format?"),
        (#"{"format":"razao-prices","version":2,"prices":[]}"#, "version is not 1; a newer razao"),
        (#"{"format":"razao-prices","version":1,"prices":[]}"#, "prices is no list with at least"),
        ("[]", "the file is no object in braces"),
        ("{\"format\":\n\"razao-prices\",}", "line 2, column 16: a name in double quotes is due"),
        ("\u{1F}\u{8B}", "not valid JSON"),
    ])
    func `a file that is no price file is refused`(text: String, expected: String) {
        let shown = Shown.contents(text, .razao)
        #expect(shown.count == 1 && shown[0].contains(expected), "\(shown)")
    }

    @Test func `a compressed file says so`() {
        let error = #expect(throws: PriceFileError.self) {
            try PriceFile.parse(Data([0x1F, 0x8B, 8]), format: .genai)
        }
        #expect(error?.description == "the file is compressed; unpack it first, with gzip -d")
    }
}
