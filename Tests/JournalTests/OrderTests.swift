import Foundation
import Ledger
import Money
import Synchronization
import TestSupport
import Testing

@testable import Journal

/// What the views show depends on the events, not on the way they came.
@Suite struct `Views of the same events` {
    static let month = date("2023-11-14").month

    /// Calls of two clients over a few days around the turn of a month.
    private static func calls(
        _ count: Int, _ random: inout SeededRandom
    ) throws -> [NewEvent] {
        try (0..<count).map { number in
            var call = UsageEvent.random(using: &random)
            call.client = random.pick(["acme", "zeta"])
            (call.provider, call.model) = random.pick([
                ("openai", "gpt-4o"), ("anthropic", "claude"), ("nobody", "unknown"),
            ])
            call.serviceTier = ""
            call.occurredAt = Instant(
                nanoseconds: 1_700_900_000_000_000_000 + random.int(0...800_000_000_000_000))
            return try usage(UInt64(number), call)
        }
    }

    /// Everything that must not depend on the order, as text.
    private static func figures(_ journal: Journal) throws -> String {
        try journal.catchUp()
        var text = try journal.views().digest().digest
        for client in ["acme", "zeta"] {
            for month in [month, month.next] {
                let statement = try journal.statement(
                    client: client, month: month, digest: { _ in "" })
                text += "\n\(statement.lines)\n\(statement.days)\n\(statement.savings)"
                text += "\n\(statement.totalUsd) \(statement.totalBrl) \(statement.totalBrlExact)"
            }
        }
        for row in try journal.usage(by: [.hour, .client, .model]) {
            text += "\n\(row.group) \(row.all.calls) \(row.cost) \(row.saved)"
            text += " \(row.all.latencies)"
        }
        let balances = try journal.storedBalances()
        for key in balances.keys.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            text += "\n\(key) \(balances[key] ?? BudgetBalance())"
        }
        return text
    }

    /// Appends in groups of random size, folding now and then, with repetitions in between.
    private static func append(
        _ events: [NewEvent], to journal: Journal, _ random: inout SeededRandom
    ) throws {
        var next = 0
        while next < events.count {
            let end = min(events.count, next + random.int(1...90))
            _ = try journal.append(Array(events[next..<end]), expecting: nil)
            if random.once(in: 4) {
                let again = (0..<20).map { _ in random.pick(Array(events[..<end])) }
                let outcomes = try journal.append(again, expecting: nil)
                try #require(outcomes.count { !$0.isExisting } == 0)
            }
            if random.once(in: 5) { try journal.catchUp() }
            if random.once(in: 12) { _ = try journal.rebuildViews() }
            next = end
        }
    }

    private static func budgets(_ journal: Journal) throws {
        for unit in Budget.Unit.allCases {
            try journal.record(
                [
                    .budgetSet(
                        Budget(client: "acme", unit: unit, limit: "10", period: .weekly))
                ], by: "test")
        }
    }

    @Test func `are equal in any order and any groups`() throws {
        try withSeed { random in
            let events = try Self.calls(600, &random)
            let backwards = Array(events.reversed())
            let orders = [
                events, backwards, events.shuffled(using: &random),
                Array(events[300...] + events[..<300]),
                events.sorted { $0.occurredAt < $1.occurredAt }, events + backwards,
            ]
            var found: [String] = []
            for (index, order) in orders.enumerated() {
                let scratch = try Scratch()
                try scratch.withJournal { journal in
                    // Clients first; prices, rates and budgets before, between or after the calls.
                    let clients = ["acme", "zeta"].map {
                        ControlEvent.clientRegistered(ClientRecord(id: $0))
                    }
                    if index % 3 == 0 {
                        try journal.prepare()
                    } else {
                        try journal.record(clients, by: "test")
                    }
                    if index % 2 == 0 { try Self.budgets(journal) }
                    let middle = order.count / 2
                    try Self.append(Array(order[..<middle]), to: journal, &random)
                    if index % 3 == 1 { try journal.prepare() }
                    if index % 2 == 1 { try Self.budgets(journal) }
                    try Self.append(Array(order[middle...]), to: journal, &random)
                    if index % 3 == 2 { try journal.prepare() }
                    try #require(try journal.verify().faults == [])
                    found.append(try Self.figures(journal))
                }
            }
            // `prepare` puts zeta elsewhere; where it came second, that changed nothing.
            for group in 0..<3 {
                try #require(found[group].count == found[group + 3].count)
                try #require(found[group] == found[group + 3])
            }
            try #require(found[1] == found[2])
        }
    }

    @Test func `are equal to a rebuild at any moment, beside appends and readers`() throws {
        let scratch = try Scratch()
        let journal = try scratch.create()
        defer { journal.close() }
        try journal.prepare()
        try Self.budgets(journal)
        let isDone = Mutex(false)
        let writer = Worker {
            var random = SeededRandom(seed: 5)
            var count: UInt64 = 0
            while !isDone.withLock({ $0 }) {
                let events = try (0..<random.int(UInt64(1)...50)).map {
                    try usage(count + $0, .sample(client: $0 % 3 == 0 ? "zeta" : "acme"))
                }
                _ = try journal.append(events, expecting: nil)
                count += UInt64(events.count)
                if random.once(in: 10) {
                    try journal.record(
                        [
                            .priceSet(
                                PriceEntry(
                                    provider: "openai", model: "gpt-4o",
                                    effectiveFrom: Instant(seconds: 1_690_000_000),
                                    prices: prices("2.50", "\(count).00")))
                        ], by: "test")
                }
            }
            return count
        }
        let reader = Worker {
            var last: UInt64 = 0
            while !isDone.withLock({ $0 }) {
                let rows = try journal.usage(by: [.client])
                let calls = rows.reduce(UInt64(0)) { $0 + $1.all.calls }
                #expect(calls >= last)
                last = calls
            }
        }
        for round in 0..<12 {
            let comparison = try journal.rebuildViews(keepsLive: round % 4 == 3)
            #expect(comparison.isEqual, "\(comparison)")
        }
        isDone.withLock { $0 = true }
        let count = try writer.wait()
        try reader.wait()
        #expect(count > 0)
        #expect(try journal.usage(by: [.provider]).map(\.all.calls) == [count])
        #expect(try journal.verify().faults == [])
        #expect(try journal.rebuildViews().isEqual)
    }

    @Test func `are rebuilt by one at a time`() throws {
        let scratch = try Scratch()
        try scratch.withJournal { journal in
            try journal.prepare()
            _ = try journal.append((0..<500).map { try usage($0, .sample()) }, expecting: nil)
            let rebuilds = (0..<5).map { _ in Worker { try journal.rebuildViews() } }
            for rebuild in rebuilds { #expect(try rebuild.wait().isEqual) }
            #expect(try journal.views().version == 6)
            #expect(try journal.usage(by: [.client]).map(\.all.calls) == [500])
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(left.filter { $0.hasPrefix("views-") } == ["views-6"])
    }

    @Test func `tell their state at any moment of a rebuild`() throws {
        let scratch = try Scratch()
        try scratch.withJournal { journal in
            try journal.prepare()
            _ = try journal.append((0..<50).map { try usage($0, .sample()) }, expecting: nil)
            try journal.catchUp()
            let isDone = Atomic(false)
            let rebuilds = Worker {
                defer { isDone.store(true, ordering: .relaxed) }
                for _ in 0..<60 { _ = try journal.rebuildViews() }
            }
            let looks = (0..<4).map { _ in
                Worker { () throws in
                    while !isDone.load(ordering: .relaxed) {
                        let calls = try journal.status().calls
                        #expect(calls == 50)
                    }
                }
            }
            try rebuilds.wait()
            for look in looks { try look.wait() }
            #expect(try journal.status().viewsVersion == 61)
        }
    }

    @Test func `keep their days when a client's clock changes`() throws {
        let scratch = try Scratch()
        let clock = TestClock(at: try Instant("2024-01-15T12:00:00Z"))
        try scratch.withJournal(clock: clock) { journal in
            try journal.prepare()
            let late = try Instant("2024-02-10T02:00:00Z")
            _ = try journal.append([usage(1, .sample(at: late))], expecting: nil)
            try journal.catchUp()
            let digest = try journal.viewsDigest()
            let moved = ControlEvent.clientUpdated(
                ClientRecord(id: "acme", timeZone: "Asia/Tokyo"))
            // The call of February would move to another day, and its budgets with it.
            let refusal = #expect(throws: JournalError.self) {
                try journal.record([moved], by: "test")
            }
            #expect(refusal?.description.contains("2024-02-09") == true)
            #expect(try journal.state().clients["acme"]?.record.timeZone == "America/Sao_Paulo")
            clock.set(try Instant("2024-02-15T12:00:00Z"))
            #expect(try journal.record([moved], by: "test") == [.appended(SequenceNumber(8))])
            let march = try Instant("2024-03-10T16:00:00Z")
            _ = try journal.append([usage(2, .sample(at: march))], expecting: nil)
            #expect(
                try journal.usage(by: [.day]).map(\.group) == [["2024-02-09"], ["2024-03-11"]])
            #expect(try journal.viewsDigest() != digest)
            #expect(try journal.rebuildViews().isEqual)
        }
    }
}
