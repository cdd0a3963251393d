/// How the mock provider answers a call: by its options, unless the call says otherwise.
///
/// A call says so by headers, `x-mock-output-tokens: 50`, or by words behind the model's name,
/// `gpt-4o+output-tokens=50+usage=missing`. Words go before headers, headers before options.
public struct MockBehavior: Sendable, Equatable {
    /// Milliseconds before the first byte of an answer.
    public var latencyMilliseconds = 0
    /// Tokens of an answer, unless the call asks for fewer.
    public var outputTokens = 16
    /// Tokens in a piece of a stream.
    public var chunkTokens = 1
    /// Milliseconds between two pieces. An answer that is not streamed takes as long as its stream.
    public var chunkDelayMilliseconds = 0
    /// Bytes of UTF-8 that make a token, of input and of output.
    public var bytesPerToken = 4
    /// Which share of calls fails, from 0 to 1.
    public var errorRate = 0.0
    /// The status of those that fail.
    public var errorStatus = 500
    /// What `Retry-After` says; nil for 1 with status 429 and none with others.
    public var retryAfterSeconds: Int?
    /// The connection ends after so many tokens of output; nil for never.
    public var breakAfterTokens: Int?
    /// Whether usage is reported where the real interface reports it.
    public var reportsUsage = true
    /// Whether answers are as long as the mock likes, whatever the call asks for.
    public var ignoresLimit = false
    /// How much of the input is reported as read from a cache, at most all of it.
    public var cachedTokens = 0
    /// Whether a page of HTML takes the place of every answer.
    public var answersHTML = false

    /// Answers at once, with sixteen tokens, all in order.
    public init() {}

    /// Sets what that setting says. Throws, with words for the caller, what cannot be.
    public mutating func set(_ setting: MockSetting, to text: String) throws(MockSettingError) {
        func whole(_ range: ClosedRange<Int>) throws(MockSettingError) -> Int {
            guard let number = Int(text), range.contains(number) else {
                throw MockSettingError(
                    setting, text,
                    "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        func flag() throws(MockSettingError) -> Bool {
            switch text {
            case "true", "1", "": return true
            case "false", "0": return false
            default: throw MockSettingError(setting, text, "true or false")
            }
        }
        let hour = 3_600_000
        switch setting {
        case .latency: latencyMilliseconds = try whole(0...hour)
        case .outputTokens: outputTokens = try whole(0...10_000_000)
        case .chunkTokens: chunkTokens = try whole(1...10_000_000)
        case .chunkDelay: chunkDelayMilliseconds = try whole(0...hour)
        case .bytesPerToken: bytesPerToken = try whole(1...64)
        case .errorRate:
            guard let rate = Double(text), (0...1).contains(rate) else {
                throw MockSettingError(setting, text, "a share from 0 to 1, such as 0.05")
            }
            errorRate = rate
        case .errorStatus: errorStatus = try whole(400...599)
        case .retryAfter: retryAfterSeconds = try whole(0...86_400)
        case .breakAfter: breakAfterTokens = try whole(0...10_000_000)
        case .usage:
            guard text == "missing" || text == "reported" else {
                throw MockSettingError(setting, text, "reported or missing")
            }
            reportsUsage = text == "reported"
        case .ignoreLimit: ignoresLimit = try flag()
        case .cachedTokens: cachedTokens = try whole(0...1_000_000_000)
        case .html: answersHTML = try flag()
        }
    }

    /// The same with what a call says of itself. A status without a rate means this very call.
    func changed(by wishes: [(name: String, value: String)]) throws(MockSettingError)
        -> MockBehavior
    {
        guard !wishes.isEmpty else { return self }
        var changed = self
        var named: Set<MockSetting> = []
        for (name, value) in wishes {
            guard let setting = MockSetting(rawValue: name) else {
                throw MockSettingError(unknown: name)
            }
            try changed.set(setting, to: value)
            named.insert(setting)
        }
        if named.contains(.errorStatus), !named.contains(.errorRate) { changed.errorRate = 1 }
        return changed
    }

    /// The words behind a model's name: `name=value`, or a name alone where true is meant.
    static func words(of model: String) -> [(name: String, value: String)] {
        model.split(separator: "+", omittingEmptySubsequences: false).dropFirst().map { word in
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }
}

/// A name under which the mock's behaviour is set: an option `--name`, a header `x-mock-name`, or a
/// word `name=value` behind the model's name.
public enum MockSetting: String, Sendable, CaseIterable {
    /// ``MockBehavior/latencyMilliseconds``.
    case latency = "latency-ms"
    /// ``MockBehavior/outputTokens``.
    case outputTokens = "output-tokens"
    /// ``MockBehavior/chunkTokens``.
    case chunkTokens = "chunk-tokens"
    /// ``MockBehavior/chunkDelayMilliseconds``.
    case chunkDelay = "chunk-delay-ms"
    /// ``MockBehavior/bytesPerToken``.
    case bytesPerToken = "bytes-per-token"
    /// ``MockBehavior/errorRate``.
    case errorRate = "error-rate"
    /// ``MockBehavior/errorStatus``.
    case errorStatus = "error-status"
    /// ``MockBehavior/retryAfterSeconds``.
    case retryAfter = "retry-after"
    /// ``MockBehavior/breakAfterTokens``.
    case breakAfter = "break-after"
    /// ``MockBehavior/reportsUsage``: `reported` or `missing`.
    case usage
    /// ``MockBehavior/ignoresLimit``.
    case ignoreLimit = "ignore-limit"
    /// ``MockBehavior/cachedTokens``.
    case cachedTokens = "cached-tokens"
    /// ``MockBehavior/answersHTML``.
    case html
}

/// A setting that there is none of, or one with a value that it cannot have.
public struct MockSettingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name as it was written.
    public let name: String
    /// What is wrong and what would be right.
    public let description: String

    init(_ setting: MockSetting, _ text: String, _ due: String) {
        name = setting.rawValue
        description = "\(name) must be \(due), not \"\(text.prefix(40))\""
    }

    init(unknown name: String) {
        self.name = name
        let known = MockSetting.allCases.map(\.rawValue).joined(separator: ", ")
        description = "the mock provider has no setting \"\(name.prefix(40))\"; it has \(known)"
    }
}
