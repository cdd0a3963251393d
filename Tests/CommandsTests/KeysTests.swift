import Foundation
import Journal
import Ledger
import TestSupport
import Testing

// The keys of clients' programs: shown once, known by their hash, gone when revoked.
@Suite struct `Keys` {
    private func prepared() throws -> Workplace {
        let place = try Workplace()
        try place.razao("client", "add", "padaria-sol")
        return place
    }

    @Test func `are printed once and kept as a hash alone`() throws {
        let place = try prepared()
        let text = try place.razao("key", "create", "padaria-sol", "--name", "bot", "--quiet")
            .trimmingCharacters(in: .newlines)
        #expect(text.hasPrefix("rz-") && text.utf8.count == 46)
        let list = try place.razao("key", "list")
        #expect(list.contains("padaria-sol") && list.contains("bot") && list.contains("open"))
        #expect(!list.contains(text))
        // Not in the log, not in any file of the data folder.
        for file in ["ledger/data.mdb", "keys/data.mdb"] {
            guard let bytes = FileManager.default.contents(atPath: "\(place.data)/\(file)") else {
                continue
            }
            #expect(bytes.range(of: Data(text.utf8)) == nil, "\(file) holds the key")
        }
        let journal = try Journal.open(at: place.data)
        defer { journal.close() }
        let found = try journal.state().keys.open(hash: AccessKeys.hash(of: text))
        #expect(found?.client == "padaria-sol" && found?.name == "bot")
    }

    @Test func `open nothing once they are revoked`() throws {
        let place = try prepared()
        let text = try place.razao("key", "create", "padaria-sol", "--quiet")
            .trimmingCharacters(in: .newlines)
        let id = "k-" + AccessKeys.hash(of: text).prefix(12)
        #expect(try place.razao("key", "revoke", id).contains("Revoked"))
        #expect(try place.razao("key", "revoke", id).contains("before"))
        #expect(try place.razao("key", "list", "padaria-sol").contains("revoked"))
        let journal = try Journal.open(at: place.data)
        defer { journal.close() }
        #expect(try journal.state().keys.open(hash: AccessKeys.hash(of: text)) == nil)
    }

    @Test func `are refused for clients and ids that do not exist`() throws {
        let place = try prepared()
        try place.refused("key", "create", "nobody", saying: ["there is no client nobody"])
        try place.refused("key", "revoke", "k-1", saying: ["there is no key k-1"])
        try place.refused("key", "list", "nobody", saying: ["there is no client nobody"])
        #expect(try place.razao("key", "list").contains("no keys yet"))
    }

    @Test func `are folded in order, and a second of one name is none`() throws {
        var state = LedgerState()
        let hash = String(repeating: "a", count: 64)
        let first = KeyRecord(id: "k-1", client: "acme", hash: hash)
        let other = KeyRecord(id: "k-1", client: "evil", hash: String(repeating: "b", count: 64))
        let same = KeyRecord(id: "k-2", client: "evil", hash: hash)
        for (number, key) in [first, other, same].enumerated() {
            try state.apply(
                .keyIssued(key), at: SequenceNumber(UInt64(number + 1)),
                recordedAt: Instant(seconds: Int64(number)))
        }
        #expect(state.keys.all.map(\.record) == [first])
        #expect(state.keys.open(hash: hash) == first)
        for second in Int64(5)...6 {
            try state.apply(
                .keyRevoked(KeyRevocation(id: "k-1")), at: SequenceNumber(4),
                recordedAt: Instant(seconds: second))
        }
        #expect(state.keys.open(hash: hash) == nil)
        #expect(state.keys[id: "k-1"]?.revokedAt == Instant(seconds: 5))
    }
}
