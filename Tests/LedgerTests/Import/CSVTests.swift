import Foundation
import Testing

@testable import Ledger

struct `Rows of CSV` {
    /// All rows, with the text fed in pieces of that size; a refused row shows as its sentence.
    static func rows(_ text: String, piece: Int = 1 << 20, separator: Character = ",") -> [String] {
        var reader = CSVRowReader(separator: separator)
        var shown: [String] = []
        func drain(_ reader: inout CSVRowReader) {
            while true {
                do {
                    guard let row = try reader.next() else { return }
                    shown.append("\(row.line): " + row.cells.joined(separator: "|"))
                } catch {
                    shown.append("\(error.line ?? 0)! \(error)")
                }
            }
        }
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            reader.append(bytes[start..<min(start + piece, bytes.count)])
            drain(&reader)
        }
        reader.finish()
        drain(&reader)
        return shown
    }

    @Test(arguments: [
        ("a,b\n1,2\n", ["1: a|b", "2: 1|2"]),
        ("a,b\r\n1,2\r\n", ["1: a|b", "2: 1|2"]),
        ("a,b\n1,2", ["1: a|b", "2: 1|2"]),
        ("\u{FEFF}a,b\n1,2\n", ["1: a|b", "2: 1|2"]),
        ("a,b\n\n\r\n1,2\n", ["1: a|b", "4: 1|2"]),
        ("a,b\n\"x,\"\"y\"\"\",\"1\n2\"\n3,4\n", ["1: a|b", "2: x,\"y\"|1\n2", "4: 3|4"]),
        ("a,b\n\"\",\n", ["1: a|b", "2: |"]),
        (
            "a,b\n1\n2,3,4\n5,6\n",
            [
                "1: a|b", "2! the row has 1 cells where the header has 2",
                "3! the row has 3 cells where the header has 2", "4: 5|6",
            ]
        ),
        (
            "a,b\n5\" disk,2\n3,4\n",
            [
                "1: a|b", "2! a quote stands inside a cell without quotes; quote the cell",
                "3: 3|4",
            ]
        ),
        (
            "a,b\n\"x\"y,2\n3,4\n",
            [
                "1: a|b", "2! text follows the closing quote of a cell; double quotes inside cells",
                "3: 3|4",
            ]
        ),
        (
            "a,b\n\"x,2\n3,4\n",
            [
                "1: a|b", "2! a quote opens here and never closes; close it or double it",
            ]
        ),
        ("", []),
        ("\n\n", []),
    ])
    func `rows are split as RFC 4180 says, whatever the pieces`(
        text: String, expected: [String]
    ) {
        for piece in [1, 2, 3, 7, 1000] { #expect(Self.rows(text, piece: piece) == expected) }
    }

    @Test func `cells and rows are bounded`() {
        let cell = String(repeating: "x", count: CSVRowReader.maximumCell + 1)
        #expect(Self.rows("a,b\n\(cell),1\n3,4\n")[1].contains("longer than 65536 bytes"))
        let row = String(repeating: "x", count: ImportLimits.line + 10)
        let shown = Self.rows("a,b\n\"\(row)", piece: 4096)
        #expect(shown[1].hasPrefix("2! the row is longer than 1048576 bytes"))
        let wide = String(repeating: ",", count: CSVRowReader.maximumCells)
        #expect(Self.rows(wide + "\n").first == "1! more than 512 cells")
        var reader = CSVRowReader()
        reader.append(Array("a,b\n".utf8) + [0xFF, 0x2C, 0x31, 0x0A])
        #expect(throws: Never.self) { try reader.next() }
        #expect(throws: ImportError.self) { try reader.next() }
    }
}

struct `Usage from CSV` {
    static let now = Instant(seconds: 1_800_000_000)

    static func calls(_ text: String, client: String? = nil) throws -> [ImportedCall] {
        var reader = CSVRowReader()
        reader.append(Array(text.utf8))
        reader.finish()
        let header = try #require(try reader.next())
        let table = try UsageCSV(header: header, defaults: ImportDefaults(client: client))
        var calls: [ImportedCall] = []
        while let row = try reader.next() { calls.append(try table.parse(row, now: now)) }
        return calls
    }

    @Test func `a row gives the same call as the line with the same fields`() throws {
        let calls = try Self.calls(
            """
            id,occurred_at,client,provider,model,tokens.input,tokens.output,\
            units.web_search,tags.team,was_cached,latency_ms,end_user
            7,2026-11-20T15:04:05Z,acme,openai,gpt-4o,12,34,,"a,b",TRUE,80,ana
            ,2026-11-20T15:04:05Z,,openai,gpt-4o,,,,,,,

            """, client: "other")
        let line =
            #"{"id":"7","occurred_at":"2026-11-20T15:04:05Z","client":"acme","#
            + #""provider":"openai","model":"gpt-4o","tokens":{"input":12,"output":34},"#
            + #""tags":{"team":"a,b"},"was_cached":true,"latency_ms":80,"end_user":"ana"}"#
        #expect(calls.first == (try UsageJSONLine().parse(Data(line.utf8), now: Self.now)))
        #expect(calls.last?.event.client == "other")
        #expect(calls.last?.event.usageSource == .missing)
    }

    @Test(arguments: [
        ("tokens.input", "-1", "tokens.input: is \"-1\"; give a whole number from 0 to 4294967295"),
        ("tokens.input", "+1", "tokens.input: is \"+1\"; give a whole number"),
        ("tokens.input", "1.0", "tokens.input: is \"1.0\"; give a whole number"),
        ("tokens.input", "4294967296", "tokens.input: is \"4294967296\"; give a whole number"),
        ("attempt", "256", "attempt: is \"256\"; give a whole number from 0 to 255"),
        ("was_cached", "1", "was_cached: is \"1\"; give true or false"),
        ("operation", "talk", "operation: \"talk\" is not known; use one of chat"),
        ("tokens", "1", "tokens: is no field of a call"),
        ("client.x", "1", "client.x: is no field of a call"),
        ("tokens.total", "1", "tokens: \"total\" is not known; use one of input"),
        ("model", "x", "model: stands twice in the header; remove one"),
        ("prompt", "x", "prompt: is no field of a call; remove it or put it under tags"),
        ("tags.", "x", "tags: is empty; give one"),
    ])
    func `what is wrong is refused with the line`(
        column: String, cell: String, expected: String
    ) throws {
        let text =
            "occurred_at,client,provider,model,\(column)\n"
            + "2026-11-20T15:04:05Z,acme,openai,gpt-4o,\(cell)\n"
        let error = #expect(throws: ImportError.self) { try Self.calls(text) }
        #expect(error?.description.contains(expected) == true, "\(error.debugDescription)")
        #expect(
            error?.line
                == (expected.contains("whole") || expected.contains("true or false")
                    || expected.contains("chat") || column == "tags." ? 2 : 1))
    }
}
