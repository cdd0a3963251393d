internal import Ledger

/// An object that comes in pieces: texts that grow are joined, lists appended, objects joined in
/// turn; of all else the last value that is not null or empty stays. Cost: linear in the pieces.
struct JoinedObject: Sendable {
    private var names: [String] = []
    private var texts: [String: String] = [:]
    private var lists: [String: [JSONValue]] = [:]
    private var objects: [String: JoinedObject] = [:]
    private var others: [String: JSONValue] = [:]

    /// Members whose texts are pieces of one; others, such as a role or an id, are repeated whole.
    private static let growing: Set<String> = [
        "content", "refusal", "reasoning", "reasoning_content", "arguments", "input", "data",
        "transcript", "text", "thinking", "signature", "partial_json",
    ]

    /// Joins the members of an object to those before.
    mutating func add(_ object: JSONValue) {
        for member in object.members ?? [] { add(member) }
    }

    /// Joins one member. A bound keeps a stream of ever new names from growing an answer.
    mutating func add(_ member: JSONValue.Member) {
        let name = member.name
        if !names.contains(name) {
            guard names.count < 256 else { return }
            names.append(name)
        }
        switch member.value {
        case .null: break
        case .string(let more) where lists[name] != nil:
            // Some providers switch between a text and a list of parts.
            if !more.isEmpty { lists[name]?.append(Self.part(more)) }
        case .string(let more) where Self.growing.contains(name): texts[name, default: ""] += more
        case .array(let more):
            if let before = texts.removeValue(forKey: name), !before.isEmpty {
                lists[name] = [Self.part(before)]
            }
            lists[name, default: []] += more
        case .object: objects[name, default: JoinedObject()].add(member.value)
        case .string("") where others[name] != nil: break
        default: others[name] = member.value
        }
    }

    private static func part(_ text: String) -> JSONValue {
        .made(("type", .string("text")), ("text", .string(text)))
    }

    /// The whole, its members in the order in which they came first.
    var value: JSONValue {
        .object(names.map { JSONValue.Member(name: $0, value: whole($0)) })
    }

    private func whole(_ name: String) -> JSONValue {
        if let object = objects[name] { return object.value }
        if let list = lists[name] { return .array(list) }
        if let text = texts[name] { return .string(text) }
        return others[name] ?? .null
    }
}
