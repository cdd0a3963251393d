internal import Ledger

/// Reads counts out of a usage object and notes the first that cannot be one.
///
/// A count is a whole number that is not negative and fits 32 bits; `12.0` is one. Null and absent
/// are the same: not told. Anything else makes the whole usage one that cannot be believed, since
/// guessing which part is right would be inventing money.
struct CountReader {
    /// The first value that is no count, in words.
    private(set) var fault: String?
    /// The first contradiction between counts, in words.
    private(set) var doubt: String?

    /// The first of those members that is told.
    mutating func count(_ object: JSONValue?, _ names: String...) -> UInt32? {
        for name in names {
            // Some write an empty object for what they did not count.
            guard let value = object?[name], value != .null, value != .object([]) else { continue }
            guard case .number(let text) = value, let count = Self.whole(text) else {
                if fault == nil { fault = "\(name) is \(value.compact.prefix(40))" }
                return nil
            }
            return count
        }
        return nil
    }

    /// Seconds, which some tell with a fraction: a second that has begun counts.
    mutating func seconds(_ object: JSONValue?, _ name: String) -> UInt32? {
        guard case .number(let text)? = object?[name], text.contains("."),
            Self.whole(text) == nil, let whole = Self.whole(String(text.prefix { $0 != "." })),
            text.allSatisfy({ $0 == "." || $0.isWholeNumber })
        else { return count(object, name) }
        return sum(whole, 1)
    }

    /// The sum of two counts.
    mutating func sum(_ left: UInt32, _ right: UInt32) -> UInt32 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        if overflow, fault == nil { fault = "\(left) and \(right) tokens are more than fit" }
        return overflow ? 0 : sum
    }

    /// Spreads a total over classes: each part as long as there is something left, the rest to the
    /// last. A provider whose parts are more than its total bills the total.
    mutating func split(
        _ total: UInt32, _ parts: [(UsageClass, UInt32)], rest: UsageClass,
        into tokens: inout TokenCounts
    ) {
        var left = total
        for (usageClass, wanted) in parts {
            let taken = min(wanted, left)
            if taken < wanted, doubt == nil {
                doubt = "of \(total) tokens, \(wanted) more are \(usageClass.name) than are left"
            }
            left -= taken
            tokens[usageClass] = sum(tokens[usageClass], taken)
        }
        tokens[rest] = sum(tokens[rest], left)
    }

    /// Adds one call's counts to another's.
    mutating func add(_ more: TokenCounts, to tokens: inout TokenCounts) {
        for usageClass in UsageClass.allCases {
            tokens[usageClass] = sum(tokens[usageClass], more[usageClass])
        }
    }

    /// The number of those digits, where it is whole and fits.
    private static func whole(_ text: String) -> UInt32? {
        if let count = UInt32(text), !text.hasPrefix("+") { return count }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2,
            parts.count == 1 || parts[1].allSatisfy({ $0 == "0" })
        else { return nil }
        return first == "-0" ? 0 : UInt32(first)
    }
}
