import Crypto
import Ledger

/// SHA-256 over many short pieces, each with its length before it, so that no two lists of pieces
/// give the same bytes.
struct DigestBuilder {
    private var hash = SHA256()
    private var buffer: [UInt8] = []

    mutating func add(_ span: RawSpan) {
        let count = UInt32(span.byteCount)
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            buffer.append(UInt8(truncatingIfNeeded: count >> shift))
        }
        unsafe span.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
        if buffer.count >= 1 << 16 { flush() }
    }

    mutating func finish() -> String {
        flush()
        return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private mutating func flush() {
        hash.update(data: buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}
