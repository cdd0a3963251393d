import Foundation
import Glibc
import Testing

// The mock provider as a program: what it says, and how it ends.
@Suite struct `razao mock-provider` {
    /// Starts one on a free port; the port it says.
    private func start(_ place: Workplace, _ words: [String] = []) throws -> (Child, String) {
        let child = try place.start(["mock-provider", "--port", "0"] + words)
        let limit = Date().addingTimeInterval(30)
        while child.isRunning, !child.output.hasSuffix("\n"), Date() < limit { usleep(5_000) }
        let said = child.output
        let line = try #require(
            said.wholeMatch(of: #/mock-provider listens on http://127\.0\.0\.1:(\d+)\n/#),
            "it said: \(said)")
        return (child, String(line.1))
    }

    @Test(arguments: [SIGTERM, SIGINT]) func `ends with status 0`(by signal: Int32) throws {
        let place = try Workplace(initialized: false)
        let (child, _) = try start(place)
        kill(child.id, signal)
        let end = try child.wait(seconds: 30)
        #expect(end.status == 0 && end.errors.isEmpty)
    }

    @Test func `says that its port is in use`() throws {
        let place = try Workplace(initialized: false)
        let (child, port) = try start(place)
        let end = try place.start(["mock-provider", "--port", port]).wait()
        #expect(end.status == 1)
        #expect(end.errors.contains("port \(port) of 127.0.0.1 is in use"))
        kill(child.id, SIGTERM)
        _ = try child.wait(seconds: 30)
    }

    @Test(arguments: [
        (["--error-rate", "2"], "--error-rate must be a share from 0 to 1"),
        (["--chunk-tokens", "0"], "--chunk-tokens must be a whole number from 1"),
        (["--usage", "some"], "--usage must be reported or missing"),
        (["--port", "70000"], "--port 70000"),
        (["--host", "203.0.113.7"], "no address 203.0.113.7"),
    ])
    func `refuses what cannot be`(words: [String], due: String) throws {
        let place = try Workplace(initialized: false)
        let end = try place.start(["mock-provider", "--port", "0"] + words).wait()
        #expect(end.status == 1)
        #expect(end.errors.contains(due), "\(end.errors)")
    }
}
