package import Ledger

/// Members of an object read with the words for what is wrong with them. Null is the same as not
/// there, as in every provider's interface.
struct Fields {
    let object: JSONValue
    /// What stands before a name when it is told to the caller, such as `stream_options.`.
    var path = ""

    func value(_ name: String) -> JSONValue? {
        guard let value = object[name], value != .null else { return nil }
        return value
    }

    func text(_ name: String) throws(RequestError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.text else { throw .wrong(path + name, "a text") }
        return text
    }

    func flag(_ name: String) throws(RequestError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let flag) = value else { throw .wrong(path + name, "true or false") }
        return flag
    }

    /// A whole number from `least` on; 1.0 is one.
    func whole(_ name: String, from least: UInt32 = 1) throws(RequestError) -> UInt32? {
        guard let value = value(name) else { return nil }
        var counts = CountReader()
        guard let number = counts.count(object, name), number >= least else {
            let shown = value.compact.prefix(40)
            throw .wrong(path + name, "a whole number from \(least) on, not \(shown)")
        }
        return number
    }

    func list(_ name: String) throws(RequestError) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.elements else { throw .wrong(path + name, "a list") }
        return elements
    }

    func fields(_ name: String) throws(RequestError) -> Fields? {
        guard let value = value(name) else { return nil }
        guard let members = value.members else { throw .wrong(path + name, "an object") }
        if value.uniqueMembers?.count != members.count {
            throw RequestError(
                .wrong, path + name, "\"\(path + name)\" names a member twice; name it once")
        }
        return Fields(object: value, path: path + name + ".")
    }
}

extension JSONValue {
    /// An object with one member set, in its place or behind the others; what had the name twice
    /// has it once.
    func setting(_ name: String, _ value: JSONValue) -> JSONValue {
        guard var members else { return self }
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].value = value
            var position = -1
            members.removeAll { member in
                position += 1
                return member.name == name && position != index
            }
        } else {
            members.append(Member(name: name, value: value))
        }
        return .object(members)
    }

    /// An object without that member.
    func removing(_ name: String) -> JSONValue {
        guard let members else { return self }
        return .object(members.filter { $0.name != name })
    }

    /// A number of those digits.
    package static func count(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }

    /// An object of those members, without the ones that have no value.
    package static func made(_ members: (String, JSONValue?)...) -> JSONValue {
        .object(members.compactMap { name, value in value.map { Member(name: name, value: $0) } })
    }
}
