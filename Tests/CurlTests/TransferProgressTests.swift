import Testing

@testable import Curl

@Suite struct `Transfer progress` {
    private func progress(maximumHeadBytes: Int = 1_000, maximumBodyBytes: Int = 100)
        -> TransferProgress
    {
        let timeouts = HTTPTimeouts(
            connect: .nanoseconds(10), firstByte: .nanoseconds(20), betweenBytes: .nanoseconds(5),
            whole: .nanoseconds(100))
        let request = HTTPRequest(
            "GET", "http://x/", timeouts: timeouts, maximumHeadBytes: maximumHeadBytes,
            maximumBodyBytes: maximumBodyBytes)
        return TransferProgress(request, at: at(0))
    }

    private func at(_ nanoseconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: nanoseconds)
    }

    /// Feeds lines, all at one moment; gives what the last leads to.
    private func feed(
        _ progress: inout TransferProgress, _ lines: [String], at time: Int64 = 1
    ) -> TransferProgress.HeadStep {
        var step = TransferProgress.HeadStep.more
        for line in lines {
            let line = line + "\r\n"
            step = progress.takeHeadLine(line, byteCount: line.utf8.count, at: at(time))
        }
        return step
    }

    @Test func `each phase has its own time-out, and the whole one ends them all`() {
        var progress = progress()
        #expect(progress.deadline == at(10))
        #expect(progress.expired(at: at(9)) == nil)
        #expect(progress.expired(at: at(10)) == .connect)
        progress.send(at: at(8))
        #expect(progress.deadline == at(28))
        #expect(progress.expired(at: at(28)) == .firstByte)
        _ = feed(&progress, ["HTTP/1.1 200 OK"], at: 27)
        #expect(progress.deadline == at(32))
        #expect(progress.expired(at: at(32)) == .betweenBytes)
        _ = feed(&progress, [""], at: 30)
        for time in stride(from: 34, through: 98, by: 4) {
            #expect(progress.expired(at: at(Int64(time))) == nil)
            let isTaken = progress.takeBody(1, at: at(Int64(time)))
            #expect(isTaken)
        }
        #expect(progress.deadline == at(100))
        #expect(progress.expired(at: at(100)) == .whole)
    }

    @Test func `silence does not count while the reader is behind, but the whole does`() {
        var progress = progress()
        progress.send(at: at(1))
        _ = feed(&progress, ["HTTP/1.1 200 OK", ""], at: 2)
        progress.setFlow(isPaused: true, at: at(4))
        #expect(progress.deadline == at(100) && progress.expired(at: at(99)) == nil)
        #expect(progress.expired(at: at(100)) == .whole)
        progress.setFlow(isPaused: false, at: at(50))
        #expect(progress.deadline == at(55) && progress.expired(at: at(54)) == nil)
        #expect(progress.expired(at: at(55)) == .betweenBytes)
    }

    @Test func `an interim head waits for the first byte again`() {
        var progress = progress()
        progress.send(at: at(1))
        #expect(feed(&progress, ["HTTP/1.1 103 Early", "Link: a", ""], at: 2) == .more)
        #expect(progress.stage == .firstByte)
        #expect(progress.deadline == at(22))
        let head = HTTPHead(status: 200, headers: ["A": "b"])
        #expect(feed(&progress, ["HTTP/1.1 200", "A: b", ""], at: 3) == .complete(head))
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK", 200), ("HTTP/2 404 ", 404), ("HTTP/1.0 500", 500),
        ("HTTP/1.1 101 Switching", 101), ("HTTP/1.1 abc", 0),
    ])
    func `a status line gives its number`(line: String, status: Int) {
        var progress = progress()
        #expect(feed(&progress, [line, ""]) == .complete(HTTPHead(status: status)))
    }

    @Test func `lines are trimmed, joined where broken, and nothing without a colon counts`() {
        var progress = progress()
        let lines = [
            " stray", "HTTP/1.1 200 OK", "A:  one ", "\ttwo", "nonsense", "B:", "C: x:y", "a: 2",
            "",
        ]
        let headers: HTTPHeaders = ["A": "one two", "B": "", "C": "x:y", "a": "2"]
        #expect(feed(&progress, lines) == .complete(HTTPHead(status: 200, headers: headers)))
        #expect(headers["a"] == "one two")
        #expect(headers.values("A") == ["one two", "2"])
    }

    @Test func `a trailer is no head, but its bytes count as one's`() {
        var progress = progress(maximumHeadBytes: 30)
        #expect(feed(&progress, ["HTTP/1.1 200 OK", ""]) == .complete(HTTPHead(status: 200)))
        #expect(feed(&progress, ["A: b"]) == .more)
        #expect(feed(&progress, ["C: dddddddd"]) == .tooLarge)
    }

    @Test func `bounds hold to the byte`() {
        var progress = progress(maximumHeadBytes: 19, maximumBodyBytes: 10)
        #expect(feed(&progress, ["HTTP/1.1 200 OK", ""]) == .complete(HTTPHead(status: 200)))
        let isTaken = progress.takeBody(10, at: at(2))
        let isMoreTaken = progress.takeBody(1, at: at(2))
        #expect(isTaken && !isMoreTaken)
        #expect(progress.bodyBytes == 10)
        var short = self.progress(maximumHeadBytes: 18)
        #expect(feed(&short, ["HTTP/1.1 200 OK", ""]) == .tooLarge)
    }

    @Test func `deadlines come out in order, whatever order they went in`() throws {
        var random = SystemRandomNumberGenerator()
        var heap = DeadlineHeap()
        var model: [Int64] = []
        for turn in 0..<2_000 {
            if Bool.random(using: &random) || model.isEmpty {
                let time = Int64.random(in: 0...500, using: &random)
                heap.insert(.init(time: at(time), id: TransferID(rawValue: UInt64(turn))))
                model.append(time)
                model.sort()
            } else {
                let now = Int64.random(in: 0...500, using: &random)
                let due = heap.popDue(at: at(now))?.time
                try #require(due == model.first.flatMap { $0 <= now ? at($0) : nil })
                if due != nil { model.removeFirst() }
            }
            try #require(heap.count == model.count && heap.earliest == model.first.map(at))
        }
    }

    @Test func `time is rounded up to milliseconds and never below zero`() {
        #expect(at(1).milliseconds(after: at(0)) == 1)
        #expect(at(1_000_000).milliseconds(after: at(0)) == 1)
        #expect(at(1_000_001).milliseconds(after: at(0)) == 2)
        #expect(at(0).milliseconds(after: at(5_000_000)) == 0)
        #expect(at(1) + .seconds(-5) == at(1))
        #expect((at(0) + .seconds(Int64.max)).nanoseconds > 0)
    }
}
