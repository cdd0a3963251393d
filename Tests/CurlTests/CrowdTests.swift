import Curl
import Glibc
import TestSupport
import Testing

/// Many transfers at a time; one suite after another, since each takes what the machine has.
@Suite(.serialized, .enabled(if: Python.isAvailable, ScriptedServer.absence))
struct `A crowd of transfers` {
    let server: ScriptedServer

    init() throws {
        // Each stream is a descriptor here and one at the server, which inherits the bound.
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, 4_096))
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        server = try ScriptedServer()
    }

    @Test func `1,000 streams at a time lose no byte`() async throws {
        try await withLoop { loop in
            let recorders = (0..<1_000).map { _ in Recorder() }
            for recorder in recorders {
                try loop.start(server.plain("stream?count=40&pause=50"), delegate: recorder)
            }
            let expected = Array(streamed(count: 40).utf8)
            for recorder in recorders {
                let record = await recorder.ended()
                #expect(record.body == expected && record.faults.isEmpty)
                guard case .success = record.ends.first else {
                    Issue.record("not ended well: \(record.ends)")
                    continue
                }
            }
            #expect(loop.statistics.handlesMade == 1_000)
            // All but the idle ones that are kept have been freed.
            #expect(loop.statistics.handles == TransferLoopOptions().maximumIdleHandles)
        }
    }

    @Test func `1,000 readers at a time get all pieces`() async throws {
        try await withLoop { loop in
            let expected = Array(streamed(count: 20).utf8)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<1_000 {
                    group.addTask {
                        let request = server.plain("stream?count=20&pause=50")
                        var body: [UInt8] = []
                        for try await piece in try await loop.stream(request).body { body += piece }
                        return body == expected
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test(arguments: ["plain", "http2"])
    func `streams that are stopped at any moment end once and leave nothing`(
        protocol name: String
    ) async throws {
        try #require(name == "plain" || server.hasTLS, "openssl is not there")
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed: seed)
        try await withLoop { loop in
            var recorders: [Recorder] = []
            for _ in 0..<400 {
                let path = random.pick([
                    "stream?count=20&pause=2", "silent", "stall", "stream?count=3",
                    "stream?count=9",
                ])
                let request = name == "plain" ? server.plain(path) : server.http2(path)
                let recorder = Recorder()
                recorders.append(recorder)
                let id = try loop.start(request, delegate: recorder)
                let isEndless = path == "silent" || path == "stall"
                guard isEndless || !random.once(in: 4) else { continue }
                let wait = Duration.microseconds(random.int(0...60_000))
                Task {
                    if wait > .milliseconds(5) { try await Task.sleep(for: wait) }
                    loop.cancel(id)
                    loop.cancel(id)
                }
                if random.once(in: 20) { try await Task.sleep(for: .milliseconds(3)) }
            }
            for recorder in recorders {
                let record = await recorder.ended()
                #expect(record.faults.isEmpty, "seed \(seed)")
                switch record.ends.first {
                case .failure(.cancelled):
                    #expect(
                        streamed(count: 20).utf8.starts(with: record.body) || record.body.count == 5
                    )
                case .success: #expect(record.body.count % 20 == 0, "seed \(seed)")
                case let end: Issue.record("seed \(seed): \(String(describing: end))")
                }
            }
            #expect(loop.statistics.open == 0)
        }
    }

    @Test func `a loop closed at any moment answers everyone`() async throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed: seed)
        for _ in 0..<20 {
            let loop = try TransferLoop()
            let waiters = (0..<30).map { index in
                let path = random.pick(["hello", "silent", "stall", "stream?count=20&pause=3"])
                return Task { () -> String in
                    do {
                        if index % 2 == 0 {
                            let answer = try await loop.stream(server.plain(path))
                            for try await _ in answer.body {}
                        } else {
                            _ = try await loop.response(to: server.plain(path))
                        }
                        return "done"
                    } catch CurlError.loopClosed { return "closed" } catch { return "\(error)" }
                }
            }
            try await Task.sleep(for: .microseconds(random.int(0...40_000)))
            await loop.close(within: .milliseconds(random.int(0...20)))
            for waiter in waiters {
                let outcome = await waiter.value
                #expect(["done", "closed"].contains(outcome), "seed \(seed)")
            }
            #expect(loop.statistics.handles == 0 && loop.statistics.open == 0, "seed \(seed)")
        }
    }

    @Test func `descriptors of closed loops are given back`() async throws {
        let before = openDescriptors()
        for _ in 0..<20 {
            try await withLoop { loop in
                _ = try await loop.response(to: server.plain("hello"))
                try loop.start(server.plain("silent"), delegate: Recorder())
            }
        }
        // Other tests open some meanwhile; 20 loops of five each would stand out.
        #expect(openDescriptors() < before + 60)
    }

    private func openDescriptors() -> Int {
        (0..<4_096).count { fcntl(Int32($0), F_GETFD) != -1 }
    }
}
