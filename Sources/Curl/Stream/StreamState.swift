/// Where a streamed answer stands between the loop, which brings it, and the task that reads it.
///
/// A pure value: every event gives at most one action to carry out, and a waiter that was put in
/// comes out exactly once. The loop brings a head, pieces and an end, in this order; the reader
/// waits for the head once, then for one piece after another.
struct StreamState<HeadWaiter, PieceWaiter> {
    enum Action {
        case nothing
        case answerHead(HeadWaiter, Result<HTTPHead, CurlError>)
        case answerPiece(PieceWaiter, Result<[UInt8]?, CurlError>)
        /// The same, and the transfer goes on.
        case answerPieceAndResume(PieceWaiter, Result<[UInt8]?, CurlError>)
        /// The transfer is to wait: its reader is behind.
        case pause
    }

    private let maximumBytes: Int
    private var head: HTTPHead?
    private var headWaiter: HeadWaiter?
    private var pieceWaiter: PieceWaiter?
    private var buffer: [UInt8] = []
    private var end: Result<TransferTimings, CurlError>?
    private var isPaused = false

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// How the transfer ended, once it has.
    var result: Result<TransferTimings, CurlError>? { end }

    /// The loop brings the head.
    mutating func take(_ head: HTTPHead) -> Action {
        self.head = head
        guard let waiter = headWaiter.take() else { return .nothing }
        return .answerHead(waiter, .success(head))
    }

    /// The loop brings a piece, which is always taken: what is on its way when the transfer is told
    /// to wait still comes.
    mutating func take(_ piece: [UInt8]) -> Action {
        if let waiter = pieceWaiter.take() { return .answerPiece(waiter, .success(piece)) }
        if buffer.isEmpty { buffer = piece } else { buffer += piece }
        guard buffer.count > maximumBytes, !isPaused else { return .nothing }
        isPaused = true
        return .pause
    }

    /// The loop brings the end. What is buffered can still be read, unless the reader gave up.
    mutating func finish(_ result: Result<TransferTimings, CurlError>) -> Action {
        end = result
        if case .failure(.cancelled) = result { buffer = [] }
        if let waiter = headWaiter.take() { return .answerHead(waiter, headAtEnd(result)) }
        if let waiter = pieceWaiter.take() { return .answerPiece(waiter, pieceAtEnd(result)) }
        return .nothing
    }

    /// The reader wants the head.
    mutating func waitForHead(_ waiter: HeadWaiter) -> Action {
        if let head { return .answerHead(waiter, .success(head)) }
        if let end { return .answerHead(waiter, headAtEnd(end)) }
        guard headWaiter == nil else { return .answerHead(waiter, .failure(Self.secondReader)) }
        headWaiter = waiter
        return .nothing
    }

    /// The reader wants all that is there, or the next piece, or nil after the last.
    mutating func waitForPiece(_ waiter: PieceWaiter) -> Action {
        if !buffer.isEmpty {
            let piece = buffer
            buffer = []
            guard isPaused else { return .answerPiece(waiter, .success(piece)) }
            isPaused = false
            return .answerPieceAndResume(waiter, .success(piece))
        }
        if let end { return .answerPiece(waiter, pieceAtEnd(end)) }
        guard pieceWaiter == nil else {
            return .answerPiece(waiter, .failure(Self.secondReader))
        }
        pieceWaiter = waiter
        return .nothing
    }

    private static var secondReader: CurlError {
        .badRequest("two tasks read the same answer at the same time")
    }

    private func headAtEnd(
        _ result: Result<TransferTimings, CurlError>
    ) -> Result<HTTPHead, CurlError> {
        result.flatMap { _ in .failure(.badAnswer("it has no head")) }
    }

    private func pieceAtEnd(
        _ result: Result<TransferTimings, CurlError>
    ) -> Result<[UInt8]?, CurlError> {
        result.map { _ in nil }
    }
}
