import Foundation
import Ledger
import TestSupport
import Testing

@testable import Providers

@Suite(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct `Recorded answers of nineteen interfaces` {
    /// The index says that these have no usage; it stands in their last event, under `delta`.
    static let overlooked: [String: TokenCounts] = [
        "cohere-chat/001.sse": TokenCounts(input: 62, output: 35),
        "cohere-chat/002.sse": TokenCounts(input: 12, output: 57),
    ]
    /// Groq's compound system names the models it called, which is what is billed.
    static let compound = "groq-chat/016.json"

    @Test func `are charged as the index of them expects`() throws {
        var charges = 0
        var missing = 0
        var doubted: [String] = []
        for recording in Recording.all {
            let report = recording.report()
            charges += report.usages.count
            let first = try #require(report.usages.first)
            if report.doubt != nil { doubted.append(recording.file) }
            if let counts = Self.overlooked[recording.file] {
                #expect(first.tokens == counts && first.source == .provider)
                continue
            }
            if recording.entry["usage_missing"] == .bool(true) {
                missing += 1
                #expect(report.usages.count == 1 && first.source == .missing, "\(recording)")
                #expect(first.tokens.isEmpty, "\(recording)")
                continue
            }
            #expect(report.usages.allSatisfy { $0.source == .provider }, "\(recording)")
            guard recording.file != Self.compound else { continue }
            if recording.entry["billing_iterations"] == nil {
                #expect(report.usages.count == 1, "\(recording)")
                check(first.tokens, recording)
            }
        }
        print("answers: \(Recording.all.count), charges: \(charges), without usage: \(missing)")
        #expect(Recording.all.count == 525 && missing == 30)
        #expect(Set(Recording.all.map { $0.entry["api"]?.text }).count == 19)
        // One reports more read and written than there was, one more reasoning than output.
        #expect(doubted == ["openrouter-chat/009.sse", "openrouter-chat/026.json"])
    }

    /// Class by class; where a provider contradicts itself, the totals it bills.
    private func check(_ tokens: TokenCounts, _ recording: Recording) {
        func expected(_ name: String) -> Int { recording.expected(name) ?? -1 }
        let input =
            expected("input_uncached") + expected("cache_read") + expected("cache_write")
        #expect(tokens.totalInput == UInt64(input), "\(recording)")
        #expect(tokens.totalTokens == UInt64(input + expected("output")), "\(recording)")
        guard expected("input_uncached") >= 0, expected("reasoning") <= expected("output") else {
            return
        }
        let fresh = tokens[.input] + tokens[.inputAudio] + tokens[.inputImage]
        #expect(Int(fresh) == expected("input_uncached"), "\(recording)")
        #expect(Int(tokens[.cacheRead]) == expected("cache_read"), "\(recording)")
        #expect(Int(tokens[.cacheWrite1h]) == expected("cache_write_1h"), "\(recording)")
        let written = expected("cache_write") - expected("cache_write_1h")
        #expect(Int(tokens[.cacheWrite5m]) == written, "\(recording)")
        #expect(Int(tokens[.reasoning]) == expected("reasoning"), "\(recording)")
    }

    @Test func `charge each model of an answer that bills two`() throws {
        var answers = 0
        for recording in Recording.all {
            guard let lines = recording.entry["billing_iterations"]?.elements else { continue }
            answers += 1
            var expected: [String: (input: Int, read: Int, written: Int, output: Int)] = [:]
            for line in lines {
                func count(_ name: String) -> Int {
                    line[name]?.numberText.flatMap { Int($0) } ?? 0
                }
                let model = try #require(line["model"]?.text)
                var sum = expected[model] ?? (0, 0, 0, 0)
                sum.input += count("input_uncached")
                sum.read += count("cache_read")
                sum.written += count("cache_write")
                sum.output += count("output")
                expected[model] = sum
            }
            let report = recording.report()
            #expect(report.usages.count == expected.count, "\(recording)")
            for usage in report.usages {
                let sum = try #require(expected[usage.model ?? ""], "\(recording)")
                let tokens = usage.tokens
                #expect(Int(tokens[.input]) == sum.input, "\(recording)")
                #expect(Int(tokens[.cacheRead]) == sum.read, "\(recording)")
                #expect(Int(tokens[.cacheWrite5m]) == sum.written, "\(recording)")
                #expect(Int(tokens[.output] + tokens[.reasoning]) == sum.output, "\(recording)")
            }
        }
        #expect(answers == 5)
        let compound = try #require(Recording.all.first { $0.file == Self.compound })
        let report = compound.report()
        #expect(report.usages.map(\.tokens.totalTokens).reduce(0, +) == 15_021)
        #expect(report.usages.map(\.model) == Self.compoundModels)
    }

    static let compoundModels: [String?] = [
        "meta-llama/llama-4-scout-17b-16e-instruct", "openai/gpt-oss-120b",
    ]

    @Test func `name model, id, end and error as they say it`() throws {
        for recording in Recording.all {
            let report = recording.report()
            let entry = recording.entry
            if let model = entry["response_model"]?.text, recording.file != Self.compound {
                #expect(report.usages.first?.model == model, "\(recording)")
            }
            if let id = entry["response_id"]?.text { #expect(report.requestID == id) }
            let isError = entry["error_in_body"] == .bool(true) || recording.status >= 400
            #expect((report.error != nil) == isError, "\(recording): \(report)")
            if !isError {
                #expect(report.isComplete, "\(recording): \(report)")
                if recording.interface != .embeddings {
                    #expect(report.finishReason != nil, "\(recording)")
                }
            }
            for usage in report.usages {
                #expect((usage.providerUsage?.utf8.count ?? 0) <= 2_048, "\(recording)")
                #expect(["", "provisioned"].contains(usage.serviceTier), "\(recording)")
                if usage.source == .provider {
                    let text = try #require(usage.providerUsage)
                    #expect(try JSONValue(parsing: Array(text.utf8)).compact == text)
                }
            }
        }
    }

    /// Equal byte for byte; `Data` compares faster than an array without optimisation.
    private static func areSame(_ left: [ServerSentEvent], _ right: [ServerSentEvent]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { left, right in
                left.name == right.name && left.isOversized == right.isOversized
                    && Data(left.raw) == Data(right.raw) && Data(left.data) == Data(right.data)
            }
    }

    /// Cuts each stream at every byte: the events and the parser's state at the end of each event
    /// must be those of a stream fed whole, wherever in the event the cut was. By induction so are
    /// all that follow; and a meter knows nothing but events.
    @Test(arguments: Recording.streams) func `are the same wherever they are cut`(
        recording: Recording
    ) throws {
        let whole = `Event streams`.events([recording.body])
        var atEvent = EventStreamParser()
        var start = 0
        for event in whole {
            let piece = Array(recording.body[start..<start + event.raw.count])
            var after = atEvent
            let expected = after.consume(piece)
            // What stands before the cut is fed byte by byte, which is every cut before it too.
            var before = atEvent
            for cut in piece.indices {
                var parts = before
                let events = parts.consume(Array(piece[cut...]))
                guard Self.areSame(events, expected), parts == after else {
                    Issue.record("\(recording) cut at byte \(start + cut)")
                    return
                }
                _ = before.consume([piece[cut]])
            }
            atEvent = after
            start += event.raw.count
        }
        #expect(start == recording.body.count)
        var single = Metered(recording.interface)
        for byte in recording.body { single.feed([byte]) }
        single.finish()
        #expect(single.meter == Metered(recording.interface).fed([recording.body]).meter)
    }

    @Test func `are the same cut at random`() throws {
        try withSeed { random in
            for recording in Recording.streams {
                let whole = Metered(recording.interface).fed([recording.body])
                var pieces: [[UInt8]] = []
                var rest = recording.body[...]
                while !rest.isEmpty {
                    let count = min(rest.count, random.int(1...900))
                    pieces.append(Array(rest.prefix(count)))
                    rest = rest.dropFirst(count)
                }
                try #require(Metered(recording.interface).fed(pieces) == whole, "\(recording)")
            }
        }
    }

    @Test func `that stop anywhere tell nothing wrong`() throws {
        for recording in Recording.streams {
            let whole = recording.report()
            var metered = Metered(recording.interface)
            var start = 0
            for event in `Event streams`.events([recording.body]) {
                start += event.raw.count
                metered.feed(event.raw)
                let report = metered.meter.report
                let tokens = report.usages.first?.tokens ?? TokenCounts()
                #expect(report.usages.first?.source != .missing || tokens.isEmpty)
            }
            #expect(metered.meter.report == whole)
        }
    }

    @Test func `show at least as many bytes as they have visible tokens`() throws {
        var beyond: [String] = []
        for recording in Recording.all where recording.status < 400 {
            var metered = Metered(recording.interface)
            if recording.isStream {
                metered = metered.fed([recording.body])
            } else {
                metered.meter.observe(try JSONValue(parsing: recording.body))
            }
            let report = metered.meter.report
            guard let usage = report.usages.first, report.error == nil else { continue }
            let visible = Int(usage.tokens[.output])
            if metered.meter.shownBytes < visible { beyond.append(recording.file) }
        }
        // These models reason out of sight, and their provider does not count it apart.
        #expect(
            beyond == [
                "groq-chat/030.json", "groq-chat/032.json", "groq-chat/036.json",
                "openai-responses/038.json",
            ])
    }
}
