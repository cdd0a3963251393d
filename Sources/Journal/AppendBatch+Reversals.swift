import LMDB
import Ledger

// A reversal counts like usage, with the other sign, and is listed with the control events, because
// who looks at single calls must know which of them were taken back.
extension AppendBatch {
    /// Takes a call back unless that was done: balances change as if it had never been recorded.
    mutating func appendReversal(
        _ prepared: PreparedEvent, _ transaction: inout WriteTransaction
    ) throws -> AppendOutcome {
        if let there = try existing(prepared, transaction) { return there }
        let event = prepared.event
        let stored = event.payload
        let payload = unsafe stored.span.bytes
        let reversal = try UsageReversal.decode(payload, version: event.version).reversal
        let sequence = state.head.sequence.next
        let head = RecordHead(event, sequence: sequence)
        let part = try head.usagePart(of: payload)
        let call = payload.extracting(part.range)
        if let refusal = try refusal(of: reversal, event, call, part.version, transaction) {
            return .refused(refusal)
        }
        let facts = try UsageFacts(call, version: part.version)
        switch try measure(call, facts, event.occurredAt, transaction) {
        case .known: break
        case .unknown: return .refused("its client was never registered")
        case .removed:
            let client = try call.text(UsageFacts.dimensionsOffset, facts.clientLength)
            return .refused(state.ledger.clients[client]?.refusal ?? "its client was removed")
        }
        guard try insertID(prepared, sequence, &transaction) else {
            return try mustExist(prepared, transaction)
        }
        try write(event, sequence, &transaction)
        try transaction.put(
            store.control, key: sequence.rawValue, value: [UInt8](), mode: .append)
        for posting in state.meter?.postings ?? [] { try state.balances.reverse(posting) }
        // First, so that the state is changed in place and not copied for the meter that holds it.
        state.meter = nil
        try state.ledger.apply(reversal: payload, head)
        return .appended(sequence)
    }

    /// Why a reversal does not fit what is recorded; nil when it does.
    private func refusal(
        of reversal: UsageReversal, _ event: NewEvent, _ call: RawSpan, _ version: UInt8,
        _ transaction: borrowing WriteTransaction
    ) throws -> String? {
        if state.ledger.reversals[SequenceNumber(reversal.sequence)] != nil {
            return "record \(reversal.sequence) was reversed already, and a call is reversed once"
        }
        return try transaction.get(store.log, reversal.sequence) { record in
            guard let record else { return "there is no record \(reversal.sequence)" }
            let head = try RecordHead(record)
            guard head.kind == .usageRecorded else {
                return "record \(reversal.sequence) is \(head.kind.name) and no call, and only "
                    + "calls can be reversed"
            }
            guard head.id.description == reversal.id, head.occurredAt == event.occurredAt,
                head.version == version,
                try record.bytes(head.payloadRange.lowerBound, head.payloadLength)
                    == call.bytes(0, call.byteCount)
            else { return "record \(reversal.sequence) holds another call" }
            return nil
        }
    }
}
