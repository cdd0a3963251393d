/// Random numbers that are the same for the same seed: which calls fail can be repeated.
///
/// SplitMix64; source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
struct MockDraw: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Whether the call of that number fails. Each number is drawn for itself, so what other calls
    /// do changes nothing.
    static func fails(seed: UInt64, number: UInt64, rate: Double) -> Bool {
        guard rate > 0 else { return false }
        var draw = MockDraw(seed: seed &+ number &* 0xD134_2543_DE82_EF95)
        return draw.share() < rate
    }

    /// A number from 0 up to, but not, 1.
    mutating func share() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) / Double(1 << 53)
    }
}
