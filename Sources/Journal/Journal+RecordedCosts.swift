import LMDB
public import Ledger
import Money

// Costs that were recorded without a call, such as what a provider's bill shows beyond ours: they
// are taken back by the same cost with the other sign, once.
extension Journal {
    /// The cost that a record's number or an event's id names; nil where that is something else.
    public func recordedCost(_ name: String) throws -> RecordedAdjustment? {
        let place = try place(of: name)
        return try state().adjustments.first { $0.sequence == place }
    }

    /// Records a cost once more with the other sign, on the same day, so that nothing is left of
    /// it.
    ///
    /// Of a closed month nothing changes; the difference is a line of the next statement. Throws
    /// when the cost was taken back before, and when it takes back another one.
    @available(*, noasync, message: "a command's call: it waits for the disk")
    public func takeBack(
        _ cost: RecordedAdjustment, reason: String, by actor: String
    ) throws -> SequenceNumber {
        if let other = cost.record.reverses {
            throw JournalError.refused(
                "record \(cost.sequence) takes back record \(other), and stays; record the cost "
                    + "anew if it is right after all")
        }
        let earlier = try state().adjustments.first {
            $0.record.reverses == cost.sequence.rawValue
        }
        if let earlier { throw Self.wasTakenBack(cost, by: earlier.sequence) }
        var record = cost.record
        record.usd = try Amount.zero.subtracting(record.usd)
        record.tokens = try record.tokens.map { tokens in
            guard tokens != .min else { throw MoneyError.overflow("tokens that are taken back") }
            return -tokens
        }
        record.reason = reason
        record.reverses = cost.sequence.rawValue
        try record.check()
        let event = ControlEvent.adjustmentRecorded(record)
        let new = NewEvent(
            kind: event.kind, version: ControlEvent.version,
            id: EventID(fact: "\(store.identity) reversal of cost \(cost.sequence)"),
            occurredAt: now, payload: try event.encoded(by: actor))
        switch try append([new], expecting: nil)[0] {
        case .appended(let place): return place
        case .existing(let place), .conflict(let place): throw Self.wasTakenBack(cost, by: place)
        case .refused(let why): throw JournalError.refused(why)
        }
    }

    private static func wasTakenBack(
        _ cost: RecordedAdjustment, by place: SequenceNumber
    ) -> JournalError {
        .refused(
            "record \(cost.sequence) was taken back by record \(place); a cost is taken back once")
    }
}
