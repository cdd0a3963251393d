import LMDB
import Ledger
import Money

/// Something to be done in a write transaction, and to be answered after the commit.
///
/// `@unchecked Sendable` for it and its kinds: what they were made with never changes, and what
/// came of it is only touched by the writer's thread, which alone runs and answers it.
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
            isControl: prepared.contains { $0.event.kind != .usageRecorded })
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
        for event in prepared { outcomes.append(try batch.append(event, &transaction)) }
        result = .success(outcomes)
    }

    override func answer() {
        if let result { reply.send(result) }
    }

    override func fail(_ error: any Error) { reply.send(.failure(error)) }
}

/// Setting an amount aside for a call.
final class HoldRequest: Request, @unchecked Sendable {
    private let hold: Hold
    private let reply: Reply<HoldDecision>
    private var decision: HoldDecision?

    init(_ hold: Hold, _ reply: Reply<HoldDecision>) {
        self.hold = hold
        self.reply = reply
        super.init(events: 1, bytes: 0, isControl: false)
    }

    override func run(_ batch: inout AppendBatch, _ transaction: inout WriteTransaction) throws {
        decision = try batch.open(hold, &transaction)
    }

    override func answer() {
        if let decision { reply.send(.success(decision)) }
    }

    override func fail(_ error: any Error) { reply.send(.failure(error)) }
}

/// Setting more aside for a call that goes on.
final class ExtendRequest: Request, @unchecked Sendable {
    private let hold: EventID
    private let tokens: UInt64
    private let usd: Amount<USD>
    private let reply: Reply<HoldDecision>
    private var decision: HoldDecision?

    init(_ hold: EventID, tokens: UInt64, usd: Amount<USD>, _ reply: Reply<HoldDecision>) {
        self.hold = hold
        self.tokens = tokens
        self.usd = usd
        self.reply = reply
        super.init(events: 1, bytes: 0, isControl: false)
    }

    override func run(_ batch: inout AppendBatch, _ transaction: inout WriteTransaction) throws {
        decision = try batch.extend(hold, tokens: tokens, usd: usd, &transaction)
    }

    override func answer() {
        if let decision { reply.send(.success(decision)) }
    }

    override func fail(_ error: any Error) { reply.send(.failure(error)) }
}

/// Giving back what was set aside for a call.
final class ReleaseRequest: Request, @unchecked Sendable {
    private let hold: EventID
    private let reply: Reply<Bool>
    private var wasThere: Bool?

    init(_ hold: EventID, _ reply: Reply<Bool>) {
        self.hold = hold
        self.reply = reply
        super.init(events: 1, bytes: 0, isControl: false)
    }

    override func run(_ batch: inout AppendBatch, _ transaction: inout WriteTransaction) throws {
        wasThere = try batch.release(hold, &transaction)
    }

    override func answer() {
        if let wasThere { reply.send(.success(wasThere)) }
    }

    override func fail(_ error: any Error) { reply.send(.failure(error)) }
}
