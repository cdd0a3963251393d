import Curl
import Foundation
import Gateway
import Journal
import Ledger
import Money
import TestSupport
import Testing

@testable import Commands
@testable import Server

// POST /api/events over a socket: usage of calls that were made elsewhere.
@Suite struct `Usage that is posted` {
    typealias Place = `The gateway on a port`.Place

    static func call(_ id: String, _ more: String = "", input: Int = 100) -> String {
        #"{"id":"\#(id)","occurred_at":"2026-09-20T15:04:05Z","provider":"openai","#
            + #""model":"gpt-4o","tokens":{"input":\#(input),"output":50}\#(more)}"#
    }

    struct Answer: Sendable, Equatable {
        let status: Int
        let text: String

        /// What a post of which nothing is refused gets.
        static func good(_ accepted: Int, _ duplicates: Int) -> Answer {
            Answer(
                status: 200,
                text: #"{"accepted":\#(accepted),"duplicates":\#(duplicates),"#
                    + #""refused":0,"errors":[]}"#)
        }
    }

    /// Posts and returns status and body.
    static func post(
        _ place: Place, _ body: String, of client: String = "acme", type: String? = nil,
        _ headers: [(String, String)] = []
    ) async throws -> Answer {
        let all = headers + (type.map { [("content-type", $0)] } ?? [])
        let answer = try await place.post(
            "/api/events", body, key: place.keys[client], headers: all)
        return Answer(
            status: answer.status, text: String(decoding: answer.body, as: UTF8.self))
    }

    static func settled(_ place: Place, _ client: String = "acme") throws -> String {
        let at = try Instant("2026-09-20T15:04:05Z")
        let status = try place.journal.budgets(of: client, at: at).first
        return Amount<USD>(units: try #require(status).balance.settled).text
    }

    @Test func `counts once, costs what it costs and charges the budget`() async throws {
        try await `The gateway on a port`.with(limits: [(.usd, "0.0003")]) { place in
            let one = Self.call("r-1", #","end_user":"+55 11 91234-5678","conversation":"c""#)
            #expect(try await Self.post(place, one) == .good(1, 0))
            #expect(try await Self.post(place, one) == .good(0, 1))
            #expect(try Self.settled(place) == "0.0002")
            // Two more pass the limit: they have happened, so they count.
            let more = "[\(one),\(Self.call("r-2")),\(Self.call("r-2")),\(Self.call("r-3"))]"
            #expect(try await Self.post(place, more) == .good(2, 2))
            #expect(try Self.settled(place) == "0.0006")
            let events = try place.usage()
            #expect(events.count == 3 && events.allSatisfy { $0.client == "acme" })
            #expect(events[0].conversation == "c" && events[0].endUser != nil)
            #expect(events.allSatisfy { $0.key == nil && $0.usageSource == .provider })
            let metrics = String(decoding: try await place.get("/metrics").body, as: UTF8.self)
            #expect(metrics.contains("razao_events_accepted_total 3\n"))
            #expect(metrics.contains("razao_events_duplicate_total 3\n"))
        }
    }

    @Test func `is taken in every form, and the same call is one in all of them`() async throws {
        try await `The gateway on a port`.with { place in
            let bare = Self.call("r-1")
            for (body, type) in [
                (bare, "application/json"), ("[\(bare)]", "application/json"),
                (#"{"events":[\#(bare)]}"#, "application/json"),
                ("\(bare)\n\(bare)\n", "application/x-ndjson"),
            ] {
                let answer = try await Self.post(place, body, type: type)
                #expect(answer.status == 200, "\(answer.text)")
            }
            #expect(try place.usage().count == 1)
            let data = String(Self.call("x").dropFirst(#"{"id":"x","#.count))
            let envelope =
                #"{"specversion":"1.0","type":"razao.usage.recorded","source":"/bot é","id":"7","#
                + #""subject":"acme","data":{\#(data)}"#
            for (body, type) in [
                (envelope, "application/cloudevents+json"),
                ("[\(envelope)]", "application/cloudevents-batch+json"),
            ] {
                let answer = try await Self.post(place, body, type: type)
                #expect(answer.status == 200, "\(answer.text)")
            }
            let headers = [
                ("ce-specversion", "1.0"), ("CE-Type", "razao.usage.recorded"), ("ce-id", "7"),
                ("ce-source", "/bot%20%C3%A9"),
            ]
            #expect(
                try await Self.post(place, "{\(data)", type: "application/json", headers)
                    == .good(0, 1))
            #expect(try place.usage().count == 2)
        }
    }

    @Test func `is refused one by one, with place, field and reason`() async throws {
        try await `The gateway on a port`.with(clients: ["acme", "loja"]) { place in
            _ = try await Self.post(place, Self.call("r-1"))
            let mixed = [
                Self.call("r-1", input: 7), Self.call("r-2"), Self.call("r-3", #","colour":1"#),
                Self.call("r-1"), Self.call("r-4", #","client":"loja""#),
            ]
            let answer = try await Self.post(place, "[\(mixed.joined(separator: ","))]")
            let text = answer.text
            #expect(answer.status == 207)
            #expect(
                text.hasPrefix(
                    #"{"accepted":1,"duplicates":1,"refused":3,"errors":[{"index":0,"id":"r-1","#
                        + #""status":409,"code":"conflict","field":"id","message":"id: another "#
                        + #"event has it, as record "#), "\(text)")
            #expect(
                text.contains(
                    #"{"index":2,"id":"r-3","status":400,"code":"invalid","field":"colour","#
                        + #""message":"colour: is no field of a call; remove it"#), "\(text)")
            #expect(text.contains(#"{"index":4,"id":"r-4","status":403,"code":"forbidden""#))
            let lines = try await Self.post(
                place, "\n{\n\(Self.call("r-5"))", type: "application/x-ndjson")
            #expect(lines.status == 207)
            #expect(lines.text.contains(#"{"index":0,"line":2,"status":400"#), "\(lines.text)")
            for (body, status) in [
                (Self.call("r-1", input: 8), 409), (Self.call("r-9", #","client":"loja""#), 403),
                (Self.call("r-9", #","client":"nobody""#), 403), (Self.call(""), 400),
                ("[\(Self.call("")),\(Self.call("r-1", input: 8))]", 400),
            ] {
                #expect(try await Self.post(place, body).status == status, "\(body)")
            }
            #expect(try place.usage().count == 3)
        }
    }

    @Test func `wants an id, or a name for the whole`() async throws {
        try await `The gateway on a port`.with(clients: ["acme", "loja"]) { place in
            let bare = Self.call("x").replacing(#""id":"x","#, with: "")
            let body = "[\(bare),\(bare)]"
            let none = try await Self.post(place, body)
            #expect(none.status == 400 && none.text.contains("id: is missing; give each call"))
            let name = [("idempotency-key", "lot 1")]
            #expect(try await Self.post(place, body, name) == .good(2, 0))
            #expect(try await Self.post(place, body, name) == .good(0, 2))
            #expect(
                try await Self.post(place, body, of: "loja", name) == .good(2, 0))
            #expect(try place.usage().count == 4)
        }
    }

    /// Ids are the senders' own: what one client sends never keeps out what another sends.
    @Test func `may bear an id that another client has used`() async throws {
        try await `The gateway on a port`.with(clients: ["acme", "loja"]) { place in
            for client in ["acme", "loja", "acme", "loja"] {
                _ = try await Self.post(place, Self.call("1"), of: client)
            }
            #expect(try place.usage().map(\.client) == ["acme", "loja"])
            let other = try await Self.post(place, Self.call("1", input: 9), of: "loja")
            #expect(other.status == 409)
        }
    }

    /// The id of a call in flight is told to its caller, who must not be able to take its place.
    @Test func `cannot take the place of a call through the gateway`() async throws {
        try await `The gateway on a port`.with { place in
            let id = EventID(version7At: SystemClock.now(), random: (1, 2))
            let hold = Hold(
                id: id, client: "acme", at: SystemClock.now(), tokens: 10, usd: .zero)
            guard case .granted = try await place.journal.hold(hold) else {
                Issue.record("no hold")
                return
            }
            #expect(try await Self.post(place, Self.call("\(id)")) == .good(1, 0))
            var real = UsageEvent.sample(at: SystemClock.now())
            real.hold = id
            let outcome = try await place.journal.append(NewEvent(real, id: id))
            guard case .appended = outcome else {
                Issue.record("\(outcome)")
                return
            }
            let late = try await Self.post(place, Self.call("\(id)", input: 1))
            #expect(late.status == 409)
        }
    }

    @Test func `is turned away whole where it is no usage, or nobody's`() async throws {
        try await `The gateway on a port`.with { place in
            let none = try await place.post("/api/events", Self.call("a"))
            let wrong = try await place.post("/api/events", Self.call("a"), key: "rz-wrong")
            let chat = try await place.post("/v1/chat/completions", "{}")
            #expect(none.status == 401 && none.body == wrong.body && none.body == chat.body)
            for (body, type, headers, status, words) in [
                ("{", nil, [], 400, "the body is not valid JSON at line 1, column 2"),
                ("\"a\"", nil, [], 400, "the body is no event"),
                (String(repeating: "[", count: 20_000), nil, [], 400, "more than 64 levels"),
                (Self.call("a"), "text/csv", [], 415, "send application/json"),
                (
                    Self.call("a"), nil, [("content-encoding", "gzip")], 415,
                    "the body is encoded as gzip; send it as it is"
                ),
                (Self.call("a"), nil, [("idempotency-key", "")], 400, "Idempotency-Key must be"),
                (String(repeating: " ", count: 2 << 20), nil, [], 413, "the body is too large"),
                (
                    "[" + Array(repeating: "{}", count: 1_001).joined(separator: ",") + "]", nil,
                    [], 413, "more than 1000 events at once"
                ),
            ] as [(String, String?, [(String, String)], Int, String)] {
                let answer = try await Self.post(place, body, type: type, headers)
                #expect(answer.status == status, "\(words): \(answer.text)")
                #expect(
                    answer.text.hasPrefix(#"{"error":{"message":""#)
                        && answer.text.contains(words), "\(answer.text)")
            }
            #expect(try await place.get("/api/events", key: place.keys["acme"]).status == 405)
            #expect(try await Self.post(place, "[]") == .good(0, 0))
            #expect(try place.usage().isEmpty)
        }
    }

    @Test func `counts once under fifty that post the same at once`() async throws {
        try await `The gateway on a port`.with(limits: [(.usd, "1")]) { place in
            let body = (0..<40).map { Self.call("r-\($0)") }.joined(separator: "\n")
            let answers = await withTaskGroup(of: Answer?.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try? await Self.post(place, body, type: "application/x-ndjson")
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 50 && answers.allSatisfy { $0?.status == 200 })
            #expect(place.engine.counts.postedAccepted == 40)
            #expect(place.engine.counts.postedDuplicates == 49 * 40)
            #expect(place.engine.counts.postsInFlight == 0)
            let events = try place.usage()
            #expect(events.count == 40)
            #expect(try Self.settled(place) == "0.008")
        }
    }

    @Test func `beyond what there is room for is told to come back`() async throws {
        try await `The gateway on a port`.with { place in
            let key = try #require(
                try place.engine.key(of: place.keys["acme"] ?? ""))
            let (open, opener) = AsyncStream<Void>.makeStream()
            let waiting = (0..<64).map { number in
                Task {
                    try await place.engine.record(for: key) {
                        for await _ in open {}
                        return UsagePost(body: Array(Self.call("w-\(number)").utf8))
                    }
                }
            }
            while place.engine.counts.postsInFlight < 64 {
                try await Task.sleep(for: .milliseconds(5))
            }
            let refused = try await place.post(
                "/api/events", Self.call("a"), key: place.keys["acme"])
            #expect(refused.status == 503 && refused.header("retry-after") == "1")
            opener.finish()
            for task in waiting { #expect(try await task.value.accepted == 1) }
            #expect(try await Self.post(place, Self.call("a")) == .good(1, 0))
        }
    }

    /// A month of three clients: posted here, and read from its file by `razao import` there.
    @Test func `gives the same figures as an import`() async throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/sample/usage-2026-10.jsonl")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let clients = ["padaria-sol", "loja-rio", "clinica-vida"]
        let imported = try await Self.imported(file.path, clients)
        try await `The gateway on a port`.with(clients: clients) { place in
            for client in clients {
                let own = lines.filter { $0.contains(#""client":"\#(client)""#) }
                let answer = try await Self.post(
                    place, own.joined(separator: "\n"), of: client, type: "application/x-ndjson",
                    [("idempotency-key", "2026-10")])
                #expect(answer == .good(own.count, 0))
            }
            let posted = try Self.figures(place.journal, clients)
            #expect(posted.digest == imported.digest && posted.months == imported.months)
            #expect(posted.months.allSatisfy { $0.contains("gpt-4o") && $0.count > 500 })
        }
    }

    struct Figures: Sendable {
        let digest: String
        /// Lines, days and totals of each client's month.
        let months: [String]
    }

    /// The ledger of another gateway's clients, filled by an import.
    static func imported(_ file: String, _ clients: [String]) async throws -> Figures {
        var figures: Figures?
        try await `The gateway on a port`.with(clients: clients) { place in
            let journal = place.journal
            figures = try await withCheckedThrowingContinuation { continuation in
                Thread {
                    continuation.resume(
                        with: Result {
                            let keys = try PeopleKeys(folder: journal.folder + "/other")
                            defer { keys.close() }
                            let stream = try InputFile.open(file)
                            defer { stream.close() }
                            let result = try ImportRun(
                                journal: journal, keys: keys, source: "sample",
                                format: .own(ImportDefaults()), costs: nil, createClients: false,
                                timeZone: "America/Sao_Paulo", acknowledge: false,
                                shownRefusals: 5
                            ).json(RecordStream(stream))
                            #expect(result.new == 1_459 && result.refused == 0)
                            return try Self.figures(journal, clients)
                        })
                }.start()
            }
        }
        return try #require(figures)
    }

    static func figures(_ journal: Journal, _ clients: [String]) throws -> Figures {
        let month = try #require(CivilMonth("2026-10"))
        let comparison = try journal.rebuildViews(keepsLive: true)
        #expect(comparison.isEqual)
        return Figures(
            digest: comparison.live,
            months: try clients.map { client in
                let statement = try journal.statement(client: client, month: month) { _ in "" }
                return "\(statement.lines) \(statement.days) \(statement.totalBrlExact)"
            })
    }
}
