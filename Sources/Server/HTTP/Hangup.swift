import Foundation
import UnixSignals

/// SIGHUP, by which a program that runs for long is told to read its settings anew.
public enum Hangup {
    /// Calls `body` for each signal, one after the other, until the task is cancelled. Signals are
    /// caught from when this returns.
    ///
    /// Files are read on a thread of their own: `body` may block.
    public static func onEach(
        _ body: @escaping @Sendable () -> Void
    ) async -> Task<Void, Never> {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        let thread = DispatchQueue(label: "razao.hangup")
        return Task {
            for await _ in signals {
                await withCheckedContinuation { continuation in
                    thread.async {
                        body()
                        continuation.resume()
                    }
                }
            }
        }
    }
}
