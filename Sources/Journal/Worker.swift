import Foundation

/// A piece of work on a thread of its own, with its result.
///
/// `@unchecked Sendable`: `result` is only touched while `condition` is locked.
public final class Worker<Value>: @unchecked Sendable {
    private let condition = NSCondition()
    private var result: Result<Value, any Error>?

    /// Starts the work.
    public init(_ body: @escaping @Sendable () throws -> Value) {
        let thread = Thread { [self] in
            let outcome = Result { try body() }
            condition.lock()
            result = outcome
            condition.signal()
            condition.unlock()
        }
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Waits for the end; throws what the work threw.
    public func wait() throws -> Value {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result { return try result.get() }
            condition.wait()
        }
    }
}
