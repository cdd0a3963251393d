import TestSupport
import Testing

@testable import Curl

@Suite struct `Stream state` {
    typealias State = StreamState<Int, Int>

    /// An action in words, so that a test reads like a table.
    private func words(_ action: State.Action) -> String {
        switch action {
        case .nothing: "nothing"
        case .pause: "pause"
        case .answerPieceAndResume(let waiter, let result):
            "\(words(.answerPiece(waiter, result))), resume"
        case .answerHead(let waiter, .success(let head)): "head \(waiter): \(head.status)"
        case .answerHead(let waiter, .failure(let error)): "head \(waiter): \(name(error))"
        case .answerPiece(let waiter, .success(let piece?)): "piece \(waiter): \(piece.count)"
        case .answerPiece(let waiter, .success(nil)): "piece \(waiter): end"
        case .answerPiece(let waiter, .failure(let error)): "piece \(waiter): \(name(error))"
        }
    }

    private func name(_ error: CurlError) -> String {
        switch error {
        case .badRequest: "second"
        case .badAnswer: "headless"
        default: "\(error == .cancelled ? "cancelled" : "failed")"
        }
    }

    private let head = HTTPHead(status: 200)
    private let done = Result<TransferTimings, CurlError>.success(TransferTimings())

    private func bytes(_ count: Int) -> [UInt8] { Array(repeating: 1, count: count) }

    @Test func `waiters who come first are answered as things come`() {
        var state = State(maximumBytes: 10)
        #expect(words(state.waitForHead(1)) == "nothing")
        #expect(words(state.take(head)) == "head 1: 200")
        #expect(words(state.waitForPiece(2)) == "nothing")
        #expect(words(state.take(bytes(3))) == "piece 2: 3")
        #expect(words(state.waitForPiece(3)) == "nothing")
        #expect(words(state.finish(done)) == "piece 3: end")
        #expect(words(state.waitForPiece(4)) == "piece 4: end")
    }

    @Test func `what came first waits, several pieces as one`() {
        var state = State(maximumBytes: 10)
        #expect(words(state.take(head)) == "nothing")
        #expect(words(state.take(bytes(3))) == "nothing")
        #expect(words(state.take(bytes(4))) == "nothing")
        #expect(words(state.finish(.failure(.connectionClosed("")))) == "nothing")
        #expect(words(state.waitForHead(1)) == "head 1: 200")
        #expect(words(state.waitForPiece(2)) == "piece 2: 7")
        #expect(words(state.waitForPiece(3)) == "piece 3: failed")
    }

    @Test func `beyond the bound the transfer waits until its reader comes`() {
        var state = State(maximumBytes: 10)
        _ = state.take(head)
        #expect(words(state.take(bytes(10))) == "nothing")
        #expect(words(state.take(bytes(1))) == "pause")
        // What was on its way still comes, and nothing is said twice.
        #expect(words(state.take(bytes(1))) == "nothing")
        #expect(words(state.waitForPiece(1)) == "piece 1: 12, resume")
        #expect(words(state.waitForPiece(2)) == "nothing")
        #expect(words(state.take(bytes(12))) == "piece 2: 12")
        #expect(words(state.take(bytes(12))) == "pause")
        #expect(words(state.finish(done)) == "nothing")
        #expect(words(state.waitForPiece(3)) == "piece 3: 12, resume")
        #expect(words(state.waitForPiece(4)) == "piece 4: end")
    }

    @Test func `a stream that was stopped gives nothing more`() {
        var state = State(maximumBytes: 10)
        _ = state.take(head)
        _ = state.take(bytes(5))
        #expect(words(state.finish(.failure(.cancelled))) == "nothing")
        #expect(words(state.waitForPiece(1)) == "piece 1: cancelled")
    }

    @Test func `an end without a head answers who waits for one`() {
        var state = State(maximumBytes: 10)
        #expect(words(state.waitForHead(1)) == "nothing")
        #expect(words(state.finish(.failure(.loopClosed))) == "head 1: failed")
        var odd = State(maximumBytes: 10)
        #expect(words(odd.finish(done)) == "nothing")
        #expect(words(odd.waitForHead(1)) == "head 1: headless")
    }

    @Test func `a second reader is refused and the first is not disturbed`() {
        var state = State(maximumBytes: 10)
        _ = state.waitForHead(1)
        #expect(words(state.waitForHead(2)) == "head 2: second")
        #expect(words(state.take(head)) == "head 1: 200")
        _ = state.waitForPiece(3)
        #expect(words(state.waitForPiece(4)) == "piece 4: second")
        #expect(words(state.take(bytes(1))) == "piece 3: 1")
    }

    @Test func `every waiter is answered once and every byte read once, in any order`() throws {
        try withSeed { random in
            for _ in 0..<2_000 {
                var state = State(maximumBytes: 50)
                var sent: [UInt8] = []
                var read: [UInt8] = []
                var open: Set<Int> = []
                var waiters = 0
                var isEnded = false
                var isPaused = false
                func carryOut(_ action: State.Action) throws {
                    switch action {
                    case .nothing: break
                    case .pause:
                        try #require(!isPaused)
                        isPaused = true
                    case .answerPieceAndResume(let waiter, let result):
                        try #require(isPaused)
                        isPaused = false
                        try carryOut(.answerPiece(waiter, result))
                    case .answerHead(let waiter, _): try #require(open.remove(waiter) != nil)
                    case .answerPiece(let waiter, let result):
                        try #require(open.remove(waiter) != nil)
                        if case .success(let piece?) = result { read += piece }
                    }
                }
                try carryOut(state.take(head))
                for _ in 0..<random.int(0...30) {
                    switch random.int(0...3) {
                    case 0 where !isEnded:
                        let piece = random.bytes(random.int(1...20))
                        sent += piece
                        try carryOut(state.take(piece))
                    case 1 where !isEnded && random.once(in: 10):
                        isEnded = true
                        try carryOut(state.finish(done))
                    case 2:
                        waiters += 1
                        open.insert(waiters)
                        try carryOut(state.waitForHead(waiters))
                    default:
                        waiters += 1
                        open.insert(waiters)
                        try carryOut(state.waitForPiece(waiters))
                    }
                    try #require(sent.starts(with: read))
                    try #require(open.count <= 1)
                }
                if !isEnded { try carryOut(state.finish(done)) }
                open.insert(-1)
                try carryOut(state.waitForPiece(-1))
                // Whoever has read all has said so.
                try #require(!isPaused)
                try #require(open.isEmpty && read == sent)
            }
        }
    }
}
