import Glibc

/// Nanoseconds of the clock that never goes back.
struct MonotonicTime: Hashable, Comparable, Sendable {
    let nanoseconds: Int64

    /// This moment; about 30 ns.
    static var now: MonotonicTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// A later moment; a duration beyond a century counts as one.
    static func + (time: Self, duration: Duration) -> Self {
        let (seconds, attoseconds) = duration.components
        let bounded = min(max(seconds, 0), 3_155_760_000)
        return MonotonicTime(
            nanoseconds: time.nanoseconds + bounded * 1_000_000_000 + max(attoseconds, 0)
                / 1_000_000_000)
    }

    /// Whole milliseconds from an earlier moment to this one, rounded up; 0 when it has passed.
    func milliseconds(after earlier: Self) -> Int64 {
        max(0, (nanoseconds - earlier.nanoseconds + 999_999) / 1_000_000)
    }
}
