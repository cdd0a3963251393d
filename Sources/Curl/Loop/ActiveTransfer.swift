/// A transfer while curl works on it, known to the loop's thread only.
///
/// curl's callbacks put here what comes; the loop hands it to the delegate at the end of a turn, so
/// that no code of others runs inside curl, and many small pieces make one call.
final class ActiveTransfer {
    let id: TransferID
    let slot: EasySlot
    private(set) var progress: TransferProgress
    /// The moment for which the loop has an entry in its heap.
    var scheduled: MonotonicTime?
    /// Why the transfer was cut from within, if it was.
    private(set) var failure: CurlError?
    private let delegate: any TransferDelegate
    let maximumHeadBytes: Int
    let maximumBodyBytes: Int
    /// Told when there is something to deliver or a deadline has come nearer.
    private let noteChange: (ActiveTransfer) -> Void
    private var isNoted = false
    private var isEnded = false
    private var arrived = TransferDelivery()

    init(
        _ start: CommandQueue.Start, slot: EasySlot, at now: MonotonicTime,
        noteChange: @escaping (ActiveTransfer) -> Void
    ) {
        id = start.id
        self.slot = slot
        let request = start.request.request
        progress = TransferProgress(request, at: now)
        delegate = start.delegate
        maximumHeadBytes = request.maximumHeadBytes
        maximumBodyBytes = request.maximumBodyBytes
        self.noteChange = noteChange
    }

    func send() {
        progress.send(at: .now)
        note()
    }

    /// Has curl wait with the rest of the answer, or go on with it. What it kept meanwhile comes at
    /// once, as every piece does.
    func setFlow(isPaused: Bool) {
        progress.setFlow(isPaused: isPaused, at: .now)
        slot.setFlow(isPaused: isPaused)
    }

    func takeHeadLine(_ line: RawSpan) -> Bool {
        guard !isEnded else { return false }
        let text = unsafe line.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        let step = progress.takeHeadLine(text, byteCount: line.byteCount, at: .now)
        note()
        switch step {
        case .more: break
        case .complete(let head): arrived.head = head
        case .tooLarge:
            failure = .headTooLarge(limit: maximumHeadBytes)
            return false
        }
        return true
    }

    func takeBody(_ piece: RawSpan) -> Bool {
        guard !isEnded else { return false }
        guard progress.takeBody(piece.byteCount, at: .now) else {
            failure = .tooLarge(limit: maximumBodyBytes)
            return false
        }
        unsafe piece.withUnsafeBytes { piece in unsafe arrived.bytes.append(contentsOf: piece) }
        note()
        return true
    }

    /// Lets nothing more in or out, whatever curl does while the handle is taken from it.
    func seal() { isEnded = true }

    /// Hands over what has come since the last call.
    func deliver() {
        isNoted = false
        guard !isEnded else { return }
        handOver(takeArrived())
    }

    /// Hands over what came and the end, after ``seal()``.
    func end(_ result: Result<TransferTimings, CurlError>) {
        var last = takeArrived()
        last.end = result
        handOver(last)
    }

    private func takeArrived() -> TransferDelivery {
        defer { arrived = TransferDelivery() }
        return arrived
    }

    private func handOver(_ delivery: TransferDelivery) {
        if !delivery.isNothing { delegate.transfer(id, brought: delivery) }
    }

    private func note() {
        guard !isNoted else { return }
        isNoted = true
        noteChange(self)
    }
}
