import Alerts
import Curl
import Foundation
import Gateway
import Journal
import Ledger
import Synchronization
import TestSupport
import Testing

// Webhooks over a socket, checked by a program that shares no line with ours.
@Suite(.enabled(if: Python.isAvailable, Comment(rawValue: Receiver.absence)))
struct `A webhook` {
    static let secret = "whsec_é"

    private static func targets(_ receiver: Receiver, _ path: String) throws -> AlertTargets {
        AlertTargets(
            webhook: try .init(
                url: "http://127.0.0.1:\(receiver.webhookPort)\(path)", secret: Array(secret.utf8)))
    }

    /// Runs a watch as a gateway does, with short pauses, until `body` is through.
    private static func watch(
        _ place: AlertsPlace, _ targets: AlertTargets, _ settled: SettledClients,
        clock: SetClock = SetClock(), note: @escaping @Sendable (String) -> Void = { _ in },
        _ body: () async throws -> Void
    ) async throws {
        let loop = try TransferLoop()
        let outbox = try AlertOutbox(folder: place.folder)
        let post = AlertPost(
            journal: place.journal, outbox: outbox, targets: targets,
            webhook: WebhookSender(loop: loop), mail: MailSender(), clock: { clock.now })
        let watch = AlertWatch(
            journal: place.journal, settled: settled, post: post, by: "gateway",
            pause: .milliseconds(5), clock: { clock.now }, note: note)
        let task = Task { await watch.run() }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        task.cancel()
        await task.value
        outbox.close()
        await loop.close(within: .seconds(5))
        try result.get()
    }

    @Test func `comes once for each threshold that is passed, signed`() async throws {
        let receiver = try Receiver()
        let place = try AlertsPlace()
        let settled = SettledClients()
        try await Self.watch(place, Self.targets(receiver, "/ok"), settled) {
            for (count, tokens) in [(1, UInt32(800)), (2, 120), (3, 90), (3, 400)] {
                try await place.use(tokens)
                settled.note("acme")
                #expect(try await until { try receiver.received().count >= count })
            }
        }
        // Another gateway starts on the same folder: nothing comes again.
        try await Self.watch(place, Self.targets(receiver, "/ok"), settled) {
            #expect(try await place.raise(1).isEmpty)
            settled.note("acme")
            try await Task.sleep(for: .milliseconds(100))
        }
        let came = try receiver.received()
        let bodies = try came.map {
            try JSONDecoder().decode(Body.self, from: Data(($0.body ?? "").utf8))
        }
        #expect(bodies.map(\.threshold) == [80, 90, 100])
        #expect(bodies.map(\.used) == ["800", "920", "1010"])
        #expect(bodies[0].client_name == "Padaria São João" && bodies[0].limit == "1000")
        #expect(bodies[0].first_day == "2023-11-16" && bodies[0].last_day == "2023-11-16")
        #expect(Set(bodies.map(\.id)).count == 3)
        for (thing, body) in zip(came, bodies) {
            #expect(thing.headers?["x-razao-delivery"] == body.id)
            #expect(thing.headers?["x-razao-event"] == "alert.raised")
            #expect(thing.headers?["content-type"] == "application/json")
        }
        #expect(try Self.genuine(came) == ["True", "True", "True"])
        place.journal.close()
    }

    struct Body: Decodable {
        let event: String
        let id: String
        let client_name: String
        let threshold: Int
        let used: String
        let limit: String
        let first_day: String
        let last_day: String
    }

    /// What the README's own lines say of each request: its code is run as it stands.
    static func genuine(
        _ came: [Receiver.Thing], secret: String = secret, later seconds: Int = 0
    ) throws -> [Substring] {
        let readme = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("README.md")
        let text = try String(contentsOf: readme, encoding: .utf8)
        let block = try #require(
            text.components(separatedBy: "```python\n").map {
                $0.components(separatedBy: "```")[0]
            }.first { $0.contains("def is_genuine(") })
        let lines = try came.map { thing in
            String(
                decoding: try JSONEncoder().encode([
                    "headers": String(
                        decoding: try JSONEncoder().encode(thing.headers), as: UTF8.self),
                    "body": thing.body ?? "",
                ]), as: UTF8.self)
        }
        let script =
            block + """

                import json, sys
                for line in sys.stdin:
                    thing = json.loads(line)
                    headers = json.loads(thing["headers"])
                    now = int(headers["x-razao-timestamp"]) + \(seconds)
                    print(is_genuine(headers, thing["body"].encode(), "\(secret)", now))
                """
        return try Python.lines(script, input: lines.joined(separator: "\n"))
    }

    @Test func `that was changed, is old or is signed by another is not genuine`() async throws {
        let receiver = try Receiver()
        let loop = try TransferLoop()
        let notice = try AlertNotice.test(
            id: EventID(high: 1, low: 2), at: AlertsPlace.noon)
        let reason = await WebhookSender(loop: loop).send(
            notice, to: try Self.targets(receiver, "/ok"), at: AlertsPlace.noon)
        #expect(reason == nil)
        await loop.close(within: .seconds(5))
        let came = try receiver.received()
        #expect(came.count == 1 && came[0].headers?["x-razao-event"] == "alert.test")
        #expect(try Self.genuine(came) == ["True"])
        #expect(try Self.genuine(came, later: 299) == ["True"])
        #expect(try Self.genuine(came, later: 301) == ["False"])
        #expect(try Self.genuine(came, secret: "other") == ["False"])
    }

    @Test func `that answers 500 twice is asked a third time, under the same id`() async throws {
        let receiver = try Receiver()
        let place = try AlertsPlace()
        let (clock, settled) = (SetClock(), SettledClients())
        let notes = Mutex<[String]>([])
        try await place.use(850)
        try await Self.watch(
            place, Self.targets(receiver, "/fail?times=2"), settled, clock: clock,
            note: { note in notes.withLock { $0.append(note) } }
        ) {
            for count in 1...3 {
                let came = try await until {
                    clock.pass(1)
                    return try receiver.received().count >= count
                }
                #expect(came)
            }
            let told = try await until { notes.withLock { $0.count } >= 3 }
            #expect(told)
        }
        let came = try receiver.received()
        #expect(came.map(\.status) == [500, 500, 200])
        #expect(Set(came.map { $0.headers?["x-razao-delivery"] }).count == 1)
        #expect(try Self.genuine(came) == ["True", "True", "True"])
        let told = notes.withLock { $0 }
        #expect(told.first?.hasPrefix("alert: acme has used 85 % of tokens-daily") == true)
        #expect(told.dropFirst().allSatisfy { $0.contains("the webhook answered 500") }, "\(told)")
        let outbox = try AlertOutbox(folder: place.folder)
        let sequence = try #require(try place.journal.alerts(after: .zero).alerts.first?.sequence)
        let sent = try #require(try outbox.deliveries(of: [sequence])[sequence]?.first)
        #expect(sent.state == .delivered && sent.attempts == 3)
        outbox.close()
        place.journal.close()
    }

    @Test(arguments: ["/status?code=302", "/status?code=410", "/close"])
    func `that does not take it is told why`(path: String) async throws {
        let receiver = try Receiver()
        let loop = try TransferLoop()
        let notice = try AlertNotice.test(id: EventID(high: 1, low: 2), at: AlertsPlace.noon)
        let reason = await WebhookSender(loop: loop).send(
            notice, to: try Self.targets(receiver, path), at: AlertsPlace.noon)
        let words = path.hasPrefix("/status") ? "answered \(path.suffix(3))" : "connection ended"
        #expect(reason?.contains(words) == true, "\(reason ?? "it was taken")")
        #expect(try receiver.received().count == 1)
        await loop.close(within: .seconds(5))
    }

    @Test func `that says nothing holds neither the watch nor its end up`() async throws {
        let receiver = try Receiver()
        let place = try AlertsPlace()
        try await Self.watch(place, Self.targets(receiver, "/hang"), SettledClients()) {
            try await place.use(850)
            #expect(try await until { try receiver.received().count == 1 })
        }
        // Broken off, it counts as no try and is sent by the next one.
        let outbox = try AlertOutbox(folder: place.folder)
        let waiting = try outbox.due(for: .webhook, at: AlertsPlace.noon)
        #expect(waiting.map(\.attempts) == [0])
        outbox.close()
        place.journal.close()
    }

    @Test(arguments: ["ftp://h/", "http://u:p@h/", "http://h/ x", "http://h/\r\nX: y", ""])
    func `has an address that is one`(url: String) {
        #expect(throws: CurlError.self) { try AlertTargets.Webhook(url: url, secret: [1]) }
    }
}
