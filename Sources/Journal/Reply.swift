/// The place to which one answer goes: an async caller that waits, or a closure.
///
/// The one type here around an unsafe continuation, which costs a third of a checked one. Its proof
/// is the life of a ``Request``: it stands in the writer's queue or in one group, leaves by
/// ``Request/answer()`` or ``Request/fail(_:)`` and is dropped, so that it answers once.
@safe enum Reply<Value: Sendable>: Sendable {
    case caller(UnsafeContinuation<Value, any Error>)
    case closure(@Sendable (Result<Value, any Error>) -> Void)

    /// Tells the value, or why there is none.
    func send(_ result: Result<Value, any Error>) {
        switch self {
        case .caller(let continuation): unsafe continuation.resume(with: result)
        case .closure(let complete): complete(result)
        }
    }

    /// Waits for the answer to what `start` queues.
    static func wait(for start: (Reply<Value>) -> Void) async throws -> Value {
        try await unsafe withUnsafeThrowingContinuation { unsafe start(.caller($0)) }
    }
}
