// What may be recorded as an adjustment, and that it moves no balance.

import Journal
import Ledger
import Money
import TestSupport
import Testing

struct `Adjustments in the log` {
    private func record(
        client: String? = "acme", provider: String = "openai", reason: String = "bill 7"
    ) throws -> ControlEvent {
        .adjustmentRecorded(
            AdjustmentRecord(
                client: client, date: date("2023-11-14"), provider: provider, model: "gpt-4o",
                usd: try Amount("-1.25"), tokens: 100, reason: reason, source: "bill.csv"))
    }

    @Test func `are of a client or of the house, and stay after reopening`() throws {
        let scratch = try Scratch()
        try scratch.withJournal { journal in
            try journal.prepare()
            try journal.record([record(), record(client: nil)], by: "test")
        }
        try scratch.withJournal { journal in
            let adjustments = try journal.state().adjustments
            #expect(adjustments.map(\.record.client) == ["acme", nil])
            #expect(adjustments.map(\.record.usd.text) == ["-1.25", "-1.25"])
            #expect(try journal.verify().faults.isEmpty)
        }
    }

    @Test(arguments: [
        ("nobody", "openai", "bill 7", "there is no client nobody"),
        ("a/b", "openai", "bill 7", "may hold letters"),
        ("acme", "", "bill 7", "provider: is empty"),
        ("acme", "openai", "line\nbreak", "reason: holds a control character"),
    ])
    func `are refused when they are of nobody or cannot be told`(
        client: String, provider: String, reason: String, sentence: String
    ) throws {
        let scratch = try Scratch()
        try scratch.withJournal { journal in
            try journal.prepare()
            let event = try record(client: client, provider: provider, reason: reason)
            let error = #expect(throws: JournalError.self) {
                try journal.record([event], by: "test")
            }
            #expect(error.map { "\($0)".contains(sentence) } == true)
            #expect(try journal.state().adjustments.isEmpty)
        }
    }
}
