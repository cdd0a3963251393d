/// One header line: a name and its value.
public struct HTTPHeader: Sendable, Hashable {
    /// The name as written; compare without regard to case.
    public let name: String
    /// The value without the spaces around it.
    public let value: String

    /// A line of that name and value; checked when a request with it is started.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// True when the line has that name, in any case. Costs no memory.
    public func isNamed(_ name: String) -> Bool {
        let (left, right) = (self.name.utf8, name.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).allSatisfy { lowercase($0) == lowercase($1) }
    }

    private func lowercase(_ byte: UInt8) -> UInt8 {
        (65...90).contains(byte) ? byte | 0x20 : byte
    }
}

/// Header lines in their order, found by name in any case; a name may occur more than once.
///
/// ```swift
/// var headers: HTTPHeaders = ["Accept": "text/event-stream"]
/// headers.append("X-Trace", "7")
/// headers["accept"]  // "text/event-stream"
/// ```
/// A look-up walks the list, which is short.
public struct HTTPHeaders: Sendable, Hashable, RandomAccessCollection,
    ExpressibleByDictionaryLiteral
{
    private var lines: [HTTPHeader]

    /// No lines.
    public init() { lines = [] }

    /// These lines, in this order.
    public init(_ lines: [HTTPHeader]) { self.lines = lines }

    /// The lines of a literal, in its order; the same name may stand in it twice.
    public init(dictionaryLiteral elements: (String, String)...) {
        lines = elements.map { HTTPHeader($0, $1) }
    }

    /// Adds a line at the end.
    public mutating func append(_ name: String, _ value: String) {
        lines.append(HTTPHeader(name, value))
    }

    /// Takes away all lines of a name.
    public mutating func remove(_ name: String) { lines.removeAll { $0.isNamed(name) } }

    /// The first value under a name, or nil.
    public subscript(name: String) -> String? { lines.first { $0.isNamed(name) }?.value }

    /// Every value under a name, in order.
    public func values(_ name: String) -> [String] {
        lines.filter { $0.isNamed(name) }.map(\.value)
    }

    /// The first position, 0.
    public var startIndex: Int { lines.startIndex }
    /// The number of lines.
    public var endIndex: Int { lines.endIndex }
    /// The line at a position.
    public subscript(position: Int) -> HTTPHeader { lines[position] }

    /// Joins a line to the one before it, as old servers break long values.
    mutating func continueLast(_ text: String) {
        guard let last = lines.popLast() else { return }
        lines.append(HTTPHeader(last.name, last.value + " " + text))
    }
}
