import Foundation
import Ledger

/// Cuts a stream of bytes into batches of the elements of one JSON list, such as the answer of an
/// interface: `[{…}, {…}]`, or `{"data": [{…}, {…}], …}`.
///
/// Looks for nothing but quotes, brackets and commas; what an element is, its reader says. One that
/// is longer than `longest` is kept only as far as it takes to see that, so memory stays bounded.
struct JSONElementSplitter: RecordSplitter {
    private enum State { case before, between, inside, after }

    private let elementsPerBatch: Int
    private let longest: Int
    private var state = State.before
    private var depth = 0
    private var isInText = false
    private var isEscaped = false
    private var pending: [UInt8] = []
    private var elementStart = 0
    private var ranges: [Range<Int>] = []
    private var ready: [LineSplitter.Batch] = []
    private var number: UInt64 = 1
    private var taken: UInt64 = 0

    init(elementsPerBatch: Int, longest: Int) {
        self.elementsPerBatch = elementsPerBatch
        self.longest = longest
    }

    /// True where the first bytes of a file begin such a list.
    static func begins(_ bytes: Data) -> Bool {
        var text = bytes.prefix(4_096)[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        func skipSpace() { text = text.drop { $0 <= 0x20 } }
        func take(_ word: String) -> Bool {
            skipSpace()
            guard text.starts(with: word.utf8) else { return false }
            text = text.dropFirst(word.utf8.count)
            return true
        }
        if take("[") { return true }
        return take("{") && take("\"data\"") && take(":") && take("[")
    }

    /// Adds bytes as they arrive.
    mutating func append(_ piece: Data) {
        for byte in piece {
            taken += 1
            switch state {
            case .before: if byte == UInt8(ascii: "[") { state = .between }
            case .between: begin(byte)
            case .inside: go(byte)
            case .after: break
            }
        }
    }

    private mutating func begin(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "]"): state = .after
        case UInt8(ascii: ","), 0...0x20: break
        default:
            state = .inside
            elementStart = pending.count
            go(byte)
        }
    }

    private mutating func go(_ byte: UInt8) {
        if isInText {
            keep(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInText = false
            }
            return
        }
        let isEnd = byte == UInt8(ascii: "]") || byte == UInt8(ascii: ",")
        if depth == 0, isEnd {
            endElement()
            state = byte == UInt8(ascii: "]") ? .after : .between
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInText = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth = max(0, depth - 1)
        default: break
        }
        keep(byte)
    }

    private mutating func keep(_ byte: UInt8) {
        if pending.count - elementStart <= longest + 1 { pending.append(byte) }
    }

    private mutating func endElement() {
        ranges.append(elementStart..<pending.count)
        if ranges.count >= elementsPerBatch { cut() }
    }

    private mutating func cut() {
        guard !ranges.isEmpty else { return }
        ready.append(
            LineSplitter.Batch(bytes: pending, ranges: ranges, firstLine: number, end: taken))
        number += UInt64(ranges.count)
        pending.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
        elementStart = 0
    }

    /// Says that no more bytes will come.
    mutating func finish() { cut() }

    /// Why the file is not whole, once it is at its end.
    var fault: String? {
        state == .after
            ? nil
            : "the list in the file does not end; what stands before the cut was read, get the "
                + "whole file and give it again"
    }

    /// The next batch, or nil when more bytes are needed or none are left.
    mutating func next() -> LineSplitter.Batch? { ready.isEmpty ? nil : ready.removeFirst() }
}
