import Foundation
import Journal
import Ledger
import Statements

/// A month of a thousand clients that is closed: ten million events in `--full`, which are then all
/// of January 2025, or the first days of it.
struct ClosingMonth {
    static let clients = 1_000

    let ledger: LargeLedger

    init(_ trace: Trace, events: Int, folder: String, memory: Memory) {
        ledger = LargeLedger(
            workload: Workload(trace, clients: Self.clients, days: 31), events: events,
            folder: folder + "/closing", memory: memory)
    }

    func run() throws -> Findings {
        guard let month = CivilMonth("2025-01") else { throw Problem("the month does not exist") }
        try FileManager.default.createDirectory(
            atPath: ledger.folder, withIntermediateDirectories: true)
        _ = try ledger.fillLedger()
        let journal = try Journal.open(at: ledger.place)
        defer { journal.close() }
        try journal.record(
            [
                .issuerSet(
                    IssuerChange(issuer: Issuer(name: "Bench"), from: month.firstDay))
            ], by: "bench")
        try journal.catchUp()
        var closed: [Statement] = []
        let time = try seconds {
            closed = try journal.close(
                ClosingOrder(month: month, client: nil), by: "bench",
                canonical: CanonicalStatement.bytes
            ).closed
        }
        guard closed.count == Self.clients else {
            throw Problem("\(closed.count) of \(Self.clients) clients were closed")
        }
        // What everything costs anew once a price reaches back: each client's adjustments.
        guard let model = ledger.workload.trace.models.last else { throw Problem("no model") }
        try journal.record(
            [.priceSet(ledger.workload.price(model, tenths: 40, from: Workload.start))],
            by: "bench")
        let next = try seconds {
            let later = try journal.close(
                ClosingOrder(month: month.next, client: nil, isRehearsal: true), by: "bench",
                canonical: CanonicalStatement.bytes)
            guard later.closed.allSatisfy({ !$0.adjustments.isEmpty }) else {
                throw Problem("a statement lacks its adjustments")
            }
        }
        let check = try seconds {
            let report = try journal.verify()
            guard report.isSound, report.statements == Self.clients else {
                throw Problem(report.faults.joined(separator: "\n"))
            }
        }
        return Findings(
            figures: [
                .limit("closing a month of 1,000 clients", time, "s", target: 30),
                .limit("  the next, with a price that reaches back", next, "s"),
                .limit("  verify, every statement again", check, "s"),
                .limit("  memory", ledger.memory.megabytes, "MB"),
            ], digest: Chain.hexDigest(closed.map(\.totalBrlExact).joined().utf8))
    }
}
