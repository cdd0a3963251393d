// Safe reading and writing of the few shapes that keys and values are made of.

extension RawSpan {
    /// The big-endian number at `offset`, or nil if the span ends before the number does.
    ///
    /// The counterpart of the integer keys: `key.bigEndian(UInt64.self)` gives back the number.
    @inlinable
    public func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type = T.self, at offset: Int = 0
    ) -> T? {
        let size = MemoryLayout<T>.size
        guard offset >= 0, size <= byteCount, offset <= byteCount - size else { return nil }
        return T(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }

    /// The part from `offset` on, `count` bytes long, or nil if the span is shorter.
    ///
    /// Copies, so it is for short things and cold paths.
    @inlinable
    public func copy(at offset: Int, count: Int) -> [UInt8]? {
        guard offset >= 0, count >= 0, count <= byteCount, offset <= byteCount - count else {
            return nil
        }
        return [UInt8](extracting(offset..<(offset + count)))
    }
}

extension Array where Element == UInt8 {
    /// Makes an array from the bytes of a span.
    @inlinable
    public init(_ span: RawSpan) {
        self = unsafe span.withUnsafeBytes { bytes in unsafe [UInt8](bytes) }
    }
}

extension OutputRawSpan {
    /// Appends a number, most significant byte first.
    ///
    /// Traps when the span has no room left, as every append does: ask for enough in `reserve`.
    @inlinable
    public mutating func append<T: FixedWidthInteger & BitwiseCopyable>(bigEndian value: T) {
        unsafe append(value.bigEndian, as: T.self)
    }

    /// Appends all bytes of a span.
    ///
    /// Traps when the span has no room left.
    @inlinable
    public mutating func append(copying source: RawSpan) {
        precondition(source.byteCount <= freeCapacity, "The output span is too short")
        unsafe source.withUnsafeBytes { bytes in
            unsafe withUnsafeMutableBytes { target, count in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[count...])
                    .copyMemory(from: bytes)
                count += bytes.count
            }
        }
    }
}
