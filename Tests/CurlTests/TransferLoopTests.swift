import Curl
import TestSupport
import Testing

@Suite(.enabled(if: Python.isAvailable, ScriptedServer.absence))
struct `Transfer loop` {
    let server: ScriptedServer

    init() throws { server = try ScriptedServer.running() }

    @Test func `an answer has its status, its headers, its body and its timings`() async throws {
        try await withLoop { loop in
            let answer = try await loop.response(to: server.plain("hello"))
            #expect(answer.status == 200)
            #expect(answer.header("CONTENT-type") == "text/plain")
            #expect(answer.header("absent") == nil)
            #expect(answer.text == "hello")
            let timings = try #require(answer.timings)
            #expect(timings.version == .http11)
            #expect(timings.tls == .zero)
            #expect(timings.connect > .zero)
            #expect(timings.firstByte >= timings.connect)
            #expect(timings.total >= timings.firstByte)
            #expect(timings.bodyBytes == 5)
            #expect(!timings.reusedConnection)
        }
    }

    @Test func `a connection is used again, and an idle one that was closed is not`() async throws {
        try await withLoop { loop in
            _ = try await loop.response(to: server.plain("hello"))
            let second = try await loop.response(to: server.plain("hello"))
            #expect(second.timings?.reusedConnection == true)
            _ = try await loop.response(to: server.plain("leave"))
            let third = try await loop.response(to: server.plain("hello"))
            #expect(third.text == "hello")
            #expect(loop.statistics.handlesMade == 1)
        }
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func `method, headers and body arrive as given and nothing else`(
        method: String
    ) async throws {
        try await withLoop { loop in
            var request = server.plain("echo")
            request.method = method
            request.headers = ["Authorization": "Bearer k", "X-Empty": "", "X-Sign": "a;b: c\t~é"]
            request.body = Array("{\"a\":1}".utf8)
            let text = try await loop.response(to: request).text
            #expect(
                text == """
                    \(method) /echo HTTP/1.1\r
                    Host: 127.0.0.1:\(server.plainPort)\r
                    User-Agent: razao\r
                    Authorization: Bearer k\r
                    X-Empty:\r
                    X-Sign: a;b: c\t~é\r
                    Content-Length: 7\r
                    \r
                    {"a":1}
                    """)
        }
    }

    @Test func `a POST without a body says that it has none`() async throws {
        try await withLoop { loop in
            var request = server.plain("echo")
            request.method = "POST"
            let text = try await loop.response(to: request).text
            #expect(text.contains("\r\nContent-Length: 0\r\n"))
            #expect(!text.contains("Content-Type"))
        }
    }

    @Test func `a large body is sent whole, at once and with every byte`() async throws {
        try await withLoop { loop in
            var request = server.plain("echo")
            request.method = "POST"
            request.body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let answer = try await loop.response(to: request)
            #expect(answer.body.suffix(request.body.count).elementsEqual(request.body))
            #expect(!String(decoding: answer.body.prefix(300), as: UTF8.self).contains("Expect"))
        }
    }

    @Test func `HEAD has a head only`() async throws {
        try await withLoop { loop in
            var request = server.plain("absent")
            request.method = "HEAD"
            let answer = try await loop.response(to: request)
            #expect(answer.status == 404)
            #expect(answer.body.isEmpty)
        }
    }

    @Test func `an interim answer is left out and a trailer is no header`() async throws {
        try await withLoop { loop in
            let hints = try await loop.response(to: server.plain("hints"))
            #expect(hints.status == 200)
            #expect(hints.header("X-Real") == "yes")
            #expect(hints.header("Link") == nil)
            let trailer = try await loop.response(to: server.plain("trailer"))
            #expect(trailer.text == "body")
            #expect(trailer.header("X-Late") == nil)
        }
    }

    @Test func `broken lines are joined and repeated names are kept`() async throws {
        try await withLoop { loop in
            let answer = try await loop.response(to: server.plain("folded"))
            #expect(answer.header("X-Long") == "one two")
            #expect(answer.headers.values("X-Twice") == ["a", "b"])
        }
    }

    @Test func `a compressed answer is unpacked only when that was asked for`() async throws {
        try await withLoop { loop in
            var request = server.plain("gzip")
            let packed = try await loop.response(to: request)
            #expect(packed.body.starts(with: [0x1f, 0x8b]))
            request.decompresses = true
            let text = try await loop.response(to: request).text
            #expect(text == String(repeating: "packed", count: 100))
            // The bound is on what is unpacked.
            request.maximumBodyBytes = 599
            await #expect(throws: CurlError.tooLarge(limit: 599)) {
                try await loop.response(to: request)
            }
        }
    }

    @Test func `a delegate hears a head, pieces and one end, in this order`() async throws {
        try await withLoop { loop in
            let recorder = Recorder()
            try loop.start(server.plain("stream?count=30&pause=2"), delegate: recorder)
            let record = await recorder.ended()
            #expect(record.faults.isEmpty)
            #expect(record.heads.map(\.status) == [200])
            #expect(String(decoding: record.body, as: UTF8.self) == streamed(count: 30))
            #expect(record.pieces > 1)
            guard case .success(let timings) = record.ends.first else {
                Issue.record("no success: \(record.ends)")
                return
            }
            #expect(timings.bodyBytes == 600)
        }
    }

    @Test func `a delegate can stop its transfer from within`() async throws {
        try await withLoop { loop in
            let recorder = Recorder { id, record in
                if record.body.count >= 100 { loop.cancel(id) }
            }
            try loop.start(server.plain("stream?count=1000&pause=2"), delegate: recorder)
            let record = await recorder.ended()
            #expect(record.ends == [.failure(.cancelled)])
            #expect(record.faults.isEmpty)
            #expect(record.body.count < 10_000)
        }
    }

    @Test func `connections to a host are bounded and the others wait`() async throws {
        let options = TransferLoopOptions(maximumHostConnections: 3, maximumConnections: 3)
        // A server of its own, so that its count is of this test.
        let server = try ScriptedServer()
        try await withLoop(options: options) { loop in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await loop.response(to: server.plain("stream?count=3&pause=3")).text
                    }
                }
                for try await text in group { #expect(text == streamed(count: 3)) }
            }
            let count = try await loop.response(to: server.plain("connections")).text
            #expect(count == "3")
        }
    }

    @Test func `more transfers than the bound are refused at once, and later not`() async throws {
        try await withLoop(options: TransferLoopOptions(maximumTransfers: 2)) { loop in
            let open = [Recorder(), Recorder()]
            let ids = try open.map { try loop.start(server.plain("silent"), delegate: $0) }
            #expect(throws: CurlError.loopFull(limit: 2)) {
                try loop.start(server.plain("hello"), delegate: Recorder())
            }
            loop.cancel(ids[0])
            _ = await open[0].ended()
            #expect(try await loop.response(to: server.plain("hello")).text == "hello")
            loop.cancel(ids[1])
        }
    }
}
