import Foundation

/// Reads the fields from a JSON object, one member at a time, so that an unknown member is noticed
/// and a wrong type is told in our own words.
///
/// A `null` counts as absent. Foundation keeps the first of repeated members and offers no way to
/// notice the others: ``RepeatedMember`` does.
extension UsageFields: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        for key in container.allKeys {
            guard let field = UsageField.named[key.stringValue] else {
                throw ImportError.unknownField(key.stringValue)
            }
            switch field.kind {
            case .text:
                if let text = try Self.text(container, key, field.rawValue) {
                    set(field, text: text)
                }
            case .count:
                if let count = try Self.count(container, key, field.rawValue, field.limit) {
                    set(field, count: count)
                }
            case .flag:
                if let flag = try Self.flag(container, key, field.rawValue) {
                    set(field, flag: flag)
                }
            case .classes:
                guard let inner = try Self.object(container, key, field.rawValue) else { continue }
                hasTokens = true
                for key in inner.allKeys {
                    let usageClass = try field.usageClass(key.stringValue)
                    tokens[usageClass] =
                        try Self.count(inner, key, "\(field.rawValue).\(key.stringValue)", .max)
                        ?? 0
                }
            case .labels:
                guard let inner = try Self.object(container, key, field.rawValue) else { continue }
                for key in inner.allKeys {
                    tags[key.stringValue] = try Self.text(inner, key, "tags.\(key.stringValue)")
                }
            }
        }
    }

    private typealias Container = KeyedDecodingContainer<AnyKey>

    private static func text(
        _ container: Container, _ key: AnyKey, _ field: @autoclosure () -> String
    ) throws -> String? {
        // One look-up where all is well; what went wrong is asked only afterwards.
        if let text = try? container.decode(String.self, forKey: key) { return text }
        if try container.decodeNil(forKey: key) { return nil }
        throw ImportError(
            field: field(), reason: "is \(shown(container, key)); give a text in double quotes")
    }

    private static func count(
        _ container: Container, _ key: AnyKey, _ field: @autoclosure () -> String, _ limit: UInt32
    ) throws -> UInt32? {
        if let count = try? container.decode(UInt32.self, forKey: key), count <= limit {
            return count
        }
        if try container.decodeNil(forKey: key) { return nil }
        throw ImportError.notACount(field(), shown(container, key), limit: limit)
    }

    private static func flag(_ container: Container, _ key: AnyKey, _ field: String) throws -> Bool?
    {
        if let flag = try? container.decode(Bool.self, forKey: key) { return flag }
        if try container.decodeNil(forKey: key) { return nil }
        throw ImportError.notAFlag(field, shown(container, key))
    }

    private static func object(_ container: Container, _ key: AnyKey, _ field: String) throws
        -> Container?
    {
        if try container.decodeNil(forKey: key) { return nil }
        do {
            return try container.nestedContainer(keyedBy: AnyKey.self, forKey: key)
        } catch {
            throw ImportError(
                field: field, reason: "is \(shown(container, key)); give an object in braces")
        }
    }

    /// A value in words, for the sentence that refuses it.
    private static func shown(_ container: Container, _ key: AnyKey) -> String {
        if let text = try? container.decode(String.self, forKey: key) {
            return "\"\(text.prefix(60))\""
        }
        if let flag = try? container.decode(Bool.self, forKey: key) { return "\(flag)" }
        if let number = try? container.decode(Decimal.self, forKey: key) { return "\(number)" }
        if (try? container.nestedContainer(keyedBy: AnyKey.self, forKey: key)) != nil {
            return "an object"
        }
        if (try? container.nestedUnkeyedContainer(forKey: key)) != nil { return "a list" }
        return "a number that cannot be kept"
    }
}

/// A member's name, whatever it is.
struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
