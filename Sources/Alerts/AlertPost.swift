import Foundation
public import Journal
public import Ledger
import Synchronization

/// Sends what the outbox says is due, and writes down what came of it.
///
/// Each target has its own turn: one that fails or is slow holds up no other. One program at a time
/// sends for a data folder; who makes one has the folder's lock `outbox`.
public final class AlertPost: Sendable {
    private let journal: Journal
    private let outbox: AlertOutbox
    private let current: Mutex<AlertTargets>
    private let webhook: any AlertSender
    private let mail: any AlertSender
    private let clock: @Sendable () -> Instant
    /// The outbox blocks for a commit.
    private let thread = DispatchQueue(label: "razao.outbox")

    /// A post for a journal.
    public init(
        journal: Journal, outbox: AlertOutbox, targets: AlertTargets, webhook: any AlertSender,
        mail: any AlertSender, clock: @escaping @Sendable () -> Instant = SystemClock.now
    ) {
        self.journal = journal
        self.outbox = outbox
        current = Mutex(targets)
        self.webhook = webhook
        self.mail = mail
        self.clock = clock
    }

    /// Where alerts are sent to now.
    public var targets: AlertTargets { current.withLock { $0 } }

    /// Sends to other targets from now on; what waits goes there too.
    public func use(_ targets: AlertTargets) { current.withLock { $0 = targets } }

    /// The targets that are set up.
    public static func names(_ targets: AlertTargets) -> Set<AlertDelivery.Target> {
        Set(
            AlertDelivery.Target.allCases.filter {
                switch $0 {
                case .webhook: targets.webhook != nil
                case .mail: targets.mail != nil
                }
            })
    }

    /// Takes in what was raised.
    public func fold() async throws {
        let names = Self.names(targets)
        let now = clock()
        _ = try await onThread { try self.outbox.fold(self.journal, for: names, now: now) }
    }

    /// Tries everything that is due for a target once, the oldest first; what came of each.
    @discardableResult
    public func send(to target: AlertDelivery.Target) async throws -> [AlertDelivery] {
        guard Self.names(targets).contains(target) else { return [] }
        let now = clock()
        let due = try await onThread { try self.outbox.due(for: target, at: now) }
        var tried: [AlertDelivery] = []
        for delivery in due {
            if Task.isCancelled { break }
            guard let notice = try await onThread({ try self.notice(delivery.sequence) }) else {
                continue
            }
            let sender = target == .webhook ? webhook : mail
            let reason = await sender.send(notice, to: targets, at: clock())
            // A try that was broken off says nothing of the target.
            if reason != nil, Task.isCancelled { break }
            var random = SystemRandomNumberGenerator()
            let next = delivery.tried(at: clock(), failed: reason, jitter: random.next())
            try await onThread { try self.outbox.put(next) }
            tried.append(next)
        }
        return tried
    }

    /// What is told of the alert at a place of the log.
    private func notice(_ sequence: SequenceNumber) throws -> AlertNotice? {
        let found = try journal.alerts(
            after: SequenceNumber(sequence.rawValue - 1), atMost: 1
        ).alerts.first
        guard let found, found.sequence == sequence else { return nil }
        let client = try journal.state().clients[found.alert.client]
        return AlertNotice(found, clientName: client?.record.name)
    }

    private func onThread<T: Sendable>(
        _ work: @escaping @Sendable () throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            thread.async { continuation.resume(with: Result(catching: work)) }
        }
    }
}
