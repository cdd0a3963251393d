/// A key that lets programs of a client call the gateway. The key itself is nowhere: only its hash.
public struct KeyRecord: Sendable, Equatable, Codable {
    /// What it is called in lists, events and logs; says nothing about the key.
    public var id: String
    /// Whose calls it makes.
    public var client: String
    /// What it is for, in the words of who made it.
    public var name: String?
    /// SHA-256 of the key's text, in 64 hexadecimal digits.
    public var hash: String

    /// A key of those data.
    public init(id: String, client: String, name: String? = nil, hash: String) {
        self.id = id
        self.client = client
        self.name = name
        self.hash = hash
    }

    /// Throws unless id, name and hash are what they claim to be.
    public func check() throws(EventError) {
        try ClientRecord(id: client).check()
        try UsageEvent.checkName(id, "key", EventLimits.text)
        if let name { try UsageEvent.checkName(name, "name", EventLimits.text) }
        guard hash.utf8.count == 64, hash.allSatisfy(\.isHexDigit) else {
            throw EventError(field: "hash", reason: "must be 64 hexadecimal digits")
        }
    }
}

/// Which key was revoked; it never comes back.
public struct KeyRevocation: Sendable, Equatable, Codable {
    /// The key's id.
    public var id: String

    /// A revocation of one key.
    public init(id: String) { self.id = id }
}

/// The keys that were issued, by hash and by id.
///
/// A key is looked up by its hash, so that neither the time nor the answer tells how much of a
/// guessed key was right.
public struct KeyRing: Sendable, Equatable {
    /// A key and where it stands.
    public struct Entry: Sendable, Equatable {
        /// The key.
        public let record: KeyRecord
        /// When it was issued.
        public let issuedAt: Instant
        /// When it was revoked; nil while it opens.
        public internal(set) var revokedAt: Instant?
    }

    private var entries: [Entry] = []
    private var byHash: [String: Int] = [:]
    private var byID: [String: Int] = [:]

    /// A ring without keys.
    public init() {}

    /// How many keys of a client open.
    public func openCount(of client: String) -> Int {
        entries.count { $0.record.client == client && $0.revokedAt == nil }
    }

    /// Every key that was ever issued, in order.
    public var all: [Entry] { entries }

    /// The key of an id, revoked or not.
    public subscript(id id: String) -> Entry? { byID[id].map { entries[$0] } }

    /// The key of that hash, unless it was revoked.
    public func open(hash: String) -> KeyRecord? {
        guard let number = byHash[hash], entries[number].revokedAt == nil else { return nil }
        return entries[number].record
    }

    /// Folds an issue; a second key of one id or hash is none.
    mutating func issue(_ record: KeyRecord, at instant: Instant) {
        guard byID[record.id] == nil, byHash[record.hash] == nil else { return }
        byID[record.id] = entries.count
        byHash[record.hash] = entries.count
        entries.append(Entry(record: record, issuedAt: instant))
    }

    /// Folds a revocation.
    mutating func revoke(_ id: String, at instant: Instant) {
        guard let number = byID[id], entries[number].revokedAt == nil else { return }
        entries[number].revokedAt = instant
    }

    /// Folds the revocation of all keys of a client.
    mutating func revokeAll(of client: String, at instant: Instant) {
        for number in entries.indices
        where entries[number].record.client == client && entries[number].revokedAt == nil {
            entries[number].revokedAt = instant
        }
    }
}
