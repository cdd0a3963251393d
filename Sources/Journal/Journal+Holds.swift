import LMDB
public import Ledger
public import Money

extension Journal {
    /// Sets aside what a call may cost in all budgets of its client, or in none; durable when it
    /// returns.
    ///
    /// Holds and calls are decided one after the other by the one writer, over all processes, so
    /// that calls in flight together never pass a limit that stops. Throws ``LogError/busy`` when
    /// the queue is full, and an error when another hold has the id.
    public func hold(_ hold: Hold) async throws -> HoldDecision {
        try await decide(hold).durable()
    }

    /// The same in two answers: what was decided, which others already see and a crash might not,
    /// and later that it is durable. Returns before either.
    ///
    /// So that a call can be made ready while it is decided, and be on its way while the disk is
    /// written. Nothing of its answer may leave before ``HoldTicket/durable()`` has said that the
    /// hold stands.
    public func decide(_ hold: Hold) throws -> HoldTicket {
        let commit = HoldCommit()
        try writable().submit(HoldRequest(hold, commit))
        return HoldTicket(commit: commit)
    }

    /// What each of some holds would be told now, were it the only one; sets nothing aside.
    ///
    /// Cost: one turn of the writer, and below a microsecond for each hold of three budgets whose
    /// balances are remembered.
    public func rehearse(_ holds: [Hold]) async throws -> [HoldDecision] {
        let writer = try writable()
        return try await Reply.wait { reply in
            writer.submit(
                WorkRequest(reply) { batch, transaction in
                    try holds.map { try batch.decision(on: $0, transaction) }
                })
        }
    }

    /// Sets aside more for a call that goes on: to the hold's own periods, in all budgets or in
    /// none; durable when it returns.
    ///
    /// Ask before the bytes that it pays for leave. ``HoldDecision/notOpen`` when there is no such
    /// hold; otherwise as ``hold(_:)``.
    public func extend(
        hold: EventID, tokens: UInt64, usd: Amount<USD>
    ) async throws -> HoldDecision {
        let writer = try writable()
        return try await Reply.wait { reply in
            writer.submit(
                WorkRequest(reply) { try $0.extend(hold, tokens: tokens, usd: usd, &$1) })
        }
    }

    /// Gives back what a hold set aside, for a call that used nothing; false when there is no such
    /// hold. A call that used something settles its hold by naming it.
    public func release(hold: EventID) async throws -> Bool {
        let writer = try writable()
        return try await Reply.wait { reply in
            writer.submit(WorkRequest(reply) { try $0.release(hold, &$1) })
        }
    }

    /// Every hold that is open, with its client and when it was asked for.
    public func openHolds() throws -> [(id: EventID, client: String, at: Instant)] {
        var holds: [(id: EventID, client: String, at: Instant)] = []
        try store.environment.read { transaction in
            try transaction.forEach(store.holds) { key, value in
                let id = EventID(high: try key.loadBigEndian(0), low: try key.loadBigEndian(8))
                let record = try HoldRecord(value)
                holds.append((id, record.client, record.at))
                return true
            }
        }
        return holds
    }
}

/// What the ledger says of a call by its id.
public enum CallStanding: Sendable, Equatable {
    /// Nothing: it was not made, or what it set aside was given back.
    case unknown
    /// It is open: its end is not in the log.
    case held
    /// It has ended, and this is its event.
    indirect case recorded(UsageEvent)
}

extension Journal {
    /// Where a call stands whose hold and first event have that id.
    public func standing(of id: EventID) throws -> CallStanding {
        let key = WideKey(id.high, id.low)
        return try store.environment.read { transaction in
            let place = try transaction.get(store.ids, key) { value -> UInt64? in
                guard let value else { return nil }
                return try value.load(0)
            }
            guard let place else {
                return try transaction.contains(store.holds, key) ? .held : .unknown
            }
            return try transaction.get(store.log, place) { record in
                guard let record else {
                    throw JournalError.damaged(
                        place: "record \(place) of the log", detail: "it is missing")
                }
                let head = try store.check(record, at: place)
                guard head.kind == .usageRecorded else { return .unknown }
                return .recorded(
                    try UsageCodec.decode(
                        record.extracting(head.payloadRange), version: head.version,
                        occurredAt: head.occurredAt))
            }
        }
    }
}
