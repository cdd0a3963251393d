public import Ledger

/// What became of usage that a program sent.
public struct PostReport: Sendable, Equatable {
    /// One call that is not recorded.
    public struct Refused: Sendable, Equatable {
        /// Its place in what was sent, from 0.
        public let index: Int
        /// Its line, from 1, in a body of lines.
        public let line: Int?
        /// Its id, as far as it can be told.
        public let id: String?
        /// Why.
        public let refusal: PostRefusal

        /// The status that the call would get alone.
        public var status: Int {
            switch refusal.kind {
            case .invalid: 400
            case .forbidden: 403
            case .conflict: 409
            }
        }
    }

    /// Calls that are in the log now and were not before.
    public internal(set) var accepted = 0
    /// Calls that were there already.
    public internal(set) var duplicates = 0
    /// Calls that are not in the log, in their order.
    public internal(set) var refused: [Refused] = []

    /// 200 where every call is in the log, 207 where some are; where none is, the status that all
    /// have in common, or else 400.
    public var status: Int {
        guard let first = refused.first else { return 200 }
        if accepted + duplicates > 0 { return 207 }
        return refused.allSatisfy { $0.status == first.status } ? first.status : 400
    }

    init() {}

    mutating func refuse(_ call: PostedCall, _ refusal: PostRefusal) {
        refused.append(
            Refused(index: call.index, line: call.line, id: call.id, refusal: refusal))
    }

    /// Counts what the log said of a call.
    mutating func count(_ call: PostedCall, _ outcome: AppendOutcome) {
        switch outcome {
        case .appended: accepted += 1
        case .existing: duplicates += 1
        case .conflict(let sequence):
            refuse(
                call,
                PostRefusal(
                    .conflict,
                    ImportError(
                        field: "id",
                        reason: "another event has it, as record \(sequence); send a call again "
                            + "as it was, and give another call another id")))
        case .refused(let reason):
            refuse(call, PostRefusal(.invalid, ImportError(reason: reason)))
        }
    }

    /// Puts the refused calls into their order.
    mutating func sort() { refused.sort { $0.index < $1.index } }
}
