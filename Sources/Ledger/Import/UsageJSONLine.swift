public import Foundation

/// Reads one call from one line of JSON.
///
/// ```swift
/// let reader = UsageJSONLine(defaults: ImportDefaults(client: "acme"))
/// let call = try reader.parse(line, now: clock())
/// ```
/// The line is an object with the fields of an import (`occurred_at`, `client`, `provider`,
/// `model`, `tokens`, …); an unknown field, a wrong type, a negative or fractional count and an
/// instant without zone or in the future are refused with ``ImportError``. `service_tier` is
/// normalised; `usage_source` is `provider` where tokens are given and `missing` where not. Keep
/// one value for each thread and use it again: it holds its decoder. Cost: some ten microseconds a
/// line.
public struct UsageJSONLine: Sendable {
    private let defaults: ImportDefaults
    private let decoder = JSONDecoder()

    /// A reader with those defaults.
    public init(defaults: ImportDefaults = ImportDefaults()) { self.defaults = defaults }

    /// The call that a line holds, seen from the instant `now`. Throws what is wrong with it.
    public func parse(_ line: Data, now: Instant) throws(ImportError) -> ImportedCall {
        try parse(line, defaults, now: now)
    }

    /// The same with other defaults: those of what the call came in.
    func parse(
        _ line: Data, _ defaults: ImportDefaults, now: Instant
    ) throws(ImportError) -> ImportedCall {
        guard line.count <= ImportLimits.line else {
            throw ImportError(reason: "is longer than 1 MiB; check what it is")
        }
        let fields: UsageFields
        do {
            fields = try decoder.decode(UsageFields.self, from: line)
        } catch {
            throw Self.explain(error, line)
        }
        if let name = RepeatedMember.find(in: line) {
            throw ImportError(
                field: String(name.prefix(80)), reason: "stands twice in the line; keep one")
        }
        return try fields.call(defaults, now: now)
    }

    /// The call that a line holds, seen from the instant `now`. Throws what is wrong with it.
    public func parse(_ line: ArraySlice<UInt8>, now: Instant) throws(ImportError) -> ImportedCall {
        try parse(Data(line), now: now)
    }

    /// Foundation says that a line is wrong, not where in one sentence: our own reader does.
    private static func explain(_ error: any Error, _ line: Data) -> ImportError {
        if String(validating: line, as: UTF8.self) == nil {
            return ImportError(reason: "is not UTF-8 text; save the file as UTF-8")
        }
        if let error = error as? ImportError { return error }
        do throws(JSONTextError) {
            guard case .object = try JSONValue(parsing: Array(line)) else {
                return ImportError(reason: "is no JSON object; give one object in braces a line")
            }
            return ImportError(reason: "is not valid JSON; write one object a line")
        } catch {
            return ImportError(
                reason: "is not valid JSON at column \(error.column): \(error.reason)")
        }
    }
}
