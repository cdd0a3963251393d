// A named table in an environment, and how a put treats what is there.

/// A handle for one named table of an environment, got from
/// ``Environment/openDatabase(_:create:)``.
///
/// Open it once after the environment and keep it: it is two numbers, valid until the environment
/// closes. Using it with another environment is refused with an error.
public struct Database: Sendable, Hashable {
    let slot: UInt32
    let environment: UInt32
}

/// How a put treats a key that is there already.
public enum PutMode: Sendable {
    /// Writes the value whether or not the key exists.
    case upsert
    /// Refuses with `keyExists` if the key exists; what is there stays.
    case noOverwrite
    /// Refuses with `keyExists` unless the key is greater than all in the database.
    ///
    /// The fastest way to insert in order, and a check that the order holds. It fills pages
    /// completely, so later inserts in between cost more.
    case append
}
