internal import Ledger

/// One event of an event stream: its exact bytes, and what they say.
///
/// ```swift
/// for event in parser.consume(bytes) where !event.data.isEmpty { … event.data … }
/// ```
/// Format: WHATWG HTML, section 9.2, "Server-sent events".
public struct ServerSentEvent: Sendable, Equatable {
    /// All bytes of the event with its line ends, comments and the blank line that ends it. The
    /// `raw` of all events after one another is the stream.
    public let raw: [UInt8]
    /// The `event` field; nil where there was none or it was empty.
    public let name: String?
    /// The `data` lines, joined by line feeds; empty for comments alone.
    public let data: [UInt8]
    /// True for a piece of an event that was larger than allowed: it has bytes but no meaning.
    public let isOversized: Bool

    /// An event of those bytes.
    init(raw: [UInt8], isOversized: Bool, isFirst: Bool) {
        self.raw = raw
        self.isOversized = isOversized
        guard !isOversized else {
            name = nil
            data = []
            return
        }
        var name: String?
        var data: [UInt8] = []
        var hasData = false
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var start = isFirst && raw.starts(with: byteOrderMark) ? 3 : 0
        while start < raw.count {
            var end = start
            while end < raw.count, raw[end] != 0x0A, raw[end] != 0x0D { end += 1 }
            let line = raw[start..<end]
            start = end + 1
            guard let (field, value) = Self.field(line) else { continue }
            if field.elementsEqual("data".utf8) {
                if hasData { data.append(0x0A) }
                data.append(contentsOf: value)
                hasData = true
            } else if field.elementsEqual("event".utf8) {
                name = String(decoding: value, as: UTF8.self)
            }
        }
        self.name = name?.isEmpty == true ? nil : name
        self.data = data
    }

    /// A line's field and value; nil for a blank line and for a comment.
    private static func field(_ line: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)?
    {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            return line.isEmpty ? nil : (line, [])
        }
        guard colon > line.startIndex else { return nil }
        let value = line[(colon + 1)...]
        return (line[..<colon], value.first == 0x20 ? value.dropFirst() : value)
    }

    /// The data as JSON; nil where it is none, or more of it than a provider sends.
    var json: JSONValue? {
        guard let first = data.first, first != UInt8(ascii: "[") || data != Self.done else {
            return nil
        }
        return try? JSONValue(parsing: data, maximumValues: Self.maximumValues)
    }

    /// True where there is data that should be JSON.
    var saysSomething: Bool { !data.isEmpty && !isDone }

    /// True for OpenAI's `data: [DONE]`.
    var isDone: Bool { data == Self.done }

    /// A bound on the memory that one answer may take, far above what any of them has.
    static let maximumValues = 4_000_000
    private static let done = Array("[DONE]".utf8)
}
