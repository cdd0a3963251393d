import Foundation
import Gateway
import Synchronization

/// A provider of OpenAI's dialect in memory: makes answers by a script, and counts what it bills.
///
/// A token is four bytes of text, in and out, unless told otherwise; it keeps `max_tokens`.
final class ScriptedUpstream: Upstream {
    struct Script: Sendable {
        /// Tokens of output, where `max_tokens` allows them.
        var output = 40
        /// Bytes of a token.
        var bytesOfToken = 4
        var status = 200
        var failure: UpstreamFailure?
        /// The stream ends after so many chunks.
        var breaksAfter: Int?
        var tellsUsage = true
        var keepsLimit = true
        var model = "m"
        /// All of it comes at once.
        var isBurst = false
        /// It has OpenAI's counting call.
        var counts = false
        /// Where it is there, the connection stays open behind the end until it says so.
        var lingersUntil: (@Sendable () -> Bool)?
        /// What its head says that it is.
        var type = "text/event-stream"
        /// What comes in place of a stream.
        var body: String?
    }

    struct Bill: Sendable {
        var calls = 0
        var input = 0
        var output = 0
        /// Counting calls, which cost nothing.
        var counted = 0
    }

    let script: Script
    /// Awaited before each answer begins.
    let whenAsked: @Sendable () async -> Void
    /// Called before the last chunk of each answer.
    let beforeTheEnd: @Sendable () -> Void
    let bill = Mutex(Bill())
    let bodies = Mutex<[String]>([])

    init(
        _ script: Script = Script(), whenAsked: @escaping @Sendable () async -> Void = {},
        beforeTheEnd: @escaping @Sendable () -> Void = {}
    ) {
        self.script = script
        self.whenAsked = whenAsked
        self.beforeTheEnd = beforeTheEnd
    }

    func outgoing(_ call: UpstreamCall) -> any OutgoingCall { ScriptedCall(self, call) }

    fileprivate func answer(
        _ call: UpstreamCall
    ) async throws(UpstreamFailure) -> any UpstreamAnswer {
        bodies.withLock { $0.append(String(decoding: call.body, as: UTF8.self)) }
        await whenAsked()
        if let failure = script.failure { throw failure }
        if call.url.hasSuffix("/input_tokens") { return count(call) }
        guard script.status == 200 else {
            return ScriptedAnswer(
                status: script.status,
                chunks: [#"{"error":{"message":"not now","type":null}}"#])
        }
        guard
            let body = try? JSONSerialization.jsonObject(with: Data(call.body)) as? [String: Any]
        else { return ScriptedAnswer(status: 400, chunks: ["{}"]) }
        let messages = body["messages"] as? [[String: Any]] ?? []
        let text = messages.map { $0["content"] as? String ?? "" }.joined()
        let input = (text.utf8.count + script.bytesOfToken - 1) / script.bytesOfToken
        let limit = (body["max_tokens"] ?? body["max_completion_tokens"]) as? Int ?? .max
        let output = script.keepsLimit ? min(script.output, limit) : script.output
        bill.withLock { $0.calls += 1 }
        if let body = script.body {
            return ScriptedAnswer(status: 200, chunks: [body], type: script.type)
        }
        var chunks: [String] = []
        func event(_ choices: String, _ usage: String = "null") -> String {
            #"data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"\#(script.model)","choices":[\#(choices)],"usage":\#(usage)}"#
                + "\n\n"
        }
        for _ in 0..<output {
            let word = String(repeating: "x", count: script.bytesOfToken)
            chunks.append(
                event(#"{"index":0,"delta":{"content":"\#(word)"},"finish_reason":null}"#))
        }
        let reason = output < script.output ? "length" : "stop"
        chunks.append(event(#"{"index":0,"delta":{},"finish_reason":"\#(reason)"}"#))
        if script.tellsUsage {
            let total = input + output
            chunks.append(
                event(
                    "",
                    #"{"prompt_tokens":\#(input),"completion_tokens":\#(output),"total_tokens":\#(total)}"#
                ))
        }
        chunks.append("data: [DONE]\n\n")
        if script.isBurst {
            return ScriptedAnswer(
                status: 200, chunks: [chunks.joined()],
                onChunk: { [self] _ in
                    bill.withLock { bill in
                        bill.input += input
                        bill.output += output
                    }
                })
        }
        if let count = script.breaksAfter { chunks = Array(chunks.prefix(count)) }
        return ScriptedAnswer(
            status: 200, chunks: chunks, isBroken: script.breaksAfter != nil,
            lingersUntil: script.lingersUntil,
            onChunk: { [self, last = chunks.count - 1] number in
                if number == last { beforeTheEnd() }
                bill.withLock { bill in
                    if number == 0 { bill.input += input }
                    if number < output { bill.output += 1 }
                }
            })
    }
}

extension ScriptedUpstream {
    private func count(_ call: UpstreamCall) -> ScriptedAnswer {
        bill.withLock { $0.counted += 1 }
        guard script.counts,
            let body = try? JSONSerialization.jsonObject(with: Data(call.body)) as? [String: Any]
        else { return ScriptedAnswer(status: 404, chunks: ["{}"]) }
        let items = body["input"] as? [[String: Any]] ?? []
        let text = items.map { $0["content"] as? String ?? "" }.joined()
        let tokens = (text.utf8.count + script.bytesOfToken - 1) / script.bytesOfToken
        return ScriptedAnswer(status: 200, chunks: [#"{"input_tokens":\#(tokens)}"#])
    }
}

/// A call that is answered only after it was sent, once.
private final class ScriptedCall: OutgoingCall {
    private let upstream: ScriptedUpstream
    private let call: UpstreamCall
    private let isSent = Mutex(false)

    init(_ upstream: ScriptedUpstream, _ call: UpstreamCall) {
        self.upstream = upstream
        self.call = call
    }

    func send() { isSent.withLock { $0 = true } }

    func answer() async throws(UpstreamFailure) -> any UpstreamAnswer {
        guard isSent.withLock({ $0 }) else { throw UpstreamFailure(.broken, "it was not sent") }
        return try await upstream.answer(call)
    }
}

final class ScriptedAnswer: UpstreamAnswer {
    let status: Int
    let headers: [(name: String, value: String)]
    private let rest: Mutex<(chunks: [String], next: Int, stopped: Bool)>
    private let isBroken: Bool
    private let lingersUntil: (@Sendable () -> Bool)?
    private let onChunk: @Sendable (Int) -> Void

    init(
        status: Int, chunks: [String], isBroken: Bool = false,
        lingersUntil: (@Sendable () -> Bool)? = nil, type: String = "text/event-stream",
        onChunk: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.status = status
        self.isBroken = isBroken
        self.lingersUntil = lingersUntil
        headers = [("Content-Type", type)]
        self.onChunk = onChunk
        rest = Mutex((chunks, 0, false))
    }

    func next() async throws(UpstreamFailure) -> [UInt8]? {
        await Task.yield()
        let (chunk, number, stopped) = rest.withLock { rest -> (String?, Int, Bool) in
            defer { rest.next += 1 }
            let number = rest.next
            return (number < rest.chunks.count ? rest.chunks[number] : nil, number, rest.stopped)
        }
        if stopped { throw UpstreamFailure(.stopped, "stopped") }
        guard let chunk else {
            while let lingersUntil, !lingersUntil() {
                try? await Task.sleep(for: .milliseconds(2))
            }
            if isBroken { throw UpstreamFailure(.broken, "the connection ended") }
            return nil
        }
        onChunk(number)
        return Array(chunk.utf8)
    }

    func stop() { rest.withLock { $0.stopped = true } }

    var hasEnded: Bool {
        rest.withLock { $0.next >= $0.chunks.count } && lingersUntil?() ?? true
    }
}
