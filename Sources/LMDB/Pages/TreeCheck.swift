/// Walks through one B-tree and compares it with what is said about it.
final class TreeCheck {
    enum Kind {
        /// Transaction numbers, each with the pages that it gave up.
        case freeList
        /// Names, each with the record of a tree.
        case databases
        /// A named tree.
        case database(String)
    }

    let check: PageCheck
    let kind: Kind
    private let record: TreeRecord
    /// The page that the record stands on.
    private let parent: UInt64
    /// One page a level, from the root down.
    private var levels: [PageBuffer] = []
    /// The last key that was passed, of a leaf or between two pages.
    private let lastKey = PageBuffer(capacity: PageShape.maximumKeySize)
    private enum LastKey { case none, leaf, separator }
    private var last = LastKey.none
    private var taken: [UInt64] = []
    private lazy var overflowHead = PageBuffer(capacity: PageShape.header)

    private var branchPages: UInt64 = 0
    private var leafPages: UInt64 = 0
    private var overflowPages: UInt64 = 0
    private var entries: UInt64 = 0
    private var skippedLeaves = false
    private var skippedBranches = false

    init(_ check: PageCheck, _ kind: Kind, _ record: TreeRecord, parent: UInt64) {
        self.check = check
        self.kind = kind
        self.record = record
        self.parent = parent
    }

    private var name: String {
        switch kind {
        case .freeList: "the free list"
        case .databases: "the list of databases"
        case .database(let name): "database \"\(name)\""
        }
    }

    func run() throws(PageFault) {
        try record.check(name, on: parent)
        guard let root = record.root else { return }
        try visit(root, level: 0, from: parent)
        if skippedBranches { return }
        guard branchPages == record.branchPages, leafPages == record.leafPages else {
            throw PageFault(
                parent,
                "it gives \(name) \(record.branchPages) branch and \(record.leafPages) leaf "
                    + "pages, and there are \(branchPages) and \(leafPages)")
        }
        if skippedLeaves { return }
        guard entries == record.entries, overflowPages == record.overflowPages else {
            throw PageFault(
                parent,
                "it gives \(name) \(record.entries) entries with \(record.overflowPages) pages of "
                    + "large values, and there are \(entries) with \(overflowPages)")
        }
    }

    private func visit(_ page: UInt64, level: Int, from parent: UInt64) throws(PageFault) {
        try check.reach(page, from: parent)
        guard level == record.depth - 1 else {
            return try visitBranch(page, level: level)
        }
        leafPages += 1
        if check.readsLeaf(page, of: kind) {
            try visitLeaf(page, level: level)
        } else {
            skippedLeaves = true
        }
    }

    private func fill(_ page: UInt64, level: Int) throws(PageFault) -> PageBuffer {
        if levels.count == level { levels.append(PageBuffer(capacity: check.file.pageSize)) }
        let buffer = levels[level]
        try buffer.fill(from: check.file, page: page, count: check.file.pageSize)
        return buffer
    }

    private func visitBranch(_ page: UInt64, level: Int) throws(PageFault) {
        branchPages += 1
        let buffer = try fill(page, level: level)
        // LMDB stops the process at a branch with one page below, but in the free list.
        var least = 2
        if case .freeList = kind { least = 1 }
        let shape = try PageShape(buffer, expecting: .branch, atLeast: least)
        try shape.checkTiling(buffer, &taken)
        for index in 0..<shape.nodes {
            let node = try shape.node(index, buffer)
            if index > 0 {
                try pass(buffer, node.key, as: .separator)
                lastKey.copy(buffer, node.key)
                last = .separator
            }
            try visit(node.child, level: level + 1, from: page)
            if check.scope == .roots, case .database = kind {
                // One child on each level, so that the path to the first entry is known.
                skippedBranches = true
                return
            }
        }
    }

    private func visitLeaf(_ page: UInt64, level: Int) throws(PageFault) {
        let buffer = try fill(page, level: level)
        let shape = try PageShape(buffer, expecting: .leaf, atLeast: 1)
        try shape.checkTiling(buffer, &taken)
        var before: Range<Int>?
        for index in 0..<shape.nodes {
            let node = try shape.node(index, buffer)
            if let before {
                guard isAscending(buffer, before, buffer, node.key) else {
                    throw PageFault(page, "key \(index) is not greater than the one before it")
                }
            } else {
                try pass(buffer, node.key, as: .leaf)
            }
            before = node.key
            entries += 1
            try look(at: node, buffer)
        }
        if let before { lastKey.copy(buffer, before) }
        last = .leaf
    }

    /// Compares a key with the last one that was passed: keys ascend over the whole tree, and a
    /// key between two pages may be the first one of the page after it.
    private func pass(
        _ buffer: PageBuffer, _ key: Range<Int>, as kind: LastKey
    ) throws(PageFault) {
        guard last != .none else { return }
        // A leaf that was not read leaves two keys between pages behind one another.
        let mayEqual = last == .separator && kind == .leaf
        let known = 0..<lastKey.count
        if isAscending(lastKey, known, buffer, key) { return }
        if mayEqual, lastKey.compare(known, with: buffer, key) == 0 { return }
        throw PageFault(buffer.page, "its keys are not greater than those before it")
    }

    private func isAscending(
        _ left: PageBuffer, _ leftKey: Range<Int>, _ right: PageBuffer, _ rightKey: Range<Int>
    ) -> Bool {
        if case .freeList = kind {
            guard let low = try? left.integer(UInt64.self, at: leftKey.lowerBound),
                let high = try? right.integer(UInt64.self, at: rightKey.lowerBound)
            else { return false }
            return low < high
        }
        return left.compare(leftKey, with: right, rightKey) < 0
    }

    /// Looks at what a leaf has under a key.
    private func look(at node: PageShape.Node, _ buffer: PageBuffer) throws(PageFault) {
        if case .databases = kind {
            let name = buffer.text(node.key)
            guard node.flags == PageShape.subtree, node.valueSize == TreeRecord.size else {
                throw PageFault(buffer.page, "its entry \"\(name)\" is no database")
            }
            let record = try TreeRecord(buffer, at: node.value.lowerBound)
            guard record.flags == 0 else {
                throw PageFault(
                    buffer.page, "it gives database \"\(name)\" a kind of keys it does not have")
            }
            return try TreeCheck(check, .database(name), record, parent: buffer.page).run()
        }
        guard node.flags & ~PageShape.largeValue == 0 else {
            throw PageFault(buffer.page, "an entry is of a kind (\(node.flags)) it cannot be")
        }
        var first: UInt64?
        if node.flags & PageShape.largeValue != 0 {
            let page: UInt64 = try buffer.integer(at: node.value.lowerBound)
            try visitLargeValue(page, size: node.valueSize, from: buffer.page)
            first = page
        }
        guard case .freeList = kind else { return }
        let list = FreeListRecord(
            page: first ?? buffer.page, offset: first == nil ? node.value.lowerBound : 16,
            bytes: node.valueSize)
        guard node.key.count == 8 else {
            throw PageFault(buffer.page, "a key of the free list has \(node.key.count) bytes")
        }
        let transaction: UInt64 = try buffer.integer(at: node.key.lowerBound)
        guard transaction >= 1, transaction <= check.meta.transactionID else {
            throw PageFault(buffer.page, "the free list names commit \(transaction)")
        }
        try list.read(check)
    }

    /// Looks at the pages of a value that stands in none of the tree's own.
    private func visitLargeValue(
        _ page: UInt64, size: Int, from parent: UInt64
    ) throws(PageFault) {
        guard page < check.file.pages else {
            throw PageFault(
                parent, "it leads to page \(page), and the file has \(check.file.pages)")
        }
        try overflowHead.fill(from: check.file, page: page, count: PageShape.header)
        try PageShape.checkHead(overflowHead, expecting: .overflow)
        let pages = UInt64(try overflowHead.integer(UInt32.self, at: 12))
        // A shorter value may have taken the place of a longer one.
        let needed = (PageShape.header + size - 1) / check.file.pageSize + 1
        guard pages >= UInt64(needed) else {
            throw PageFault(page, "its value of \(size) bytes has \(pages) pages of \(needed)")
        }
        try check.reach(page, count: pages, from: parent)
        overflowPages += pages
    }
}
