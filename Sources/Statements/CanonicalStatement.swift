public import Ledger

/// The one form of a statement that its digest is made over.
///
/// ```swift
/// statement.digest = hexadecimal(SHA256.hash(data: CanonicalStatement.bytes(statement)))
/// ```
public enum CanonicalStatement {
    /// Compact JSON with sorted names and without `digest`.
    ///
    /// Strings are escaped as RFC 8785 says and nothing is left to a library, so the bytes of a
    /// closed month stay the same with every later toolchain.
    public static func bytes(_ statement: Statement) -> [UInt8] {
        Array(statement.jsonValue.without("digest").text(.compact).utf8)
    }
}
