public import Ledger
import Synchronization

/// A log in an array: the plainest thing that keeps the promises of `EventLog`.
///
/// Shares the record's form with the ledger on disk and nothing else. Its chain is no SHA-256: it
/// only has to depend on every byte before it.
public final class InMemoryLog: EventLog {
    private struct State {
        var records: [[UInt8]] = []
        var events: [EventID: (event: NewEvent, sequence: SequenceNumber)] = [:]
        var clients: Set<String> = []
        var head = LogHead(
            sequence: .zero, chain: [UInt8](repeating: 0, count: RecordHead.chainSize),
            recordedAt: Instant(nanoseconds: 0))
    }

    private let state = Mutex(State())
    private let clock: @Sendable () -> Instant

    /// An empty log under a clock.
    public init(clock: @escaping @Sendable () -> Instant) { self.clock = clock }

    /// Appends events in order.
    public func append(
        _ events: [NewEvent], expecting position: SequenceNumber?
    ) throws -> [AppendOutcome] {
        let now = clock()
        return try state.withLock { state in
            if let position, position != state.head.sequence {
                throw LogError.moved(expected: position, actual: state.head.sequence)
            }
            return try events.map { try Self.append($0, at: now, to: &state) }
        }
    }

    /// Reads records in order.
    public func read(
        after position: SequenceNumber, _ body: (RecordHead, _ payload: RawSpan) throws -> Bool
    ) throws {
        // Outside the lock, so that the reader may append.
        let records = state.withLock { $0.records }
        for record in records.dropFirst(Int(clamping: position.rawValue)) {
            let goesOn = try lending(record) { bytes in
                let head = try RecordHead(bytes)
                return try body(head, bytes.extracting(head.payloadRange))
            }
            if !goesOn { return }
        }
    }

    /// The last record's place and chain value.
    public func head() throws -> LogHead { state.withLock { $0.head } }

    private static func append(
        _ event: NewEvent, at now: Instant, to state: inout State
    ) throws -> AppendOutcome {
        if let known = state.events[event.id] {
            return known.event == event ? .existing(known.sequence) : .conflict(known.sequence)
        }
        if let reason = refusal(event, &state) { return .refused(reason) }
        let sequence = state.head.sequence.next
        let recordedAt = max(now, Instant(nanoseconds: state.head.recordedAt.nanoseconds + 1))
        var record = RecordHead.encodeHead(event, sequence: sequence, recordedAt: recordedAt)
        let chain = chain(after: state.head.chain, record)
        record += chain
        let checksum = lending(record) { CRC32C.checksum($0, count: $0.byteCount) }
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            record.append(UInt8(truncatingIfNeeded: checksum >> shift))
        }
        state.records.append(record)
        state.events[event.id] = (event, sequence)
        state.head = LogHead(sequence: sequence, chain: chain, recordedAt: recordedAt)
        return .appended(sequence)
    }

    private static func refusal(_ event: NewEvent, _ state: inout State) -> String? {
        do {
            guard event.kind == .usageRecorded else {
                let control = try ControlEvent.decode(kind: event.kind, event.payload)
                if case .clientRegistered(let record) = control { state.clients.insert(record.id) }
                return nil
            }
            let call = try lending(event.payload) {
                try UsageCodec.decode($0, version: event.version, occurredAt: event.occurredAt)
            }
            try call.check()
            return state.clients.contains(call.client) ? nil : "its client was never registered"
        } catch {
            return "\(error)"
        }
    }

    /// Four FNV-1a sums, each begun with another byte of the chain before.
    private static func chain(after previous: [UInt8], _ record: [UInt8]) -> [UInt8] {
        (UInt8(0)..<4).flatMap { lane -> [UInt8] in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in [lane] + previous + record {
                hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            }
            return (0..<8).map { UInt8(truncatingIfNeeded: hash >> UInt64($0 * 8)) }
        }
    }
}
