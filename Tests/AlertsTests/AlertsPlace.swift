import Alerts
import Curl
import Foundation
import Journal
import Ledger
import Synchronization
import TestSupport

/// A ledger with one client and a daily budget of 1,000 tokens, for tests of what goes out.
final class AlertsPlace: Sendable {
    /// Thursday noon in São Paulo.
    static let noon = Instant(seconds: 1_700_146_800)

    let folder: String
    let journal: Journal
    private let count = Atomic(UInt64(0))

    init(alerts: [Int] = [80, 90, 100], name: String = "Padaria São João") throws {
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("razao-alerts-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let journal = try Journal.create(at: folder) { Self.noon }
        self.journal = journal
        let budget = try Budget(
            client: "acme", unit: .tokens, limit: "1000", period: .daily, alerts: alerts)
        _ = try Worker {
            try journal.record(
                [.clientRegistered(ClientRecord(id: "acme", name: name)), .budgetSet(budget)],
                by: "test")
        }.wait()
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Records a call of so many tokens.
    func use(_ tokens: UInt32) async throws {
        let number = count.add(1, ordering: .relaxed).newValue
        let call = UsageEvent.sample(at: Self.noon, input: tokens, output: 0)
        _ = try await journal.append(
            [NewEvent(call, id: EventID(high: 0xA1E7, low: number))])
    }

    /// Records a call and raises what is due.
    @discardableResult
    func raise(_ tokens: UInt32) async throws -> [Alert] {
        try await use(tokens)
        return try await journal.raiseAlerts(at: Self.noon, by: "test")
    }
}

/// A sender that answers by script, and keeps what it was given.
final class ScriptedSender: AlertSender {
    private let state: Mutex<(given: [String], answers: [String?])>

    /// Takes everything once the answers are used up.
    init(_ answers: [String?] = []) { state = Mutex(([], answers)) }

    var given: [String] { state.withLock { $0.given } }

    func send(
        _ notice: AlertNotice, to targets: AlertTargets, at instant: Instant
    ) async -> String? {
        state.withLock { state in
            state.given.append("\(notice.raised.alert.threshold)")
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
    }
}

/// A clock that is set.
final class SetClock: Sendable {
    private let state = Mutex(AlertsPlace.noon)
    var now: Instant { state.withLock { $0 } }
    func pass(_ seconds: Int64) {
        state.withLock { $0 = Instant(seconds: $0.seconds + seconds) }
    }
}

/// Waits until something holds, for as long as a busy machine may need.
func until(_ holds: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<6_000 {
        if try await holds() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
