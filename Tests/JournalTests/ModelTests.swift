import Foundation
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

/// Random commands against a list that is added up anew for every question.
@Suite struct `A journal and its model` {
    @Test(arguments: 0..<6) func `give the same figures whatever is done`(run: Int) throws {
        try withSeed { random in
            let scratch = try Scratch()
            var game = try Game(scratch, seed: random.next())
            defer { game.journal.close() }
            for step in 1...60 {
                try game.step()
                if step % 6 == 0 { try game.compare() }
            }
            try game.reopen()
            try game.compare()
        }
    }

    /// One run: a journal, its model and the dice.
    struct Game {
        let scratch: Scratch
        let clock = TestClock(at: Instant(seconds: 1_705_000_000), step: 1_000)
        var journal: Journal
        var random: SeededRandom
        var model = JournalModel()
        var sent: [NewEvent] = []
        var places: [EventID: SequenceNumber] = [:]
        var bodies: [EventID: UsageEvent] = [:]
        var now: Int64 = 1_705_000_000
        var nextID: UInt64 = 0
        var records: UInt64 = 0

        static let zones = [
            "America/Sao_Paulo", "America/Noronha", "Asia/Kolkata", "Pacific/Auckland", "UTC",
        ]
        static let names = ["acme", "zeta", "kiwi", "calc"]
        static let rules = [
            "previous-business-day", "same-day", "month-close", "month-average", "fixed:5.4321",
        ]
        static let models = [("openai", "gpt-4o"), ("openai", "o1"), ("anthropic", "claude")]

        init(_ scratch: Scratch, seed: UInt64) throws {
            self.scratch = scratch
            random = SeededRandom(seed: seed)
            journal = try scratch.create(clock: clock)
            try tell(.clientRegistered(ClientRecord(id: "acme")))
        }

        mutating func step() throws {
            switch random.int(0...23) {
            case 23: try removeClient()
            case 22: try changeRule()
            case 0...8: try appendUsage()
            case 20...21: try takeBack()
            case 9...10: try setPrice()
            case 11: try recordRate()
            case 12...13: try setBudget()
            case 14: try removeBudget()
            case 15: try changeClient()
            case 16: try changeSetting()
            case 17: try reopen()
            case 18: try journal.catchUp()
            default:
                let comparison = try journal.rebuildViews(keepsLive: random.once(in: 3))
                try #require(comparison.isEqual)
            }
            now += random.int(0...200_000)
            clock.set(Instant(seconds: now))
        }

        mutating func reopen() throws {
            journal.close()
            journal = try scratch.open(clock: clock)
        }

        /// Records a control event in both.
        private mutating func tell(_ event: ControlEvent) throws {
            let outcome = try journal.record([event], by: "model")
            records += 1
            try #require(outcome == [.appended(SequenceNumber(records))])
            try model.apply(event, recordedAt: try journal.head().recordedAt)
        }

        private mutating func instant() -> Instant {
            // Some calls close together, some weeks ago; never later than now.
            let back: Int64 = random.once(in: 2) ? 100_000 : 8_000_000
            return Instant(nanoseconds: now * 1_000_000_000 - random.int(0...back * 1_000_000_000))
        }

        private mutating func call() -> UsageEvent {
            var call = UsageEvent.random(using: &random)
            call.client = random.pick(Self.names)
            (call.provider, call.model) = random.pick(Self.models)
            if random.once(in: 10) { call.model = "unknown" }
            call.serviceTier = random.once(in: 6) ? "batch" : ""
            call.occurredAt = instant()
            call.conversation = random.once(in: 3) ? nil : "c\(random.int(0...5))"
            if random.once(in: 8) { call.tokens = TokenCounts() }
            return call
        }

        private mutating func appendUsage() throws {
            var events: [NewEvent] = []
            var expected: [AppendOutcome] = []
            for _ in 0..<random.int(1...60) {
                let dice = random.int(0...99)
                if dice < 25, let old = sent.isEmpty ? nil : random.pick(sent),
                    let place = places[old.id], var body = bodies[old.id]
                {
                    if dice < 20 {
                        events.append(old)
                        expected.append(.existing(place))
                    } else {
                        body.attempt &+= 1
                        events.append(try NewEvent(body, id: old.id))
                        expected.append(.conflict(place))
                    }
                    continue
                }
                let call = call()
                let event = try usage(nextID, call)
                nextID += 1
                events.append(event)
                if let refusal = model.refusal(call.client) {
                    expected.append(.refused(refusal))
                    continue
                }
                guard model.clients[call.client] != nil else {
                    expected.append(.refused("its client was never registered"))
                    continue
                }
                records += 1
                let place = SequenceNumber(records)
                expected.append(.appended(place))
                sent.append(event)
                places[event.id] = place
                bodies[event.id] = call
                model.calls.append(.init(event: call, sequence: place))
            }
            try #require(try journal.append(events, expecting: nil) == expected)
        }

        /// Takes a call back, with or without another in its place; once only.
        private mutating func takeBack() throws {
            for _ in 0..<random.int(1...4) {
                guard let place = model.calls.indices.randomElement(using: &random) else { return }
                let call = model.calls[place]
                let name = call.sequence.description
                if call.reversedBy != nil {
                    let error = #expect(throws: JournalError.self) {
                        try journal.reverse(name, reason: "again", by: "model")
                    }
                    #expect(error?.description.contains("reversed") == true)
                    continue
                }
                if let refusal = model.refusal(call.event.client) {
                    let error = #expect(throws: JournalError.self) {
                        try journal.reverse(name, reason: "late", by: "model")
                    }
                    #expect(error?.description == refusal)
                    continue
                }
                let done: Correction
                if random.once(in: 2) {
                    done = try journal.reverse(name, reason: "model", by: "model")
                    try #require(done.replacement == nil)
                } else {
                    let (provider, model) = random.pick(Self.models)
                    let tokens = TokenCounts.random(using: &random)
                    done = try journal.correct(name, reason: "model", by: "model") { call in
                        (call.provider, call.model) = (provider, model)
                        if call.usageSource != .missing { call.tokens = tokens }
                        call.attempt &+= 1
                    }
                    records += 1
                    try #require(done.replacement?.rawValue == records + 1)
                    let now = try journal.call("\(records + 1)")
                    self.model.calls.append(.init(event: now.call, sequence: now.sequence))
                }
                records += 1
                model.calls[place].reversedBy = done.reversal
                try #require(try journal.call(name).reversedBy == done.reversal)
            }
        }

        private mutating func prices() throws -> PriceSet {
            var set = PriceSet()
            for usageClass in UsageClass.allCases where random.once(in: 2) {
                set[usageClass] = UnitPrice(units: random.int(0...60_000_000))
            }
            set[.input] = UnitPrice(units: random.int(1...60_000_000))
            return set
        }

        private mutating func setPrice() throws {
            let (provider, name) = random.pick(Self.models)
            var sizes: [PriceEntry.Size] = []
            if random.once(in: 3) {
                let above = random.pick([32_000, 100_000, 128_000, 200_000, 333_333] as [UInt32])
                sizes.append(.init(above: above, prices: try prices()))
            }
            var windows: [PriceEntry.Window] = []
            if random.once(in: 4) {
                let from = random.int(0...1_439)
                windows.append(
                    .init(
                        fromMinute: from, toMinute: (from + random.int(1...1_400)) % 1_440,
                        prices: try prices()))
            }
            try tell(
                .priceSet(
                    PriceEntry(
                        provider: provider, model: name,
                        serviceTier: random.once(in: 5) ? "batch" : "", effectiveFrom: instant(),
                        prices: prices(), sizes: sizes, windows: windows)))
        }

        private mutating func recordRate() throws {
            let day = CivilDate(dayNumber: Int32(now / 86_400) - random.int(0...100))
            let rate = ExchangeRate(units: random.int(400_000_000...600_000_000))
            try tell(
                .rateRecorded(
                    RateEntry(
                        date: day, buy: rate, sell: rate,
                        source: random.once(in: 3) ? "other" : RateEntry.ptax)))
        }

        private mutating func setBudget() throws {
            guard let client = model.clients.keys.sorted().randomElement(using: &random),
                model.removed[client] == nil
            else { return }
            try tell(
                .budgetSet(
                    Budget(
                        client: client, id: random.once(in: 3) ? "own" : nil,
                        unit: random.pick(Budget.Unit.allCases), limit: "\(random.int(1...1_000))",
                        period: random.pick(Budget.Period.allCases), stops: random.once(in: 2))))
        }

        private mutating func removeBudget() throws {
            guard let budget = model.budgets.randomElement(using: &random) else { return }
            try tell(.budgetRemoved(BudgetRemoval(client: budget.client, id: budget.id)))
        }

        private mutating func changeClient() throws {
            let client = random.pick(Self.names)
            let record = ClientRecord(id: client, timeZone: random.pick(Self.zones))
            let isKnown = model.clients[client] != nil && model.removed[client] == nil
            try tell(isKnown ? .clientUpdated(record) : .clientRegistered(record))
        }

        private mutating func removeClient() throws {
            let there = model.clients.keys.filter { model.removed[$0] == nil }.sorted()
            guard let client = there.randomElement(using: &random) else { return }
            try tell(.clientRemoved(ClientRemoval(client: client)))
        }

        private mutating func changeSetting() throws {
            let change =
                random.once(in: 2)
                ? SettingsChange(
                    name: "statement.rate_rule",
                    value: random.pick(Self.rules))
                : SettingsChange(
                    name: "statement.rounding", value: random.pick(Rounding.allCases).rawValue)
            try tell(.settingsChanged(change))
        }

        /// A rate rule of a client's own, or for all, from some day on.
        private mutating func changeRule() throws {
            let client = random.once(in: 3) ? nil : random.pick(Self.names)
            guard client.map({ model.clients[$0] != nil && model.removed[$0] == nil }) ?? true
            else { return }
            let rule = RateRule(random.pick(Self.rules)) ?? .sameDay
            let day = CivilDate(dayNumber: Int32(now / 86_400) - random.int(0...90))
            try tell(.termsSet(TermsChange(client: client, from: day, term: .rateRule(rule))))
        }

        /// Holds every figure of the journal against the model's.
        mutating func compare() throws {
            try #require(try journal.head().sequence.rawValue == records)
            for _ in 0..<3 {
                var dimensions = UsageDimension.allCases.shuffled(using: &random)
                dimensions.removeLast(random.int(1...5))
                var filter = UsageFilter()
                if random.once(in: 3) { filter.client = random.pick(Self.names) }
                let today = CivilDate(dayNumber: Int32(now / 86_400))
                if random.once(in: 3) { filter.from = today.adding(days: -random.int(0...90)) }
                if random.once(in: 3) { filter.to = today.adding(days: -random.int(0...90)) }
                let rows = try journal.usage(by: dimensions, filter)
                let expected = try model.rows(by: dimensions, filter)
                let found = Dictionary(
                    uniqueKeysWithValues: rows.map { row in
                        (
                            row.group,
                            JournalModel.Row(
                                all: row.all, cached: row.cached, cost: row.cost, saved: row.saved)
                        )
                    })
                try #require(rows.count == expected.count, "\(dimensions)")
                for (group, row) in expected {
                    try #require(found[group]?.cost == row.cost, "\(dimensions) \(group)")
                    try #require(found[group] == row, "\(dimensions) \(group)")
                }
            }
            for client in model.clients.keys {
                let month = model.calls.randomElement(using: &random).map { model.day($0.event) }
                guard let month = month?.month else { continue }
                let statement = try journal.statement(
                    client: client, month: month, digest: { _ in "" })
                try #require(
                    JournalModel.Totals(statement) == model.statement(client: client, month: month))
                try #require(statement.logSequence == records)
            }
            let balances = try journal.storedBalances().filter { $0.value != BudgetBalance() }
            try #require(
                balances == model.balances().filter { $0.value != BudgetBalance() })
            try #require(try journal.verify().faults == [])
        }
    }
}
