import Money

/// One record of another system's export, asked by name: a row under a header, or a JSON object.
///
/// An empty cell, an empty text and a null count as absent. What is there and cannot be read
/// throws ``ImportError`` with the name.
struct ForeignRecord {
    private enum Form {
        case row(names: [String: Int], cells: [String])
        case object(JSONValue)
    }

    private let form: Form

    /// A row whose cells lie under those names.
    init(names: [String: Int], cells: [String]) { form = .row(names: names, cells: cells) }

    /// An object, of whose repeated members the last counts.
    init(_ object: JSONValue) { form = .object(object) }

    /// A line of JSON.
    init(line: some Collection<UInt8>) throws(ImportError) {
        guard line.count <= ImportLimits.line else {
            throw ImportError(
                reason: "is longer than 1 MiB; export without messages and responses")
        }
        let value: JSONValue
        do throws(JSONTextError) {
            value = try JSONValue(parsing: Array(line), maximumValues: Self.maximumValues)
        } catch {
            throw ImportError(
                reason: "is not valid JSON at column \(error.column): \(error.reason)")
        }
        guard value.members != nil else {
            throw ImportError(reason: "is no JSON object; one object is a record")
        }
        self.init(value)
    }

    /// The most values in a line: a byte or two can become forty.
    static let maximumValues = 250_000

    /// The names that stand in it, for saying what was seen.
    var names: [String] {
        switch form {
        case .row(let names, _): names.sorted { $0.value < $1.value }.map(\.key)
        case .object(let object): object.members?.map(\.name) ?? []
        }
    }

    /// A text, or the digits of a number.
    func text(_ name: String) -> String? {
        switch form {
        case .row(let names, let cells):
            return names[name].flatMap { cells[$0].isEmpty ? nil : cells[$0] }
        case .object(let object):
            switch object[name] {
            case .string(let text)?: return text.isEmpty ? nil : text
            case .number(let digits)?: return digits
            case .bool(let flag)?: return flag ? "true" : "false"
            default: return nil
            }
        }
    }

    /// An object or a list, which may also be written as a text.
    func value(_ name: String) -> JSONValue? {
        if case .object(let object) = form, let value = object[name] {
            switch value {
            case .object, .array: return value
            default: break
            }
        }
        guard let text = text(name), let first = text.utf8.first,
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return nil }
        return try? JSONValue(parsing: Array(text.utf8), maximumValues: Self.maximumValues)
    }

    /// True when something stands there, be it an empty object's contrary: not null, not empty.
    func isSet(_ name: String) -> Bool {
        if let value = value(name) {
            return !(value.members?.isEmpty ?? value.elements?.isEmpty ?? false)
        }
        return text(name).map { !["null", "None", "{}", "[]"].contains($0) } ?? false
    }

    /// A count; spreadsheets and data frames write it with a point and a zero.
    func count(_ name: String) throws(ImportError) -> UInt32? {
        guard let text = text(name) else { return nil }
        guard let value = try? DecimalText.parse(text, decimals: 0),
            let count = UInt32(exactly: value)
        else { throw .notACount(name, "\"\(text.prefix(60))\"", limit: UInt32.max) }
        return count
    }

    /// A flag as databases and Python write it.
    func flag(_ name: String) throws(ImportError) -> Bool? {
        guard let text = text(name) else { return nil }
        switch text.lowercased() {
        case "true", "t", "1", "yes": return true
        case "false", "f", "0", "no": return false
        case "none", "null": return nil
        default: throw .notAFlag(name, "\"\(text.prefix(60))\"")
        }
    }

    /// An instant; without a zone it is what a clock in `zone` showed.
    func instant(_ name: String, zone: ZoneRules) throws(ImportError) -> Instant? {
        guard let text = text(name) else { return nil }
        do throws(TimeTextError) {
            return try Instant(text, zone: zone)
        } catch {
            throw ImportError(field: name, reason: error.description)
        }
    }

    /// A decimal number in steps of 10^-decimals, rounded half-even where it is finer.
    func decimal(_ name: String, decimals: Int) throws(ImportError) -> Int128? {
        guard let text = text(name) else { return nil }
        do throws(MoneyError) {
            return try DecimalText.parse(text, decimals: decimals, rounding: .halfEven)
        } catch {
            throw ImportError(field: name, reason: error.description)
        }
    }
}
