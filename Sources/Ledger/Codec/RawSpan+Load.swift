/// Reading little-endian integers and byte ranges at given places of a borrowed buffer.
///
/// The only place in this module that loads from raw memory; every load checks its bounds first and
/// throws ``CodecError/truncated`` rather than reading past the end.
extension RawSpan {
    /// A little-endian integer at a place.
    @inlinable public func load<T: FixedWidthInteger & BitwiseCopyable>(
        _ offset: Int, as type: T.Type = T.self
    ) throws(CodecError) -> T {
        guard offset >= 0, offset <= byteCount &- MemoryLayout<T>.size else { throw .truncated }
        return T(
            littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self))
    }

    /// A big-endian integer at a place, as keys hold them.
    @inlinable public func loadBigEndian<T: FixedWidthInteger & BitwiseCopyable>(
        _ offset: Int, as type: T.Type = T.self
    ) throws(CodecError) -> T {
        try load(offset, as: type).byteSwapped
    }

    /// A copy of `count` bytes from a place.
    public func bytes(_ offset: Int, _ count: Int) throws(CodecError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= byteCount &- count else { throw .truncated }
        return unsafe extracting(offset..<offset &+ count).withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// The UTF-8 text of `count` bytes from a place.
    public func text(_ offset: Int, _ count: Int) throws(CodecError) -> String {
        guard offset >= 0, count >= 0, offset <= byteCount &- count else { throw .truncated }
        let text = unsafe extracting(offset..<offset &+ count).withUnsafeBytes {
            unsafe String(validating: $0, as: UTF8.self)
        }
        guard let text else { throw .notText }
        return text
    }

    /// All bytes, copied.
    public var copied: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }
}

/// Stored bytes that cannot be what they claim to be.
public enum CodecError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The record ends before its last field.
    case truncated
    /// A text is not UTF-8.
    case notText
    /// A field holds a value that no version of the program wrote.
    case badValue(String)
    /// The checksum does not match the bytes.
    case checksum
    /// A newer program wrote this.
    case unknownVersion(kind: UInt8, version: UInt8)

    /// The sentence that is shown to a person.
    public var description: String {
        switch self {
        case .truncated: "the record ends too early"
        case .notText: "a text in the record is not UTF-8"
        case .badValue(let field): "the record's \(field) holds a value that was never written"
        case .checksum: "the record's checksum does not match its bytes"
        case .unknownVersion(let kind, let version):
            "the record is of kind \(kind) version \(version), which this program does not know; "
                + "update razao"
        }
    }
}
