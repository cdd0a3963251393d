import Foundation
import Journal
import LMDB
import Ledger
import Money
import Synchronization

/// The cases over one large ledger. Each runs in a process of its own, so that its memory is its
/// own and nothing is warm but the page cache.
struct LargeLedger {
    let workload: Workload
    let events: Int
    let folder: String
    let memory: Memory

    var place: String { folder + "/large" }

    /// Fills the ledger and says what it takes on the disk.
    func fill() throws -> Findings {
        let time = try fillLedger()
        let ledger = try LMDB.Environment(path: place + "/ledger")
        let bytes = Double(ledger.information.usedBytes) / Double(events)
        ledger.close()
        return Findings(figures: [
            .rate("appends in batches of 1,024, events made too", Double(events) / time),
            .limit("bytes on disk an event", bytes, "bytes", target: 300, decimals: 0),
            .limit("  memory of the writer", memory.megabytes, "MB", target: 200),
        ])
    }

    /// Fills the ledger: batches of 1,024, as many on their way as the queue takes. Returns the
    /// seconds.
    func fillLedger() throws -> Double {
        try? FileManager.default.removeItem(atPath: place)
        let journal = try Journal.create(at: place)
        try workload.prepare(journal)
        let room = DispatchSemaphore(value: 32)
        let failures = Atomic<Int>(0)
        let time = try seconds {
            var index = 0
            while index < events {
                let end = min(events, index + 1024)
                let batch = try (index..<end).map { try workload.event($0) }
                room.wait()
                try journal.submit(batch) { result in
                    if (try? result.get()) == nil { failures.add(1, ordering: .relaxed) }
                    room.signal()
                }
                index = end
            }
            for _ in 0..<32 { room.wait() }
        }
        for _ in 0..<32 { room.signal() }
        guard failures.load(ordering: .relaxed) == 0 else { throw Problem("appends failed") }
        journal.close()
        return time
    }

    /// Folds the whole log into the views, as after a stop of the views' process.
    func views() throws -> Findings {
        let journal = try Journal.open(at: place)
        let spent = processorSeconds()
        let time = try seconds { try journal.catchUp() }
        let processor = processorSeconds() - spent
        journal.close()
        return Findings(figures: [
            .rate("views behind the log", Double(events) / time, target: 300_000),
            .limit("  processor time an event", processor / Double(events) * 1e6, "µs"),
            .limit("  memory", memory.megabytes, "MB", target: 200),
        ])
    }

    /// Folds everything anew beside the live views and compares the two.
    func rebuild() throws -> Findings {
        let journal = try Journal.open(at: place)
        var digest = ""
        let spent = processorSeconds()
        let time = try seconds {
            let comparison = try journal.rebuildViews(keepsLive: true)
            guard comparison.isEqual else { throw Problem("the rebuilt views differ") }
            digest = comparison.rebuilt
        }
        let processor = processorSeconds() - spent
        journal.close()
        return Findings(
            figures: [
                .rate("rebuild with comparison", Double(events) / time, target: 2_000_000),
                .limit("  processor time an event", processor / Double(events) * 1e6, "µs"),
                .limit("  memory", memory.megabytes, "MB", target: 200),
            ], digest: digest)
    }

    /// What one model's price, set a third higher from the first day on, changes; and a scenario
    /// in which everything is different: a swap, the rate of each day, a mark-up.
    func price() throws -> Findings {
        let journal = try Journal.open(at: place)
        guard let model = workload.trace.models.last, let other = workload.trace.models.first else {
            throw Problem("the trace is empty")
        }
        var dearer = Scenario()
        dearer.entries = [try workload.price(model, tenths: 40, from: Workload.start)]
        var all = Scenario()
        all.swaps = [
            ModelSwap(
                from: PriceBook.Key(provider: other.provider, model: other.model),
                to: PriceBook.Key(provider: model.provider, model: model.model))
        ]
        all.rateRule = .monthAverage
        all.markup = try Percent("20")
        var text = ""
        let cold = try seconds { text = try difference(journal, dearer) }
        let times = try (0..<7).map { _ in
            try seconds { text = try difference(journal, dearer) }
        }
        let whole = try (0..<7).map { _ in try seconds { text += try difference(journal, all) } }
        journal.close()
        return Findings(
            figures: [
                .limit("price change over all day cells", median(times) * 1e3, "ms", target: 100),
                .limit("  the first one in a process", cold * 1e3, "ms"),
                .limit("swap, rate and mark-up at once", median(whole) * 1e3, "ms", target: 100),
                .limit("  memory", memory.megabytes, "MB", target: 200),
            ], digest: Chain.hexDigest(text.utf8))
    }

    private func difference(_ journal: Journal, _ scenario: Scenario) throws -> String {
        try journal.whatIf(scenario, byModel: true).rows.map {
            "\($0.client) \($0.month) \($0.model?.description ?? "") \($0.pair.calls) "
                + $0.pair.after.brl.text
        }.joined(separator: "\n")
    }

    /// One client's month: once with everything that opening costs, then again.
    func month() throws -> Findings {
        guard let month = CivilMonth("2025-01") else { throw Problem("the month does not exist") }
        var text = ""
        func statement(_ journal: Journal) throws {
            let statement = try journal.statement(client: Workload.client(7), month: month) {
                Chain.hexDigest("\($0.totalBrlExact) \($0.calls) \($0.lines.count)".utf8)
            }
            text = statement.digest
        }
        var cold = 0.0
        var journal: Journal?
        cold = try seconds {
            let opened = try Journal.open(at: place)
            try statement(opened)
            journal = opened
        }
        guard let journal else { throw Problem("the ledger did not open") }
        let times = try (0..<15).map { _ in try seconds { try statement(journal) } }
        journal.close()
        return Findings(
            figures: [
                .limit("a client's month", median(times) * 1e3, "ms", target: 50),
                .limit("  the first one, with opening", cold * 1e3, "ms", target: 50),
                .limit("  memory", memory.megabytes, "MB", target: 200),
            ], digest: text)
    }

    /// Decisions over three budgets of a client, one after the other, without the disk.
    func decision() async throws -> Findings {
        let place = folder + "/decisions"
        try? FileManager.default.removeItem(atPath: place)
        let journal = try Journal.create(at: place)
        try workload.prepare(journal)
        try third(journal)
        let count = min(events, 100_000)
        let holds = try (0..<count).map { try workload.hold($0) }
        var times: [Double] = []
        for _ in 0..<7 {
            let clock = ContinuousClock.now
            let decisions = try await journal.rehearse(holds)
            times.append((ContinuousClock.now - clock) / .microseconds(1) / Double(count))
            guard decisions.allSatisfy({ $0 == .granted }) else { throw Problem("refused") }
        }
        journal.close()
        return Findings(figures: [
            .limit(
                "a decision over three budgets", median(times), "µs", target: 1, decimals: 2)
        ])
    }

    /// A third budget for each client, in the third unit.
    private func third(_ journal: Journal) throws {
        try journal.record(
            try (0..<workload.clients).map { number in
                .budgetSet(
                    try Budget(
                        client: Workload.client(number), unit: .tokens, limit: "1000000000000",
                        period: .weekly, stops: true))
            }, by: "bench")
    }

    /// Checksums, chain, ids and balances of everything.
    func verify() throws -> Findings {
        let journal = try Journal.open(at: place)
        let time = try seconds {
            let report = try journal.verify()
            guard report.isSound else {
                throw Problem(report.faults.joined(separator: "\n"))
            }
        }
        journal.close()
        return Findings(figures: [
            .rate("verify", Double(events) / time),
            .limit("  memory", memory.megabytes, "MB", target: 200),
        ])
    }
}
