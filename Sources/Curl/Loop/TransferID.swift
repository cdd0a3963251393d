/// A transfer of one loop; never given twice.
public struct TransferID: Sendable, Hashable, CustomStringConvertible {
    let rawValue: UInt64

    /// The number, for a log.
    public var description: String { String(rawValue) }
}
