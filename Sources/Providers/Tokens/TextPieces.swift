/// How a text is cut into pieces before tokens are made of each: by words, runs of digits, signs
/// and white space. No token crosses the border of two pieces.
public enum TextPattern: String, Sendable, CaseIterable {
    /// GPT-4's and GPT-3.5's.
    case cl100k = "cl100k_base"
    /// GPT-4o's and of what came after it.
    case o200k = "o200k_base"
}

/// Finds the pieces of a text.
///
/// It does by hand what tiktoken's regular expressions do, as they stand in its version 0.14, and
/// in linear time: whatever the text, each of its characters is looked at a few times at most.
/// Unicode's classes are the standard library's. Source: github.com/openai/tiktoken,
/// `tiktoken_ext/openai_public.py`.
struct TextPieces {
    let pattern: TextPattern
    /// UTF-8 that is valid.
    let bytes: [UInt8]

    /// Where the piece ends that begins at `start`.
    func end(from start: Int) -> Int {
        switch pattern {
        case .cl100k: endOfClassic(start)
        case .o200k: endOfCased(start)
        }
    }

    // MARK: Classes

    /// Classes of characters as bits; each character is in one.
    private enum Kind {
        /// Capitals: Lu, Lt.
        static let upper: UInt8 = 1
        /// Small letters: Ll.
        static let lower: UInt8 = 2
        /// Letters without case: Lm, Lo.
        static let caseless: UInt8 = 4
        static let mark: UInt8 = 8
        static let number: UInt8 = 16
        static let newline: UInt8 = 32
        /// Other white space.
        static let space: UInt8 = 64
        static let other: UInt8 = 128

        static let letter = upper | lower | caseless
        static let blank = newline | space
        /// What is neither white space nor a letter nor a number.
        static let sign = mark | other
        /// What a word may begin with, and what it goes on with.
        static let head = upper | caseless | mark
        static let tail = lower | caseless | mark

        static let ascii: [UInt8] = (0..<128).map { of(Unicode.Scalar(UInt8($0))) }

        static func of(_ scalar: Unicode.Scalar) -> UInt8 {
            if scalar.value == 0x0A || scalar.value == 0x0D { return newline }
            if scalar.properties.isWhitespace { return space }
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .titlecaseLetter: return upper
            case .lowercaseLetter: return lower
            case .modifierLetter, .otherLetter: return caseless
            case .nonspacingMark, .spacingMark, .enclosingMark: return mark
            case .decimalNumber, .letterNumber, .otherNumber: return number
            default: return other
            }
        }
    }

    /// The class of the character at a place, and its bytes; nothing behind the end.
    private func kind(_ index: Int) -> (kind: UInt8, width: Int) {
        guard index < bytes.count else { return (0, 0) }
        let first = bytes[index]
        if first < 0x80 { return (Kind.ascii[Int(first)], 1) }
        let width = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        var value = UInt32(first) & (0x7F >> UInt32(width))
        for offset in 1..<width {
            let byte = index + offset < bytes.count ? bytes[index + offset] : 0x80
            value = value << 6 | UInt32(byte & 0x3F)
        }
        return (Unicode.Scalar(value).map(Kind.of) ?? Kind.other, width)
    }

    /// Where a run of those classes ends.
    private func run(_ kinds: UInt8, from start: Int, atMost most: Int = .max) -> Int {
        var index = start
        var count = 0
        while count < most {
            let (kind, width) = kind(index)
            guard kind & kinds != 0 else { break }
            index += width
            count += 1
        }
        return index
    }

    // MARK: cl100k_base

    private func endOfClassic(_ start: Int) -> Int {
        if let end = contraction(start) { return end }
        let (first, width) = kind(start)
        if first & Kind.letter != 0 { return run(Kind.letter, from: start) }
        if first & (Kind.newline | Kind.number) == 0 {
            // One sign or space belongs to the word behind it.
            let end = run(Kind.letter, from: start + width)
            if end > start + width { return end }
        }
        if first == Kind.number { return run(Kind.number, from: start, atMost: 3) }
        if let signs = signs(start) { return run(Kind.newline, from: signs) }
        let end = run(Kind.blank, from: start)
        return end == bytes.count ? end : blank(start, end)
    }

    // MARK: o200k_base

    private func endOfCased(_ start: Int) -> Int {
        let (first, width) = kind(start)
        let hasPrefix = first & (Kind.letter | Kind.newline | Kind.number) == 0
        let word = hasPrefix ? start + width : start
        let (heads, inner) = heads(word)
        if kind(heads).kind == Kind.lower { return ended(run(Kind.tail, from: heads)) }
        if let inner { return ended(inner) }
        // A mark is a word by itself, where none follows that it could belong to.
        if first == Kind.mark { return ended(word) }
        if heads > word { return ended(heads) }
        if first == Kind.number { return run(Kind.number, from: start, atMost: 3) }
        if let signs = signs(start) {
            var end = signs
            while kind(end).kind == Kind.newline || (end < bytes.count && bytes[end] == Self.slash)
            {
                end += 1
            }
            return end
        }
        return blank(start, run(Kind.blank, from: start))
    }

    private static let slash = UInt8(ascii: "/")

    /// Where the characters end that a word may begin with, and where the last of them ends that it
    /// may end with.
    private func heads(_ start: Int) -> (end: Int, inner: Int?) {
        var index = start
        var inner: Int?
        while true {
            let (kind, width) = kind(index)
            guard kind & Kind.head != 0 else { return (index, inner) }
            index += width
            if kind & Kind.tail != 0 { inner = index }
        }
    }

    /// A word's end, behind 's, 'll and their like.
    private func ended(_ end: Int) -> Int { contraction(end) ?? end }

    // MARK: Both

    /// Where 's, 't, 'd, 'm, 'll, 've or 're ends, in capitals or not. The long s, U+017F, is an s
    /// that knows no case.
    private func contraction(_ start: Int) -> Int? {
        func byte(_ offset: Int) -> UInt8 {
            start + offset < bytes.count ? bytes[start + offset] : 0
        }
        guard byte(0) == UInt8(ascii: "'") else { return nil }
        let (one, two) = (byte(1) | 0x20, byte(2) | 0x20)
        switch one {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "d"), UInt8(ascii: "m"):
            return start + 2
        case UInt8(ascii: "l") where two == UInt8(ascii: "l"): return start + 3
        case UInt8(ascii: "v") where two == UInt8(ascii: "e"): return start + 3
        case UInt8(ascii: "r") where two == UInt8(ascii: "e"): return start + 3
        default: return byte(1) == 0xC5 && byte(2) == 0xBF ? start + 3 : nil
        }
    }

    /// Where signs end, a space before them included; nil where there are none.
    private func signs(_ start: Int) -> Int? {
        let first = bytes[start] == 0x20 ? start + 1 : start
        let end = run(Kind.sign, from: first)
        return end > first ? end : nil
    }

    /// Where a piece of white space ends whose run ends at `end`: behind its last line break, or
    /// before its last character where that belongs to what follows.
    private func blank(_ start: Int, _ end: Int) -> Int {
        var index = start
        var last = start
        var lineEnd: Int?
        while index < end {
            last = index
            let (kind, width) = kind(index)
            index += width
            if kind == Kind.newline { lineEnd = index }
        }
        if let lineEnd { return lineEnd }
        return end == bytes.count || last == start ? end : last
    }
}
