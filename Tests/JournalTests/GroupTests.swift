import Foundation
import Ledger
import Money
import Synchronization
import TestSupport
import Testing

@testable import Journal

/// Requests that wait while a commit runs form the next one together.
@Suite struct `A group of appends` {
    /// A clock that can be stopped: the writer looks at it inside its transaction.
    final class Barrier: @unchecked Sendable {
        private let condition = NSCondition()
        private var isShut = false
        private var isWaiting = false

        func look() -> Instant {
            condition.lock()
            defer { condition.unlock() }
            while isShut {
                isWaiting = true
                condition.broadcast()
                condition.wait()
            }
            return Instant(seconds: 1_705_000_000)
        }

        func shut() { condition.withLock { isShut = true } }

        func open() {
            condition.withLock {
                isShut = false
                isWaiting = false
                condition.broadcast()
            }
        }

        /// Returns once the writer stands before it.
        func waitForWriter() {
            condition.lock()
            while !isWaiting { condition.wait() }
            condition.unlock()
        }
    }

    /// Answers that arrive on the writer's thread.
    final class Answers: Sendable {
        let all = Mutex<[Int: Result<[AppendOutcome], any Error>]>([:])

        func take(_ index: Int) -> @Sendable (Result<[AppendOutcome], any Error>) -> Void {
            { result in
                self.all.withLock {
                    #expect($0[index] == nil, "answered twice")
                    $0[index] = result
                }
            }
        }
    }

    private static func control(_ event: ControlEvent, _ number: UInt64) throws -> NewEvent {
        NewEvent(
            kind: event.kind, version: ControlEvent.version, id: .test(number),
            occurredAt: Instant(seconds: 1_700_000_000), payload: try event.encoded(by: "test"))
    }

    @Test func `counts usage that waits beside budgets and prices`() throws {
        let scratch = try Scratch()
        let barrier = Barrier()
        let journal = try Journal.create(at: scratch.path, clock: { barrier.look() })
        defer { journal.close() }
        try journal.prepare()
        let budget = try Budget(client: "acme", unit: .usd, limit: "100", period: .monthly)
        try journal.record([.budgetSet(budget)], by: "test")

        let answers = Answers()
        barrier.shut()
        try journal.submit([usage(0, .sample())], complete: answers.take(0))
        barrier.waitForWriter()
        // All of these wait now, and the writer finds them at once.
        for number in UInt64(1)...30 {
            let event =
                number % 5 == 3
                ? try Self.control(
                    .priceSet(
                        PriceEntry(
                            provider: "openai", model: "gpt-4o",
                            effectiveFrom: Instant(seconds: 1_690_000_000),
                            prices: prices("\(number).00", "1.00"))), number)
                : try usage(number, .sample())
            try journal.submit([event], complete: answers.take(Int(number)))
        }
        barrier.open()
        _ = try journal.append([], expecting: nil)
        #expect(answers.all.withLock { $0.count } == 31)
        let balances = try journal.storedBalances()
        #expect(balances.count == 1)
        // 25 calls of 1,000 tokens at 28.00 and 100 at 1.00 per million.
        #expect(balances.values.first?.calls == 25)
        #expect(try balances.values.first?.settled == Amount<USD>("0.7025").units)
        #expect(try journal.verify().faults.isEmpty)
    }

    @Test func `is bounded: who comes too late is told to come back`() throws {
        let scratch = try Scratch()
        let barrier = Barrier()
        let journal = try Journal.create(at: scratch.path, clock: { barrier.look() })
        defer { journal.close() }
        try journal.prepare()
        let answers = Answers()
        barrier.shut()
        try journal.submit([usage(0, .sample())], complete: answers.take(0))
        barrier.waitForWriter()
        let payload = try usage(0, .sample()).payload
        var number: UInt64 = 1
        func batch(_ count: Int) -> [NewEvent] {
            (0..<count).map { _ in
                number += 1
                return NewEvent(
                    kind: .usageRecorded, version: 1, id: .test(number),
                    occurredAt: Instant(seconds: 1_700_000_000), payload: payload)
            }
        }
        let size = JournalWriter.maximumQueuedEvents / 8
        for index in 1...8 { try journal.submit(batch(size), complete: answers.take(index)) }
        #expect(answers.all.withLock { $0.isEmpty })
        let late = batch(1)
        try journal.submit(late, complete: answers.take(9))
        #expect(throws: LogError.busy) {
            try answers.all.withLock { try #require($0[9]).get() }
        }
        #expect(throws: LogError.busy) { try journal.append(late, expecting: nil) }
        barrier.open()
        // Room again once the queue was taken.
        while true {
            do {
                let outcome = try journal.append(late, expecting: nil)
                guard case .appended = outcome.first else {
                    Issue.record("the refused event was \(outcome)")
                    break
                }
                break
            } catch LogError.busy {
                continue
            }
        }
        #expect(
            try journal.head().sequence.rawValue
                == UInt64(6 + 1 + JournalWriter.maximumQueuedEvents + 1))
        #expect(answers.all.withLock { $0.count } == 10)
    }

    @Test func `answers or refuses every append that is in flight at the close`() async throws {
        let scratch = try Scratch()
        let journal = try scratch.create()
        try await onThread { try journal.prepare() }
        let taken = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in UInt64(0)..<16 {
                group.addTask {
                    var taken = 0
                    for number in UInt64(0)..<1_000 {
                        let event = try usage(task << 32 | number, .sample())
                        do {
                            _ = try await journal.append([event])
                            taken += 1
                        } catch LogError.closed {
                            return taken
                        }
                        if task == 0, number == 20 {
                            // Beside the others, which are all in flight.
                            Thread.detachNewThread { journal.close() }
                        }
                    }
                    return taken
                }
            }
            return try await group.reduce(0, +)
        }
        // A second close waits for nothing and breaks nothing.
        journal.close()
        try await onThread {
            let again = try scratch.open()
            defer { again.close() }
            #expect(try again.head().sequence.rawValue == UInt64(6 + taken))
            #expect(try again.verify().faults.isEmpty)
        }
    }

    @Test func `loses and doubles nothing with many tasks and repetitions`() async throws {
        let scratch = try Scratch()
        let journal = try scratch.create()
        try await onThread { try journal.prepare() }
        let budget = try Budget(client: "acme", unit: .tokens, limit: "1", period: .daily)
        _ = try await onThread { try journal.record([.budgetSet(budget)], by: "test") }
        let tasks: UInt64 = 64
        let events: UInt64 = 2_000
        let tally = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var appended = 0
                    var existing = 0
                    var random = SeededRandom(seed: task)
                    var next: UInt64 = 0
                    while next < events {
                        // Half of the ids are another task's, too.
                        let count = min(random.int(UInt64(1)...40), events - next)
                        let batch = try (next..<next + count).map { number in
                            let owner = number % 2 == 0 ? task : task / 2
                            return try usage(owner << 32 | number, .sample())
                        }
                        next += count
                        for outcome in try await journal.append(batch) {
                            switch outcome {
                            case .appended: appended += 1
                            case .existing: existing += 1
                            default: Issue.record("\(outcome)")
                            }
                        }
                    }
                    return (appended, existing)
                }
            }
            return try await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        }
        // Even numbers of 64 owners, odd ones of 32.
        let distinct = Int(events / 2 * tasks + events / 2 * (tasks / 2))
        #expect(tally.0 == distinct)
        #expect(tally.0 + tally.1 == Int(tasks * events))
        try await onThread {
            #expect(try journal.head().sequence.rawValue == UInt64(7 + distinct))
            let row = try #require(try journal.usage(by: [.client]).first)
            #expect(row.all.calls == UInt64(distinct))
            #expect(row.all[.input] == UInt64(distinct) * 1_000)
            #expect(try journal.storedBalances().values.map(\.calls) == [UInt64(distinct)])
            journal.close()
        }
    }
}

/// Runs what blocks on a thread of its own.
func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
