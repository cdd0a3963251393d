import LMDB
public import Ledger

/// A call as it stands in the log.
public struct RecordedCall: Sendable, Equatable {
    /// The record.
    public let sequence: SequenceNumber
    /// The call's id.
    public let id: EventID
    /// The call.
    public let call: UsageEvent
    /// The record that took it back; nil while it counts.
    public let reversedBy: SequenceNumber?
}

/// What a reversal or a correction did.
public struct Correction: Sendable, Equatable {
    /// The call as it was.
    public let original: RecordedCall
    /// The record that takes it back.
    public let reversal: SequenceNumber
    /// The record of the call that counts instead; nil after a reversal alone.
    public let replacement: SequenceNumber?
}

/// A call that was taken back, and who did it and why.
public struct ReversedCall: Sendable, Equatable {
    /// The call.
    public let original: RecordedCall
    /// Why.
    public let reason: String
    /// Who.
    public let by: String
}

extension Journal {
    /// The calls that were taken back, in the order of their reversals; of one client, or all,
    /// whose instant lies in a range. Cost: two look-ups for each.
    public func reversedCalls(
        client: String? = nil, between interval: Range<Instant>
    ) throws -> [ReversedCall] {
        let reversals = try state().reversals.filter {
            (client == nil || $0.value.client == client) && interval.contains($0.value.occurredAt)
        }.sorted { $0.value.sequence < $1.value.sequence }
        return try reversals.map { place, reversal in
            let original = try call(place.description)
            return try store.environment.read { transaction in
                try transaction.get(store.log, reversal.sequence.rawValue) { record in
                    guard let record else {
                        throw JournalError.damaged(
                            place: "record \(reversal.sequence) of the log",
                            detail: "it is missing")
                    }
                    let head = try store.check(record, at: reversal.sequence.rawValue)
                    let found = try UsageReversal.decode(
                        record.extracting(head.payloadRange), version: head.version)
                    return ReversedCall(
                        original: original, reason: found.reversal.reason, by: found.by)
                }
            }
        }
    }

    /// The record that a number or an event's id names; a number need not be in the log.
    func place(of name: String) throws -> SequenceNumber {
        if let number = UInt64(name) { return SequenceNumber(number) }
        guard let id = EventID(name) else {
            throw JournalError.refused(
                "\"\(name)\" is neither an event's id nor a record's number; \"razao events\" "
                    + "shows both")
        }
        let found: UInt64? = try store.environment.read { transaction in
            try transaction.get(store.ids, WideKey(id.high, id.low)) { value in
                try value?.load(0, as: UInt64.self)
            }
        }
        guard let found else {
            throw JournalError.refused("there is no event \(id) in this ledger")
        }
        return SequenceNumber(found)
    }

    /// The call of an event id or of a record's number. Throws when there is none, and when the
    /// record is something else, such as a reversal.
    public func call(_ name: String) throws -> RecordedCall {
        let place = try place(of: name).rawValue
        let reversals = try state().reversals
        return try store.environment.read { transaction in
            try transaction.get(store.log, place) { record in
                guard let record else {
                    throw JournalError.refused("there is no record \(place) in this ledger")
                }
                let head = try store.check(record, at: place)
                guard head.kind == .usageRecorded else {
                    throw JournalError.refused(
                        "record \(place) is \(head.kind.name) and no call; only calls can be "
                            + "reversed or corrected")
                }
                return RecordedCall(
                    sequence: head.sequence, id: head.id,
                    call: try UsageCodec.decode(
                        record.extracting(head.payloadRange), version: head.version,
                        occurredAt: head.occurredAt),
                    reversedBy: reversals[head.sequence]?.sequence)
            }
        }
    }

    /// Takes a call back: from now on no figure counts it, and both records stay.
    ///
    /// A statement of a closed month does not change; the difference is a line of the next one.
    /// Throws when the call was reversed before.
    @available(*, noasync, message: "a command's call: it waits for the disk")
    public func reverse(_ name: String, reason: String, by actor: String) throws -> Correction {
        try correct(name, reason: reason, by: actor, replacement: nil)
    }

    /// Takes a call back and records another one in its place, in one transaction.
    ///
    /// `change` makes the call that counts from now on; its client and instant stay. Throws when
    /// the call was reversed before, or when nothing was changed.
    @available(*, noasync, message: "a command's call: it waits for the disk")
    public func correct(
        _ name: String, reason: String, by actor: String, _ change: (inout UsageEvent) -> Void
    ) throws -> Correction {
        let original = try call(name)
        var replacement = original.call
        change(&replacement)
        guard replacement != original.call else {
            throw JournalError.refused(
                "this would change nothing: the call has these values already")
        }
        guard replacement.client == original.call.client,
            replacement.occurredAt == original.call.occurredAt
        else {
            throw JournalError.refused(
                "a correction keeps the call's client and instant; reverse the call and import "
                    + "the right one instead")
        }
        replacement.hold = nil
        return try correct(name, reason: reason, by: actor, replacement: replacement)
    }

    private func correct(
        _ name: String, reason: String, by actor: String, replacement: UsageEvent?
    ) throws -> Correction {
        let original = try call(name)
        if let earlier = original.reversedBy {
            throw JournalError.refused(
                "record \(original.sequence) was reversed by record \(earlier); a call is reversed "
                    + "once")
        }
        let stored = try storedUsage(original.sequence)
        var events = [
            try UsageReversal(
                id: original.id, sequence: original.sequence, reason: reason
            ).event(
                id: store.correctionID("reversal", of: original.id), usage: stored.payload,
                version: stored.version, occurredAt: original.call.occurredAt, by: actor)
        ]
        if let replacement {
            events.append(
                try NewEvent(
                    replacement, id: store.correctionID("replacement", of: original.id)))
        }
        let outcomes = try append(events, expecting: nil)
        var places: [SequenceNumber] = []
        for outcome in outcomes {
            switch outcome {
            case .appended(let place): places.append(place)
            case .existing(let place), .conflict(let place):
                throw JournalError.refused(
                    "record \(original.sequence) was reversed by record \(place) meanwhile; a "
                        + "call is reversed once")
            case .refused(let reason): throw JournalError.refused(reason)
            }
        }
        return Correction(
            original: original, reversal: places[0],
            replacement: places.count > 1 ? places[1] : nil)
    }

    private func storedUsage(
        _ sequence: SequenceNumber
    ) throws -> (payload: [UInt8], version: UInt8) {
        try store.environment.read { transaction in
            try transaction.get(store.log, sequence.rawValue) { record in
                guard let record else {
                    throw JournalError.damaged(
                        place: "record \(sequence) of the log", detail: "it is missing")
                }
                let head = try store.check(record, at: sequence.rawValue)
                return (
                    try record.bytes(head.payloadRange.lowerBound, head.payloadLength),
                    head.version
                )
            }
        }
    }
}

extension LedgerStore {
    /// The id of what takes a call back or stands in for it: one each, so that it happens once.
    func correctionID(_ role: String, of call: EventID) -> EventID {
        EventID(fact: "\(identity) \(role) \(call)")
    }
}
