/// Cuts an event stream into its events, however its bytes arrive.
///
/// ```swift
/// var parser = EventStreamParser()
/// for event in parser.consume(chunk) { … }
/// for event in parser.finish() { … }       // what had no blank line behind it
/// ```
/// Lines end with CR, LF or both. The events do not depend on where the stream was cut: one that
/// ends with a CR waits for the next byte, since an LF there belongs to it. An event above the
/// bound is handed out in pieces that are marked, so that it can be passed on; memory never grows
/// above the bound. Cost: linear in the bytes. Format: WHATWG HTML, section 9.2.
public struct EventStreamParser: Sendable, Equatable {
    /// How large an event may be; an image in an answer takes some megabytes.
    public static let defaultMaximumEventBytes = 16 << 20

    private let maximumEventBytes: Int
    private var block: [UInt8] = []
    /// Bytes of the line so far, without its end.
    private var lineLength = 0
    /// The last byte was a CR, whose LF may follow.
    private var sawReturn = false
    /// The blank line that ends the event is there, by a CR.
    private var isClosing = false
    private var isOversized = false
    private var isFirst = true

    /// A parser at the start of a stream.
    public init(maximumEventBytes: Int = Self.defaultMaximumEventBytes) {
        self.maximumEventBytes = max(1, maximumEventBytes)
    }

    /// Bytes of the event that has begun.
    var pendingBytes: Int { block.count }

    /// The events that these bytes complete.
    public mutating func consume(_ bytes: [UInt8]) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if sawReturn {
                sawReturn = false
                if byte == 0x0A {
                    block.append(byte)
                    index += 1
                }
                if isClosing { events.append(take()) }
                continue
            }
            switch byte {
            case 0x0A, 0x0D:
                block.append(byte)
                index += 1
                sawReturn = byte == 0x0D
                let isBlank = lineLength == 0
                lineLength = 0
                if isBlank {
                    if sawReturn { isClosing = true } else { events.append(take()) }
                }
            default:
                let start = index
                // Up to one byte above the bound, where the event is given up.
                let room = max(0, maximumEventBytes - block.count) + 1
                let end = min(bytes.count, index + room)
                while index < end, bytes[index] != 0x0A, bytes[index] != 0x0D { index += 1 }
                block.append(contentsOf: bytes[start..<index])
                lineLength += index - start
            }
            if block.count > maximumEventBytes, !isClosing { events.append(piece()) }
        }
        return events
    }

    /// What the stream ended in, where no blank line came behind it.
    ///
    /// The format drops such an event; but a stream that was cut behind its usage still told it.
    public mutating func finish() -> [ServerSentEvent] {
        block.isEmpty ? [] : [take()]
    }

    private mutating func take() -> ServerSentEvent {
        defer {
            block = []
            isClosing = false
            isOversized = false
            isFirst = false
        }
        return ServerSentEvent(raw: block, isOversized: isOversized, isFirst: isFirst)
    }

    private mutating func piece() -> ServerSentEvent {
        isOversized = true
        defer { block = [] }
        return ServerSentEvent(raw: block, isOversized: true, isFirst: false)
    }
}
