import Foundation
import Testing

/// Usage made of nothing but a counter: each line is its own, and says which one it is.
enum MadeUsage {
    /// Lines of a client; line `n` (from 1) has the request id `client-n`.
    static func lines(_ count: Int, client: String, model: String = "gpt-4o-mini") -> String {
        var text = ""
        for number in 1...count {
            let minute = number % 40_000
            let day = 1 + minute / 1_440
            let clock = [minute % 1_440 / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
            text += """
                {"occurred_at":"2026-10-\(day < 10 ? "0" : "")\(day)T\(clock[0]):\(clock[1]):00Z",\
                "client":"\(client)","provider":"openai","model":"\(model)",\
                "tokens":{"input":\(number),"output":7},"request_id":"\(client)-\(number)"}

                """
        }
        return text
    }

    /// The numbers of a client's lines that are in the ledger, as `events` tells them.
    static func numbers(_ place: Workplace, client: String) throws -> [Int] {
        try place.razao("events", "--client", client).split(separator: "\n").map { line in
            let call = try Figures(parsing: String(line))
            return Int(call["request_id"].text.split(separator: "-").last ?? "") ?? -1
        }
    }

    /// The line ranges that an import with `--acknowledge` has reported as durable.
    static func acknowledged(_ output: String) -> [ClosedRange<Int>] {
        // The last line may be half written when the program was killed.
        output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap {
            line in
            guard let range = line.wholeMatch(of: #/acknowledged lines (\d+)-(\d+): .*/#),
                let first = Int(range.1), let last = Int(range.2)
            else { return nil }
            return first...last
        }
    }
}
