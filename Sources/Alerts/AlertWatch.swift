public import Gateway
public import Journal
public import Ledger

/// Watches budgets while a gateway runs: raises what is due, and has it sent.
///
/// Looks at the clients whose usage was recorded, each second at most, and at all clients when it
/// begins and each hour. Runs until its task is cancelled.
public struct AlertWatch: Sendable {
    private let journal: Journal
    private let settled: SettledClients
    private let post: AlertPost?
    private let actor: String
    private let clock: @Sendable () -> Instant
    private let note: @Sendable (String) -> Void
    private let pause: Duration
    private let hour: Duration

    /// A watch over a journal. Without a post alerts are raised and not sent. `note` tells what a
    /// person should know, one line each.
    public init(
        journal: Journal, settled: SettledClients, post: AlertPost?, by actor: String,
        pause: Duration = .seconds(1), hour: Duration = .seconds(3_600),
        clock: @escaping @Sendable () -> Instant = SystemClock.now,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.journal = journal
        self.settled = settled
        self.post = post
        self.actor = actor
        self.pause = pause
        self.hour = hour
        self.clock = clock
        self.note = note
    }

    /// Watches and sends, until the task is cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await look() }
            if let post {
                for target in AlertDelivery.Target.allCases {
                    group.addTask { await send(to: target, by: post) }
                }
            }
        }
    }

    private func look() async {
        var wholeAt = ContinuousClock.now
        var told = ""
        while !Task.isCancelled {
            let isWhole = ContinuousClock.now >= wholeAt
            let taken = settled.take()
            do {
                try await look(isWhole ? .many : taken)
                try await post?.fold()
                if isWhole { wholeAt = ContinuousClock.now + hour }
                told = ""
            } catch {
                settled.put(back: taken)
                // The same trouble each second is told once.
                let words = "budgets cannot be watched: \(error)"
                if words != told, !Task.isCancelled { note(words) }
                told = words
            }
            try? await Task.sleep(for: pause)
        }
    }

    private func look(_ taken: SettledClients.Taken) async throws {
        let clients: Set<String>?
        switch taken {
        case .nobody: return
        case .these(let some): clients = some
        case .many: clients = nil
        }
        for alert in try await journal.raiseAlerts(of: clients, at: clock(), by: actor)
        where alert.coveredBy == nil {
            note(
                "alert: \(alert.client) has used \(alert.percentUsed) % of \(alert.budget), "
                    + "threshold \(alert.threshold) %")
        }
    }

    private func send(to target: AlertDelivery.Target, by post: AlertPost) async {
        while !Task.isCancelled {
            do {
                for tried in try await post.send(to: target) where tried.state != .delivered {
                    let end = tried.state == .givenUp ? "it is given up" : "it is tried again"
                    note(
                        "the alert of record \(tried.sequence) was not delivered to the "
                            + "\(target) (try \(tried.attempts)): \(tried.reason); \(end)")
                }
            } catch {
                if !Task.isCancelled { note("alerts cannot be sent to the \(target): \(error)") }
                // Longer, since what fails here is the disk and not the target.
                try? await Task.sleep(for: pause * 30)
            }
            try? await Task.sleep(for: pause)
        }
    }
}
