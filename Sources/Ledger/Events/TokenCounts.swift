/// What a call consumed, in classes that do not overlap: their sum is what is billed.
///
/// Providers count differently (some include cached tokens in the input, some do not); each dialect
/// converts once, and after that a token stands in exactly one class.
public enum UsageClass: UInt8, Sendable, CaseIterable, Hashable {
    /// Input tokens that no cache served.
    case input
    /// Input tokens read from the provider's prompt cache.
    case cacheRead
    /// Input tokens written to a prompt cache kept for five minutes.
    case cacheWrite5m
    /// Input tokens written to a prompt cache kept for an hour.
    case cacheWrite1h
    /// Audio input tokens.
    case inputAudio
    /// Image input tokens.
    case inputImage
    /// Visible output tokens.
    case output
    /// Output tokens spent on reasoning that the caller does not see.
    case reasoning
    /// Audio output tokens.
    case outputAudio
    /// Image output tokens.
    case outputImage
    /// Web searches, a unit.
    case webSearch
    /// Seconds of audio, a unit.
    case seconds
    /// Images, a unit.
    case images

    /// The name in files, exports and statements.
    public var name: String { Self.names[Int(rawValue)] }

    /// The class of that name, or nil.
    public init?(name: some StringProtocol) {
        guard let index = Self.names.firstIndex(where: { $0 == name }) else { return nil }
        self.init(rawValue: UInt8(index))
    }

    /// The ten token classes.
    public static let tokens: [UsageClass] = Array(allCases.prefix(10))
    /// True for tokens, false for units such as searches.
    @inlinable public var isToken: Bool { rawValue < 10 }
    /// True for the six input classes, whose sum decides a price's input-size tier.
    @inlinable public var isInput: Bool { rawValue < 6 }

    /// The class whose price stands in where this one has none of its own; a provider without a
    /// discount for cached input bills it as input, one without a price for reasoning as output.
    public var fallback: UsageClass? {
        switch self {
        case .cacheRead, .cacheWrite5m, .inputAudio, .inputImage: .input
        case .cacheWrite1h: .cacheWrite5m
        case .reasoning, .outputAudio, .outputImage: .output
        case .input, .output, .webSearch, .seconds, .images: nil
        }
    }

    static let names = [
        "input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "input_image",
        "output", "reasoning", "output_audio", "output_image", "web_search", "seconds", "images",
    ]
}

/// How many of each ``UsageClass`` a call consumed.
@frozen public struct TokenCounts: Sendable, Equatable {
    @usableFromInline var counts: InlineArray<13, UInt32>

    /// Nothing of anything.
    @inlinable public init() { counts = InlineArray(repeating: 0) }

    /// The two classes that every call has.
    public init(input: UInt32, output: UInt32) {
        self.init()
        self[.input] = input
        self[.output] = output
    }

    /// The count of one class.
    @inlinable public subscript(usageClass: UsageClass) -> UInt32 {
        get { counts[Int(usageClass.rawValue)] }
        set { counts[Int(usageClass.rawValue)] = newValue }
    }

    /// The sum of the six input classes.
    public var totalInput: UInt64 {
        var sum: UInt64 = 0
        for index in 0..<6 { sum += UInt64(counts[index]) }
        return sum
    }

    /// The sum of the ten token classes.
    public var totalTokens: UInt64 {
        var sum: UInt64 = 0
        for index in 0..<10 { sum += UInt64(counts[index]) }
        return sum
    }

    /// True when nothing was counted.
    public var isEmpty: Bool {
        for index in 0..<13 where counts[index] != 0 { return false }
        return true
    }

    /// Equal in every class.
    public static func == (left: TokenCounts, right: TokenCounts) -> Bool {
        for index in 0..<13 where left.counts[index] != right.counts[index] { return false }
        return true
    }
}
