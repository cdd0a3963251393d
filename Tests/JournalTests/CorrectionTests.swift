import Foundation
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

/// Calls that are taken back, and what is refused about that.
@Suite struct `Reversals and corrections` {
    private func prepared(_ journal: Journal) throws {
        try journal.prepare()
        _ = try journal.append(
            [
                usage(1, .sample(input: 1_000_000, output: 0)),
                usage(2, .sample(input: 0, output: 100_000)),
            ], expecting: nil)
    }

    private func usd(_ journal: Journal) throws -> String {
        try journal.usage(by: [.client]).first?.cost.usd.text ?? "nothing"
    }

    private func refusal(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test func `a reversal leaves nothing in any figure and everything in the log`() throws {
        try Scratch().withJournal { journal in
            try prepared(journal)
            #expect(try usd(journal) == "3.5")
            let done = try journal.reverse(
                EventID.test(1).description, reason: "sent twice", by: "ana")
            #expect(done.original.call.tokens[.input] == 1_000_000)
            #expect(try usd(journal) == "1")
            var calls: [SequenceNumber] = []
            try journal.calls { head, _ in calls.append(head.sequence) }
            #expect(calls == [done.original.sequence.next])
            var said = ""
            try journal.read(after: done.original.sequence.next) { head, payload in
                let (reversal, by) = try UsageReversal.decode(payload, version: head.version)
                said = "\(reversal.reason) \(by) \(reversal.sequence)"
                return true
            }
            #expect(said == "sent twice ana \(done.original.sequence)")
            #expect(try journal.verify().faults == [])
            #expect(try journal.rebuildViews().isEqual)
        }
    }

    @Test func `a correction counts in place of the call, at once and together`() throws {
        try Scratch().withJournal { journal in
            try prepared(journal)
            let done = try journal.correct("8", reason: "bill", by: "ana") {
                $0.tokens[.output] = 50_000
            }
            #expect(done.reversal.rawValue == 9 && done.replacement?.rawValue == 10)
            #expect(try usd(journal) == "3")
        }
    }

    @Test func `what cannot be taken back is said, and nothing is written`() throws {
        try Scratch().withJournal { journal in
            try prepared(journal)
            let done = try journal.reverse("7", reason: "x", by: "ana")
            let head = try journal.head().sequence
            let cases: [(String, () throws -> Void)] = [
                ("a call is reversed once", { _ = try journal.reverse("7", reason: "y", by: "b") }),
                (
                    "a call is reversed once",
                    { _ = try journal.correct("7", reason: "y", by: "b") { $0.attempt = 9 } }
                ),
                (
                    "usage.reversed and no call",
                    { _ = try journal.reverse("\(done.reversal)", reason: "y", by: "b") }
                ),
                ("price.set and no call", { _ = try journal.reverse("3", reason: "y", by: "b") }),
                ("no record 99", { _ = try journal.reverse("99", reason: "y", by: "b") }),
                (
                    "no event",
                    { _ = try journal.reverse("\(EventID.test(77))", reason: "y", by: "b") }
                ),
                ("neither an event's id", { _ = try journal.reverse("x y", reason: "y", by: "b") }),
                ("reason: is empty", { _ = try journal.reverse("8", reason: "", by: "b") }),
                ("change nothing", { _ = try journal.correct("8", reason: "y", by: "b") { _ in } }),
                (
                    "client and instant",
                    { _ = try journal.correct("8", reason: "y", by: "b") { $0.client = "zeta" } }
                ),
                (
                    "model: is empty",
                    { _ = try journal.correct("8", reason: "y", by: "b") { $0.model = "" } }
                ),
            ]
            for (words, attempt) in cases {
                let said = refusal(attempt)
                #expect(said.contains(words), "\(said)")
            }
            #expect(try journal.head().sequence == head)
        }
    }

    @Test func `a reversal that names another call than it carries is refused`() throws {
        try Scratch().withJournal { journal in
            try prepared(journal)
            let other = try usage(2, .sample(input: 5, output: 5))
            let forged = try UsageReversal(
                id: .test(1), sequence: SequenceNumber(7), reason: "forged"
            ).event(
                id: .test(900), usage: other.payload, version: other.version,
                occurredAt: other.occurredAt, by: "mallory")
            let replacement = try usage(901, .sample(input: 5, output: 5))
            let outcomes = try journal.append([forged, replacement], expecting: nil)
            let refused = AppendOutcome.refused("record 7 holds another call")
            #expect(outcomes == [refused, refused])
            #expect(try usd(journal) == "3.5")
        }
    }

    @Test func `a budget gets back what a reversed call used`() throws {
        try Scratch().withJournal { journal in
            try prepared(journal)
            try journal.record(
                [
                    .budgetSet(
                        Budget(client: "acme", unit: .usd, limit: "10", period: .monthly))
                ], by: "test")
            func used() throws -> Int128? { try journal.storedBalances().values.first?.settled }
            #expect(try used() == 3_500_000_000_000)
            _ = try journal.reverse("7", reason: "x", by: "ana")
            #expect(try used() == 1_000_000_000_000)
        }
    }
}
