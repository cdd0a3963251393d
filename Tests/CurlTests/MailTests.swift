import Curl
import Foundation
import TestSupport
import Testing

// E-mail by way of a mail server on the loopback, and what a route must be.
@Suite(.enabled(if: Python.isAvailable, Comment(rawValue: Receiver.absence)))
struct `Mail` {
    static let text = "Subject: =?utf-8?B?w6k=?=\r\n\r\nUma linha\r\n.\r\n..duas\r\nfim"

    private static func route(
        _ receiver: Receiver, _ to: [String] = ["a@example.org", "b@example.org"],
        user: String? = nil, password: String? = nil
    ) throws -> MailRoute {
        try MailRoute(
            server: "smtp://127.0.0.1:\(receiver.mailPort)", from: "razao@example.org", to: to,
            user: user, password: password)
    }

    private static func send(
        _ route: MailRoute, _ client: MailClient = MailClient(), stop: MailClient.Stop = .init(),
        authorities: String? = nil
    ) -> CurlError? {
        do throws(CurlError) {
            try client.send(
                Array(text.utf8), by: route, authoritiesFile: authorities, stop: stop)
            return nil
        } catch {
            return error
        }
    }

    @Test func `arrives as it is, lines with a dot among it, for all its receivers`() throws {
        let receiver = try Receiver()
        #expect(Self.send(try Self.route(receiver)) == nil)
        let came = try receiver.received()
        #expect(came.count == 1 && came[0].sender == "razao@example.org")
        #expect(came[0].receivers == ["a@example.org", "b@example.org"] && came[0].user == nil)
        #expect(String(decoding: came[0].data ?? Data(), as: UTF8.self) == Self.text + "\r\n")
    }

    @Test func `signs in, and says what the server says where that fails`() throws {
        let receiver = try Receiver()
        let good = try Self.route(receiver, user: "razao", password: "segredo é")
        #expect(Self.send(good) == nil)
        #expect(try receiver.received().first?.user == "razao")
        let bad = try Self.route(receiver, user: "razao", password: "x")
        guard case .mailRefused(535, let words)? = Self.send(bad) else {
            Issue.record("a wrong password is taken")
            return
        }
        #expect(words.contains("535"))
        #expect(try receiver.received().count == 1)
    }

    @Test func `goes over TLS, to whom the certificate says`() throws {
        let receiver = try Receiver()
        guard receiver.mailTLSPort != 0 else { return }
        let route = try MailRoute(
            server: "smtps://127.0.0.1:\(receiver.mailTLSPort)", from: "r@example.org",
            to: ["a@example.org"])
        guard case .tls? = Self.send(route) else {
            Issue.record("a certificate that nobody vouches for is trusted")
            return
        }
        #expect(try receiver.received().isEmpty)
        #expect(Self.send(route, authorities: receiver.authorities) == nil)
        #expect(try receiver.received().first?.is_encrypted == true)
    }

    @Test(arguments: [("refused@example.org", 550), ("later@example.org", 451)])
    func `that is refused says so`(to: String, code: Int) throws {
        let receiver = try Receiver()
        guard case .mailRefused(code, let words)? = Self.send(try Self.route(receiver, [to])) else {
            Issue.record("it is not refused")
            return
        }
        #expect(words.contains(to))
        #expect(try receiver.received().isEmpty)
    }

    @Test func `waits no longer than it may, and stops when it is told to`() throws {
        let receiver = try Receiver()
        let route = try Self.route(receiver, ["hang@example.org"])
        #expect(
            Self.send(route, MailClient(totalTimeoutMilliseconds: 300)) == .timedOut(.whole))
        let stop = MailClient.Stop()
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.2) { stop.now() }
        #expect(
            Self.send(route, MailClient(totalTimeoutMilliseconds: 120_000), stop: stop)
                == .cancelled)
        let nobody = try MailRoute(
            server: "smtp://127.0.0.1:1", from: "a@b", to: ["a@b"])
        guard case .connectFailed? = Self.send(nobody) else {
            Issue.record("nobody listens there")
            return
        }
    }

    @Test(arguments: [
        ("http://h", "a@b", "c@d"), ("smtp://", "a@b", "c@d"), ("smtps:///x", "a@b", "c@d"),
        ("smtp://u:p@h", "a@b", "c@d"), ("smtp://h x", "a@b", "c@d"),
        ("smtp://h\r\nQUIT", "a@b", "c@d"), ("smtp://h", "a", "c@d"), ("smtp://h", "a@b@c", "c@d"),
        ("smtp://h", "a@b>\r\nRCPT TO:<x@y", "c@d"), ("smtp://h", "a@b", "c@d\r\nX: y"),
        ("smtp://h", "a@b", "c d@e"), ("smtp://h", "a@b", "é@d"), ("smtp://h", "a@b", "c@d,e@f"),
        ("smtp://h", "a@b", "<c@d>"), ("smtp://h", "@b", "c@d"), ("smtp://h", "a@b", "c@"),
    ])
    func `is given no route that could say more than it should`(
        server: String, from: String, to: String
    ) {
        #expect(throws: CurlError.self) { try MailRoute(server: server, from: from, to: [to]) }
    }

    @Test func `has one to twenty receivers, and secrets of one line`() throws {
        let many = (0..<21).map { "a\($0)@example.org" }
        for to in [[], many] {
            #expect(throws: CurlError.self) {
                try MailRoute(server: "smtp://h", from: "a@b", to: to)
            }
        }
        _ = try MailRoute(server: "smtp://h", from: "a@b", to: Array(many.dropLast()))
        #expect(throws: CurlError.self) {
            try MailRoute(
                server: "smtp://h", from: "a@b", to: ["a@b"], user: "u\r\n", password: "p")
        }
    }
}
