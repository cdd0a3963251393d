public import Journal
public import Ledger

/// Where the call stands that a client's `Idempotency-Key` names, and what becomes of the next one
/// that bears it. A value, so that the rule can be read in one place and tested by tables.
///
/// ```
/// absent ──call──► in flight ──charged──► answered, or gone where it is not kept
///    ▲                 ├── nothing charged ──► absent
///    │                 └── not recorded ──► open ──the next gateway starts──► absent
///    └──────────── age ◄── answered, gone
/// ```
public enum KeyedState: Sendable, Equatable {
    /// There is none, or it cost nothing.
    case absent
    /// It is under way in this gateway.
    case inFlight(KeyedDigest)
    /// It was made, and the ledger does not have its end.
    case open(EventID, KeyedDigest)
    /// It was charged, and here is its answer.
    case answered(KeyedDigest, KeptAnswer)
    /// It was charged, and its answer is not here.
    case gone(EventID, KeyedDigest)

    /// What becomes of a call that bears the key.
    public enum Step: Sendable, Equatable {
        /// It is made.
        case call
        /// It waits for the one that is under way, and is told the same.
        case wait
        /// It is told what the first was told.
        case replay(KeptAnswer)
        /// It is told that the first was charged, and which it was.
        case tellGone(EventID)
        /// It is told that the first is not in the ledger, and which it was.
        case tellOpen(EventID)
        /// It asks for something else than the first did, and is refused.
        case conflict
    }

    /// How a call ended.
    public enum End: Sendable, Equatable {
        /// It was charged; nil where the answer is too large to be kept.
        case charged(KeptAnswer?)
        /// Nothing was charged.
        case uncharged
        /// The ledger did not take it, and its hold is open.
        case unrecorded
    }

    /// The state as what is kept and the ledger give it.
    ///
    /// A call that was begun and whose end is not kept is in no gateway any more. Where the ledger
    /// charged for it, it is not made again; where it did not, nothing came of it: the hold of a
    /// gateway that was killed has ended visibly, and this is a new call.
    public init(_ kept: KeptCall?, _ answer: KeptAnswer?, _ standing: CallStanding) {
        guard let kept else {
            self = .absent
            return
        }
        if kept.hasEnded {
            self = answer.map { .answered(kept.request, $0) } ?? .gone(kept.id, kept.request)
            return
        }
        self =
            switch standing {
            case .unknown: .absent
            case .held: .open(kept.id, kept.request)
            case .recorded(let event):
                Self.isCharged([event]) ? .gone(kept.id, kept.request) : .absent
            }
    }

    /// What becomes of a call that asks for `request` under the key.
    public func step(_ request: KeyedDigest) -> Step {
        switch self {
        case .absent: .call
        case .inFlight(let first): first == request ? .wait : .conflict
        case .answered(let first, let answer): first == request ? .replay(answer) : .conflict
        case .gone(let id, let first): first == request ? .tellGone(id) : .conflict
        case .open(let id, let first): first == request ? .tellOpen(id) : .conflict
        }
    }

    /// The state after a call of that id has ended.
    public static func after(_ end: End, of id: EventID, _ request: KeyedDigest) -> KeyedState {
        switch end {
        case .charged(let answer?): .answered(request, answer)
        case .charged(nil): .gone(id, request)
        case .uncharged: .absent
        case .unrecorded: .open(id, request)
        }
    }

    /// True where a call with those events must not be made a second time: its answer came, or
    /// something was charged for what came of it.
    public static func isCharged(_ events: [UsageEvent]) -> Bool {
        events.contains { event in
            switch event.outcome {
            case .succeeded, .cutAtLimit, .cancelled: true
            case .failed, .abandoned: !event.tokens.isEmpty
            }
        }
    }

    /// Whether a text may be a key: 1 to 255 visible characters of ASCII.
    public static func isKey(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
