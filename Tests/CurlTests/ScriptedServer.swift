import Curl
import Foundation
import Testing

/// The server of `Tests/Servers/scripted.py` as a process of its own, one for all tests that need
/// it; it ends with the test process, since its standard input does.
struct ScriptedServer: Sendable {
    private static let shared = Result { try ScriptedServer() }
    /// What tests that need the server say when they are skipped.
    static let absence: Comment = "python3 is not there"

    /// The one for all.
    static func running() throws -> ScriptedServer { try shared.get() }

    let plainPort: Int
    let tlsPort: Int
    let http2Port: Int
    /// The file that makes its certificate trusted.
    let authorities: String
    /// Kept, because its end is the server's.
    private let input: Pipe

    var hasTLS: Bool { tlsPort != 0 }

    struct Failure: Error {}

    init() throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Servers/scripted.py")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script.path]
        input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Failure() }
            line += String(decoding: data, as: UTF8.self)
        }
        let parts = line.split(whereSeparator: \.isWhitespace)
        guard parts.count == 4, let plain = Int(parts[0]), let tls = Int(parts[1]),
            let http2 = Int(parts[2])
        else { throw Failure() }
        plainPort = plain
        tlsPort = tls
        http2Port = http2
        authorities = String(parts[3])
    }

    func plain(_ path: String) -> HTTPRequest { request("http://127.0.0.1:\(plainPort)/\(path)") }

    func tls(_ path: String) -> HTTPRequest {
        var request = request("https://127.0.0.1:\(tlsPort)/\(path)")
        request.authoritiesFile = authorities
        return request
    }

    /// Over HTTP/2 the script is the body.
    func http2(_ script: String) -> HTTPRequest {
        var request = request("https://127.0.0.1:\(http2Port)/")
        request.method = "POST"
        request.body = Array(script.utf8)
        request.authoritiesFile = authorities
        return request
    }

    private func request(_ url: String) -> HTTPRequest {
        let short = HTTPTimeouts(
            connect: .seconds(20), firstByte: .seconds(20), betweenBytes: .seconds(20),
            whole: .seconds(60))
        return HTTPRequest("GET", url, timeouts: short)
    }
}
