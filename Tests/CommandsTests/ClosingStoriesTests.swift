import Foundation
import TestSupport
import Testing

// Months are closed, and every figure of every statement is computed again
// (Tests/Independent/closing.py).
@Suite struct `Closed months, computed again` {
    private func run(_ words: [String]) throws -> Child.End {
        let place = try Workplace(initialized: false)
        let script = Workplace.package + "/Tests/Independent/closing.py"
        let start = [script, "--razao", Workplace.program]
        return try Child("python3", start + words, in: place.folder).wait(seconds: 420)
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func `of real traces, say the same to the last digit`() throws {
        let end = try run(["--data", try #require(SharedData.folder).path])
        #expect(end.status == 0 && end.output.contains(" 0 differ"), "\(end.output)\(end.errors)")
    }

    @Test(.enabled(if: Python.isAvailable, "python3 is not there"))
    func `of a random story, say the same to the last digit`() throws {
        try withSeed { random in
            let seed = random.int(0...999_999)
            let end = try run(["--random", "\(seed)"])
            try #require(
                end.status == 0 && end.output.contains(" 0 differ"),
                "--random \(seed): \(end.output)\(end.errors)")
        }
    }
}
