internal import Ledger

/// The provider's own usage as it goes into an event: compact JSON within a bound.
enum ProviderUsageText {
    /// How large it may be.
    static let maximumBytes = 2_048

    /// The object without white space; where that is too large, without what says least: nulls
    /// first, then long texts, then its largest members, and `"cut":true` behind them.
    static func compact(_ usage: JSONValue?) -> String? {
        guard let usage, usage != .null else { return nil }
        let text = usage.compact
        if text.utf8.count <= maximumBytes { return text }
        var cut = lean(usage, depth: 0)
        let mark = JSONValue.Member(name: "cut", value: .bool(true))
        while true {
            guard case .object(var members) = cut else { return "{\"cut\":true}" }
            let shown = JSONValue.object(members + [mark]).compact
            if shown.utf8.count <= maximumBytes { return shown }
            let sizes = members.map { $0.name.utf8.count + $0.value.compactBytes.count }
            guard let largest = sizes.indices.max(by: { sizes[$0] < sizes[$1] }) else { return nil }
            members.remove(at: largest)
            cut = .object(members)
        }
    }

    private static func lean(_ value: JSONValue, depth: Int) -> JSONValue {
        switch value {
        case .object(let members):
            .object(
                members.compactMap { member in
                    if member.value == .null { return nil }
                    if let text = member.value.text, text.utf8.count > 64 { return nil }
                    return .init(name: member.name, value: lean(member.value, depth: depth + 1))
                })
        case .array(let elements): .array(elements.map { lean($0, depth: depth + 1) })
        default: value
        }
    }
}
