/// Walks through all trees of a data file at one commit and says what is wrong first.
///
/// LMDB trusts its pages: what points outside of them ends the process that follows it. This reads
/// the file beside the map and takes nothing for granted. It keeps a bit or two for each page and
/// one page for each level of a tree, and so is bounded by the file's size alone.
///
/// Whoever calls it holds a read of that commit, so that no writer uses its pages again meanwhile.
final class PageCheck {
    /// How much is looked at.
    enum Scope {
        /// Every page in use.
        case whole
        /// All but the leaves, which are most of a large file: the free list, the list of
        /// databases, all branch pages, and the leaves from whose place a wrong offset could lead
        /// beyond the end of the file.
        case upperLevels
        /// The free list, the list of databases and each database's first page: what costs the same
        /// however large the file is.
        case roots

        /// What is worth its time when a file of so many bytes is opened: some twenty milliseconds
        /// at most.
        static func opening(_ bytes: Int, wholeUpTo limit: Int) -> Scope {
            if bytes <= limit { return .whole }
            return bytes / 8 <= limit ? .upperLevels : .roots
        }
    }

    let file: PageFile
    let meta: MetaPage
    let scope: Scope
    /// The meta page's number, which is the parent of the roots.
    let head: UInt64
    private var reached: PageSet
    private var free: PageSet
    /// Free pages that the file is too short for: never written, since one commit both took and
    /// freed them.
    private var freeBeyondEnd: Set<UInt64> = []

    init(_ file: PageFile, _ meta: MetaPage, scope: Scope) {
        self.file = PageFile(
            descriptor: file.descriptor, bytes: file.bytes, pageSize: meta.pageSize)
        self.meta = meta
        self.scope = scope
        head = meta.transactionID & 1
        reached = PageSet(capacity: self.file.pages)
        free = PageSet(capacity: self.file.pages)
        for page in 0..<min(2, self.file.pages) { _ = reached.insert(page) }
    }

    /// Looks at everything in the scope.
    func run() throws(PageFault) {
        try checkFreeList()
        try TreeCheck(self, .databases, meta.main, parent: head).run()
    }

    /// Looks at the free list, and whether all pages that the file is too short for are free.
    private func checkFreeList() throws(PageFault) {
        let isShort = file.pages <= meta.lastPage
        do {
            try TreeCheck(self, .freeList, meta.free, parent: head).run()
        } catch {
            throw isShort ? cutOff : error
        }
        if isShort, UInt64(freeBeyondEnd.count) != meta.lastPage + 1 - file.pages { throw cutOff }
    }

    private var cutOff: PageFault {
        PageFault(
            file.pages,
            "the data file is shorter than its last page (\(file.bytes) bytes); it was cut off")
    }

    /// Whether a leaf's content is in the scope.
    func readsLeaf(_ page: UInt64, of kind: TreeCheck.Kind) -> Bool {
        guard scope != .whole, case .database = kind else { return true }
        // A page's inner offsets and its keys' sizes have 16 bits each.
        let reach = UInt64(2 * 65_536 / file.pageSize + 2)
        return page + reach >= file.pages
    }

    /// Takes note of pages that are in use; `parent` is the page that says so.
    func reach(_ first: UInt64, count: UInt64 = 1, from parent: UInt64) throws(PageFault) {
        guard count >= 1, first <= meta.lastPage, count <= meta.lastPage - first + 1 else {
            throw PageFault(
                parent, "it leads to page \(first), and the last one is \(meta.lastPage)")
        }
        guard first + count <= file.pages else {
            throw PageFault(first + count - 1, "it lies beyond the end of the file")
        }
        for page in first..<first + count {
            guard !free.contains(page) else {
                throw PageFault(parent, "it leads to page \(page), which is on the free list")
            }
            guard reached.insert(page) else {
                throw PageFault(parent, "it leads to page \(page), which is in use elsewhere")
            }
        }
    }

    /// Takes note of a page that the free list has; `parent` is where it stands.
    func addFree(_ page: UInt64, from parent: UInt64) throws(PageFault) {
        guard page >= 2, page <= meta.lastPage else {
            throw PageFault(
                parent, "it lists page \(page) as free, and the last one is \(meta.lastPage)")
        }
        guard !reached.contains(page) else {
            throw PageFault(parent, "it lists page \(page) as free, which is in use")
        }
        let isNew =
            page < file.pages ? free.insert(page) : freeBeyondEnd.insert(page).inserted
        guard isNew else { throw PageFault(parent, "it lists page \(page) as free again") }
    }
}
