/// Takes a transfer's parts as they come: first the head, then pieces of the body, then the end.
///
/// All are called on the loop's thread, in order, `ended` once and last, whatever happens; without
/// an answer it is the only one. **They must not block**: every other transfer of the loop waits.
/// Locks held for moments are fine, and so are ``TransferLoop/start(_:delegate:)`` and
/// ``TransferLoop/cancel(_:)``. The first call may come before `start` has returned.
public protocol TransferDelegate: AnyObject, Sendable {
    /// The head is here; interim answers are left out.
    func transfer(_ id: TransferID, answered head: HTTPHead)
    /// More of the body: all that came for this transfer in one turn of the loop, at least a byte.
    func transfer(_ id: TransferID, received bytes: [UInt8])
    /// Nothing comes any more.
    func transfer(_ id: TransferID, ended result: Result<TransferTimings, CurlError>)
}
