import Foundation
import Money
import TestSupport
import Testing

@testable import Ledger

/// The dated history of LiteLLM's map, read once for all tests.
enum LiteLLMHistory {
    static let events: PriceFileContents? = {
        let data = SharedData.unzipped(
            "llm-prices-litellm/price_events_2023-09_2025-12.jsonl.gz")
        return data.flatMap { try? PriceFile.parse($0, format: .litellmEvents) }
    }()

    static let snapshots = SharedData.files("llm-prices-litellm/snapshots")

    /// `…/2024-11-13T024052Z_e7543378.json.gz` names the instant it was current.
    static func instant(_ path: String) throws -> Instant {
        let name = try #require(path.split(separator: "/").last)
        let digits = name.prefix(17)
        return try Instant(
            "\(digits.prefix(13)):\(digits.dropFirst(13).prefix(2)):\(digits.dropFirst(15))Z")
    }

    static func key(_ entry: PriceEntry) -> PriceBook.Key {
        PriceBook.Key(
            provider: entry.provider, model: entry.model, serviceTier: entry.serviceTier)
    }

    static func book(_ entries: [PriceEntry]) -> PriceBook {
        var book = PriceBook()
        for (index, entry) in entries.enumerated() {
            book.record(entry, at: SequenceNumber(UInt64(index + 1)))
        }
        return book
    }
}

@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct `The real history of LiteLLM's map` {
    @Test func `replayed up to a snapshot it gives that snapshot's prices`() throws {
        let events = try #require(LiteLLMHistory.events)
        #expect(LiteLLMHistory.snapshots.count == 10)
        for path in LiteLLMHistory.snapshots {
            let instant = try LiteLLMHistory.instant(path)
            let data = try #require(SharedData.unzipped(path))
            var current: [PriceBook.Key: PriceEntry] = [:]
            for entry in events.entries where entry.effectiveFrom <= instant {
                current[LiteLLMHistory.key(entry)] = entry
            }
            var compared = 0
            var alone = 0
            var differences: [String] = []
            let snapshot = try? PriceFile.parse(data, format: .litellm, effectiveFrom: instant)
            for entry in snapshot?.entries ?? [] {
                guard let other = current[LiteLLMHistory.key(entry)] else {
                    alone += 1
                    continue
                }
                compared += 1
                if !entry.hasSamePrices(as: other) {
                    differences.append("\(Shown.entry(entry)) but \(Shown.entry(other))")
                }
            }
            print(
                "litellm \(instant): \(compared) prices compared, \(differences.count) differ, "
                    + "\(alone) only in the snapshot, \(snapshot?.skipped.count ?? 0) skipped")
            #expect(differences.isEmpty, "\(path): \(differences.prefix(5))")
            // The first map names no provider at all, so that nothing can be taken from it.
            #expect(compared > 150 || snapshot == nil)
        }
    }

    @Test func `every event is an entry or is accounted for`() throws {
        let events = try #require(LiteLLMHistory.events)
        let reasons = Dictionary(grouping: events.skipped) { remark in
            remark.reason.hasPrefix("was removed")
                ? "was removed"
                : remark.reason.contains("decimals")
                    ? "too fine"
                    : remark.reason.contains("full name") ? "full name counts" : remark.reason
        }.mapValues(\.count)
        print("litellm-events: \(events.entries.count) entries, skipped \(reasons)")
        #expect(reasons["was removed"] == 302)
        #expect(events.entries.count > 2_400)
        #expect(events.entries.allSatisfy { (try? $0.check()) != nil })
    }

    @Test(arguments: SharedData.files("llm-prices-litellm/malformed"))
    func `maps that are no JSON are refused with the place`(path: String) throws {
        let data = try #require(SharedData.unzipped(path))
        let error = #expect(throws: PriceFileError.self) {
            try PriceFile.parse(data, format: .litellm, effectiveFrom: Instant(seconds: 0))
        }
        let expected = [
            "2024-08-02":
                """
            the file is not valid JSON: line 4792, column 1: a name in double quotes \
            is due here
            """,
            "2024-11-04":
                """
            the file is not valid JSON: line 3649, column 5: a name in double quotes \
            is due here
            """,
            "2025-04-05":
                """
            the file is not valid JSON: line 109, column 5: a comma or a closing brace \
            is due here
            """,
        ]
        let day = try #require(path.split(separator: "/").last).prefix(10)
        #expect(error?.description == expected[String(day)])
    }

    @Test func `the price of gpt-4o was cut, and who did not know it yet still sees the old one`()
        throws
    {
        let events = try #require(LiteLLMHistory.events)
        let entries = events.entries.filter { $0.provider == "openai" && $0.model == "gpt-4o" }
        let book = LiteLLMHistory.book(entries)
        let key = PriceBook.Key(provider: "openai", model: "gpt-4o")
        func price(_ book: PriceBook, _ at: String) throws -> String {
            let set = book.prices(key, at: try Instant(at), inputTokens: 1_000)
            return set.map { "\($0[.input]?.text ?? "-")/\($0[.output]?.text ?? "-")" } ?? "none"
        }
        #expect(try price(book, "2024-05-13T00:00:00Z") == "none")
        #expect(try price(book, "2024-06-01T00:00:00Z") == "5.00/15.00")
        #expect(try price(book, "2024-11-13T02:40:51.999999999Z") == "5.00/15.00")
        #expect(try price(book, "2024-11-13T02:40:52Z") == "2.50/10.00")
        let cut = try #require(
            book.history(key).first { $0.entry.effectiveFrom.description == "2024-11-13T02:40:52Z" }
        )
        let before = book.knownBy(SequenceNumber(cut.sequence.rawValue - 1))
        #expect(try price(before, "2025-06-01T00:00:00Z") == "5.00/15.00")
        #expect(try price(book.knownBy(cut.sequence), "2024-12-01T00:00:00Z") == "2.50/10.00")
    }
}
