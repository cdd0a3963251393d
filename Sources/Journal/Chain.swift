import Crypto
public import Ledger

/// SHA-256 over what is stored: the chain that ties every record to all before it, and digests.
public enum Chain {
    /// The chain value before the first record of a ledger: made of its identity, so that two
    /// ledgers' chains never meet.
    public static func genesis(ledger: EventID) -> [UInt8] {
        Array(SHA256.hash(data: Array("razao log 1 \(ledger)".utf8)))
    }

    /// Replaces a chain value by the next one: SHA-256 of the value and the record's bytes before
    /// its own chain value.
    static func advance(_ chain: inout [UInt8], over record: RawSpan) {
        var hash = SHA256()
        unsafe chain.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        unsafe record.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        let digest = hash.finalize()
        unsafe chain.withUnsafeMutableBytes { chain in
            unsafe digest.withUnsafeBytes { unsafe chain.copyMemory(from: $0) }
        }
    }

    /// What an id stands for, in sixteen bytes: the first half of SHA-256 over kind, version,
    /// instant and payload. Two events with one id and different digests are a conflict.
    static func bodyDigest(_ event: NewEvent) -> (UInt64, UInt64) {
        bodyDigest(
            kind: event.kind, version: event.version, occurredAt: event.occurredAt,
            unsafe event.payload.span.bytes)
    }

    static func bodyDigest(
        kind: EventKind, version: UInt8, occurredAt: Instant, _ payload: RawSpan
    ) -> (UInt64, UInt64) {
        var hash = SHA256()
        let shape = UInt16(kind.rawValue) | UInt16(version) << 8
        unsafe withUnsafeBytes(of: shape.littleEndian) { unsafe hash.update(bufferPointer: $0) }
        unsafe withUnsafeBytes(of: occurredAt.nanoseconds.littleEndian) {
            unsafe hash.update(bufferPointer: $0)
        }
        unsafe payload.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        return unsafe hash.finalize().withUnsafeBytes { digest in
            (
                UInt64(bigEndian: unsafe digest.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: unsafe digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// SHA-256 in hexadecimal digits.
    public static func hexDigest(_ bytes: some Sequence<UInt8>) -> String {
        SHA256.hash(data: Array(bytes)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            .joined()
    }
}

extension EventID {
    /// The id of a row of an import that has none of its own: eight bytes of the source's digest,
    /// then the row, so that the rows of a source stay together and in order.
    public init(source: String, row: UInt64) {
        self.init(high: Self.firstEight("razao import \(source)"), low: row)
    }

    /// The id that a foreign id's text stands for. Texts that are UUIDs are taken as they are.
    public init(foreign text: String) {
        if let id = EventID(text) {
            self = id
            return
        }
        let bytes = Array(SHA256.hash(data: Array("razao id \(text)".utf8)))
        self.init(high: Self.number(bytes[0..<8]), low: Self.number(bytes[8..<16]))
    }

    /// The id of a fact that is told the same way every time, so that telling it twice is once.
    public init(fact text: String) { self.init(foreign: "fact " + text) }

    private static func firstEight(_ text: String) -> UInt64 {
        number(Array(SHA256.hash(data: Array(text.utf8)))[0..<8])
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
