import Curl
import Foundation
import Ledger
import Testing

@testable import Server

// Idempotency-Key as a client sees it: headers, statuses and bytes, on every surface.
@Suite struct `A keyed call on a port` {
    typealias Base = `The gateway on a port`

    struct Surface: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let path: String
        let body: String
        /// The same with another question.
        var other: String { body.replacing("Oi", with: "Ei") }
    }

    static let message =
        #"{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Oi"}]"#
    static let chat = #"{"model":"gpt-4o","messages":[{"role":"user","content":"Oi"}]"#
    static let surfaces = [
        Surface(testDescription: "chat", path: "/v1/chat/completions", body: chat + "}"),
        Surface(
            testDescription: "chat, streamed", path: "/v1/chat/completions",
            body: chat + #","stream":true,"stream_options":{"include_usage":true}}"#),
        Surface(
            testDescription: "chat with Claude, streamed", path: "/v1/chat/completions",
            body: message + #","stream":true}"#),
        Surface(testDescription: "message", path: "/v1/messages", body: message + "}"),
        Surface(
            testDescription: "message, streamed", path: "/v1/messages",
            body: message + #","stream":true}"#),
    ]

    static func post(
        _ place: Base.Place, _ surface: Surface, _ key: String, other: Bool = false
    ) async throws -> HTTPResponse {
        try await place.post(
            surface.path, other ? surface.other : surface.body, key: place.keys["acme"],
            headers: [("Idempotency-Key", key)])
    }

    @Test(arguments: surfaces)
    func `is told the same again, and another under its key is refused`(
        surface: Surface
    ) async throws {
        try await Base.with(limits: [(.usd, "1")]) { place in
            let first = try await Self.post(place, surface, "order-42")
            #expect(first.status == 200 && first.header("idempotent-replayed") == nil)
            for _ in 0..<2 {
                let again = try await Self.post(place, surface, "order-42")
                #expect(again.status == 200 && again.body == first.body)
                #expect(again.header("idempotent-replayed") == "true")
                for name in [
                    "content-type", "cache-control", "x-razao-request-id", "x-razao-cost-usd",
                    "x-razao-budget-remaining", "x-litellm-call-id",
                ] {
                    #expect(again.header(name) == first.header(name), "\(name)")
                }
            }
            let other = try await Self.post(place, surface, "order-42", other: true)
            let text = String(decoding: other.body, as: UTF8.self)
            #expect(other.status == 422 && text.contains("invalid_request_error"), "\(text)")
            #expect(text.contains(#""type":"error""#) == (surface.path == "/v1/messages"))
            #expect(try await Self.post(place, surface, "order-43").body.isEmpty == false)
            let events = try place.usage()
            #expect(events.count == 2 && events.allSatisfy { $0.outcome == .succeeded })
            let metrics = String(decoding: try await place.get("/metrics").body, as: UTF8.self)
            #expect(metrics.contains("razao_replayed_total 2\n"))
            #expect(metrics.contains("razao_unkept_total 0\n"))
        }
    }

    @Test(arguments: surfaces)
    func `is made once for all who send it at a time`(surface: Surface) async throws {
        var behavior = MockBehavior()
        try behavior.set(.latency, to: "100")
        try await Base.with(behavior) { place in
            let bodies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<20 {
                    group.addTask { try await Self.post(place, surface, "k").body }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(bodies.count == 1 && bodies.first?.isEmpty == false)
            #expect(try place.usage().count == 1)
        }
    }

    /// The input of a message is charged with its first event, whether it comes to its end or not.
    @Test func `that broke off at a cost is told as far as it came`() async throws {
        var behavior = MockBehavior()
        try behavior.set(.breakAfter, to: "4")
        try await Base.with(behavior) { place in
            let surface = Self.surfaces[4]
            let first = try await Self.post(place, surface, "k")
            let text = String(decoding: first.body, as: UTF8.self)
            #expect(text.contains("message_start") && text.contains("event: error"), "\(text)")
            let again = try await Self.post(place, surface, "k")
            #expect(again.header("idempotent-replayed") == "true" && again.body == first.body)
            let events = try place.usage()
            #expect(events.map(\.outcome) == [.failed] && events[0].tokens.isEmpty == false)
        }
    }

    @Test func `needs one key that is well formed`() async throws {
        try await Base.with { place in
            let key = place.keys["acme"]
            for headers in [
                [("Idempotency-Key", "")], [("Idempotency-Key", "a b")],
                [("Idempotency-Key", "a"), ("idempotency-key", "b")],
                [("Idempotency-Key", String(repeating: "x", count: 256))],
            ] {
                let answer = try await place.post(
                    "/v1/chat/completions", Self.chat + "}", key: key, headers: headers)
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect(answer.status == 400, "\(headers) \(text)")
                #expect(text.contains("invalid_idempotency_key"))
            }
            #expect(try place.usage().isEmpty)
            // What costs nothing needs no key, and heeds none.
            let counted = try await place.post(
                "/v1/messages/count_tokens",
                #"{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Oi"}]}"#,
                key: key, headers: [("Idempotency-Key", "a b")])
            #expect(counted.status == 200)
        }
    }
}
