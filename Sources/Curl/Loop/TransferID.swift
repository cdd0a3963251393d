/// A transfer of one loop; never given twice.
public struct TransferID: Sendable, Hashable, CustomStringConvertible {
    let rawValue: UInt64

    /// An id of that number, as a test needs one; a loop gives its own.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The number, for a log.
    public var description: String { String(rawValue) }
}
