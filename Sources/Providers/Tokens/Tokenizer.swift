/// Counts the tokens of text as OpenAI's models read it, from a rank file of tiktoken's.
///
/// ```swift
/// let tokenizer = try Tokenizer(file: bytes, pattern: .o200k)
/// tokenizer.count("Olá, Razão")
/// ```
/// The same tokens as Python's tiktoken makes (`encode_ordinary`): names of special tokens are text
/// like any other. Cost: n log n in the bytes of a piece, whatever stands in it. A value that all
/// tasks may use. Source: github.com/openai/tiktoken.
public struct Tokenizer: Sendable {
    /// The longest piece that tokens are made of; a longer one, which no language has, counts a
    /// token a byte.
    static let maximumPieceBytes = 1 << 16

    let ranks: TokenRanks
    let pattern: TextPattern
    let maximumPieceBytes: Int

    /// A tokenizer of a rank file's bytes. Throws what is wrong with them.
    public init(file: [UInt8], pattern: TextPattern) throws(TokenFileError) {
        try self.init(file: file, pattern: pattern, maximumPieceBytes: Self.maximumPieceBytes)
    }

    init(file: [UInt8], pattern: TextPattern, maximumPieceBytes: Int) throws(TokenFileError) {
        ranks = try TokenRanks(parsing: file)
        self.pattern = pattern
        self.maximumPieceBytes = maximumPieceBytes
    }

    /// The tokens of a text.
    public func count(_ text: String) -> Int {
        var reading = Reading(text)
        return count(&reading, bytes: .max)
    }

    /// A text that is counted in parts.
    public struct Reading: Sendable {
        let bytes: [UInt8]
        var offset = 0

        /// A text at its beginning.
        public init(_ text: String) { bytes = Array(text.utf8) }

        /// True once all of it was counted.
        public var isAtEnd: Bool { offset >= bytes.count }
    }

    /// The tokens of the next pieces of a text, of so many bytes and up to one piece more: for who
    /// must not keep a thread for long.
    public func count(_ reading: inout Reading, bytes: Int) -> Int {
        var merger = PieceMerger(ranks)
        var count = 0
        let start = reading.offset
        walk(&reading, until: bytes == .max ? .max : start + bytes) { text, piece in
            count += piece.count > maximumPieceBytes ? piece.count : merger.tokens(of: text, piece)
        }
        return count
    }

    /// The ranks of a text's tokens, in order.
    func encode(_ text: String) -> [UInt32] {
        var reading = Reading(text)
        var merger = PieceMerger(ranks)
        var tokens: [UInt32] = []
        walk(&reading, until: .max) { text, piece in
            _ = merger.tokens(of: text, piece)
            tokens += merger.ranks(of: text, piece)
        }
        return tokens
    }

    private func walk(
        _ reading: inout Reading, until end: Int, _ body: ([UInt8], Range<Int>) -> Void
    ) {
        let pieces = TextPieces(pattern: pattern, bytes: reading.bytes)
        while !reading.isAtEnd, reading.offset < end {
            let next = pieces.end(from: reading.offset)
            body(reading.bytes, reading.offset..<next)
            reading.offset = next
        }
    }
}

/// Makes tokens of a piece: of all pairs of neighbours that are a token together, the one of the
/// lowest rank, and of equals the first, becomes one, until none is left.
///
/// Its arrays are used again for the next piece.
struct PieceMerger {
    private let ranks: TokenRanks
    /// Where the part behind each part begins, and the one before it, by a part's first byte.
    private var next: [Int32] = []
    private var previous: [Int32] = []
    /// The rank of each part with the next one; ``none`` where they are no token.
    private var pairs: [UInt32] = []
    /// Pairs to merge, lowest first: the rank above, the place below. Those that have changed
    /// since are passed over.
    private var heap: [UInt64] = []
    /// How many pairs were taken out of the heap so far.
    private(set) var steps = 0

    private static let none = UInt32.max

    init(_ ranks: TokenRanks) { self.ranks = ranks }

    /// How many tokens a piece has.
    mutating func tokens(of text: [UInt8], _ piece: Range<Int>) -> Int {
        let count = piece.count
        next.removeAll(keepingCapacity: true)
        guard count > 1, ranks.rank(of: text, from: piece.lowerBound, to: piece.upperBound) == nil
        else { return min(1, count) }
        previous.removeAll(keepingCapacity: true)
        pairs.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
        for place in 0..<count {
            next.append(Int32(place) + 1)
            previous.append(Int32(place) - 1)
            pairs.append(Self.none)
        }
        for place in 0..<(count - 1) { look(place, text, piece) }
        var parts = count
        while let (rank, place) = pop() {
            steps += 1
            guard pairs[place] == rank else { continue }
            merge(place, text, piece)
            parts -= 1
        }
        return parts
    }

    /// The ranks of the tokens of the piece that was just counted.
    func ranks(of text: [UInt8], _ piece: Range<Int>) -> [UInt32] {
        guard !next.isEmpty else {
            return [ranks.rank(of: text, from: piece.lowerBound, to: piece.upperBound)]
                .compactMap(\.self)
        }
        var tokens: [UInt32] = []
        var place = 0
        while place < next.count {
            let end = Int(next[place])
            let (from, to) = (piece.lowerBound + place, piece.lowerBound + end)
            if let rank = ranks.rank(of: text, from: from, to: to) { tokens.append(rank) }
            place = end
        }
        return tokens
    }

    private mutating func merge(_ place: Int, _ text: [UInt8], _ piece: Range<Int>) {
        let gone = Int(next[place])
        let end = next[gone]
        next[place] = end
        if Int(end) < next.count { previous[Int(end)] = Int32(place) }
        pairs[gone] = Self.none
        look(place, text, piece)
        if previous[place] >= 0 { look(Int(previous[place]), text, piece) }
    }

    /// Notes what a part and the next one are together.
    private mutating func look(_ place: Int, _ text: [UInt8], _ piece: Range<Int>) {
        pairs[place] = Self.none
        let middle = Int(next[place])
        guard middle < next.count else { return }
        let (from, to) = (piece.lowerBound + place, piece.lowerBound + Int(next[middle]))
        guard let rank = ranks.rank(of: text, from: from, to: to) else { return }
        pairs[place] = rank
        push(UInt64(rank) << 32 | UInt64(place))
    }

    private mutating func push(_ entry: UInt64) {
        heap.append(entry)
        var index = heap.count - 1
        while index > 0, heap[index] < heap[(index - 1) / 2] {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func pop() -> (rank: UInt32, place: Int)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            var index = 0
            while true {
                let left = 2 * index + 1
                guard left < heap.count else { break }
                let right = left + 1
                let child = right < heap.count && heap[right] < heap[left] ? right : left
                guard heap[child] < heap[index] else { break }
                heap.swapAt(index, child)
                index = child
            }
        }
        return (UInt32(truncatingIfNeeded: first >> 32), Int(first & 0xFFFF_FFFF))
    }
}
