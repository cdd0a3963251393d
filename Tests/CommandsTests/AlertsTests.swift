import Foundation
import TestSupport
import Testing

// razao alerts as a person uses it, and several at once.
@Suite struct `Alerts on the command line` {
    private func use(
        _ place: Workplace, _ tokens: Int, _ name: String, client: String = "acme"
    ) throws -> String {
        let now = ISO8601DateFormatter().string(from: Date())
        return try place.write(
            name,
            """
            {"occurred_at":"\(now)","client":"\(client)","provider":"openai","model":"gpt-4o",\
            "tokens":{"input":\(tokens)}}

            """)
    }

    private func place(_ clients: [String] = ["acme"]) throws -> Workplace {
        let place = try Workplace()
        for client in clients {
            try place.razao("client", "add", client)
            // Monthly, with a limit that the month's first calls cannot pass at its turn.
            try place.razao(
                "budget", "set", client, "--unit", "tokens", "--limit", "1000", "--period",
                "monthly")
        }
        return place
    }

    @Test func `are raised by an import, listed, and not raised again`() throws {
        let place = try place(["acme", "zeta"])
        #expect(try place.razao("alerts", "list").contains("no alerts"))
        #expect(try place.razao("alerts", "check").contains("No alert is due"))
        try place.razao("import", use(place, 500, "a.jsonl"))
        let end = try place.run("import", use(place, 420, "b.jsonl"))
        #expect(end.status == 0 && end.errors.contains("2 alerts raised; see: razao alerts list"))
        #expect(try place.razao("alerts", "check").contains("No alert is due"))
        let list = try place.razao("alerts", "list", "--client", "acme")
        let rows = list.split(separator: "\n").dropFirst(2)
        #expect(rows.count == 2, "\(list)")
        #expect(rows.first?.contains("80 %") == true && rows.first?.contains("with 90 %") == true)
        #expect(rows.last?.contains("90 %") == true && list.contains("920"))
        #expect(try place.razao("alerts", "list", "--client", "zeta").contains("no alerts"))
        #expect(try place.razao("alerts", "list", "--month", "2023-01").contains("no alerts"))
        try place.refused("alerts", "list", "--client", "nobody", saying: ["no client \"nobody\""])
        try place.refused("alerts", "list", "--month", "may", saying: ["like 2026-11"])
        // The calls alone go out and come in again; views and log are as they should be.
        try place.razao("replay", "--rebuild")
        try place.razao("verify")
        #expect(try place.razao("events").split(separator: "\n").count == 2)
    }

    @Test func `are raised once by eight processes at once`() throws {
        let clients = (0..<10).map { "c\($0)" }
        let place = try place(clients)
        let files = try clients.map { try use(place, 850, "\($0).jsonl", client: $0) }
        var children = try files.map { try place.start(["import", $0]) }
        children += try (0..<8).map { _ in try place.start(["alerts", "check"]) }
        for child in children { #expect(try child.wait().status == 0) }
        let list = try place.razao("alerts", "list").split(separator: "\n").dropFirst(2)
        #expect(list.count == 10, "\(list)")
        for client in clients { #expect(list.count { $0.contains(" \(client) ") } == 1) }
        try place.razao("verify")
    }

    @Test func `have targets that are checked, and a test of them`() throws {
        let place = try place()
        try place.refused("alerts", "test", saying: ["no target is set up", "alerts.webhook_url"])
        let secret = try place.write("s", "secret\n")
        for (settings, words) in [
            ("alerts.webhook_url = ftp://x", "an http or https address"),
            (
                "alerts.webhook_url = http://u:p@h/\nalerts.webhook_secret_file = \(secret)",
                "a user"
            ),
            ("alerts.webhook_url = http://h/", "has no secret to sign with"),
            (
                "alerts.webhook_url = http://h/\nalerts.webhook_secret_env = NO_SUCH",
                "alerts.webhook_secret_env: the environment variable NO_SUCH is not set"
            ),
            (
                "alerts.webhook_url = http://h/\nalerts.webhook_secret_file = /nowhere",
                "there is nothing to be read in /nowhere"
            ),
            ("alerts.smtp_url = smtps://h", "needs alerts.smtp_from and alerts.smtp_to"),
            (
                "alerts.smtp_url = smtps://h\nalerts.smtp_from = a@b\nalerts.smtp_to = c@d, e",
                "\"e\" is no e-mail address"
            ),
            (
                "alerts.smtp_url = smtps://h\nalerts.smtp_from = a@b\nalerts.smtp_to = c@d\n"
                    + "alerts.smtp_user_env = PATH", "belong together"
            ),
        ] {
            let conf = try place.write("bad.conf", settings)
            for command in ["test", "check"] {
                try place.refused("alerts", command, "--config", conf, saying: [words])
            }
        }
    }

    @Test(.enabled(if: Python.isAvailable, "python3 is not on this machine"))
    func `are sent by a check where no gateway runs`() throws {
        let receiver = try Receiver()
        let place = try place()
        let secret = try place.write("secret", "  whsec\n")
        func conf(_ path: String) throws -> String {
            try place.write(
                "alerts.conf",
                """
                alerts.webhook_url = http://127.0.0.1:\(receiver.webhookPort)\(path)
                alerts.webhook_secret_file = \(secret)
                alerts.smtp_url = smtp://127.0.0.1:\(receiver.mailPort)
                alerts.smtp_from = razao@example.org
                alerts.smtp_to = dona@example.org, socio@example.org
                """)
        }
        let failing = try conf("/status?code=503")
        let test = try place.run("alerts", "test", "--config", failing)
        #expect(test.status == 1)
        #expect(test.output.contains("webhook: the webhook answered 503"))
        #expect(test.output.contains("mail: taken, as "))
        try place.razao("import", use(place, 850, "a.jsonl"))
        let first = try place.razao("alerts", "check", "--config", failing)
        #expect(first.contains("webhook: the webhook answered 503"), "\(first)")
        #expect(first.contains("mail: delivered"))
        let list = try place.razao("alerts", "list")
        #expect(list.contains("webhook failed 1×: the webhook answered 503, mail delivered"))
        // Not before its time, and then once.
        let good = try conf("/ok")
        let deadline = Date().addingTimeInterval(60)
        while try !place.razao("alerts", "check", "--config", good).contains("delivered") {
            guard Date() < deadline else { break }
            Thread.sleep(forTimeInterval: 0.2)
        }
        try place.razao("alerts", "check", "--config", good)
        #expect(try place.razao("alerts", "list").contains("webhook delivered, mail delivered"))
        let came = try receiver.received()
        #expect(came.filter { $0.kind == "http" }.compactMap(\.status) == [503, 503, 200])
        #expect(came.count { $0.kind == "mail" } == 2)
        #expect(came.last { $0.kind == "mail" }?.receivers?.count == 2)
    }
}
