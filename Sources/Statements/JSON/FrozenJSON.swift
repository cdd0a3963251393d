public import Ledger

extension CanonicalStatement {
    /// A closed month's document as `--format json` shows it, of the very bytes that were kept: the
    /// same for ever, whatever members documents of later versions have.
    ///
    /// Throws when what was kept is no JSON object.
    public static func json(frozen closing: MonthClosing) throws(StatementError) -> [UInt8] {
        let kept: Ledger.JSONValue
        do {
            kept = try Ledger.JSONValue(parsing: Array(closing.document.utf8))
        } catch {
            throw .unreadable("\(error)")
        }
        guard kept.members != nil, case .object(var members) = JSONValue(kept) else {
            throw .unreadable("it is no JSON object")
        }
        members["digest"] = .string(closing.digest)
        return Array((JSONValue.object(members).text(.pretty) + "\n").utf8)
    }
}

extension JSONValue {
    /// A value that was read, to be written again.
    fileprivate init(_ value: Ledger.JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .number(let digits): self = .number(digits)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map(JSONValue.init))
        case .object(let members):
            self = .object(
                Dictionary(
                    members.map { ($0.name, JSONValue($0.value)) }, uniquingKeysWith: { $1 }))
        }
    }
}
