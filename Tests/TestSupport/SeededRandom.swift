import Foundation

/// SplitMix64: every run with the same seed draws the same numbers, on every machine.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator that starts at a seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of the range.
    public mutating func int<T: FixedWidthInteger>(_ range: ClosedRange<T>) -> T {
        T.random(in: range, using: &self)
    }

    /// True once in `times`.
    public mutating func once(in times: Int) -> Bool { int(1...times) == 1 }

    /// One of the values; the array is not empty.
    public mutating func pick<T>(_ values: [T]) -> T { values[int(0...values.count - 1)] }

    /// An integer whose size is as likely small as large, of either sign.
    public mutating func anyInt128() -> Int128 {
        let bits = int(0...127)
        let wide = Int128(truncatingIfNeeded: next()) << 64 | Int128(next())
        return bits == 127 ? wide : wide & ((1 << Int128(bits)) - 1) * (once(in: 2) ? 1 : -1)
    }

    /// That many bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}

/// Runs a body with a fresh generator, or the one of `RAZAO_TEST_SEED`.
///
/// Prints the seed when the body throws; so a body says `try #require(…)` where it checks. Run
/// again with `RAZAO_TEST_SEED=… swift test --filter …` to see the same failure.
public func withSeed<R>(
    _ name: String = #function, _ body: (inout SeededRandom) throws -> R
) throws -> R {
    let seed = freshSeed()
    var random = SeededRandom(seed: seed)
    do {
        return try body(&random)
    } catch {
        tell(name, seed)
        throw error
    }
}

/// The same for a body that waits.
public func withSeed<R>(
    _ name: String = #function, _ body: (inout SeededRandom) async throws -> R
) async throws -> R {
    let seed = freshSeed()
    var random = SeededRandom(seed: seed)
    do {
        return try await body(&random)
    } catch {
        tell(name, seed)
        throw error
    }
}

private func freshSeed() -> UInt64 {
    let given = ProcessInfo.processInfo.environment["RAZAO_TEST_SEED"].flatMap { UInt64($0) }
    return given ?? UInt64.random(in: .min ... .max)
}

private func tell(_ name: String, _ seed: UInt64) {
    FileHandle.standardError.write(Data("\(name): RAZAO_TEST_SEED=\(seed) fails\n".utf8))
}
