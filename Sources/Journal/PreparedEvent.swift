import Ledger

/// An event on its way into the log, with what can be computed before the writer's turn.
final class PreparedEvent: Sendable {
    let event: NewEvent
    let digest: (UInt64, UInt64)
    /// What a control event says.
    let control: ControlEvent?
    /// Why it can never be appended.
    let refusal: String?

    init(_ event: NewEvent) {
        self.event = event
        digest = Chain.bodyDigest(event)
        do {
            control = try Self.read(event)
            refusal = nil
        } catch {
            control = nil
            refusal = "\(error)"
        }
    }

    /// Reads all of the payload: what is in the log can never be taken out again, and a record that
    /// the views cannot fold would stop them for good.
    private static func read(_ event: NewEvent) throws -> ControlEvent? {
        if event.kind == .usageRecorded {
            guard !event.isChecked else { return nil }
            try UsageCodec.decode(
                unsafe event.payload.span.bytes, version: event.version,
                occurredAt: event.occurredAt
            ).check()
            return nil
        }
        if event.kind == .usageReversed {
            let payload = unsafe event.payload.span.bytes
            let head = RecordHead(event, sequence: .zero)
            try UsageReversal.decode(payload, version: event.version).reversal.check()
            let part = try head.usagePart(of: payload)
            try UsageCodec.decode(
                payload.extracting(part.range), version: part.version,
                occurredAt: event.occurredAt
            ).check()
            return nil
        }
        let control = try ControlEvent.decode(kind: event.kind, event.payload)
        switch control {
        // Ids become parts of keys.
        case .clientRegistered(let record), .clientUpdated(let record): try record.check()
        case .clientRemoved(let removal): try removal.check()
        case .keyIssued(let key): try key.check()
        case .alertRaised(let alert): try alert.check()
        case .budgetSet(let budget): try ClientRecord(id: budget.client).check()
        case .monthClosed(let closing): try closing.check()
        case .issuerSet(let change): try change.issuer.check()
        case .termsSet(let change): try change.check()
        case .adjustmentRecorded(let record): try record.check()
        default: break
        }
        return control
    }
}
