/// A set of pages of one file: a bit for each page that the file has.
struct PageSet {
    private var words: [UInt64]
    /// How many pages it has room for.
    let capacity: UInt64

    init(capacity: UInt64) {
        self.capacity = capacity
        words = [UInt64](repeating: 0, count: Int((capacity + 63) / 64))
    }

    func contains(_ page: UInt64) -> Bool {
        page < capacity && words[Int(page / 64)] >> (page % 64) & 1 == 1
    }

    /// Adds a page, which must be within the capacity; false if it was there.
    mutating func insert(_ page: UInt64) -> Bool {
        precondition(page < capacity, "The page is not in the file")
        let bit = UInt64(1) << (page % 64)
        guard words[Int(page / 64)] & bit == 0 else { return false }
        words[Int(page / 64)] |= bit
        return true
    }
}
