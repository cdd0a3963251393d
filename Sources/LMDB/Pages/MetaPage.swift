/// One of the two pages at the start of a data file. The newer one names the roots of all trees.
///
/// Layout after LMDB 0.9's `MDB_meta`: magic, version, address, map size, the records of the free
/// list's and the main tree, last page, transaction.
struct MetaPage: Equatable {
    let pageSize: Int
    let free: TreeRecord
    let main: TreeRecord
    /// The last page that was ever used.
    let lastPage: UInt64
    /// The commit that wrote the page; 0 before the first.
    let transactionID: UInt64

    /// Where its fields begin, and where they end.
    private static let start = 16
    static let size = start + 136
    private static let magic: UInt32 = 0xBEEF_C0DE
    private static let version: UInt32 = 1
    private static let flag: UInt16 = 0x08
    private static let integerKeys: UInt16 = 0x08
    /// Flags of the environment, which are kept beside those of the free list: a fixed address and
    /// a file without a folder.
    private static let environmentFlags: UInt16 = 0x4001
    private static let pageSizes = 256...32_768
    /// No address space is larger.
    private static let largestMap: UInt64 = 1 << 52

    /// What stands at the place of a meta page, if it can be one at all.
    enum Kind { case meta, otherVersion, foreign }

    static func kind(_ buffer: PageBuffer) throws(PageFault) -> Kind {
        guard try buffer.integer(UInt32.self, at: start) == magic else { return .foreign }
        return try buffer.integer(UInt32.self, at: start + 4) == version ? .meta : .otherVersion
    }

    /// Reads meta page `number`; throws with what is wrong in it.
    init(_ number: UInt64, _ buffer: PageBuffer) throws(PageFault) {
        guard try Self.kind(buffer) == .meta else {
            throw PageFault(number, "it is no head of a data file of this version")
        }
        guard try buffer.integer(UInt64.self, at: 0) == number,
            try buffer.integer(UInt16.self, at: 10) == Self.flag
        else { throw PageFault(number, "its number or its kind is wrong") }
        let size: UInt32 = try buffer.integer(at: Self.start + 24)
        guard size.nonzeroBitCount == 1, Self.pageSizes.contains(Int(size)) else {
            throw PageFault(number, "it gives pages \(size) bytes")
        }
        pageSize = Int(size)
        free = try TreeRecord(buffer, at: Self.start + 24)
        main = try TreeRecord(buffer, at: Self.start + 72)
        lastPage = try buffer.integer(at: Self.start + 120)
        transactionID = try buffer.integer(at: Self.start + 128)
        try free.check("the free list", on: number)
        try main.check("the list of databases", on: number)
        guard free.flags & ~Self.environmentFlags == Self.integerKeys, main.flags == 0 else {
            throw PageFault(number, "it gives its trees kinds of keys that they do not have")
        }
        guard lastPage >= 1, lastPage < UInt64(Int64.max) / UInt64(size) else {
            throw PageFault(number, "it says that page \(lastPage) is the last")
        }
        guard try buffer.integer(UInt64.self, at: Self.start + 16) <= Self.largestMap else {
            throw PageFault(number, "it asks for a map larger than any can be")
        }
        // Even commits go to page 0 and odd ones to page 1, which begins as a copy of page 0.
        guard transactionID & 1 == number || transactionID == 0 else {
            throw PageFault(number, "it claims a commit (\(transactionID)) of the other head")
        }
    }

    /// Both meta pages of a file, when each is right and they fit each other.
    static func both(_ file: PageFile) throws(PageFault) -> (MetaPage, MetaPage) {
        let buffer = PageBuffer(capacity: size)
        try buffer.fill(from: file, page: 0, count: size)
        let first = try MetaPage(0, buffer)
        let sized = PageFile(
            descriptor: file.descriptor, bytes: file.bytes, pageSize: first.pageSize)
        try buffer.fill(from: sized, page: 1, count: size)
        let second = try MetaPage(1, buffer)
        guard second.pageSize == first.pageSize else {
            throw PageFault(1, "it gives pages another size than page 0 does")
        }
        let (low, high) = (first.transactionID, second.transactionID)
        guard max(low, high) - min(low, high) == 1 || (low == 0 && high == 0) else {
            throw PageFault(
                0, "its commit (\(low)) and that of page 1 (\(high)) do not follow each other")
        }
        return (first, second)
    }
}
