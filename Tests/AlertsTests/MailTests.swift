import Alerts
import Curl
import Foundation
import Journal
import Ledger
import Money
import Statements
import TestSupport
import Testing

// E-mails as a mail reader sees them: Python's, which shares no line with ours.
@Suite(.enabled(if: Python.isAvailable, Comment(rawValue: Receiver.absence)))
struct `An alert by e-mail` {
    /// What a reader shows: headers by name, and the text's lines.
    struct Shown: Decodable {
        let headers: [String: String]
        let defects: [String]
        let lines: [String]
        let longest: Int
    }

    static func shown(_ thing: Receiver.Thing) throws -> Shown {
        let script = """
            import base64, email, email.policy, json, sys
            data = base64.b64decode(sys.stdin.read())
            message = email.message_from_bytes(data, policy=email.policy.default)
            defects = [str(d) for d in message.defects]
            for value in message.values():
                defects += [str(d) for d in getattr(value, "defects", [])]
            print(json.dumps(dict(
                headers={k.lower(): str(v) for k, v in message.items()}, defects=defects,
                lines=message.get_content().split("\\r\\n"),
                longest=max(len(line) for line in data.split(b"\\r\\n")))))
            """
        let text = try Python.run(script, input: (thing.data ?? Data()).base64EncodedString())
        return try JSONDecoder().decode(Shown.self, from: Data(text.utf8))
    }

    static func targets(
        _ receiver: Receiver, _ language: StatementLanguage = .portuguese,
        to: [String] = ["d@e.org"]
    ) throws -> AlertTargets {
        AlertTargets(
            mail: .init(
                route: try MailRoute(
                    server: "smtp://127.0.0.1:\(receiver.mailPort)", from: "razao@example.org",
                    to: to)), language: language)
    }

    static func notice(
        _ client: String? = "Padaria São João", stops: Bool = false, settled: String = "1034.565",
        budget: String = "brl-monthly"
    ) throws -> AlertNotice {
        let budget = try Budget(
            client: "padaria", id: budget, unit: .brl, limit: "1234.56", period: .monthly,
            stops: stops)
        let alert = Alert(
            budget, firstDay: date("2026-11-01"), DueAlert(threshold: 80),
            settled: try Amount<BRL>(settled).units, seen: SequenceNumber(8))
        return AlertNotice(
            RaisedAlert(
                alert: alert, id: EventID(high: 1, low: 2), sequence: SequenceNumber(9),
                at: AlertsPlace.noon, by: "gateway"), clientName: client)
    }

    private static func send(_ notice: AlertNotice, _ targets: AlertTargets) async -> String? {
        await MailSender().send(notice, to: targets, at: Instant(seconds: 1_795_273_445))
    }

    @Test func `is in Portuguese, with amounts as they are written there`() async throws {
        let receiver = try Receiver()
        let targets = try Self.targets(receiver, to: ["d@e.org", "f@g.org"])
        #expect(await Self.send(try Self.notice(), targets) == nil)
        let came = try receiver.received()
        #expect(came.count == 1 && came[0].receivers == ["d@e.org", "f@g.org"])
        let shown = try Self.shown(came[0])
        #expect(shown.defects.isEmpty && shown.longest <= 78)
        #expect(
            shown.headers["subject"]
                == "Razão: Padaria São João usou 83 % do orçamento brl-monthly")
        #expect(shown.headers["from"] == "razao@example.org")
        #expect(shown.headers["to"] == "d@e.org, f@g.org")
        #expect(shown.headers["date"] == "Sat, 21 Nov 2026 15:04:05 +0000")
        let id = "00000000-0000-0001-0000-000000000002"
        #expect(shown.headers["message-id"] == "<\(id)@example.org>")
        #expect(
            shown.lines.map { $0.replacing("\u{A0}", with: " ") } == [
                "O cliente Padaria São João (padaria) atingiu 80 % do orçamento brl-monthly.", "",
                "Usado:     R$ 1.034,56 (83 %)", "Orçamento: R$ 1.234,56",
                "Período:   01/11/2026 a 30/11/2026", "Renova:    01/12/2026", "",
                "Este orçamento só avisa: as chamadas deste cliente continuam.", "", "-- ",
                "Razão, aviso \(id)", "",
            ])
    }

    @Test(arguments: [
        (false, "1000", "só avisa"), (true, "1000", "Ao atingir o limite"),
        (true, "1234.56", "O limite foi atingido"), (false, "2000", "só avisa"),
    ])
    func `keeps the words apart: an orçamento warns, a limite stops`(
        stops: Bool, settled: String, words: String
    ) async throws {
        let receiver = try Receiver()
        let notice = try Self.notice(stops: stops, settled: settled)
        #expect(await Self.send(notice, try Self.targets(receiver)) == nil)
        let shown = try Self.shown(try #require(try receiver.received().first))
        let text = shown.lines.joined(separator: "\n") + (shown.headers["subject"] ?? "")
        #expect(text.contains(words))
        #expect(text.lowercased().contains("orçamento") == !stops)
        #expect(text.lowercased().contains("limite") == stops)
    }

    @Test func `is in English where the settings say so`() async throws {
        let receiver = try Receiver()
        let notice = try Self.notice(stops: true)
        #expect(await Self.send(notice, try Self.targets(receiver, .english)) == nil)
        let shown = try Self.shown(try #require(try receiver.received().first))
        #expect(
            shown.headers["subject"]
                == "Razão: Padaria São João has used 83 % of the limit brl-monthly")
        #expect(shown.lines.contains { $0.contains("1,034.56") })
    }

    @Test func `gets no header and no line from a name`() async throws {
        let receiver = try Receiver()
        let names = [
            "a\r\nBcc: x@y.org\r\n\r\nboo", "=?utf-8?B?eA==?=", String(repeating: "é", count: 200),
            "👩‍👩‍👧‍👦 \(String(repeating: "字", count: 80))", "\" <x@y>", "", ".\r\nQUIT\r\n",
        ]
        for name in names {
            let sent = await Self.send(
                try Self.notice(name, budget: "x é"), try Self.targets(receiver))
            #expect(sent == nil)
        }
        let came = try receiver.received()
        #expect(came.count == names.count)
        for (thing, name) in zip(came, names) {
            let shown = try Self.shown(thing)
            #expect(shown.headers["bcc"] == nil && shown.longest <= 78, "\(name)")
            #expect(thing.receivers == ["d@e.org"])
            let bare = name.split(whereSeparator: \.isNewline).joined(separator: " ")
            let subject = shown.headers["subject"] ?? ""
            let start = "Razão: " + bare.prefix(20)
            #expect(
                subject.replacing("\n", with: " ").hasPrefix(start) || bare != name,
                "\(subject)")
        }
    }

    @Test func `that the server does not take is told why`() async throws {
        let receiver = try Receiver()
        let reason = await Self.send(
            try Self.notice(), try Self.targets(receiver, to: ["refused@e.org"]))
        #expect(reason?.contains("550") == true, "\(reason ?? "it was taken")")
    }
}
