/// What came for a transfer in one turn of the loop: in this order, and something at least.
public struct TransferDelivery: Sendable {
    /// The head, once; interim answers are left out.
    public var head: HTTPHead?
    /// More of the body.
    public var bytes: [UInt8] = []
    /// The end, once and last: nothing comes after it.
    public var end: Result<TransferTimings, CurlError>?

    var isNothing: Bool { head == nil && bytes.isEmpty && end == nil }
}

/// Takes a transfer's parts as they come: first the head, then pieces of the body, then the end,
/// which comes whatever happens and without an answer alone.
///
/// All that one turn of the loop brought comes in one call, so that whoever waits is woken once. It
/// is called on the loop's thread and **must not block**: every other transfer of the loop waits.
/// Locks held for moments are fine, and so are ``TransferLoop/start(_:delegate:)`` and
/// ``TransferLoop/cancel(_:)``. The first call may come before `start` has returned.
public protocol TransferDelegate: AnyObject, Sendable {
    /// Something came.
    func transfer(_ id: TransferID, brought delivery: TransferDelivery)
}
