import Foundation
import LMDB
import Ledger
import TestSupport
import Testing

@testable import Journal

/// Where room, time or permission ends.
@Suite struct `A journal at its limits` {
    @Test func `refuses when it is full, keeps what it has, and goes on with more room`() throws {
        let scratch = try Scratch()
        var options = JournalOptions()
        options.mapSize = 1 << 18
        options.mapLimit = 1 << 18
        var taken: UInt64 = 0
        try scratch.withJournal(options: options) { journal in
            try journal.prepare()
            let failure = `A data folder`.error {
                while taken < 10_000 {
                    _ = try journal.append([usage(taken, .sample())], expecting: nil)
                    taken += 1
                }
            }
            #expect((failure as? LMDBError)?.kind == .mapFull)
            #expect("\(failure)".contains("limit"), "\(failure)")
            #expect(taken > 50)
            // Still answers, and refuses the same way.
            for _ in 0..<3 {
                let failure = `A data folder`.error {
                    _ = try journal.append([usage(taken, .sample())], expecting: nil)
                }
                #expect((failure as? LMDBError)?.kind == .mapFull)
            }
            #expect(try journal.head().sequence.rawValue == 6 + taken)
            #expect(try journal.verify().faults.isEmpty)
        }
        try scratch.withJournal { journal in
            #expect(try journal.head().sequence.rawValue == 6 + taken)
            let outcome = try journal.append([usage(taken, .sample())], expecting: nil)
            #expect(outcome == [.appended(SequenceNumber(7 + taken))])
            #expect(try journal.verify().faults.isEmpty)
            #expect(try journal.usage(by: [.client]).map(\.all.calls) == [taken + 1])
        }
    }

    @Test func `is read to its end by one who takes longer than a transaction may`() throws {
        let scratch = try `A data folder`.filled(calls: 5_000)
        var options = JournalOptions()
        options.maxReadAge = .zero
        try scratch.withJournal(options: options) { journal in
            var next: UInt64 = 1
            try journal.read(after: .zero) { head, _ in
                #expect(head.sequence.rawValue == next)
                next += 1
                return true
            }
            #expect(next == 5_007)
        }
    }

    @Test func `shows its calls to one who takes longer than a transaction may`() throws {
        let scratch = try `A data folder`.filled(calls: 5_000)
        try scratch.withJournal { try $0.catchUp() }
        var options = JournalOptions()
        options.maxReadAge = .zero
        try scratch.withJournal(options: options) { journal in
            var last: UInt64 = 0
            var count = 0
            try journal.calls { head, _ in
                #expect(head.sequence.rawValue > last)
                last = head.sequence.rawValue
                count += 1
            }
            #expect(count == 5_000)
        }
    }

    @Test func `takes calls of any instant that can be named`() throws {
        let scratch = try Scratch()
        try scratch.withJournal { journal in
            try journal.prepare()
            for period in Budget.Period.allCases {
                let budget = try Budget(client: "zeta", unit: .brl, limit: "1", period: period)
                try journal.record([.budgetSet(budget)], by: "test")
            }
            let instants = [
                .distantPast, Instant(nanoseconds: .min + 1), Instant(seconds: -62_000_000_000),
                Instant(nanoseconds: -1), Instant(nanoseconds: 0),
                Instant(nanoseconds: .max - 1), Instant(seconds: 9_000_000_000),
            ]
            for (number, instant) in instants.enumerated() {
                for (index, client) in ["acme", "zeta"].enumerated() {
                    let outcome = try journal.append(
                        [usage(UInt64(number * 2 + index), .sample(client: client, at: instant))],
                        expecting: nil)
                    guard case .appended = outcome.first else {
                        Issue.record("\(instant): \(outcome)")
                        continue
                    }
                }
            }
            for dimension in UsageDimension.allCases {
                let rows = try journal.usage(by: [dimension])
                #expect(rows.reduce(0) { $0 + $1.all.calls } == 14, "\(dimension)")
            }
            #expect(try journal.rebuildViews().isEqual)
            #expect(try journal.verify().faults == [])
        }
    }

    @Test func `is read and not written when opened for reading`() throws {
        let scratch = try `A data folder`.filled()
        let before = try Data(contentsOf: URL(fileURLWithPath: scratch.dataFile))
        var options = JournalOptions()
        options.readOnly = true
        let journal = try scratch.open(options: options)
        #expect(try journal.head().sequence == SequenceNumber(56))
        #expect(try journal.usage(by: [.client]).map(\.all.calls) == [50])
        #expect(try journal.verify().faults.isEmpty)
        let month = date("2023-11-14").month
        #expect(
            try journal.statement(client: "acme", month: month, digest: { _ in "" }).calls == 50)
        #expect(throws: LogError.self) {
            try journal.append([usage(99, .sample())], expecting: nil)
        }
        #expect(throws: LogError.self) { try journal.record([], by: "test") }
        #expect(throws: (any Error).self) { try journal.rebuildViews() }
        journal.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.dataFile)) == before)
        // Views that lag behind would show too little.
        try scratch.withJournal { journal in
            _ = try journal.append([usage(99, .sample())], expecting: nil)
        }
        let again = try scratch.open(options: options)
        defer { again.close() }
        let refusal = `A data folder`.error { _ = try again.usage(by: [.client]) }
        #expect("\(refusal)".contains("56"), "\(refusal)")
        #expect(try again.head().sequence == SequenceNumber(57))
    }
}
