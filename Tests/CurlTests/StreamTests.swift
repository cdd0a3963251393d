import Curl
import TestSupport
import Testing

@Suite(.enabled(if: Python.isAvailable, ScriptedServer.absence))
struct `Streamed answers` {
    let server: ScriptedServer

    init() throws { server = try ScriptedServer.running() }

    @Test func `the head comes before the body and the pieces in order`() async throws {
        try await withLoop { loop in
            let begun = try await loop.stream(server.plain("stall"))
            #expect(begun.head.status == 200)
            var pieces = begun.body.makeAsyncIterator()
            #expect(try await pieces.next() == Array("begun".utf8))
            #expect(begun.timings == nil)
            begun.cancel()
            await #expect(throws: CurlError.cancelled) { _ = try await pieces.next() }

            let whole = try await loop.stream(server.plain("stream?count=20&pause=5"))
            var body: [UInt8] = []
            for try await piece in whole.body { body += piece }
            #expect(String(decoding: body, as: UTF8.self) == streamed(count: 20))
            #expect(whole.timings?.bodyBytes == 400)
        }
    }

    @Test func `an error status is an answer with a body`() async throws {
        try await withLoop { loop in
            let answer = try await loop.stream(server.plain("absent"))
            #expect(answer.head.status == 404)
            for try await _ in answer.body { Issue.record("a body of nothing") }
        }
    }

    @Test func `what came before a cut is read first, then the error`() async throws {
        try await withLoop { loop in
            let answer = try await loop.stream(server.plain("cut?sent=500"))
            var count = 0
            let error = await #expect(throws: CurlError.self) {
                for try await piece in answer.body { count += piece.count }
            }
            #expect(count == 500)
            guard case .connectionClosed = error else {
                Issue.record("not a closed connection: \(String(describing: error))")
                return
            }
        }
    }

    @Test func `a server waits for a reader who stays behind, who then loses nothing`() async throws
    {
        try await withLoop { loop in
            let count = 40_000
            let request = server.plain("stream?count=\(count)&size=1000&pause=0")
            // One that is left while it waits leaves its handle as good as new.
            let left = try await loop.stream(request, bufferBytes: 20_000)
            try await Task.sleep(for: .milliseconds(200))
            left.cancel()
            while loop.statistics.open > 0 { try await Task.sleep(for: .milliseconds(5)) }
            let answer = try await loop.stream(request, bufferBytes: 20_000)
            var pieces = answer.body.makeAsyncIterator()
            var bytes = try await pieces.next()?.count ?? 0
            try await Task.sleep(for: .seconds(1))
            // What may be on its way fits into the system's buffers, and the rest does not.
            #expect(loop.statistics.open == 1)
            var pauses = 0
            while let piece = try await pieces.next() {
                bytes += piece.count
                #expect(piece.count < 10_000_000)
                if pauses < 20 {
                    pauses += 1
                    try await Task.sleep(for: .milliseconds(10))
                }
            }
            #expect(bytes == count * 1_000)
        }
    }

    @Test(arguments: ["silent", "stall"])
    func `a cancelled task stops its transfer, before the head or in the body`(
        path: String
    ) async throws {
        try await withLoop { loop in
            let task = Task {
                let answer = try await loop.stream(server.plain(path))
                for try await _ in answer.body {}
            }
            try await Task.sleep(for: .milliseconds(100))
            #expect(loop.statistics.open == 1)
            task.cancel()
            await #expect(throws: CurlError.cancelled) { try await task.value }
            #expect(loop.statistics.open == 0)
        }
    }

    @Test func `a task that is cancelled already gets no answer`() async throws {
        try await withLoop { loop in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                _ = try await loop.response(to: server.plain("silent"))
            }
            task.cancel()
            await #expect(throws: CurlError.cancelled) { try await task.value }
        }
    }

    @Test func `an answer that nobody reads any more is stopped`() async throws {
        try await withLoop { loop in
            _ = try await loop.stream(server.plain("stall")).head
            // Nobody waits for this end, so look until it is there.
            for _ in 0..<500 where loop.statistics.open > 0 {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(loop.statistics.open == 0)
        }
    }

    @Test func `an iterator alone keeps its transfer alive`() async throws {
        try await withLoop { loop in
            var pieces = try await loop.stream(server.plain("stream?count=20&pause=5")).body
                .makeAsyncIterator()
            var body: [UInt8] = []
            while let piece = try await pieces.next() { body += piece }
            #expect(String(decoding: body, as: UTF8.self) == streamed(count: 20))
        }
    }

    @Test func `closing lets short transfers end and cuts long ones`() async throws {
        let loop = try TransferLoop()
        let short = Recorder()
        let long = Recorder()
        try loop.start(server.plain("stream?count=10&pause=10"), delegate: short)
        try loop.start(server.plain("silent"), delegate: long)
        await loop.close(within: .seconds(2))
        #expect(short.record.body.count == 200)
        guard case .success = short.record.ends.first else {
            Issue.record("the short one did not end: \(short.record.ends)")
            return
        }
        #expect(long.record.ends == [.failure(.loopClosed)])
        #expect(loop.statistics.handles == 0)
        #expect(throws: CurlError.loopClosed) {
            try loop.start(server.plain("hello"), delegate: Recorder())
        }
        // A second time changes nothing.
        await loop.close(within: .zero)
    }

    @Test func `closing with nothing in flight does not wait`() async throws {
        let loop = try TransferLoop()
        _ = try await loop.response(to: server.plain("hello"))
        let clock = ContinuousClock()
        let start = clock.now
        await loop.close(within: .seconds(600))
        #expect(start.duration(to: clock.now) < .seconds(300))
    }

    @Test func `a loop that nobody holds ends its transfers`() async throws {
        let recorder = Recorder()
        var loop: TransferLoop? = try TransferLoop()
        try loop?.start(server.plain("silent"), delegate: recorder)
        loop = nil
        #expect(await recorder.ended().ends == [.failure(.loopClosed)])
    }
}
