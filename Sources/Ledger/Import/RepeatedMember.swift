import Foundation

/// Finds a member that stands twice in one object of a line of JSON.
///
/// Foundation's decoder takes the first and says nothing; which of the two was meant, nobody can
/// tell. The line is known to be valid JSON. Cost: one look at each byte.
enum RepeatedMember {
    /// The name of the first member that stands twice, or nil.
    static func find(in line: Data) -> String? {
        let bytes = Array(line)
        var names: [Range<Int>] = []
        /// Where the names of each open object begin; lists open none of their own.
        var levels: [Int] = []
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): levels.append(names.count)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if let start = levels.popLast() { names.removeSubrange(start...) }
            case UInt8(ascii: "\""):
                let start = index + 1
                var isPlain = true
                index = start
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    if bytes[index] == UInt8(ascii: "\\") {
                        isPlain = false
                        index += 1
                    }
                    index += 1
                }
                let name = start..<min(index, bytes.count)
                guard isName(bytes, after: index) else { break }
                // Two spellings of one name are rare enough to be read properly.
                guard isPlain else { return findParsed(bytes) }
                if names[(levels.last ?? 0)...].contains(where: { isEqual(bytes, $0, name) }) {
                    return String(decoding: bytes[name], as: UTF8.self)
                }
                names.append(name)
            default: break
            }
            index += 1
        }
        return nil
    }

    /// True when a colon follows the text that ends at `quote`.
    private static func isName(_ bytes: [UInt8], after quote: Int) -> Bool {
        var index = quote + 1
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
        return index < bytes.count && bytes[index] == UInt8(ascii: ":")
    }

    private static func isEqual(_ bytes: [UInt8], _ one: Range<Int>, _ other: Range<Int>) -> Bool {
        one.count == other.count && bytes[one] == bytes[other]
    }

    private static func findParsed(_ bytes: [UInt8]) -> String? {
        guard let value = try? JSONValue(parsing: bytes) else { return nil }
        return find(in: value)
    }

    private static func find(in value: JSONValue) -> String? {
        if let elements = value.elements { return elements.lazy.compactMap(find).first }
        guard let members = value.members else { return nil }
        var seen: Set<String> = []
        for member in members {
            if !seen.insert(member.name).inserted { return member.name }
            if let inner = find(in: member.value) { return inner }
        }
        return nil
    }
}
