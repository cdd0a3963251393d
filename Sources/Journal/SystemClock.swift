import Foundation
public import Ledger

/// The clock and the random ids of this machine; everything else is given them.
public enum SystemClock {
    /// The time now.
    public static let now: @Sendable () -> Instant = {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// A new UUIDv7.
    public static func newID(at instant: Instant) -> EventID {
        var random = SystemRandomNumberGenerator()
        return EventID(version7At: instant, random: (random.next(), random.next()))
    }
}
