/// How long calls took, in buckets that are never wider than a sixteenth of their value.
///
/// Sums of histograms are histograms of sums, so percentiles exist for any group of cells; they are
/// exact up to 31 ms, and above that within 3.2 % of the value, either way. Method: log-linear
/// buckets, as in HdrHistogram. Cost: some bytes a bucket that is used.
public struct LatencyHistogram: Sendable, Equatable {
    struct Bucket: Sendable, Equatable {
        var index: UInt16
        var count: UInt64
    }

    /// Ascending by index.
    private(set) var buckets: [Bucket] = []

    /// A histogram of nothing.
    public init() {}

    /// How many values were counted.
    public var count: UInt64 { buckets.reduce(0) { $0 &+ $1.count } }

    /// Counts a value in milliseconds.
    public mutating func record(_ milliseconds: UInt32, count: UInt64 = 1) {
        add(index: Self.index(of: milliseconds), count: count)
    }

    /// Adds another histogram's counts.
    public mutating func merge(_ other: LatencyHistogram) {
        for bucket in other.buckets { add(index: bucket.index, count: bucket.count) }
    }

    /// The smallest value that at least `perMille` thousandths of all values do not exceed, by
    /// nearest rank, as the middle of its bucket; nil when nothing was counted.
    public func percentile(perMille: UInt64) -> UInt32? {
        let total = count
        guard total > 0 else { return nil }
        let rank = max(1, UInt64(clamping: (UInt128(total) * UInt128(perMille) + 999) / 1000))
        var seen: UInt64 = 0
        for bucket in buckets {
            seen &+= bucket.count
            if seen >= rank { return Self.middle(of: bucket.index) }
        }
        return buckets.last.map { Self.middle(of: $0.index) }
    }

    /// Forgets all counts and keeps the room for buckets.
    mutating func removeAll() { buckets.removeAll(keepingCapacity: true) }

    /// Adds a bucket behind all others.
    mutating func append(index: UInt16, count: UInt64) {
        buckets.append(Bucket(index: index, count: count))
    }

    mutating func add(index: UInt16, count: UInt64) {
        guard count > 0 else { return }
        var low = 0
        var high = buckets.count
        while low < high {
            let middle = (low + high) / 2
            if buckets[middle].index < index { low = middle + 1 } else { high = middle }
        }
        if low < buckets.count, buckets[low].index == index {
            buckets[low].count &+= count
            if buckets[low].count == 0 { buckets.remove(at: low) }
        } else {
            buckets.insert(Bucket(index: index, count: count), at: low)
        }
    }

    /// As many as 32 bits of milliseconds need: 32, and sixteen for each of 27 doublings.
    static let bucketCount = 32 + 27 * 16

    /// Values up to 31 have a bucket each; above, each doubling has sixteen.
    static func index(of value: UInt32) -> UInt16 {
        if value < 32 { return UInt16(value) }
        let exponent = 31 - value.leadingZeroBitCount
        let mantissa = value >> UInt32(exponent - 4) & 15
        return UInt16(32 + (exponent - 5) * 16) + UInt16(mantissa)
    }

    /// The middle of the values that fall into a bucket: no edge, so that it errs to neither side.
    static func middle(of index: UInt16) -> UInt32 {
        if index < 32 { return UInt32(index) }
        let exponent = UInt32(index - 32) / 16 + 5
        let mantissa = UInt32(index - 32) % 16
        let width = UInt32(1) << (exponent - 4)
        return (UInt32(1) << exponent) + mantissa * width + (width - 1) / 2
    }
}
