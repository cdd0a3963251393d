import Glibc

/// A data file that is read without the map, so that a missing part is an error and not a SIGBUS.
struct PageFile {
    let descriptor: Int32
    /// The file's length when it was looked at.
    let bytes: Int
    /// The size of a page; until the metas were read a guess.
    let pageSize: Int

    /// Whole pages in the file.
    var pages: UInt64 { UInt64(bytes / pageSize) }
}

/// A piece of the file in memory of its own; no look at it can leave it.
@safe
final class PageBuffer {
    private let memory: UnsafeMutableRawBufferPointer
    /// The page that the piece begins with, for messages.
    private(set) var page: UInt64 = 0
    /// The bytes it has now.
    private(set) var count = 0

    init(capacity: Int) {
        unsafe memory = .allocate(byteCount: capacity, alignment: 16)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { unsafe memory.deallocate() }

    /// The most bytes it can have.
    var capacity: Int { unsafe memory.count }

    /// Reads `count` bytes from an offset in a page on; throws when the file does not have them.
    func fill(
        from file: PageFile, page: UInt64, offset: Int = 0, count wanted: Int
    ) throws(PageFault) {
        precondition(wanted <= capacity, "The buffer is too small")
        self.page = page
        count = 0
        let (start, overflow) = page.multipliedReportingOverflow(by: UInt64(file.pageSize))
        guard !overflow, start <= UInt64(Int.max / 2) else {
            throw PageFault(page, "it lies beyond the end of the file")
        }
        while count < wanted {
            let target = unsafe memory.baseAddress.map { unsafe $0 + count }
            let got = unsafe pread(
                file.descriptor, target, wanted - count, Int(start) + offset + count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw PageFault(page, "it cannot be read (error \(errno))") }
            guard got > 0 else { throw PageFault(page, "it lies beyond the end of the file") }
            count += got
        }
    }

    /// The number at an offset, in the machine's byte order, as LMDB writes it.
    func integer<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type = T.self, at offset: Int
    ) throws(PageFault) -> T {
        guard offset >= 0, offset <= count - MemoryLayout<T>.size else {
            throw PageFault(page, "something in it points past its end")
        }
        return unsafe memory.loadUnaligned(fromByteOffset: offset, as: type)
    }

    /// Takes over a part of another buffer.
    func copy(_ other: PageBuffer, _ range: Range<Int>) {
        precondition(range.count <= capacity && range.upperBound <= other.count)
        page = other.page
        count = range.count
        guard !range.isEmpty else { return }
        unsafe memory.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(other.memory)[range]))
    }

    /// The order of a part of this buffer and one of another: byte by byte, the shorter first.
    func compare(_ range: Range<Int>, with other: PageBuffer, _ otherRange: Range<Int>) -> Int {
        precondition(range.upperBound <= count && otherRange.upperBound <= other.count)
        let common = min(range.count, otherRange.count)
        if common > 0, let left = unsafe memory.baseAddress,
            let right = unsafe other.memory.baseAddress
        {
            let order = unsafe memcmp(
                left + range.lowerBound, right + otherRange.lowerBound, common)
            if order != 0 { return Int(order) }
        }
        return range.count - otherRange.count
    }

    /// A part as text, for messages.
    func text(_ range: Range<Int>) -> String {
        precondition(range.upperBound <= count)
        return unsafe String(decoding: memory[range], as: UTF8.self)
    }
}
