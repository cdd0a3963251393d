import Crypto
public import Ledger

/// SHA-256 over what is stored: the chain that ties every record to all before it, and digests.
public enum Chain {
    /// The chain value before the first record of a ledger: made of its identity, so that two
    /// ledgers' chains never meet.
    public static func genesis(ledger: EventID) -> [UInt8] {
        Array(SHA256.hash(data: Array("razao log 1 \(ledger)".utf8)))
    }

    /// The chain value of a record: SHA-256 of the previous value and the record's bytes before it.
    static func next(_ previous: [UInt8], _ record: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: previous)
        hash.update(data: record)
        return Array(hash.finalize())
    }

    /// What an id stands for, in sixteen bytes: the first half of SHA-256 over kind, version,
    /// instant and payload. Two events with one id and different digests are a conflict.
    static func bodyDigest(_ event: NewEvent) -> (UInt64, UInt64) {
        var hash = SHA256()
        var writer = ByteWriter(capacity: 10)
        writer.append(event.kind.rawValue)
        writer.append(event.version)
        writer.append(event.occurredAt.nanoseconds)
        hash.update(data: writer.bytes)
        hash.update(data: event.payload)
        var halves: (UInt64, UInt64) = (0, 0)
        for (index, byte) in hash.finalize().enumerated() where index < 16 {
            if index < 8 {
                halves.0 = halves.0 << 8 | UInt64(byte)
            } else {
                halves.1 = halves.1 << 8 | UInt64(byte)
            }
        }
        return halves
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
