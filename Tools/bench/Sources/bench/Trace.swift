import Foundation
import Ledger

/// The real calls that every workload repeats: what was asked of which model, and when.
struct Trace: Sendable {
    struct Row: Sendable {
        /// Nanoseconds since the trace's start.
        var offset: Int64
        var provider: String
        var model: String
        var input: UInt32
        var output: UInt32
    }

    let rows: [Row]
    /// The whole extent in nanoseconds; a repetition begins where the one before ends.
    let length: Int64
    let name: String

    /// BurstGPT's first week where the shared data lie beside the repository, else the sample.
    init(repository: String) throws {
        let environment = ProcessInfo.processInfo.environment
        let shared = environment["RAZAO_SHARED_DATA"] ?? repository + "/../shared/data"
        let week = shared + "/trace-burstgpt/BurstGPT_first7days.csv.gz"
        if FileManager.default.fileExists(atPath: week) {
            try self.init(burstGPT: Tool.output("/bin/gzip", ["-dc", week]))
        } else {
            let sample = repository + "/Fixtures/sample"
            let files = try FileManager.default.contentsOfDirectory(atPath: sample).sorted()
            guard let name = files.first(where: { $0.hasPrefix("usage") }) else {
                throw Problem("\(sample) holds no usage; run the bench from a whole repository")
            }
            try self.init(sample: String(contentsOfFile: sample + "/" + name, encoding: .utf8))
        }
    }

    private init(burstGPT text: String) throws {
        var rows: [Row] = []
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == 6, let second = Int64(fields[0]), let input = UInt32(fields[2]),
                let output = UInt32(fields[3])
            else { throw Problem("\"\(line)\" is no row of BurstGPT; fetch the file again") }
            rows.append(
                Row(
                    offset: second * 1_000_000_000, provider: "openai",
                    model: fields[1] == "GPT-4" ? "gpt-4" : "gpt-3.5-turbo", input: input,
                    output: output))
        }
        self.init(rows, length: 7 * 86_400 * 1_000_000_000, name: "BurstGPT")
    }

    private init(sample text: String) throws {
        struct Call: Decodable {
            struct Tokens: Decodable {
                var input: UInt32?
                var output: UInt32?
            }
            var occurred_at: String
            var provider: String
            var model: String
            var tokens: Tokens?
        }
        let decoder = JSONDecoder()
        let calls = try text.split(whereSeparator: \.isNewline).map { line in
            let call = try decoder.decode(Call.self, from: Data(line.utf8))
            return (try Instant(call.occurred_at), call)
        }.sorted { $0.0 < $1.0 }
        guard let first = calls.first?.0, let last = calls.last?.0 else {
            throw Problem("the sample of usage is empty; restore it")
        }
        let rows = calls.map { instant, call in
            Row(
                offset: instant.nanoseconds - first.nanoseconds, provider: call.provider,
                model: call.model, input: call.tokens?.input ?? 0, output: call.tokens?.output ?? 0)
        }
        self.init(rows, length: last.nanoseconds - first.nanoseconds + 1, name: "sample")
    }

    private init(_ rows: [Row], length: Int64, name: String) {
        self.rows = rows
        self.length = length
        self.name = name
    }

    /// Every model of the trace, once.
    var models: [(provider: String, model: String)] {
        Set(rows.map { "\($0.provider)/\($0.model)" }).sorted().map {
            let parts = $0.split(separator: "/", maxSplits: 1).map(String.init)
            return (parts[0], parts[1])
        }
    }
}

/// A sentence for the person who runs the bench.
struct Problem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
