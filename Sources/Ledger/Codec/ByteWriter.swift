/// Collects little-endian integers and texts in a growing array.
public struct ByteWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8]

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Appends an integer, little-endian.
    @inlinable public mutating func append<T: FixedWidthInteger>(_ value: T) {
        var rest = value
        for _ in 0..<MemoryLayout<T>.size {
            appendByte(UInt8(truncatingIfNeeded: rest))
            rest >>= T(truncatingIfNeeded: 8)
        }
    }

    /// Appends one byte.
    @inlinable public mutating func append(_ value: UInt8) { appendByte(value) }

    /// Appends an integer, big-endian, so that byte order is number order.
    public mutating func appendBigEndian(_ value: UInt64) { append(value.byteSwapped) }

    /// Appends bytes as they are.
    public mutating func append(contentsOf more: some Collection<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// Appends a text's UTF-8 bytes.
    public mutating func append(text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends an unsigned number in groups of seven bits, small numbers short (LEB128).
    public mutating func appendVariable(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            appendByte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        appendByte(UInt8(rest))
    }

    @usableFromInline mutating func appendByte(_ byte: UInt8) { bytes.append(byte) }
}
