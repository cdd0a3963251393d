public import Ledger

/// What became of one alert at one of the places that are told.
public struct AlertDelivery: Sendable, Equatable {
    /// Where alerts are sent to. The raw value is stored and never given to another.
    public enum Target: UInt8, Sendable, CaseIterable {
        case webhook = 1
        case mail = 2
    }

    /// How far it is.
    public enum State: UInt8, Sendable {
        /// It is to be sent, at ``AlertDelivery/at`` or later.
        case pending = 0
        /// The target took it.
        case delivered = 1
        /// It was tried as often, or for as long, as things are tried.
        case givenUp = 2
    }

    /// The alert's place in the log.
    public let sequence: SequenceNumber
    /// Where it is sent to.
    public let target: Target
    /// How far it is.
    public internal(set) var state = State.pending
    /// How often it was tried.
    public internal(set) var attempts: UInt16 = 0
    /// When it is tried next, or when it ended.
    public internal(set) var at: Instant
    /// When the alert was raised.
    public let raisedAt: Instant
    /// Why the last try failed; empty where none did.
    public internal(set) var reason = ""

    /// One that is to be sent from when the alert was raised.
    public init(_ sequence: SequenceNumber, _ target: Target, raisedAt: Instant) {
        self.sequence = sequence
        self.target = target
        self.raisedAt = raisedAt
        at = raisedAt
    }

    /// What it becomes by a try that ended at `instant`; `reason` says why the target did not take
    /// it, and is nil where it did. `jitter` is any random number.
    public func tried(at instant: Instant, failed reason: String?, jitter: UInt64) -> AlertDelivery
    {
        var next = self
        next.attempts = attempts == .max ? .max : attempts + 1
        next.at = instant
        guard let reason else {
            next.state = .delivered
            next.reason = ""
            return next
        }
        next.reason = Self.line(reason)
        let seconds = Self.delay(after: Int(next.attempts))
        // Between half of it and all of it, so that many that failed together do not come together.
        let half = seconds * 500_000_000
        let wait = half + Int64(jitter % UInt64(half + 1))
        let (at, overflow) = instant.nanoseconds.addingReportingOverflow(wait)
        let age = (overflow ? .max : at).subtractingReportingOverflow(raisedAt.nanoseconds)
        if next.attempts >= Self.maximumAttempts || overflow || age.overflow
            || age.partialValue > Self.maximumAgeSeconds * 1_000_000_000
        {
            next.state = .givenUp
        } else {
            next.at = Instant(nanoseconds: at)
        }
        return next
    }

    /// The most tries.
    public static let maximumAttempts: UInt16 = 40
    /// How old an alert may be when it is tried; an older one helps nobody any more.
    public static let maximumAgeSeconds: Int64 = 72 * 3_600
    /// The longest time between two tries.
    static let longestDelaySeconds: Int64 = 3 * 3_600

    /// Seconds to the next try after so many: 5, 10, 20, … and three hours at most.
    static func delay(after attempts: Int) -> Int64 {
        min(longestDelaySeconds, 5 << Int64(min(max(attempts, 1), 20) - 1))
    }

    /// One short line: a reason may be a server's own words.
    private static func line(_ text: String) -> String {
        let clean = text.unicodeScalars.prefix(200).map { scalar in
            scalar.properties.generalCategory == .control ? " " : String(scalar)
        }
        return clean.joined()
    }
}
