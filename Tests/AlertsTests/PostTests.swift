import Alerts
import Curl
import Foundation
import Journal
import Ledger
import Synchronization
import TestSupport
import Testing

// What is sent, when it is tried again, and that nothing is sent twice once it was taken.
@Suite struct `The post of alerts` {
    static func webhook(_ url: String = "http://127.0.0.1:9/") throws -> AlertTargets {
        AlertTargets(webhook: try .init(url: url, secret: Array("whsec".utf8)))
    }

    static func both() throws -> AlertTargets {
        var targets = try webhook()
        targets.mail = .init(
            route: try MailRoute(server: "smtp://127.0.0.1:9", from: "a@b", to: ["c@d"]))
        return targets
    }

    private static func post(
        _ place: AlertsPlace, _ outbox: AlertOutbox, _ targets: AlertTargets,
        _ webhook: any AlertSender, mail: any AlertSender = ScriptedSender(),
        clock: SetClock = SetClock()
    ) -> AlertPost {
        AlertPost(
            journal: place.journal, outbox: outbox, targets: targets, webhook: webhook, mail: mail,
            clock: { clock.now })
    }

    @Test func `sends each alert once, and of several at once the highest`() async throws {
        let place = try AlertsPlace()
        let outbox = try AlertOutbox(folder: place.folder)
        let sender = ScriptedSender()
        let post = Self.post(place, outbox, try Self.webhook(), sender)
        for tokens: UInt32 in [700, 100, 50, 200, 500] {
            try await place.raise(tokens)
            try await post.fold()
            try await post.fold()
            try await post.send(to: .webhook)
            try await post.send(to: .webhook)
            try await post.send(to: .mail)
        }
        #expect(sender.given == ["80", "100"])
        let all = try place.journal.alerts(after: .zero).alerts
        #expect(all.map(\.alert.threshold) == [80, 90, 100])
        let sent = try outbox.deliveries(of: all.map(\.sequence))
        #expect(all.map { sent[$0.sequence]?.map(\.state) } == [[.delivered], nil, [.delivered]])
        outbox.close()
        place.journal.close()
    }

    @Test func `tries again, later each time, over restarts, and the other target goes on`()
        async throws
    {
        let place = try AlertsPlace()
        let (clock, mail) = (SetClock(), ScriptedSender())
        let webhook = ScriptedSender(Array(repeating: "it is closed", count: 5))
        var outbox = try AlertOutbox(folder: place.folder)
        var post = Self.post(place, outbox, try Self.both(), webhook, mail: mail, clock: clock)
        try await place.raise(850)
        try await post.fold()
        try await post.send(to: .mail)
        var waits: [Int64] = []
        for attempt in 1...5 {
            let tried = try await post.send(to: .webhook)
            try #require(tried.count == 1 && tried[0].state == .pending)
            #expect(tried[0].attempts == attempt && tried[0].reason == "it is closed")
            let wait = tried[0].at.nanoseconds - clock.now.nanoseconds
            waits.append(wait)
            // Not before its time.
            clock.pass(wait / 1_000_000_000 - 1)
            #expect(try await post.send(to: .webhook).isEmpty)
            clock.pass(2)
            outbox.close()
            outbox = try AlertOutbox(folder: place.folder)
            post = Self.post(place, outbox, try Self.both(), webhook, mail: mail, clock: clock)
            try await post.fold()
            try await post.send(to: .mail)
        }
        for (index, wait) in waits.enumerated() {
            let whole = Int64(5_000_000_000) << Int64(index)
            #expect(wait >= whole / 2 && wait <= whole, "\(waits)")
        }
        #expect(try await post.send(to: .webhook).map(\.state) == [.delivered])
        #expect(webhook.given.count == 6 && mail.given == ["80"])
        outbox.close()
        place.journal.close()
    }

    @Test func `gives up in the end, by number or by age`() {
        let start = AlertsPlace.noon
        var delivery = AlertDelivery(SequenceNumber(7), .webhook, raisedAt: start)
        var last = start
        var count = 0
        while delivery.state == .pending {
            last = delivery.at
            delivery = delivery.tried(at: delivery.at, failed: "no\r\nX: y", jitter: .max)
            count += 1
            guard count < 1_000 else { break }
        }
        #expect(delivery.state == .givenUp && delivery.reason == "no  X: y")
        #expect(count == Int(delivery.attempts) && count <= Int(AlertDelivery.maximumAttempts))
        #expect(last.seconds - start.seconds <= AlertDelivery.maximumAgeSeconds)
        // Most of the three days are used.
        #expect(last.seconds - start.seconds > 36 * 3_600)

        let old = AlertDelivery(SequenceNumber(7), .mail, raisedAt: start)
        let late = Instant(seconds: start.seconds + AlertDelivery.maximumAgeSeconds)
        #expect(old.tried(at: late, failed: "x", jitter: 1).state == .givenUp)
        #expect(old.tried(at: late, failed: nil, jitter: 1).state == .delivered)
        #expect(old.tried(at: .distantFuture, failed: "x", jitter: 1).state == .givenUp)
    }

    @Test func `forgets nothing that matters with its folder`() async throws {
        let place = try AlertsPlace()
        let (clock, sender) = (SetClock(), ScriptedSender())
        func run() async throws {
            let outbox = try AlertOutbox(folder: place.folder)
            let post = Self.post(place, outbox, try Self.webhook(), sender, clock: clock)
            try await post.fold()
            try await post.send(to: .webhook)
            outbox.close()
        }
        try await place.raise(850)
        try await run()
        // Lost: what is young is sent once more, under the id it had.
        try FileManager.default.removeItem(atPath: place.folder + "/outbox")
        try await run()
        try await run()
        #expect(sender.given == ["80", "80"])
        // Damaged, three days later: nobody needs it any more.
        let file = URL(fileURLWithPath: place.folder + "/outbox/data.mdb")
        try Data(repeating: 0xAB, count: 8_192).write(to: file)
        clock.pass(AlertDelivery.maximumAgeSeconds + 1)
        try await run()
        #expect(sender.given == ["80", "80"])
        place.journal.close()
    }

    @Test func `sends nothing of the time before there was a target`() async throws {
        let place = try AlertsPlace()
        let outbox = try AlertOutbox(folder: place.folder)
        let sender = ScriptedSender()
        let post = Self.post(place, outbox, AlertTargets(), sender)
        try await place.raise(850)
        try await post.fold()
        post.use(try Self.webhook())
        try await post.fold()
        try await post.send(to: .webhook)
        #expect(sender.given.isEmpty)
        try await place.raise(100)
        try await post.fold()
        try await post.send(to: .webhook)
        #expect(sender.given == ["90"])
        outbox.close()
        place.journal.close()
    }
}
