internal import Ledger

/// Turns an upstream's events into chunks of the caller's interface.
protocol AnswerTranslation: Sendable {
    /// The chunks that one event becomes.
    mutating func chunks(_ value: JSONValue) -> [JSONValue]
}

/// Which interfaces can be spoken to which.
enum Translation {
    /// How answers are translated; nil where both sides speak the same.
    static func answers(from upstream: Interface, to caller: Interface) -> (
        any AnswerTranslation
    )? {
        nil
    }
}
