/// What the file says about one B-tree: LMDB's `MDB_db`.
struct TreeRecord: Equatable {
    /// Its size in the file.
    static let size = 48
    private static let none = UInt64.max
    /// LMDB's cursors go no deeper.
    static let maximumDepth = 32

    let flags: UInt16
    let depth: Int
    let branchPages: UInt64
    let leafPages: UInt64
    let overflowPages: UInt64
    let entries: UInt64
    /// The root's page; nil when the tree is empty.
    let root: UInt64?

    init(_ buffer: PageBuffer, at offset: Int) throws(PageFault) {
        flags = try buffer.integer(at: offset + 4)
        depth = Int(try buffer.integer(UInt16.self, at: offset + 6))
        branchPages = try buffer.integer(at: offset + 8)
        leafPages = try buffer.integer(at: offset + 16)
        overflowPages = try buffer.integer(at: offset + 24)
        entries = try buffer.integer(at: offset + 32)
        let number: UInt64 = try buffer.integer(at: offset + 40)
        root = number == Self.none ? nil : number
    }

    /// Whether the counts of an empty tree are zero and the depth of any is possible; `page` is
    /// where the record stands.
    func check(_ name: String, on page: UInt64) throws(PageFault) {
        if root == nil {
            guard depth == 0, branchPages == 0, leafPages == 0, overflowPages == 0, entries == 0
            else { throw PageFault(page, "it says that \(name) is empty and has pages") }
        } else if depth < 1 || depth > Self.maximumDepth {
            throw PageFault(page, "it gives \(name) a depth of \(depth)")
        }
    }
}
