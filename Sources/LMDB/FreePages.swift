import Glibc

/// The pages on an environment's free list, read from the file without the map.
///
/// Everything in the file is taken as possibly damaged: what does not fit makes ``coverTail``
/// false. Layout after LMDB 0.9's mdb.c (`MDB_meta`, `MDB_page`, `MDB_node`), in the machine's byte
/// order.
struct FreePages {
    let descriptor: Int32
    let pageSize: Int
    /// Whole pages in the file; the free ones beyond are what is looked for.
    let filePages: Int

    private var free: Set<UInt64> = []
    private var visited = 0

    init(descriptor: Int32, pageSize: Int, filePages: Int) {
        self.descriptor = descriptor
        self.pageSize = pageSize
        self.filePages = filePages
    }

    private static let header = 16
    private static let branchFlag: UInt16 = 0x01
    private static let leafFlag: UInt16 = 0x02
    private static let overflowValueFlag: UInt16 = 0x01
    private static let noPage = UInt64.max

    /// Whether every page beyond the end of the file is free in the given snapshot.
    mutating func coverTail(transactionID: UInt64) -> Bool {
        for meta: UInt64 in 0...1 {
            guard let page = read(meta, bytes: pageSize),
                let root = number(page, FreePages.header + 64, as: UInt64.self),
                let last = number(page, FreePages.header + 120, as: UInt64.self),
                let identifier = number(page, FreePages.header + 128, as: UInt64.self)
            else { return false }
            if identifier == transactionID {
                guard root == FreePages.noPage || collect(root, depth: 0) else { return false }
                let missing = last + 1 - UInt64(filePages)
                return free.lazy.filter { $0 <= last }.count == missing
            }
        }
        return false
    }

    /// Adds what the branch or leaf page `number` and the pages under it list; false if damaged.
    private mutating func collect(_ pageNumber: UInt64, depth: Int) -> Bool {
        visited += 1
        guard depth < 32, visited <= filePages, let page = read(pageNumber, bytes: pageSize),
            let flags = number(page, 10, as: UInt16.self),
            let lower = number(page, 12, as: UInt16.self), lower >= FreePages.header
        else { return false }
        for index in 0..<(Int(lower) - FreePages.header) / 2 {
            guard let offset = number(page, FreePages.header + 2 * index, as: UInt16.self),
                let low = number(page, Int(offset), as: UInt32.self),
                let high = number(page, Int(offset) + 4, as: UInt16.self),
                let keySize = number(page, Int(offset) + 6, as: UInt16.self)
            else { return false }
            let content = Int(offset) + 8 + Int(keySize)
            if flags & FreePages.branchFlag != 0 {
                guard collect(UInt64(low) | UInt64(high) << 32, depth: depth + 1) else {
                    return false
                }
            } else if flags & FreePages.leafFlag == 0 {
                return false
            } else if high & FreePages.overflowValueFlag == 0 {
                guard addList(page, at: content, bytes: Int(low)) else { return false }
            } else {
                guard let first = number(page, content, as: UInt64.self),
                    let pages = read(first, bytes: FreePages.header + Int(low)),
                    addList(pages, at: FreePages.header, bytes: Int(low))
                else { return false }
            }
        }
        return true
    }

    /// Adds a list of page numbers, which its count precedes.
    private mutating func addList(_ page: [UInt8], at offset: Int, bytes: Int) -> Bool {
        guard let count = number(page, offset, as: UInt64.self), count < UInt64(bytes) / 8 + 1
        else { return false }
        for index in 0..<Int(count) {
            guard let free = number(page, offset + 8 + 8 * index, as: UInt64.self) else {
                return false
            }
            if free >= UInt64(filePages) { self.free.insert(free) }
        }
        return true
    }

    private func number<T: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: [UInt8], _ offset: Int, as type: T.Type
    ) -> T? {
        unsafe bytes.span.bytes.bigEndian(type, at: offset).map(\.bigEndian)
    }

    /// Reads from the start of a page; nil when the file does not have that much.
    private func read(_ page: UInt64, bytes: Int) -> [UInt8]? {
        guard page < UInt64(filePages), bytes <= (filePages - Int(page)) * pageSize else {
            return nil
        }
        let start = Int(page) * pageSize
        let data = unsafe [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
            while count < bytes {
                let got = unsafe pread(
                    descriptor, buffer.baseAddress.map { unsafe $0 + count }, bytes - count,
                    start + count)
                guard got > 0 || (got < 0 && errno == EINTR) else { return }
                count += max(got, 0)
            }
        }
        return data.count == bytes ? data : nil
    }
}
