import Ledger
import Providers
import Testing

@testable import Server

/// Plans and their answers, as tests look at them.
enum Plans {
    static let stamp = MockPlan.Stamp(number: 7, second: 1_767_225_600)

    static func call(
        _ endpoint: MockEndpoint, _ body: String, model: String? = nil,
        headers: [(name: String, value: String)] = [], defaults: MockBehavior = MockBehavior()
    ) throws -> MockCall {
        try MockCall(
            endpoint, body: Array(body.utf8), model: model, headers: headers, defaults: defaults)
    }

    /// The answer of a call that is not streamed.
    static func answer(_ call: MockCall, fails: Bool = false) throws -> JSONValue {
        let plan = MockPlan(call, stamp, fails: fails)
        guard case .whole(let bytes) = plan.body else { throw Missing() }
        return try JSONValue(parsing: bytes)
    }

    /// The pieces of a call that is streamed.
    static func chunks(_ call: MockCall) throws -> [MockStream.Chunk] {
        let plan = MockPlan(call, stamp, fails: false)
        guard case .stream(var stream) = plan.body else { throw Missing() }
        var chunks: [MockStream.Chunk] = []
        while let chunk = stream.next() { chunks.append(chunk) }
        return chunks
    }

    /// The data of a stream's events, in order; `[DONE]` is left out.
    static func events(_ chunks: [MockStream.Chunk]) throws -> [JSONValue] {
        let text = String(decoding: chunks.flatMap(\.bytes), as: UTF8.self)
        return try text.split(whereSeparator: \.isNewline).compactMap { line in
            guard line.hasPrefix("data: "), line != "data: [DONE]" else { return nil }
            return try JSONValue(parsing: Array(line.dropFirst(6).utf8))
        }
    }

    /// What the project's own meter reads in an answer.
    static func report(_ call: MockCall, _ interface: Interface) throws -> AnswerReport {
        let plan = MockPlan(call, stamp, fails: false)
        switch plan.body {
        case .whole(let bytes):
            return AnswerReport(interface, status: plan.status, body: bytes)
        case .stream:
            var parser = EventStreamParser()
            var meter = AnswerMeter(interface)
            for chunk in try chunks(call) {
                for event in parser.consume(chunk.bytes) { meter.observe(event) }
            }
            return meter.report
        }
    }

    struct Missing: Error {}
}

/// A value inside a value: names, and numbers of elements.
extension JSONValue {
    func at(_ path: String) -> JSONValue? {
        path.split(separator: ".").reduce(self) { value, name in
            guard let index = Int(name) else { return value?[String(name)] }
            guard let elements = value?.elements, index < elements.count else { return nil }
            return elements[index]
        }
    }
}
