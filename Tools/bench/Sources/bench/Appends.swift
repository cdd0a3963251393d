import Foundation
import Journal
import LMDB
import Ledger
import Money
import Synchronization

/// Durable appends by many callers, each of whom waits for the answer before the next call, against
/// plain C with the very same records in batches of as many.
///
/// With holds every call is two waits, as in front of a provider: what it may cost is set aside
/// durably, then the event takes the hold's place. C does the same in two transactions a batch.
struct Appends {
    /// Bytes of a hold's record: a head of 33, the client's id, and for each budget the balance's
    /// key of 28 with its length, and an amount.
    private static let holdBytes = 33 + 11 + Workload.budgets * (1 + 28 + 16)

    let workload: Workload
    let holds: Bool
    let callers: Int
    let events: Int
    let rounds: Int
    let folder: String
    let clmdb: String

    func run() async throws -> Findings {
        let asked = try holds ? (0..<events).map { try workload.hold($0) } : []
        let prepared = try (0..<events).map {
            try workload.event($0, settling: holds ? asked[$0].id : nil)
        }
        var ours: [Double] = []
        var theirs: [Double] = []
        var batches: [Double] = []
        var processor: [Double] = []
        var digest = ""
        let records = folder + "/records.bin"
        for round in 0..<rounds {
            let place = folder + "/appends"
            try? FileManager.default.removeItem(atPath: place)
            let journal = try Journal.create(at: place)
            try workload.prepare(journal)
            let before = try journal.head().sequence
            let spent = processorSeconds()
            let began = ContinuousClock.now
            try await append(prepared, holding: asked, to: journal)
            let time = ContinuousClock.now - began
            processor.append((processorSeconds() - spent) / Double(events))
            ours.append(Double(events) / (time / .seconds(1)))
            if round == 0 { try dump(journal, after: before, to: records) }
            if round == rounds - 1 { digest = try summary(journal) }
            let open = try journal.openHolds().count
            guard open == 0 else { throw Problem("\(open) holds are still open") }
            journal.close()
            let ledger = try LMDB.Environment(path: place + "/ledger")
            let answers = Double(holds ? 2 * events : events)
            batches.append(answers / Double(ledger.information.lastTransactionID))
            ledger.close()
            try FileManager.default.removeItem(atPath: place)

            let store = folder + "/plain"
            try? FileManager.default.removeItem(atPath: store)
            theirs.append(
                try Tool.figure(
                    "events_per_second",
                    in: Tool.output(
                        clmdb,
                        [
                            "append", records, store, "\(callers)", "\(events)",
                            "\(Workload.budgets)", "\(holds ? Self.holdBytes : 0)",
                        ])))
            try FileManager.default.removeItem(atPath: store)
        }
        // Each round's ratio: the disk's slow spells hit both sides of a round alike.
        let ratios = zip(ours, theirs).map { $0 / $1 }
        return Findings(
            figures: [
                .rate(
                    (holds ? "holds, then appends, " : "appends, ") + "\(callers) in flight",
                    median(ours),
                    target: callers < 512 ? 40_000 : 60_000),
                .rate("  plain C, batches of \(callers)", median(theirs)),
                .ratio("  ratio", median(ratios), target: 0.5),
                .limit("  processor time an event", median(processor) * 1e6, "µs"),
                Figure(
                    name: "  answers a commit, on average", value: median(batches),
                    unit: "answers"),
            ], digest: digest)
    }

    private func append(
        _ prepared: [NewEvent], holding asked: [Hold], to journal: Journal
    ) async throws {
        let next = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<callers {
                group.addTask {
                    while true {
                        let index = next.take()
                        guard index < prepared.count else { return }
                        if !asked.isEmpty {
                            let decision = try await journal.hold(asked[index])
                            guard case .granted = decision else {
                                throw Problem("hold \(index) was not granted: \(decision)")
                            }
                        }
                        let outcome = try await journal.append(prepared[index])
                        guard case .appended = outcome else {
                            throw Problem("event \(index) was not appended: \(outcome)")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Writes the log's usage records in clmdb's form: what is stored, in the order it is stored.
    private func dump(_ journal: Journal, after start: SequenceNumber, to path: String) throws {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(events * 300)
        func add(_ value: some FixedWidthInteger) {
            var rest = value
            for _ in 0..<value.bitWidth / 8 {
                bytes.append(UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            }
        }
        try journal.read(after: start) { head, payload in
            let usage = try UsageCodec.decode(
                payload, version: head.version, occurredAt: head.occurredAt)
            let size = RecordHead.size + payload.byteCount + RecordHead.tailSize
            add(UInt32(16 + 4 + size))
            add(head.id.high.byteSwapped)
            add(head.id.low.byteSwapped)
            add(UInt32(usage.client.suffix(3)) ?? 0)
            // Head and tail cannot be had through the public interface; only their size matters.
            for number in 0..<UInt64(RecordHead.size / 8) { add(head.sequence.rawValue &+ number) }
            bytes.append(contentsOf: payload.copied)
            for _ in 0..<RecordHead.tailSize { bytes.append(0xA5) }
            return true
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    private func summary(_ journal: Journal) throws -> String {
        let rows = try journal.usage(by: [.client, .model])
        let text = rows.map {
            "\($0.group) \($0.all.calls) \($0.cost.usd.text) \($0.cost.brl.text)"
        }
        return Chain.hexDigest(text.joined(separator: "\n").utf8)
    }
}

/// Numbers the events that callers take.
private final class Counter: Sendable {
    private let next = Atomic<Int>(0)

    func take() -> Int { next.wrappingAdd(1, ordering: .relaxed).oldValue }
}
