import Dispatch
import Foundation
import TestSupport
import Testing

@testable import Server

/// A server of ours on a free port, and a client that shares no line with it: Python's.
enum Loopback {
    /// What every script begins with: a connection, a call, an answer's JSON.
    private static let prelude = """
        import http.client, json, socket, sys, threading, time
        PORT = int(sys.stdin.read())
        def connect():
            return http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        def send(path, body=None, headers={}, method="POST", on=None):
            c = on or connect()
            text = body if isinstance(body, (str, type(None))) else json.dumps(body)
            c.request(method, path, text, headers)
            return c.getresponse()
        def ask(path, body=None, headers={}, method="POST", on=None):
            return json.loads(send(path, body, headers, method, on).read())
        def chat(model="m", **more):
            return dict(model=model, messages=[dict(role="user", content="12345678")], **more)
        def totals():
            return ask("/mock/totals", method="GET")
        def until(condition):
            end = time.time() + 60
            while not condition() and time.time() < end: time.sleep(0.01)
            return condition()

        """

    /// Runs a script against a mock provider; the lines that it prints. The server has stopped when
    /// this returns.
    static func script(
        _ script: String, _ options: MockOptions = MockOptions(), idleSeconds: Int = 60
    ) async throws -> [String] {
        let server = try await MockProvider.start(
            options, at: ListenerOptions(idleSeconds: idleSeconds, shutdownSeconds: 1),
            on: OwnThread())
        do {
            let lines = try await run(script, port: server.port)
            await server.stop()
            return lines
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Runs a script against that port, on a thread of its own: the server needs the others.
    static func run(_ script: String, port: Int) async throws -> [String] {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        try Python.lines(prelude + script, input: "\(port)").map(String.init)
                    })
            }
        }
    }
}

/// Runs a server's tasks on a thread of its own: other tests block the threads that tasks share.
final class OwnThread: TaskExecutor {
    private let queue = DispatchQueue(label: "server under test")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
