import Synchronization

/// What a loop has and had, for health pages and for tests that look for leaks.
public struct TransferLoopStatistics: Sendable, Hashable {
    /// Transfers that were admitted and have not ended.
    public var open: Int
    /// Request handles in use and kept for reuse.
    public var handles: Int
    /// Request handles made since the start.
    public var handlesMade: Int
    /// Transfers that have ended, whatever way.
    public var ended: Int
    /// Turns of the loop; few for a request mean that wake-ups are shared.
    public var turns: Int
}

/// The figures that the loop's thread counts and others read.
final class LoopCounters: Sendable {
    let handlesMade = Atomic<Int>(0)
    let handlesFreed = Atomic<Int>(0)
    let ended = Atomic<Int>(0)
    let turns = Atomic<Int>(0)

    func statistics(open: Int) -> TransferLoopStatistics {
        let freed = handlesFreed.load(ordering: .acquiring)
        let made = handlesMade.load(ordering: .relaxed)
        return TransferLoopStatistics(
            open: open, handles: made - freed, handlesMade: made,
            ended: ended.load(ordering: .relaxed), turns: turns.load(ordering: .relaxed))
    }
}
