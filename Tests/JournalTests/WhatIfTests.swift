import Foundation
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

@Suite struct `What-if` {
    /// Alias, tier, hours of the day and thresholds: whatever an entry can say.
    private func randomEntry(_ random: inout SeededRandom) throws -> PriceEntry {
        let model = random.pick(["m", "n", "o"])
        var entry = PriceEntry(
            provider: random.pick(["p", "q"]), model: model,
            serviceTier: random.once(in: 3) ? "batch" : "",
            effectiveFrom: Instant(seconds: 1_700_000_000 + random.int(-2...72) * 3_000),
            prices: try prices("\(random.int(1...3))", "\(random.int(1...3))"))
        if random.once(in: 4) {
            entry.windows = [.init(fromMinute: 60, toMinute: 600, prices: try prices("9", "9"))]
        }
        if random.once(in: 4) { entry.sizes = [.init(above: 20_000, prices: try prices("7", "7"))] }
        if random.once(in: 5), model != "n" {
            entry.aliasOf = "n"
            entry.serviceTier = ""
        }
        return entry
    }

    /// Cost by client, month and model, as ``Journal/usage(by:_:)`` tells it day by day.
    private func costs(_ journal: Journal) throws -> [String: CellCost] {
        var costs: [String: CellCost] = [:]
        for row in try journal.usage(by: [.client, .day, .model]) {
            let month = date(row.group[1]).month
            try costs["\(row.group[0]) \(month) \(row.group[2])", default: CellCost()].add(row.cost)
        }
        return costs
    }

    @Test(arguments: 0..<6) func `says what the price, once set, does`(run: Int) throws {
        try withSeed { random in
            let scratch = try Scratch()
            try scratch.withJournal { journal in
                try journal.prepare()
                for _ in 0..<random.int(0...6) {
                    try journal.record([.priceSet(randomEntry(&random))], by: "test")
                }
                var calls: [NewEvent] = []
                for number in 0..<200 {
                    var call = UsageEvent.sample(
                        client: random.pick(["acme", "zeta"]), provider: random.pick(["p", "q"]),
                        model: random.pick(["m", "n", "o"]),
                        at: Instant(seconds: 1_700_000_000 + random.int(0...200_000) * 10),
                        input: random.int(0...40_000))
                    call.serviceTier = random.once(in: 3) ? "batch" : ""
                    call.wasCached = random.once(in: 6)
                    calls.append(try usage(UInt64(number), call))
                }
                _ = try journal.append(calls, expecting: nil)
                let entries = try (0..<random.int(1...3)).map { _ in try randomEntry(&random) }
                var scenario = Scenario()
                scenario.entries = entries
                let outcome = try journal.whatIf(scenario, byModel: true)
                let before = try costs(journal)
                try journal.record(entries.map(ControlEvent.priceSet), by: "test")
                let after = try costs(journal)
                var told: Set<String> = []
                for row in outcome.rows {
                    let name = "\(row.client) \(row.month) \(row.model?.description ?? "")"
                    told.insert(name)
                    try #require(before[name]?.usd == row.pair.before.usd)
                    try #require(after[name]?.usd == row.pair.after.usd)
                    try #require(after[name]?.unpricedCalls == row.pair.after.unpricedCalls)
                    let charged = after[name].map { $0.brl.units * 1_000_000 }
                    try #require(charged == row.pair.after.brl.units)
                }
                for (name, cost) in after where !told.contains(name) {
                    try #require(before[name] == cost)
                }
            }
        }
    }

    @Test(arguments: 0..<6, [false, true])
    func `is what pricing every call alone comes to`(run: Int, byModel: Bool) throws {
        try withSeed { random in
            let scratch = try Scratch()
            var game = try `A journal and its model`.Game(scratch, seed: random.next())
            defer { game.journal.close() }
            for _ in 0..<30 { try game.step() }
            let terms = WhatIfModel.randomTerms(game.model, now: game.now, &random)
            try game.journal.record(terms.map(ControlEvent.termsSet), by: "test")
            for _ in 0..<12 {
                let scenario = try WhatIfModel.randomScenario(game.model, now: game.now, &random)
                let filter = WhatIfModel.randomFilter(game.model, now: game.now, &random)
                let naive = WhatIfModel(
                    model: game.model, scenario: scenario, filter: filter, byModel: byModel,
                    terms: game.model.terms + terms)
                let outcome = try game.journal.whatIf(scenario, filter, byModel: byModel)
                try naive.require(outcome)
            }
        }
    }
}
