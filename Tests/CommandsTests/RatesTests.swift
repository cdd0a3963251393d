import Foundation
import Glibc
import TestSupport
import Testing

// Rates from the bodies that the Banco Central's service really gave, by file and over HTTP.
@Suite(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct `Rates of the Banco Central` {
    /// A server on the loopback that gives the answers in turn and notes the paths it was asked.
    private final class Server {
        let child: Child
        let address: String
        private let log: String

        init(_ place: Workplace, _ answers: [(status: Int, body: String)]) throws {
            let script = """
                import http.server, json, sys
                answers = json.load(open(sys.argv[1]))
                class Handler(http.server.BaseHTTPRequestHandler):
                    def do_GET(self):
                        with open(sys.argv[2], "a") as log: log.write(self.path + "\\n")
                        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
                        data = body.encode()
                        self.send_response(status)
                        self.send_header("Content-Length", str(len(data)))
                        self.end_headers()
                        self.wfile.write(data)
                    def log_message(self, *words): pass
                server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
                print(server.server_port, flush=True)
                server.serve_forever()
                """
            let name = UUID().uuidString
            log = "\(place.folder)/\(name).log"
            let list = answers.map { [$0.status, $0.body] as [Any] }
            let data = try JSONSerialization.data(withJSONObject: list)
            let file = try place.write("\(name).json", String(decoding: data, as: UTF8.self))
            child = try Child("python3", ["-c", script, file, log], in: place.folder)
            let limit = Date().addingTimeInterval(20)
            while !child.output.hasSuffix("\n"), child.isRunning, Date() < limit { usleep(2_000) }
            let port = try #require(Int(child.output.dropLast()))
            address = "http://127.0.0.1:\(port)"
        }

        deinit { child.stop(SIGKILL) }

        var paths: [String] {
            ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n").map {
                String($0)
            }
        }
    }

    private static func body(_ name: String) throws -> String {
        let path = "fx-usd-brl/ptax-api-bodies/CotacaoDolarPeriodo_\(name).json"
        return String(decoding: try #require(SharedData.data(path)), as: UTF8.self)
    }

    private static func fetch(_ place: Workplace, _ server: Server, _ day: String) throws
        -> Child.End
    {
        try place.run("rates", "fetch", "--from", day, "--to", day, "--url", server.address)
    }

    @Test func `a period is fetched once, with the service's way to write dates`() throws {
        let place = try Workplace()
        let server = try Server(place, [(200, Self.body("2025-04-23"))])
        let first = try Self.fetch(place, server, "2025-04-23")
        #expect(first.status == 0, "\(first.errors)")
        // Two rows, 27 ms apart, with one rate.
        #expect(first.output.contains("1 new, 0 already there"))
        let path = try #require(server.paths.first)
        #expect(path.contains("CotacaoDolarPeriodo"))
        #expect(path.replacing("%27", with: "'").contains("'04-23-2025'"), "\(path)")
        #expect(try Self.fetch(place, server, "2025-04-23").output.contains("0 new, 1 already"))
        #expect(try place.razao("rates", "show", "2025-04-24").contains("quote of 2025-04-23"))
        #expect(server.paths.count == 2)
    }

    @Test func `a weekend has no quote and is no fault`() throws {
        let place = try Workplace()
        let server = try Server(place, [(200, Self.body("weekend_or_holiday"))])
        let before = try place.razao("verify")
        let end = try Self.fetch(place, server, "2025-04-19")
        #expect(end.status == 0)
        #expect(end.output.contains("no quote"))
        #expect(try place.razao("verify") == before)
        #expect(server.paths.count == 1)
    }

    @Test(arguments: [
        (
            200, "<!DOCTYPE html><html><body>Sistema em manuten\u{E7}\u{E3}o</body></html>",
            "web page"
        ),
        (
            200, "/*{\n  \"codigo\" : 400,\n  \"mensagem\" : \"Data inv\u{E1}lida\"\n}*/",
            "inv\u{E1}lida"
        ),
        (200, "", "empty"), (200, "{\"value\":[{\"cotacaoCompra\":5.1", "JSON"),
        (200, "{\"value\":{}}", "value"), (503, "busy", "503"), (404, "", "404"),
        (
            200,
            "{\"value\":[{\"cotacaoCompra\":5.3,\"cotacaoVenda\":5.2,"
                + "\"dataHoraCotacao\":\"2025-04-23 13:03:00\"}]}", "compra"
        ),
        (
            200,
            "{\"value\":[{\"cotacaoCompra\":5.1,\"cotacaoVenda\":5.2,"
                + "\"dataHoraCotacao\":\"2025-05-23 13:03:00\"}]}", "outside"
        ),
    ])
    func `an answer that is none is refused with the reason`(
        status: Int, body: String, says: String
    ) throws {
        let place = try Workplace()
        let server = try Server(place, [(status, body)])
        let before = try place.razao("verify")
        let end = try Self.fetch(place, server, "2025-04-23")
        #expect(end.status == 1)
        #expect(end.errors.contains(says), "\(end.errors)")
        #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        #expect(try place.razao("verify") == before)
    }

    @Test func `a fault that passes is tried again`() throws {
        let place = try Workplace()
        let server = try Server(
            place, [(500, "oops"), (200, "<html>"), (200, Self.body("2025-04-23"))])
        let end = try Self.fetch(place, server, "2025-04-23")
        #expect(end.status == 0, "\(end.errors)")
        #expect(end.output.contains("1 new"))
        #expect(server.paths.count == 3)
    }

    @Test func `nobody listening is told as such`() throws {
        let place = try Workplace()
        let server = try Server(place, [(200, "")])
        server.child.stop(SIGKILL)
        let end = try Self.fetch(place, server, "2025-04-23")
        #expect(end.status == 1)
        #expect(end.errors.contains("127.0.0.1"), "\(end.errors)")
    }

    @Test func `bodies are imported from files as they are`() throws {
        let place = try Workplace()
        let folder = try #require(SharedData.folder).path + "/fx-usd-brl/ptax-api-bodies/"
        func take(_ name: String, _ more: String...) throws -> String {
            let words = ["rates", "import", "\(folder)CotacaoDolarPeriodo_\(name).json"] + more
            let end = try place.start(words).wait()
            #expect(end.status == 0, "\(end.errors)")
            return end.output
        }
        #expect(try take("weekend_or_holiday").contains("no quote"))
        #expect(try take("2025-04-23").contains("1 new"))
        #expect(try take("2026-06-19").contains("1 new"))
        // The body does not say the day; it was published five days later.
        #expect(try take("1984-11-28", "--date", "1984-11-28").contains("from 1984-11-28"))
        #expect(try place.razao("rates", "show", "1984-11-29").contains("quote of 1984-11-28"))
        // The file of all days agrees with the body of one.
        let csv =
            try #require(SharedData.folder).path
            + "/fx-usd-brl/ptax_2021-05-19_2025-12-31.csv"
        #expect(try place.razao("rates", "import", csv).contains("1162 new, 1 already there"))
        #expect(try place.razao("rates", "import", csv).contains("0 new, 1163 already there"))
        // The holiday of 20 November has no rate since 2024; the day before counts.
        #expect(try place.razao("rates", "show", "2024-11-21").contains("quote of 2024-11-19"))
        #expect(try place.razao("rates", "show", "2025-01-03").contains("6.2086"))
    }
}
