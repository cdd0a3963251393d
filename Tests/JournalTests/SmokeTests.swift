import Foundation
import Journal
import Ledger
import Money
import TestSupport
import Testing

@Suite struct `A journal` {
    @Test func `keeps what it was told through fold, rebuild, check and reopening`() throws {
        let scratch = try Scratch()
        let journal = try scratch.create()
        try journal.prepare()
        let events = try (0..<100).map { number in
            try usage(
                UInt64(number),
                .sample(
                    client: number % 2 == 0 ? "acme" : "zeta",
                    at: Instant(seconds: 1_700_000_000 + Int64(number) * 600)))
        }
        let outcomes = try journal.append(events, expecting: nil)
        #expect(outcomes == (0..<100).map { .appended(SequenceNumber($0 + 7)) })

        var read: [UsageEvent] = []
        try journal.read(after: SequenceNumber(6)) { head, payload in
            read.append(
                try UsageCodec.decode(
                    payload, version: head.version, occurredAt: head.occurredAt))
            return true
        }
        #expect(read.count == 100)
        #expect(read.first == .sample())

        let rows = try journal.usage(by: [.client])
        #expect(rows.map(\.group) == [["acme"], ["zeta"]])
        #expect(rows.map(\.all.calls) == [50, 50])
        // 50 calls of 1,000 tokens at 2.50 and 100 at 10.00 per million.
        #expect(rows.map(\.cost.usd.text) == ["0.175", "0.175"])

        let statement = try journal.statement(
            client: "acme", month: date("2023-11-14").month, digest: { _ in "digest" })
        #expect(statement.totalUsd == "0.175")
        #expect(statement.calls == 50)
        #expect(statement.logSequence == 106)
        #expect(try statement.logHead == journal.head().chainText)

        let rebuilt = try journal.rebuildViews()
        #expect(rebuilt.isEqual)
        #expect(rebuilt.sequence == SequenceNumber(106))
        #expect(try journal.usage(by: [.client]).map(\.all) == rows.map(\.all))
        let report = try journal.verify()
        #expect(report.faults.isEmpty)
        #expect(report.records == 106)
        #expect(report.usage == 100)

        let head = try journal.head()
        journal.close()
        let again = try scratch.open()
        defer { again.close() }
        #expect(try again.head() == head)
        #expect(try again.append(events, expecting: nil).allSatisfy(\.isExisting))
        #expect(try again.usage(by: [.client]).map(\.all) == rows.map(\.all))
        #expect(
            try again.statement(
                client: "acme", month: date("2023-11-14").month, digest: { _ in "digest" })
                == statement)
    }
}

extension AppendOutcome {
    var isExisting: Bool { if case .existing = self { true } else { false } }
}
