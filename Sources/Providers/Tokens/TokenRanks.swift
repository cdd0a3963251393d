/// The tokens of a vocabulary and the order in which they are merged, read from a file of
/// tiktoken's: one token a line, in base64, a space, and its rank.
///
/// ```swift
/// let ranks = try TokenRanks(parsing: bytes)
/// ranks.rank(of: text, from: 0, to: 3)
/// ```
/// Memory: the tokens' bytes and some twenty bytes a token. Errors: ``TokenFileError``, with the
/// line. Source: github.com/openai/tiktoken.
struct TokenRanks: Sendable {
    /// The longest file, and the longest token in it; o200k_base has 3.6 MB and 128 bytes.
    static let maximumFileBytes = 64 << 20
    static let maximumTokenBytes = 4_096
    private static let maximumTokens = 4_000_000

    /// The bytes of the longest token.
    private(set) var longest = 0
    /// All tokens, one behind the other.
    private var bytes: [UInt8] = []
    /// Where each token begins, and where the last one ends.
    private var starts: [UInt32] = [0]
    private var ranks: [UInt32] = []
    /// Tokens by their hash, each as its number plus one; zero where there is none.
    private var slots: [UInt32] = []

    init(parsing file: [UInt8]) throws(TokenFileError) {
        guard file.count <= Self.maximumFileBytes else {
            throw TokenFileError("has \(file.count) bytes; \(Self.maximumFileBytes) are allowed")
        }
        var line = 0
        var index = 0
        while index < file.count {
            line += 1
            let end = file[index...].firstIndex(of: 0x0A) ?? file.count
            if end > index { try read(file[index..<end], line: line) }
            index = end + 1
        }
        try makeSlots()
        for byte in UInt8.min...UInt8.max where rank(of: [byte], from: 0, to: 1) == nil {
            throw TokenFileError(
                "has no token for the byte \(byte), so not every text can be counted; give a whole "
                    + "rank file of tiktoken's")
        }
    }

    /// The rank of the token that these bytes are; nil where they are none.
    func rank(of text: [UInt8], from start: Int, to end: Int) -> UInt32? {
        guard end - start <= longest else { return nil }
        var slot = Self.hash(text, start, end) & (slots.count - 1)
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if isToken(number, text, start, end) { return ranks[number] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private mutating func read(_ line: ArraySlice<UInt8>, line number: Int) throws(TokenFileError) {
        guard let space = line.firstIndex(of: 0x20),
            Self.decode(line[..<space], into: &bytes),
            let text = String(validating: line[(space + 1)...], as: UTF8.self),
            let rank = UInt32(text.hasSuffix("\r") ? String(text.dropLast()) : text),
            rank < UInt32.max
        else {
            throw TokenFileError(
                "line \(number) is not a token in base64, a space and its rank, as in tiktoken's "
                    + "files")
        }
        let length = bytes.count - Int(starts[ranks.count])
        guard (1...Self.maximumTokenBytes).contains(length) else {
            throw TokenFileError(
                "line \(number) has a token of \(length) bytes; a token has 1 to "
                    + "\(Self.maximumTokenBytes)")
        }
        guard ranks.count < Self.maximumTokens else {
            throw TokenFileError("has more than \(Self.maximumTokens) tokens")
        }
        starts.append(UInt32(bytes.count))
        ranks.append(rank)
        longest = max(longest, length)
    }

    private mutating func makeSlots() throws(TokenFileError) {
        var count = 1_024
        while count < 2 * ranks.count { count *= 2 }
        slots = Array(repeating: 0, count: count)
        for number in ranks.indices {
            let (start, end) = (Int(starts[number]), Int(starts[number + 1]))
            var slot = Self.hash(bytes, start, end) & (count - 1)
            while slots[slot] != 0 {
                guard !isToken(Int(slots[slot]) - 1, bytes, start, end) else {
                    throw TokenFileError("has the token of rank \(ranks[number]) twice")
                }
                slot = (slot + 1) & (count - 1)
            }
            slots[slot] = UInt32(number) + 1
        }
        let sorted = ranks.sorted()
        for (one, next) in zip(sorted, sorted.dropFirst()) where one == next {
            throw TokenFileError("has two tokens of rank \(one)")
        }
    }

    private func isToken(_ number: Int, _ text: [UInt8], _ start: Int, _ end: Int) -> Bool {
        let own = Int(starts[number])
        guard Int(starts[number + 1]) - own == end - start else { return false }
        for offset in 0..<(end - start) where bytes[own + offset] != text[start + offset] {
            return false
        }
        return true
    }

    private static func hash(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in start..<end { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ (hash >> 29))
    }

    /// Appends what a text in base64 stands for; false where it is none.
    private static func decode(_ text: ArraySlice<UInt8>, into bytes: inout [UInt8]) -> Bool {
        var digits = text
        var padding = 0
        while digits.last == UInt8(ascii: "="), padding < 2 {
            digits = digits.dropLast()
            padding += 1
        }
        guard text.count % 4 == 0, !digits.isEmpty else { return false }
        var bits: UInt32 = 0
        var count = 0
        for digit in digits {
            guard let value = value(digit) else { return false }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return true
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

/// Why a file cannot be used as a tokenizer's, in words that go behind its name.
public struct TokenFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The words, such as `line 3 is not a token …`.
    public let description: String

    init(_ description: String) { self.description = description }
}
