// What may stand as a key or a value: anything that can show its bytes for the length of a call.

/// Something that lends its bytes to a closure, and so can be a key or a value.
///
/// Conform an identifier of your own to write it without a heap allocation:
///
/// ```swift
/// extension EventID: ByteSource {
///     func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
///         try WideKey(high, low).withBytes(body)
///     }
/// }
/// ```
///
/// Keys are compared byte by byte, so numbers must be big-endian for their order to survive. Keys
/// have 1 to 511 bytes; values have 0 bytes to 4 GiB.
public protocol ByteSource: ~Escapable {
    /// Calls `body` with the bytes, which are valid only until it returns.
    func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R
}

extension RawSpan: ByteSource {
    /// Lends the span itself.
    @inlinable
    public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try body(self)
    }
}

extension Array: ByteSource where Element == UInt8 {
    /// Lends the array's storage without copying it.
    @inlinable
    public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try body(unsafe span.bytes)
    }
}

extension ArraySlice: ByteSource where Element == UInt8 {
    /// Lends the slice's part of the storage without copying it.
    @inlinable
    public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try body(unsafe span.bytes)
    }
}

extension InlineArray: ByteSource where Element == UInt8 {
    /// Lends the bytes from where they stand, without a heap allocation.
    @inlinable
    public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try body(unsafe span.bytes)
    }
}

extension String: ByteSource {
    /// Lends the UTF-8 bytes.
    @inlinable
    public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try body(unsafe utf8.span.bytes)
    }
}

extension UInt32: ByteSource {
    /// Lends the 4 bytes, big-endian, from the stack.
    @inlinable
    public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try withRawBytes(of: bigEndian, body)
    }
}

extension UInt64: ByteSource {
    /// Lends the 8 bytes, big-endian, from the stack.
    @inlinable
    public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try withRawBytes(of: bigEndian, body)
    }
}

/// A key of 16 bytes, given as two numbers and ordered by the first, then by the second.
public struct WideKey: ByteSource, Sendable, Hashable {
    /// The first 8 bytes, big-endian.
    public let high: UInt64
    /// The last 8 bytes, big-endian.
    public let low: UInt64

    /// Makes a key from its two halves.
    @inlinable
    public init(_ high: UInt64, _ low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Lends the 16 bytes from the stack.
    @inlinable
    public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try withRawBytes(of: (high.bigEndian, low.bigEndian), body)
    }
}

@inlinable
func withRawBytes<T: BitwiseCopyable, R, E: Error>(
    of value: T, _ body: (RawSpan) throws(E) -> R
) throws(E) -> R {
    try unsafe withUnsafeBytes(of: value) { (bytes) throws(E) -> R in
        try body(unsafe RawSpan(_unsafeBytes: bytes))
    }
}
