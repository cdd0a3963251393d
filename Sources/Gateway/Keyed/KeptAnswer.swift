public import Ledger

/// An answer as it was given, to be given again.
public struct KeptAnswer: Sendable, Equatable {
    /// The HTTP status.
    public var status: Int
    /// True where it was streamed.
    public var isStream: Bool
    /// The headers.
    public var headers: [AnswerHeader]
    /// Every byte of it.
    public var body: [UInt8]

    /// An answer of those parts.
    public init(status: Int, isStream: Bool, headers: [AnswerHeader], body: [UInt8]) {
        self.status = status
        self.isStream = isStream
        self.headers = headers
        self.body = body
    }

    /// The mark of an answer that was given before; the name is Stripe's.
    public static let mark = AnswerHeader("idempotent-replayed", "true")

    /// The answer for one who asks again. `isFinal` where asking once more gives the same again.
    public func replayed(isFinal: Bool) -> GatewayAnswer {
        var headers = headers + [Self.mark]
        if isFinal, status >= 400 { headers.append(.finality) }
        return isStream
            ? .recorded(headers: headers, events: body)
            : .whole(status: status, headers: headers, body: body)
    }
}

extension AnswerHeader {
    /// Tells the SDKs of OpenAI and Anthropic that trying again is of no use.
    static let finality = AnswerHeader("x-should-retry", "false")
}

// MARK: Bytes

extension KeptAnswer {
    private static let version: UInt8 = 1

    /// `version(1) streamed(1) status(2) headers(2)`, for each header two texts with their lengths
    /// (4), then the body; little-endian.
    public var encoded: [UInt8] {
        var writer = ByteWriter(capacity: body.count + 1_024)
        writer.append(Self.version)
        writer.append(UInt8(isStream ? 1 : 0))
        writer.append(UInt16(clamping: status))
        writer.append(UInt16(clamping: headers.count))
        for header in headers.prefix(Int(UInt16.max)) {
            for text in [header.name, header.value] {
                writer.append(UInt32(clamping: text.utf8.count))
                writer.append(text: text)
            }
        }
        writer.append(contentsOf: body)
        return writer.bytes
    }

    /// The answer of those bytes. Throws where they are none.
    public init(decoding bytes: [UInt8]) throws(CodecError) {
        let span = unsafe bytes.span.bytes
        let version: UInt8 = try span.load(0)
        guard version == Self.version else { throw .badValue("version") }
        isStream = try span.load(1, as: UInt8.self) != 0
        status = Int(try span.load(2, as: UInt16.self))
        headers = []
        var offset = 6
        for _ in 0..<(try span.load(4, as: UInt16.self)) {
            var texts: [String] = []
            for _ in 0..<2 {
                let length = Int(try span.load(offset, as: UInt32.self))
                texts.append(try span.text(offset + 4, length))
                offset += 4 + length
            }
            headers.append(AnswerHeader(texts[0], texts[1]))
        }
        body = try span.bytes(offset, span.byteCount - offset)
    }
}
