/// Collects little-endian integers and texts in a growing array.
public struct ByteWriter: Sendable {
    @usableFromInline var storage: [UInt8]

    /// What was written so far.
    @inlinable public var bytes: [UInt8] { storage }

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 256) {
        storage = []
        storage.reserveCapacity(capacity)
    }

    /// Forgets what was written and keeps the room.
    public mutating func removeAll() { storage.removeAll(keepingCapacity: true) }

    /// Appends an integer, little-endian.
    @inlinable public mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        // One copy of all its bytes: byte by byte, the array would check its room each time.
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe storage.append(contentsOf: $0) }
    }

    /// Appends one byte.
    public mutating func append(_ value: UInt8) { storage.append(value) }

    /// Appends an integer, big-endian, so that byte order is number order.
    public mutating func appendBigEndian(_ value: UInt64) { append(value.byteSwapped) }

    /// Appends bytes as they are.
    public mutating func append(contentsOf more: some Collection<UInt8>) {
        storage.append(contentsOf: more)
    }

    /// Appends bytes as they are.
    public mutating func append(_ span: RawSpan) {
        unsafe span.withUnsafeBytes { unsafe storage.append(contentsOf: $0) }
    }

    /// Appends a text's UTF-8 bytes.
    public mutating func append(text: String) { storage.append(contentsOf: text.utf8) }

    /// Appends an unsigned number in groups of seven bits, small numbers short (LEB128).
    public mutating func appendVariable(_ value: UInt64) {
        append(atMost: 10) { $0.appendVariable(value) }
    }

    /// Appends what `fill` writes, at most `count` bytes, into memory of that size: for many small
    /// numbers in a row.
    mutating func append(atMost count: Int, _ fill: (inout OutputRawSpan) -> Void) {
        unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { memory in
            var output = unsafe OutputRawSpan(buffer: memory, initializedCount: 0)
            fill(&output)
            let written = unsafe output.finalize(for: memory)
            unsafe storage.append(contentsOf: memory[..<written])
        }
    }
}

extension OutputRawSpan {
    /// Appends an unsigned number in groups of seven bits, small numbers short (LEB128).
    @inline(__always)
    mutating func appendVariable(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
