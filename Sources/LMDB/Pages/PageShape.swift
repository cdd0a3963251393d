/// A branch or leaf page whose head and nodes were looked at: every node lies within the page, and
/// none over another.
struct PageShape {
    enum Kind: UInt16 { case branch = 1, leaf = 2, overflow = 4 }

    /// A key with what belongs to it.
    struct Node {
        let key: Range<Int>
        /// A leaf's value, or the number of the page where it begins if it is a large one.
        let value: Range<Int>
        /// How long the value is, wherever it stands.
        let valueSize: Int
        let flags: UInt16
        /// A branch's page below.
        let child: UInt64
    }

    static let header = 16
    static let maximumKeySize = 511
    private static let nodeHeader = 8
    static let largeValue: UInt16 = 0x01
    static let subtree: UInt16 = 0x02

    let nodes: Int
    private let kind: Kind
    private let upper: Int
    private let pageSize: Int

    /// Looks at the head of the page in `buffer`, which holds it whole.
    init(_ buffer: PageBuffer, expecting kind: Kind, atLeast least: Int) throws(PageFault) {
        try Self.checkHead(buffer, expecting: kind)
        let lower = Int(try buffer.integer(UInt16.self, at: 12))
        upper = Int(try buffer.integer(UInt16.self, at: 14))
        pageSize = buffer.count
        self.kind = kind
        guard lower >= Self.header, lower % 2 == 0, lower <= upper, upper <= pageSize else {
            throw PageFault(buffer.page, "its free space goes from \(lower) to \(upper)")
        }
        nodes = (lower - Self.header) / 2
        guard nodes >= least else {
            throw PageFault(buffer.page, "it has \(nodes) keys and should have \(least) at least")
        }
    }

    /// Compares the number and the kind that a page bears.
    static func checkHead(_ buffer: PageBuffer, expecting kind: Kind) throws(PageFault) {
        let number: UInt64 = try buffer.integer(at: 0)
        guard number == buffer.page else {
            throw PageFault(buffer.page, "it bears the number \(number)")
        }
        let flags: UInt16 = try buffer.integer(at: 10)
        guard flags == kind.rawValue else {
            throw PageFault(buffer.page, "it should be a \(kind) page, and its kind is \(flags)")
        }
    }

    /// Node `index`, after a look at its bounds and its flags.
    func node(_ index: Int, _ buffer: PageBuffer) throws(PageFault) -> Node {
        let start = Int(try buffer.integer(UInt16.self, at: Self.header + 2 * index))
        guard start >= upper, start % 2 == 0 else {
            throw PageFault(buffer.page, "key \(index) stands at \(start), outside its place")
        }
        let low: UInt32 = try buffer.integer(at: start)
        let flags: UInt16 = try buffer.integer(at: start + 4)
        let keySize = Int(try buffer.integer(UInt16.self, at: start + 6))
        // The first key of a branch is never looked at, and is empty as a rule.
        guard keySize <= Self.maximumKeySize, keySize > 0 || (kind == .branch && index == 0) else {
            throw PageFault(buffer.page, "key \(index) has \(keySize) bytes")
        }
        let key = start + Self.nodeHeader..<start + Self.nodeHeader + keySize
        let isLarge = kind == .leaf && flags & Self.largeValue != 0
        let valueSize = kind == .leaf ? Int(low) : 0
        let end = key.upperBound + (isLarge ? 8 : valueSize)
        guard end <= pageSize else {
            throw PageFault(buffer.page, "entry \(index) goes beyond its end")
        }
        return Node(
            key: key, value: key.upperBound..<end, valueSize: valueSize, flags: flags,
            child: kind == .branch ? UInt64(low) | UInt64(flags) << 32 : 0)
    }

    /// Whether the nodes fill the page from `upper` to its end without gap or overlap; `taken` is
    /// working space that the caller keeps.
    func checkTiling(_ buffer: PageBuffer, _ taken: inout [UInt64]) throws(PageFault) {
        taken.removeAll(keepingCapacity: true)
        var sum = upper
        for index in 0..<nodes {
            let node = try node(index, buffer)
            // Nodes begin at even places.
            let start = node.key.lowerBound - Self.nodeHeader
            let size = node.value.upperBound - start + node.value.upperBound % 2
            sum += size
            taken.append(UInt64(start) << 32 | UInt64(size))
        }
        guard sum == pageSize else {
            throw PageFault(buffer.page, "its entries do not fill it as they should")
        }
        // Most pages were filled in order, so their nodes stand one before the other.
        if !zip(taken, taken.dropFirst()).allSatisfy({ $0 > $1 }) { taken.sort(by: >) }
        var place = pageSize
        for entry in taken {
            place -= Int(entry & 0xFFFF_FFFF)
            guard place == Int(entry >> 32) else {
                throw PageFault(buffer.page, "its entries overlap")
            }
        }
    }
}
