/// An ordered log of immutable events: append with an expected position, read from a position.
///
/// ```swift
/// let outcome = try log.append([event], expecting: nil)
/// try log.read(after: .zero) { head, payload in … ; return true }
/// ```
/// Everything above the log is written against this protocol, so the same events can live in LMDB
/// on one machine, in memory in a test, or behind a replicated order. Every implementation passes
/// the same suite of tests.
public protocol EventLog: Sendable {
    /// Appends events in order and returns what became of each, once they are durable.
    ///
    /// With `expecting` the log takes the events only if its last record is that one; else it
    /// throws
    /// ``LogError/moved(expected:actual:)`` and writes nothing. An id that is already there is not
    /// appended again.
    func append(
        _ events: [NewEvent], expecting position: SequenceNumber?
    ) throws -> [AppendOutcome]

    /// Reads records in order, from the one after `position`, until `body` returns false or the log
    /// ends. `body` sees borrowed bytes and must not keep them.
    func read(
        after position: SequenceNumber, _ body: (RecordHead, _ payload: RawSpan) throws -> Bool
    ) throws

    /// The last record's place and chain value.
    func head() throws -> LogHead
}

/// What became of one event that was to be appended.
public enum AppendOutcome: Sendable, Equatable {
    /// It is in the log now, at that place.
    case appended(SequenceNumber)
    /// The same event was there already, at that place; nothing was written.
    case existing(SequenceNumber)
    /// Another event has this id, at that place; nothing was written.
    case conflict(SequenceNumber)
    /// The ledger does not take it, for the reason given; nothing was written.
    case refused(String)
}

/// The end of a log.
public struct LogHead: Sendable, Equatable {
    /// The last record; zero when there is none.
    public var sequence: SequenceNumber
    /// SHA-256 chain value of that record.
    public var chain: [UInt8]
    /// When it was taken.
    public var recordedAt: Instant

    /// A head of those parts.
    public init(sequence: SequenceNumber, chain: [UInt8], recordedAt: Instant) {
        self.sequence = sequence
        self.chain = chain
        self.recordedAt = recordedAt
    }

    /// The chain value in hexadecimal digits.
    public var chainText: String {
        chain.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Why a log did not do what was asked.
public enum LogError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Somebody appended first.
    case moved(expected: SequenceNumber, actual: SequenceNumber)
    /// The queue of the writer is full; come back later.
    case busy
    /// The log was closed, or a write failed and it must be opened again.
    case closed(String)

    /// The sentence that is shown to a person.
    public var description: String {
        switch self {
        case .moved(let expected, let actual):
            "the log ends at \(actual), not at \(expected); read on and try again"
        case .busy: "the ledger's queue is full; try again in a moment"
        case .closed(let reason): "the ledger takes no more events: \(reason)"
        }
    }
}
