import Crypto
import Foundation
import LMDB
public import Ledger
import Synchronization

/// Each client's secret, kept apart from the log, so that end users stand in it as pseudonyms; and
/// the data folder's own, such as that which seals kept answers.
///
/// ```swift
/// let keys = try PeopleKeys(folder: "data")
/// let pseudonym = try keys.pseudonym(of: "+55 11 91234-5678", client: "acme")
/// ```
/// A pseudonym is HMAC-SHA256 of the identifier under the client's secret, cut to sixteen bytes:
/// the same person of the same client has the same one, and without the secret nobody can list
/// numbers until one fits. The secrets are in `keys/`, which belongs in no long-lived backup.
public final class PeopleKeys: Sendable {
    private let environment: LMDB.Environment
    private let clients: Database
    private let named: Database
    private let secrets = Mutex<[String: [UInt8]]>([:])

    /// Opens the keys of a data folder, or makes them.
    public init(folder: String) throws {
        let path = folder + "/keys"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        var options = LMDB.Environment.Options()
        options.mapSize = 1 << 30
        environment = try LMDB.Environment(path: path, options: options)
        clients = try environment.openDatabase("clients", create: true)
        named = try environment.openDatabase("secrets", create: true)
    }

    /// The pseudonym of an end user of a client.
    public func pseudonym(of endUser: String, client: String) throws -> EndUserPseudonym {
        let key = SymmetricKey(data: try secret(of: client))
        let code = Array(HMAC<SHA256>.authenticationCode(for: Array(endUser.utf8), using: key))
        func half(_ start: Int) -> UInt64 {
            code[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        return EndUserPseudonym(high: half(0), low: half(8))
    }

    /// Closes the keys' environment.
    public func close() { environment.close() }

    /// The secret of that name, of the data folder as a whole.
    func secret(named name: String) throws -> [UInt8] { try secret(name, in: named) }

    private func secret(of client: String) throws -> [UInt8] {
        if let known = secrets.withLock({ $0[client] }) { return known }
        let kept = try secret(client, in: clients)
        secrets.withLock { $0[client] = kept }
        return kept
    }

    private func secret(_ name: String, in table: Database) throws -> [UInt8] {
        let fresh = unsafe SymmetricKey(size: .bits256).withUnsafeBytes { unsafe [UInt8]($0) }
        // Whoever comes first keeps the secret for all processes.
        return try environment.write { transaction -> [UInt8] in
            if let there = try transaction.value(table, name) { return there }
            try transaction.put(table, key: name, value: fresh)
            return fresh
        }
    }
}
