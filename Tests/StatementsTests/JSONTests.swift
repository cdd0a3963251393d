import Foundation
import Ledger
import Statements
import Testing

@Suite struct `The statement as JSON` {
    @Test(arguments: Sample.allCases)
    func `decodes to the same document`(sample: Sample) throws {
        let statement = try sample.statement()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let json = Data(try StatementRenderer.render(statement, as: .json))
        #expect(try decoder.decode(Statement.self, from: json) == statement)
    }

    @Test func `has every stored property of the document and nothing else`() throws {
        let statement = try SampleStatement.everything()
        let json = try #require(try object(rendered(statement, .json)))
        #expect(Set(json.keys) == names(of: statement))
        let line = try #require((json["lines"] as? [[String: Any]])?.first)
        #expect(Set(line.keys) == names(of: statement.lines[0]))
        let lineDay = try #require((line["days"] as? [[String: Any]])?.first)
        #expect(Set(lineDay.keys) == names(of: statement.lines[0].days[0]))
        let day = try #require((json["days"] as? [[String: Any]])?.first)
        #expect(Set(day.keys) == names(of: statement.days[0]))
        let savings = try #require(json["savings"] as? [String: Any])
        #expect(Set(savings.keys) == names(of: statement.savings))
    }

    @Test func `has the names that the contract gives`() throws {
        let json = try #require(try object(rendered(SampleStatement.everything(), .json)))
        for name in [
            "client", "month", "time_zone", "status", "lines", "total_usd", "total_brl",
            "total_brl_exact", "calls", "unpriced_calls", "unknown_usage_calls", "rate_rule",
            "rounding", "first_sequence", "last_sequence", "log_head", "digest",
        ] { #expect(json[name] != nil, "\(name)") }
        let line = try #require((json["lines"] as? [[String: Any]])?.first)
        for name in [
            "provider", "model", "kind", "quantity", "unit_price_usd_per_million", "usd",
            "rate_brl_per_usd", "brl",
        ] { #expect(line[name] != nil, "\(name)") }
    }

    @Test func `writes null where a line has no price`() throws {
        let json = try rendered(Sample.unpriced.statement(), .json)
        for name in ["unit_price_usd_per_million", "usd", "brl", "brl_exact"] {
            #expect(json.contains("\"\(name)\": null"), "\(name)")
        }
        let nameless = try SampleStatement.single([.input: 1], price: [.input: "1"]) {
            $0.client = ClientRecord(id: "acme")
        }
        #expect(try rendered(nameless, .json).contains("\"client_name\": null"))
    }

    @Test func `writes null where an adjustment has no price`() throws {
        let json = try #require(try object(rendered(Sample.unpricedChanges.statement(), .json)))
        let all = try #require(json["adjustments"] as? [[String: Any]])
        let change = try #require(all.first { $0["model"] as? String == "new-model" })
        #expect(change["usd"] is NSNull && change["brl"] is NSNull)
        #expect(change["quantity"] as? Int == 5_100)
    }

    @Test func `is sorted, indented and ends with one newline`() throws {
        let json = try rendered(SampleStatement.everything(), .json)
        #expect(json.hasPrefix("{\n  \"accepted_unpriced\": false,\n  \"adjustments\": [],\n"))
        #expect(json.hasSuffix("\n}\n"))
        let names = json.split(separator: "\n").filter { $0.hasPrefix("  \"") }
        #expect(names == names.sorted())
    }

    @Test(arguments: Sample.allCases)
    func `the digest's bytes are compact, sorted and without the digest`(sample: Sample) throws {
        var statement = try sample.statement()
        let bytes = CanonicalStatement.bytes(statement)
        let text = String(decoding: bytes, as: UTF8.self)
        var expected = try #require(try object(rendered(statement, .json)))
        expected["digest"] = nil
        #expect(try #require(try object(text)) as NSDictionary == expected as NSDictionary)
        #expect(!text.contains("\n") && text.hasPrefix("{\"accepted_unpriced\":"))
        statement.digest = "another"
        #expect(CanonicalStatement.bytes(statement) == bytes)
        statement.calls += 1
        #expect(CanonicalStatement.bytes(statement) != bytes)
    }

    @Test func `control characters, quotes and backslashes are escaped as RFC 8785 says`() throws {
        var statement = try SampleStatement.nothing()
        statement.clientName = "a\"b\\c/\u{8}\t\n\u{C}\r\u{1}\u{1F}\u{7F}é日"
        let text = String(decoding: CanonicalStatement.bytes(statement), as: UTF8.self)
        #expect(
            text.contains(
                #""client_name":"a\"b\\c/\b\t\n\f\r\u0001\u001f"# + "\u{7F}é日\""))
    }

    private func object(_ text: String) throws -> [String: Any]? {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    }

    /// The stored properties in snake case.
    private func names(of value: Any) -> Set<String> {
        Set(
            Mirror(reflecting: value).children.compactMap(\.label).map { label in
                label.reduce(into: "") { name, letter in
                    name += letter.isUppercase ? "_" + letter.lowercased() : String(letter)
                }
            })
    }
}
