internal import Ledger

/// The provider's own usage as it goes into an event: compact JSON within a bound.
enum ProviderUsageText {
    /// How large it may be.
    static let maximumBytes = 2_048

    /// The object without white space; where that is too large, without what says least: nulls
    /// first, then long texts, then the largest members, and `"cut":true` behind them.
    static func compact(_ usage: JSONValue?) -> String? {
        guard let usage, usage != .null else { return nil }
        let text = usage.compact
        if text.utf8.count <= maximumBytes { return text }
        guard case .object(let members) = lean(usage) else { return "{\"cut\":true}" }
        // The smallest say most: counts. They are kept in the order they had.
        let sizes = members.map { $0.name.utf8.count + $0.value.compactBytes.count + 4 }
        var room = maximumBytes - 16
        var kept: Set<Int> = []
        for index in sizes.indices.sorted(by: { sizes[$0] < sizes[$1] }) {
            room -= sizes[index]
            guard room >= 0 else { break }
            kept.insert(index)
        }
        let rest = members.indices.filter(kept.contains).map { members[$0] }
        return JSONValue.object(rest + [.init(name: "cut", value: .bool(true))]).compact
    }

    private static func lean(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(
                members.compactMap { member in
                    if member.value == .null { return nil }
                    if let text = member.value.text, text.utf8.count > 64 { return nil }
                    return .init(name: member.name, value: lean(member.value))
                })
        case .array(let elements): .array(elements.map(lean))
        default: value
        }
    }
}
