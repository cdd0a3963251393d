/// One entry of the free list: how many pages, then their numbers, the greatest first.
struct FreeListRecord {
    /// Where it begins: a page, and the offset in it.
    let page: UInt64
    let offset: Int
    /// How long it may be.
    let bytes: Int

    /// Some pages' worth of numbers are read at a time, however long the list is.
    private static let chunk = 8_192

    /// Tells `check` all its pages.
    func read(_ check: PageCheck) throws(PageFault) {
        guard bytes >= 8, bytes % 8 == 0 else {
            throw PageFault(page, "a list of free pages has \(bytes) bytes")
        }
        let buffer = PageBuffer(capacity: min(Self.chunk * 8, bytes))
        try buffer.fill(from: check.file, page: page, offset: offset, count: 8)
        let count: UInt64 = try buffer.integer(at: 0)
        guard count <= UInt64(bytes / 8 - 1) else {
            throw PageFault(page, "a list of \(count) free pages has \(bytes) bytes")
        }
        var done = 0
        var last = UInt64.max
        while done < Int(count) {
            let some = min(Self.chunk, Int(count) - done)
            try buffer.fill(
                from: check.file, page: page, offset: offset + 8 * (1 + done), count: 8 * some)
            for index in 0..<some {
                let free: UInt64 = try buffer.integer(at: 8 * index)
                guard free < last else {
                    throw PageFault(page, "a list of free pages is not in order")
                }
                try check.addFree(free, from: page)
                last = free
            }
            done += some
        }
    }
}
