import Ledger

/// What the mock writes: as many tokens as wished of a text that never ends, or a text of its own.
///
/// A token has a fixed number of bytes, so whoever counts the bytes of an answer finds the tokens
/// that it reports.
struct MockText: Sendable, Equatable {
    /// Plain ASCII, so that it can be cut at every byte and needs no escapes in JSON.
    private static let endless = Array("a fixed rule answers here, and no model does; ".utf8)

    /// Nil for the endless text.
    private let own: [UInt8]?
    private let bytesPerToken: Int
    /// How many tokens it has.
    let tokens: Int

    /// So many tokens of the endless text.
    init(tokens: Int, bytesPerToken: Int) {
        own = nil
        self.tokens = tokens
        self.bytesPerToken = bytesPerToken
    }

    /// A text of one's own, as far as so many tokens reach.
    init(_ text: String, bytesPerToken: Int, atMost limit: Int) {
        let bytes = Array(text.utf8)
        own = bytes
        self.bytesPerToken = bytesPerToken
        tokens = min(limit, Self.count(bytes: bytes.count, bytesPerToken: bytesPerToken))
    }

    /// The tokens of so many bytes: one for each `bytesPerToken`, and one for what is left.
    static func count(bytes: Int, bytesPerToken: Int) -> Int {
        (bytes + bytesPerToken - 1) / bytesPerToken
    }

    /// The whole of it.
    var whole: String { self[0..<tokens] }

    /// True where not all of a text of one's own fits.
    var isCut: Bool {
        guard let own else { return false }
        return tokens < Self.count(bytes: own.count, bytesPerToken: bytesPerToken)
    }

    /// Those tokens of it.
    subscript(range: Range<Int>) -> String {
        guard let own else {
            let endless = Self.endless
            var index = range.lowerBound * bytesPerToken % endless.count
            var bytes: [UInt8] = []
            bytes.reserveCapacity(range.count * bytesPerToken)
            for _ in 0..<range.count * bytesPerToken {
                bytes.append(endless[index])
                index += 1
                if index == endless.count { index = 0 }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        return String(decoding: own[edge(range.lowerBound)..<edge(range.upperBound)], as: UTF8.self)
    }

    /// Where a token begins; never inside a character's bytes.
    private func edge(_ token: Int) -> Int {
        guard let own else { return 0 }
        var index = min(own.count, token * bytesPerToken)
        while index > 0, index < own.count, own[index] & 0xC0 == 0x80 { index -= 1 }
        return index
    }
}
