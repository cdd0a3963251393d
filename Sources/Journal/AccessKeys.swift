import Crypto
import Foundation
public import Ledger

/// Makes and recognises the keys of clients' programs.
///
/// ```swift
/// let (text, record) = try AccessKeys.make(client: "acme", name: "chatbot")
/// try journal.record([.keyIssued(record)], by: "me")      // text is shown once and kept nowhere
/// let key = state.keys.open(hash: AccessKeys.hash(of: text))
/// ```
public enum AccessKeys {
    /// What every key begins with, so that one that leaked can be found.
    public static let prefix = "rz-"

    /// A new key: 32 random bytes as text, and what the log keeps of it.
    public static func make(
        client: String, name: String? = nil
    ) throws -> (text: String, record: KeyRecord) {
        let bytes = unsafe SymmetricKey(size: .bits256).withUnsafeBytes { unsafe Data($0) }
        let text =
            prefix
            + bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
        let hash = hash(of: text)
        let record = KeyRecord(
            id: "k-" + hash.prefix(12), client: client, name: name, hash: hash)
        try record.check()
        return (text, record)
    }

    /// SHA-256 of a key's text, as the log has it. The key holds 256 random bits, so nothing slower
    /// is needed.
    public static func hash(of text: String) -> String { Chain.hexDigest(text.utf8) }
}
