import Foundation

/// Cuts a stream of bytes into batches of whole lines.
///
/// Lines end in LF or CRLF; a byte order mark at the start is left out. A line that is longer than
/// `longest` is kept only as far as it takes to see that, so memory stays bounded.
struct LineSplitter: RecordSplitter {
    /// Some lines of the file, one after the other.
    struct Batch: Sendable {
        /// The lines' bytes with their ends.
        let bytes: [UInt8]
        /// Where each line lies in ``bytes``, without its end.
        let ranges: [Range<Int>]
        /// The number of the first line, from 1.
        let firstLine: UInt64
        /// How many bytes of the file end with this batch.
        let end: UInt64

        /// True for a line of nothing but spaces.
        func isBlank(_ range: Range<Int>) -> Bool {
            for index in range where bytes[index] != 0x20 && bytes[index] != 0x09 { return false }
            return true
        }
    }

    private let linesPerBatch: Int
    private let longest: Int
    private var pending: [UInt8] = []
    private var scanned = 0
    private var lineStart = 0
    private var ranges: [Range<Int>] = []
    private var firstLine: UInt64 = 1
    private var taken: UInt64 = 0
    private var isAtStart = true
    private var isFinished = false

    init(linesPerBatch: Int, longest: Int) {
        self.linesPerBatch = linesPerBatch
        self.longest = longest
    }

    /// Adds bytes as they arrive.
    mutating func append(_ piece: Data) {
        pending.append(contentsOf: piece)
        if isAtStart, pending.count >= 3 {
            if pending.starts(with: [0xEF, 0xBB, 0xBF]) {
                pending.removeFirst(3)
                taken += 3
            }
            isAtStart = false
        }
    }

    /// Says that no more bytes will come.
    mutating func finish() { isFinished = true }

    /// Lines end where the file ends.
    var fault: String? { nil }

    /// The next batch, or nil when more bytes are needed or none are left.
    mutating func next() -> Batch? {
        while ranges.count < linesPerBatch, let end = lineEnd() {
            let last = end > lineStart && pending[end - 1] == 0x0D ? end - 1 : end
            ranges.append(lineStart..<last)
            lineStart = end + 1
        }
        if ranges.count < linesPerBatch {
            guard isFinished else {
                dropExcess()
                return nil
            }
            if lineStart < pending.count {
                ranges.append(lineStart..<pending.count)
                lineStart = pending.count
            }
        }
        return ranges.isEmpty ? nil : cut()
    }

    private mutating func cut() -> Batch {
        let end = min(lineStart, pending.count)
        taken += UInt64(end)
        let batch = Batch(
            bytes: Array(pending[0..<end]), ranges: ranges, firstLine: firstLine, end: taken)
        pending.removeFirst(end)
        firstLine += UInt64(ranges.count)
        ranges.removeAll(keepingCapacity: true)
        scanned = max(0, scanned - end)
        lineStart = 0
        return batch
    }

    /// The place of the next line feed, if it is there already.
    private mutating func lineEnd() -> Int? {
        var index = max(scanned, lineStart)
        let found: Int? = unsafe pending.withUnsafeBufferPointer { bytes in
            while index < bytes.count {
                if unsafe bytes[index] == 0x0A { return index }
                index += 1
            }
            return nil
        }
        scanned = found.map { $0 + 1 } ?? index
        return found
    }

    /// What is beyond the bound of a line without end is forgotten as it comes.
    private mutating func dropExcess() {
        let excess = pending.count - lineStart - (longest + 2)
        guard excess > 0 else { return }
        taken += UInt64(excess)
        pending.removeLast(excess)
        scanned = pending.count
    }
}
