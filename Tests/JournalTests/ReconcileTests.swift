// Our side of a bill, and what is booked of it.

import Foundation
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

struct `Our side of a bill` {
    /// Clients on whole, half and three-quarter hours, calls around the ends of UTC days, and a
    /// price that changes within an hour.
    private func prepare(_ journal: Journal, _ random: inout SeededRandom) throws -> [UsageEvent] {
        let zones = ["America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Kiritimati"]
        try journal.record(
            zones.enumerated().map { index, zone in
                .clientRegistered(ClientRecord(id: "c\(index)", timeZone: zone))
            }, by: "test")
        for (start, input) in [("2023-01-01T00:00:00Z", "2.50"), ("2023-11-15T00:20:00Z", "2.00")] {
            var prices = try prices(input, "10.00", cacheRead: "1.25")
            prices[.webSearch] = try UnitPrice("10")
            try journal.record(
                [
                    .priceSet(
                        PriceEntry(
                            provider: "openai", model: "gpt-4o",
                            effectiveFrom: try Instant(start), prices: prices))
                ], by: "test")
        }
        let midnight = try Instant("2023-11-15T00:00:00Z").seconds
        let calls = (0..<600).map { number in
            var call = UsageEvent.sample(
                client: "c\(number % 4)", provider: number % 7 == 0 ? "groq" : "openai",
                model: ["gpt-4o", "gpt-4o-2024-08-06", "new"][number % 3],
                at: Instant(seconds: midnight + random.int(-90_000...90_000)),
                input: random.int(1...5_000), output: random.int(0...900))
            call.tokens[.cacheRead] = random.int(0...3_000)
            call.wasCached = number % 11 == 0
            if number % 13 == 0 {
                call.tokens = TokenCounts()
                call.usageSource = .missing
            }
            return call
        }
        _ = try journal.append(
            calls.enumerated().map { try usage(UInt64($0.offset), $0.element) }, expecting: nil)
        // Some calls are taken back; of some another one counts.
        var counted: [UsageEvent] = []
        for (number, call) in calls.enumerated() {
            let id = EventID.test(UInt64(number)).description
            if number % 17 == 3 {
                _ = try journal.reverse(id, reason: "test", by: "test")
            } else if number % 19 == 5 {
                var better = call
                better.tokens[.output] += 1
                better.usageSource = .provider
                counted.append(better)
                _ = try journal.correct(id, reason: "test", by: "test") { $0 = better }
            } else {
                counted.append(call)
            }
        }
        return counted
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `is the same as adding up every call by its UTC day`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scratch = try Scratch()
        try scratch.withJournal { journal in
            let calls = try prepare(journal, &random)
            let days = date("2023-11-14")..<date("2023-11-16")
            let found = try journal.usage(of: "openai", onUTCDays: days) {
                $0 == "gpt-4o-2024-08-06" ? "alias" : $0
            }
            let book = try journal.state().prices
            var expected: [BillKey: OwnFigures] = [:]
            for call in calls where call.provider == "openai" && !call.wasCached {
                let day = ZoneRules.utc.localDay(of: call.occurredAt)
                guard days.contains(day) else { continue }
                let model = call.model == "gpt-4o-2024-08-06" ? "alias" : call.model
                let key = BillKey(day: day, model: model)
                let prices = book.prices(
                    PriceBook.Key(provider: call.provider, model: call.model),
                    at: call.occurredAt, inputTokens: call.tokens.totalInput)
                try expected[key, default: OwnFigures()].add(
                    Charge(prices: prices, tokens: call.tokens))
                expected[key, default: OwnFigures()].calls += 1
                if call.usageSource == .missing {
                    expected[key, default: OwnFigures()].unknownCalls += 1
                }
            }
            #expect(found == expected, "seed \(seed)")
            #expect(found.count == 6 && found.values.contains { $0.unpricedCalls > 0 })
        }
    }

    @Test func `has what was booked, once however often it is told`() throws {
        let scratch = try Scratch()
        try scratch.withJournal { journal in
            try journal.prepare()
            func record(_ day: String, _ usd: String, client: String? = nil) throws
                -> AdjustmentRecord
            {
                AdjustmentRecord(
                    client: client, date: date(day), provider: "openai", model: "gpt-4o",
                    usd: try Amount(usd), tokens: 7, reason: "bill", source: "bill.csv")
            }
            let first = [try record("2023-11-14", "0.5"), try record("2023-11-15", "-0.25")]
            #expect(try journal.book(first, ofBill: "d1", by: "a").count == 2)
            // Told again at the same moment by somebody else, who knew of nothing booked.
            let event = ControlEvent.adjustmentRecorded(first[0])
            let again = NewEvent(
                kind: event.kind, version: ControlEvent.version,
                id: journal.store.adjustmentID(ofBill: "d1", first[0], number: 0),
                occurredAt: Instant(seconds: 5), payload: try event.encoded(by: "b"))
            guard case .conflict = try journal.append([again], expecting: nil)[0] else {
                Issue.record("the same difference was booked twice")
                return
            }
            // A difference that came after it, of the same bill, is another one.
            #expect(
                try journal.book([record("2023-11-14", "0.1")], ofBill: "d1", by: "a").count == 1)
            let days = date("2023-11-01")..<date("2023-12-01")
            let found = try journal.usage(of: "openai", onUTCDays: days) { $0 }
            let key = BillKey(day: date("2023-11-14"), model: "gpt-4o")
            #expect(found[key]?.adjusted.text == "0.6" && found[key]?.adjustedTokens == 14)
            #expect(found.count == 2)
            #expect(try journal.usage(of: "groq", onUTCDays: days) { $0 }.isEmpty)
            #expect(throws: JournalError.self) {
                try journal.book([record("2023-11-14", "1", client: "no")], ofBill: "d2", by: "a")
            }
            #expect(try journal.state().adjustments.count == 3)
            #expect(try journal.verify().faults.isEmpty)
        }
    }
}
