import Foundation
import Ledger
import TestSupport

@testable import Providers

/// One recorded answer of a provider, and what is known about it.
struct Recording: Sendable, CustomStringConvertible {
    let file: String
    let interface: Interface
    let isStream: Bool
    let status: Int
    let body: [UInt8]
    let entry: JSONValue

    var description: String { file }

    /// All of them; none where the data is not there.
    static let all: [Recording] = {
        guard let index = SharedData.data("provider-responses/index.jsonl") else { return [] }
        return index.split(separator: 0x0A).compactMap { line in
            guard let entry = try? JSONValue(parsing: Array(line)),
                let file = entry["file"]?.text, let api = entry["api"]?.text,
                let body = SharedData.data("provider-responses/\(file)")
            else { return nil }
            return Recording(
                file: file, interface: interface(api), isStream: entry["form"]?.text == "sse",
                status: entry["http_status"]?.numberText.flatMap { Int($0) } ?? 0,
                body: Array(body), entry: entry)
        }
    }()

    static let streams = all.filter(\.isStream)

    private static func interface(_ api: String) -> Interface {
        switch api {
        case "anthropic-messages": .messages
        case "bedrock-converse": .converse
        case "cohere-chat": .cohereChat
        case "gemini-generativelanguage", "gemini-vertex": .generateContent
        case "openai-embeddings": .embeddings
        case "openai-responses", "azure-openai-responses", "deepseek-responses": .responses
        default: .chatCompletions
        }
    }

    /// The meter after the whole answer.
    func report() -> AnswerReport {
        guard isStream else { return AnswerReport(interface, status: status, body: body) }
        return Metered(interface).fed([body]).meter.report
    }

    /// A count of the index's `expected`.
    func expected(_ name: String) -> Int? {
        entry["expected"]?[name]?.numberText.flatMap { Int($0) }
    }
}

/// A parser and a meter behind it, whose state is a value.
struct Metered: Equatable {
    var parser: EventStreamParser
    var meter: AnswerMeter

    init(_ interface: Interface, maximumEventBytes: Int = 16 << 20) {
        parser = EventStreamParser(maximumEventBytes: maximumEventBytes)
        meter = AnswerMeter(interface)
    }

    mutating func feed(_ bytes: some Sequence<UInt8>) {
        for event in parser.consume(Array(bytes)) { meter.observe(event) }
    }

    mutating func finish() {
        for event in parser.finish() { meter.observe(event) }
    }

    /// The state after those pieces and the end.
    func fed(_ pieces: [[UInt8]]) -> Metered {
        var copy = self
        for piece in pieces { copy.feed(piece) }
        copy.finish()
        return copy
    }
}
