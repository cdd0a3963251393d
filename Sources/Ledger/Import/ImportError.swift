/// Why a line or a row of an import is refused: one clear sentence, with the field at fault.
///
/// ```swift
/// error.description        // "tokens.input: is -5; give a whole number from 0 to 4294967295"
/// ```
public struct ImportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The field, as files name it; nil when the line as a whole is at fault.
    public let field: String?
    /// What is wrong and what to do.
    public let reason: String
    /// The line of the file that the row begins on; set by readers that count lines themselves.
    public let line: Int?

    /// An error about a field, or about a whole line.
    public init(field: String? = nil, reason: String, line: Int? = nil) {
        self.field = field
        self.reason = reason
        self.line = line
    }

    /// The same error with its place, unless it has one.
    public func at(line: Int) -> ImportError {
        ImportError(field: field, reason: reason, line: self.line ?? line)
    }

    /// The sentence that is shown to a person; the line is the caller's to show.
    public var description: String { field.map { "\($0): \(reason)" } ?? reason }
}

extension ImportError {
    init(_ error: EventError) { self.init(field: error.field, reason: error.reason) }

    static func notACount(_ field: String, _ shown: String, limit: some BinaryInteger)
        -> ImportError
    {
        ImportError(
            field: field, reason: "is \(shown); give a whole number from 0 to \(limit)")
    }

    static func notAFlag(_ field: String, _ shown: String) -> ImportError {
        ImportError(field: field, reason: "is \(shown); give true or false")
    }

    static func notOneOf(_ field: String, _ shown: String, _ allowed: [String]) -> ImportError {
        ImportError(
            field: field,
            reason: "\"\(shown)\" is not known; use one of \(allowed.joined(separator: ", "))")
    }

    static func unknownField(_ name: String) -> ImportError {
        ImportError(
            field: String(name.prefix(80)),
            reason: "is no field of a call; remove it or put it under tags")
    }
}
