import Foundation
import LMDB
import Ledger
import TestSupport
import Testing

@testable import Journal

// The outbox's bounds, and whose log it belongs to.
@Suite struct `The outbox of alerts` {
    private static let noon = Instant(seconds: 1_700_146_800)

    /// Raises one alert for each of so many clients, in their order.
    private static func raise(_ journal: Journal, _ clients: Range<Int>) throws {
        for number in clients {
            let client = "c\(number)"
            try journal.record(
                [
                    .clientRegistered(ClientRecord(id: client)),
                    .budgetSet(
                        try Budget(
                            client: client, unit: .tokens, limit: "10", period: .daily,
                            alerts: [80])),
                ], by: "test")
            let call = UsageEvent.sample(client: client, at: noon, input: 9, output: 0)
            _ = try journal.append([usage(UInt64(number), call)], expecting: nil)
            try journal.raiseAlerts(of: [client], at: noon, by: "test")
        }
    }

    @Test func `keeps the newest that wait and the newest that ended`() throws {
        let scratch = try Scratch()
        try scratch.withJournal(clock: TestClock(at: Self.noon)) { journal in
            let outbox = try AlertOutbox(folder: scratch.path, pending: 3, kept: 8)
            defer { outbox.close() }
            try Self.raise(journal, 0..<5)
            #expect(try outbox.fold(journal, for: [.webhook, .mail], now: Self.noon) == 10)
            let all = try journal.alerts(after: .zero).alerts.map(\.sequence)
            let waiting = try outbox.due(for: .webhook, at: Self.noon)
            #expect(waiting.map(\.sequence) == Array(all.suffix(3)))
            #expect(try outbox.due(for: .webhook, at: Self.noon, atMost: 2).count == 2)
            let early = Instant(seconds: Self.noon.seconds - 1)
            #expect(try outbox.due(for: .mail, at: early).isEmpty)
            // Ten were put, eight stay: the oldest of those that were given up went.
            let kept = try outbox.deliveries(of: all)
            #expect(kept.values.reduce(0) { $0 + $1.count } == 8)
            #expect(kept[all[0]] == nil)
            #expect(
                kept[all[1]]?.map(\.reason)
                    == [
                        "too many alerts waited for this target",
                        "too many alerts waited for this target",
                    ])
            let first = try #require(waiting.first)
            try outbox.put(first.tried(at: Self.noon, failed: nil, jitter: 0))
            #expect(try outbox.due(for: .webhook, at: Self.noon).count == 2)
            #expect(try outbox.due(for: .mail, at: Self.noon).count == 3)
            #expect(try outbox.fold(journal, for: [.webhook], now: Self.noon) == 0)
        }
    }

    @Test func `begins anew beside a log that is another`() throws {
        let scratch = try Scratch()
        let backup: Scratch
        do {
            let journal = try scratch.create(clock: TestClock(at: Self.noon))
            try Self.raise(journal, 0..<1)
            journal.close()
            backup = try scratch.copy()
        }
        try scratch.withJournal(clock: TestClock(at: Self.noon)) { journal in
            try Self.raise(journal, 1..<3)
            let outbox = try AlertOutbox(folder: scratch.path)
            #expect(try outbox.fold(journal, for: [.webhook], now: Self.noon) == 3)
            outbox.close()
        }
        // The backup is put back and goes on otherwise: its own alerts are not taken for sent.
        try FileManager.default.copyItem(
            atPath: scratch.path + "/outbox", toPath: backup.path + "/outbox")
        try backup.withJournal(clock: TestClock(at: Self.noon)) { journal in
            try Self.raise(journal, 7..<12)
            let outbox = try AlertOutbox(folder: backup.path)
            defer { outbox.close() }
            #expect(try outbox.fold(journal, for: [.webhook], now: Self.noon) == 6)
            #expect(try outbox.due(for: .webhook, at: Self.noon).count == 6)
            #expect(try outbox.fold(journal, for: [.webhook], now: Self.noon) == 0)
        }
    }

    @Test func `looks past a long log without writing for each call`() throws {
        let scratch = try Scratch()
        try scratch.withJournal(clock: TestClock(at: Self.noon)) { journal in
            try journal.prepare()
            let outbox = try AlertOutbox(folder: scratch.path)
            defer { outbox.close() }
            try outbox.fold(journal, for: [.mail], now: Self.noon)
            let file = scratch.path + "/outbox/data.mdb"
            func changed() throws -> Data { try Data(contentsOf: URL(filePath: file)) }
            let before = try changed()
            for number in 0..<10 {
                let call = UsageEvent.sample(at: Self.noon, input: 9, output: 0)
                _ = try journal.append([usage(UInt64(number), call)], expecting: nil)
                try outbox.fold(journal, for: [.mail], now: Self.noon)
            }
            #expect(try changed() == before)
        }
    }
}
