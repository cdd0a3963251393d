import LMDB
import Ledger

/// Something to be done in a write transaction, and to be answered after the commit.
///
/// `@unchecked Sendable` for it and its kinds: what they were made with never changes, and what
/// came of it is only touched by the writer's thread, which alone runs it, until it is handed to
/// the one thread that answers it.
class Request: @unchecked Sendable {
    /// What it counts for in a group.
    let events: Int
    /// Payload bytes it adds to a commit.
    let bytes: Int
    /// True for events that may change what others cost; they never share a commit with usage.
    let isControl: Bool

    init(events: Int, bytes: Int, isControl: Bool) {
        self.events = events
        self.bytes = bytes
        self.isControl = isControl
    }

    /// Does it; may be called again when the transaction was undone.
    func run(_ batch: inout AppendBatch, _ transaction: inout WriteTransaction) throws {}

    /// Tells what came of it, after the commit.
    func answer() {}

    /// Tells why nothing came of it.
    func fail(_ error: any Error) {}
}

/// The append of one call: what nearly all requests are, so nothing is made for it but this.
final class UsageRequest: Request, @unchecked Sendable {
    private let event: PreparedEvent
    private let reply: Reply<AppendOutcome>
    private var outcome: AppendOutcome?

    init(_ event: PreparedEvent, _ reply: Reply<AppendOutcome>) {
        self.event = event
        self.reply = reply
        super.init(events: 1, bytes: event.event.payload.count, isControl: false)
    }

    override func run(_ batch: inout AppendBatch, _ transaction: inout WriteTransaction) throws {
        outcome = try batch.append(event, &transaction)
    }

    override func answer() {
        if let outcome { reply.send(.success(outcome)) }
    }

    override func fail(_ error: any Error) { reply.send(.failure(error)) }
}

/// The append of some events at once, all of them usage or none.
final class EventsRequest: Request, @unchecked Sendable {
    private let prepared: [PreparedEvent]
    private let expecting: SequenceNumber?
    private let expectingState: SequenceNumber?
    private let reply: Reply<[AppendOutcome]>
    private var result: Result<[AppendOutcome], any Error>?

    /// Nothing is appended unless the log ends at `expecting` and the last control event has the
    /// place `expectingState`, where they are given.
    init(
        _ prepared: [PreparedEvent], expecting: SequenceNumber?,
        expectingState: SequenceNumber? = nil, _ reply: Reply<[AppendOutcome]>
    ) {
        self.prepared = prepared
        self.expecting = expecting
        self.expectingState = expectingState
        self.reply = reply
        super.init(
            // An append of nothing is work for the writer too, and must wake it.
            events: max(1, prepared.count),
            bytes: prepared.reduce(0) { $0 + $1.event.payload.count },
            isControl: prepared.contains { !$0.event.kind.isUsage })
    }

    override func run(_ batch: inout AppendBatch, _ transaction: inout WriteTransaction) throws {
        for (expected, actual) in [
            (expecting, batch.state.head.sequence), (expectingState, batch.state.ledger.sequence),
        ] {
            guard let expected, expected != actual else { continue }
            result = .failure(LogError.moved(expected: expected, actual: actual))
            return
        }
        var outcomes: [AppendOutcome] = []
        outcomes.reserveCapacity(prepared.count)
        for event in prepared {
            // What stands in for a call that could not be taken back must not count beside it.
            if let stopped = stopped(after: outcomes) {
                outcomes.append(stopped)
            } else {
                outcomes.append(try batch.append(event, &transaction))
            }
        }
        result = .success(outcomes)
    }

    /// What becomes of the rest of a correction: the same as of its reversal, unless that was
    /// appended or had been before.
    private func stopped(after outcomes: [AppendOutcome]) -> AppendOutcome? {
        guard let first = prepared.first, first.event.kind == .usageReversed else { return nil }
        if outcomes.isEmpty {
            return prepared.lazy.compactMap(\.refusal).first.map(AppendOutcome.refused)
        }
        switch outcomes[0] {
        case .appended, .existing: return nil
        case .conflict, .refused: return outcomes[0]
        }
    }

    override func answer() {
        if let result { reply.send(result) }
    }

    override func fail(_ error: any Error) { reply.send(.failure(error)) }
}

/// Setting an amount aside for a call; made as often as calls are, so it has no closure.
final class HoldRequest: Request, @unchecked Sendable {
    private let hold: Hold
    private let commit: HoldCommit
    private var decision: HoldDecision?

    init(_ hold: Hold, _ commit: HoldCommit) {
        self.hold = hold
        self.commit = commit
        super.init(events: 1, bytes: 0, isControl: false)
    }

    override func run(_ batch: inout AppendBatch, _ transaction: inout WriteTransaction) throws {
        let decision = try batch.open(hold, &transaction)
        self.decision = decision
        commit.decided(.success(decision))
    }

    override func answer() {
        if let decision { commit.ended(.success(decision)) }
    }

    override func fail(_ error: any Error) { commit.ended(.failure(error)) }
}

/// Other work on what the ledger holds beside the log.
final class WorkRequest<Value: Sendable>: Request, @unchecked Sendable {
    private let work: @Sendable (inout AppendBatch, inout WriteTransaction) throws -> Value
    private let reply: Reply<Value>
    private var value: Value?

    init(
        _ reply: Reply<Value>,
        _ work: @escaping @Sendable (inout AppendBatch, inout WriteTransaction) throws -> Value
    ) {
        self.work = work
        self.reply = reply
        super.init(events: 1, bytes: 0, isControl: false)
    }

    override func run(_ batch: inout AppendBatch, _ transaction: inout WriteTransaction) throws {
        value = try work(&batch, &transaction)
    }

    override func answer() {
        if let value { reply.send(.success(value)) }
    }

    override func fail(_ error: any Error) { reply.send(.failure(error)) }
}
