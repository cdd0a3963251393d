/// How much output a call may still show before more has to be set aside for it.
///
/// ```swift
/// var slices = OutputSlices(first: 2_048)
/// while let renewal = slices.renewal(for: bytesAboutToLeave) {
///     granted ? slices.grant(renewal) : … cut
/// }
/// ```
/// A token has at least one byte, so as many bytes as tokens are held may leave. Slices double, so
/// a long answer costs few commits; the last ones shrink to what is left. A pure value: who asks
/// the journal, and when, is elsewhere.
public struct OutputSlices: Sendable, Equatable {
    /// Tokens of output that are set aside.
    public private(set) var held: UInt64
    /// The most one slice has.
    public static let maximumSlice: UInt64 = 65_536
    private var next: UInt64
    /// The most tokens of output the provider will make: beyond it nothing has to be held.
    private let limit: UInt64?

    /// A call that begins with so many tokens set aside.
    public init(first: UInt64, limit: UInt64?) {
        held = first
        self.limit = limit
        next = max(first, 256) * 2
    }

    /// How many more tokens to set aside before an answer of so many bytes may have left: what is
    /// wanted, so that not every chunk asks, and the least that will do. Nil when nothing is due.
    public func renewal(for bytes: Int) -> (wanted: UInt64, least: UInt64)? {
        let due = bound(bytes)
        guard due > held else { return nil }
        let least = due - held
        var wanted = max(least, min(next, Self.maximumSlice))
        if let limit { wanted = max(least, min(wanted, limit - min(limit, held))) }
        return (wanted, least)
    }

    /// Notes that more was set aside.
    public mutating func grant(_ tokens: UInt64) {
        held += tokens
        next = min(next * 2, Self.maximumSlice)
    }

    private func bound(_ bytes: Int) -> UInt64 {
        let tokens = UInt64(max(0, bytes))
        return limit.map { min($0, tokens) } ?? tokens
    }
}
