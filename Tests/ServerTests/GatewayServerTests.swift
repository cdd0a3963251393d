import Curl
import Foundation
import Gateway
import Journal
import Ledger
import Money
import Providers
import TestSupport
import Testing

@testable import Server

// The whole path on the loopback: a client, the gateway, libcurl, the mock provider and the ledger.
@Suite struct `The gateway on a port` {
    struct Place {
        let journal: Journal
        let engine: GatewayEngine
        let gateway: RunningServer
        let mock: RunningServer
        let loop: TransferLoop
        let keys: [String: String]

        func post(
            _ path: String, _ body: String, key: String? = nil, headers: [(String, String)] = []
        ) async throws -> HTTPResponse {
            var request = HTTPRequest("POST", "http://127.0.0.1:\(gateway.port)\(path)")
            if let key { request.headers.append("authorization", "Bearer \(key)") }
            for (name, value) in headers { request.headers.append(name, value) }
            request.body = Array(body.utf8)
            return try await loop.response(to: request)
        }

        func get(_ path: String, key: String? = nil, port: Int? = nil) async throws -> HTTPResponse
        {
            var request = HTTPRequest("GET", "http://127.0.0.1:\(port ?? gateway.port)\(path)")
            if let key { request.headers.append("authorization", "Bearer \(key)") }
            return try await loop.response(to: request)
        }

        /// What the provider says it has billed, in tokens.
        func billed() async throws -> (answered: Int, input: Int, output: Int) {
            let body = try await get("/mock/totals", port: mock.port).body
            let totals = try JSONValue(parsing: body)
            func count(_ name: String) -> Int { Int(totals[name]?.numberText ?? "") ?? -1 }
            return (count("answered"), count("input_tokens"), count("output_tokens"))
        }

        func usage() throws -> [UsageEvent] {
            var events: [UsageEvent] = []
            try journal.read(after: .zero) { head, payload in
                if head.kind == .usageRecorded {
                    events.append(
                        try UsageCodec.decode(
                            payload, version: head.version, occurredAt: head.occurredAt))
                }
                return true
            }
            return events
        }
    }

    /// A ledger, a mock provider and a gateway between; `prices` are dollars a million tokens of
    /// input and of output, `limits` those of each client.
    static func with(
        clients: [String] = ["acme"], limits: [(Budget.Unit, String)] = [],
        prices priced: (input: String, output: String) = ("1.00", "2.00"),
        _ behavior: MockBehavior = MockBehavior(), maximumBodyBytes: Int = 1 << 20,
        change: (inout GatewaySettings) -> Void = { _ in },
        _ body: (Place) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("razao-server-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let journal = try Journal.create(at: folder)
        var prices = PriceSet()
        prices[.input] = try UnitPrice(priced.input)
        prices[.output] = try UnitPrice(priced.output)
        var events: [ControlEvent] = []
        var keys: [String: String] = [:]
        for client in clients {
            let (text, key) = try AccessKeys.make(client: client)
            keys[client] = text
            events += [.clientRegistered(ClientRecord(id: client)), .keyIssued(key)]
            for (unit, limit) in limits {
                events.append(
                    .budgetSet(
                        try Budget(
                            client: client, unit: unit, limit: limit, period: .monthly,
                            stops: true)))
            }
        }
        for (provider, model) in [("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5")] {
            events += [
                .priceSet(
                    PriceEntry(
                        provider: provider, model: model, effectiveFrom: Instant(seconds: 0),
                        prices: prices)),
                .modelDescribed(
                    ModelDescription(
                        provider: provider, model: model, abilities: [], contextWindow: nil,
                        maximumOutput: 4_096, summary: "test")),
            ]
        }
        let facts = events
        _ = try Worker { try journal.record(facts, by: "test") }.wait()
        let mock = try await MockProvider.start(
            MockOptions(behavior: behavior), at: ListenerOptions(), on: OwnThread())
        var settings = GatewaySettings()
        settings.providers["openai"] = GatewaySettings.Provider(
            settings: try ProviderSettings(
                name: "openai", dialect: .openAI, baseURL: "http://127.0.0.1:\(mock.port)/v1"),
            key: ProviderKey("sk-secret"))
        settings.providers["anthropic"] = GatewaySettings.Provider(
            settings: try ProviderSettings(
                name: "anthropic", dialect: .anthropic, baseURL: "http://127.0.0.1:\(mock.port)"),
            key: ProviderKey("sk-secret"))
        settings.maximumBodyBytes = maximumBodyBytes
        change(&settings)
        let loop = try TransferLoop()
        let people = try PeopleKeys(folder: folder)
        defer { people.close() }
        let kept = try KeptAnswers(folder: folder, secrets: people)
        let engine = GatewayEngine(
            journal: journal, upstream: CurlUpstream(loop: loop), settings: settings,
            people: people, kept: kept)
        let gateway = try await GatewayServer.start(
            engine, log: nil, at: ListenerOptions(), on: OwnThread())
        let place = Place(
            journal: journal, engine: engine, gateway: gateway, mock: mock, loop: loop, keys: keys)
        do {
            try await body(place)
        } catch {
            Issue.record("\(error)")
        }
        await gateway.stop()
        await engine.finish(within: .seconds(10))
        await loop.close(within: .seconds(5))
        await mock.stop()
        #expect(engine.counts.inFlight == 0)
        #expect(try journal.openHolds().isEmpty)
        #expect(try journal.verify().isSound)
        kept.close()
        people.close()
        journal.close()
    }

    static let chat = #"{"model":"gpt-4o","messages":[{"role":"user","content":"Olá, Razão"}]}"#

    @Test func `answers every surface and records each call once`() async throws {
        try await Self.with { place in
            let key = place.keys["acme"]
            let plain = try await place.post("/v1/chat/completions", Self.chat, key: key)
            #expect(plain.status == 200 && plain.header("x-razao-cost-usd") == "0.000035")
            #expect(plain.header("x-litellm-response-cost") == "0.000035")
            let stream = try await place.post(
                "/v1/chat/completions", String(Self.chat.dropLast()) + #","stream":true}"#, key: key
            )
            let text = String(decoding: stream.body, as: UTF8.self)
            #expect(text.hasSuffix("data: [DONE]\n\n") && !text.contains("prompt_tokens"))
            let message = try await place.post(
                "/v1/messages",
                #"{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Oi"}]}"#,
                headers: [("x-api-key", key ?? ""), ("anthropic-version", "2023-06-01")])
            #expect(message.status == 200)
            #expect(String(decoding: message.body, as: UTF8.self).contains(#""output_tokens":9"#))
            let translated = try await place.post(
                "/v1/chat/completions",
                #"{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Oi"}]}"#,
                key: key)
            #expect(
                String(decoding: translated.body, as: UTF8.self).contains(#""chat.completion""#))
            let counted = try await place.post(
                "/v1/messages/count_tokens",
                #"{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Oi"}]}"#,
                headers: [("x-api-key", key ?? ""), ("anthropic-version", "2023-06-01")])
            #expect(counted.status == 200)
            let events = try place.usage()
            #expect(events.count == 4 && events.allSatisfy { $0.outcome == .succeeded })
            #expect(events.reduce(0) { $0 + $1.tokens.totalTokens } == 19 + 19 + 10 + 17)
        }
    }

    @Test func `turns away who has no key, in the caller's own words`() async throws {
        try await Self.with { place in
            let none = try await place.post("/v1/chat/completions", Self.chat)
            let wrong = try await place.post("/v1/chat/completions", Self.chat, key: "rz-wrong")
            #expect(none.status == 401 && wrong.status == 401 && none.body == wrong.body)
            let anthropic = try await place.post("/v1/messages", "{}", key: "x")
            #expect(
                String(decoding: anthropic.body, as: UTF8.self).contains(
                    #""type":"authentication_error""#))
            #expect(try await place.get("/v1/models").status == 401)
            #expect(try place.usage().isEmpty)
        }
    }

    @Test func `says in one sentence what is wrong with a request`() async throws {
        try await Self.with { place in
            let key = place.keys["acme"]
            for (path, body, status) in [
                ("/v1/chat/completions", "{", 400), ("/v1/chat/completions", "[]", 400),
                (
                    "/v1/chat/completions",
                    #"{"model":"nobody","messages":[{"role":"user","content":"x"}]}"#, 404
                ),
                (
                    "/v1/chat/completions",
                    String(repeating: "[", count: 20_000), 400
                ),
                ("/v1/chat/completions", String(repeating: " ", count: 2 << 20), 413),
                ("/v1/nothing", "{}", 404),
            ] {
                let answer = try await place.post(path, body, key: key)
                #expect(answer.status == status, "\(path) \(body.prefix(40))")
                #expect(String(decoding: answer.body, as: UTF8.self).contains(#""message""#))
            }
            #expect(try await place.get("/v1/chat/completions", key: key).status == 405)
            #expect(try place.usage().isEmpty)
            #expect(try await place.get("/healthz").status == 200)
            #expect(try await place.get("/readyz").status == 200)
        }
    }

    @Test func `lists its models and its figures`() async throws {
        try await Self.with { place in
            let list = try await place.get("/v1/models", key: place.keys["acme"])
            let text = String(decoding: list.body, as: UTF8.self)
            #expect(text.contains("openai/gpt-4o") && text.contains("anthropic/claude-sonnet-4-5"))
            let one = try await place.get("/v1/models/openai%2Fgpt-4o", key: place.keys["acme"])
            #expect(one.status == 200)
            _ = try await place.post("/v1/chat/completions", Self.chat, key: place.keys["acme"])
            let metrics = String(
                decoding: try await place.get("/metrics").body, as: UTF8.self)
            #expect(metrics.contains("razao_answered_total 1\n"))
        }
    }

    @Test func `tells the caller what the provider could not do`() async throws {
        var behavior = MockBehavior()
        try behavior.set(.errorRate, to: "1")
        try behavior.set(.errorStatus, to: "429")
        try behavior.set(.retryAfter, to: "7")
        try await Self.with(behavior) { place in
            let answer = try await place.post(
                "/v1/chat/completions", Self.chat, key: place.keys["acme"])
            #expect(answer.status == 429 && answer.header("retry-after") == "7")
            #expect(try place.usage().first?.outcome == .failed)
        }
    }

    /// The provider's totals and the ledger's, two ways to count the same.
    @Test(arguments: [false, true])
    func `loses and doubles nothing under many callers, and no limit is passed`(
        isStreamed: Bool
    ) async throws {
        let clients = ["acme", "padaria", "loja"]
        try await Self.with(clients: clients, limits: [(.usd, "0.0100")]) { place in
            let body = isStreamed ? String(Self.chat.dropLast()) + #","stream":true}"# : Self.chat
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<60 {
                    group.addTask {
                        for _ in 0..<20 {
                            _ = try? await place.post(
                                "/v1/chat/completions", body,
                                key: place.keys[clients[caller % clients.count]])
                        }
                    }
                }
            }
            let totals = String(
                decoding: try await place.get("/mock/totals", port: place.mock.port).body,
                as: UTF8.self)
            let events = try place.usage()
            let input = events.reduce(0) { $0 + $1.tokens.totalInput }
            let output = events.reduce(0) { $0 + $1.tokens.totalTokens } - input
            #expect(totals.contains(#""input_tokens":\#(input)"#), "\(totals) \(input)")
            #expect(totals.contains(#""output_tokens":\#(output)"#), "\(totals) \(output)")
            for status in try place.journal.budgets(at: SystemClock.now()) {
                #expect(status.balance.settled <= status.budget.limit)
                let share = status.balance.settled * 100 / status.budget.limit
                #expect(share >= 95, "\(share) % of the budget of \(status.budget.client)")
            }
        }
    }
}
