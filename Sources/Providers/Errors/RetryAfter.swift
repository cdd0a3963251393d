internal import Ledger

/// How long a provider asks to be left alone, in whole seconds, rounded up.
enum RetryAfter {
    /// Longer than this nobody waits; what is above it is cut.
    private static let maximum = 86_400

    /// Of `retry-after` and `retry-after-ms`. A date in place of seconds needs a clock and is left
    /// to who has one. Source: RFC 9110, section 10.2.3; OpenAI's SDKs for the second.
    static func seconds(_ headers: [(name: String, value: String)]) -> UInt32? {
        for (name, divisor) in [("retry-after-ms", 1_000), ("retry-after", 1)] {
            let header = headers.first { $0.name.lowercased() == name }
            let digits = header?.value.filter { $0 != " " }.split(separator: ".").first
            guard let digits, let value = Int(digits), value >= 0 else { continue }
            let hasRest = header?.value.contains(".") ?? false
            let seconds = value / divisor + (value % divisor > 0 || hasRest ? 1 : 0)
            return UInt32(min(seconds, maximum))
        }
        return nil
    }

    /// Of Google's `RetryInfo`: a text such as `34.07s`.
    static func seconds(google details: JSONValue?) -> UInt32? {
        for detail in details?.elements ?? [] {
            guard let text = detail["retryDelay"]?.text, text.hasSuffix("s") else { continue }
            return seconds([("retry-after", String(text.dropLast()))])
        }
        return nil
    }
}
