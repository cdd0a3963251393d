import Foundation
import HTTPTypes
import Hummingbird
import Providers
import Synchronization

/// Carries out what is planned for each call, and keeps the totals.
final class MockService: Responder {
    /// A stream without pauses is written in pieces of about this size.
    private static let coalescedBytes = 16 << 10

    private let options: MockOptions
    private let totals = Mutex(MockTotals())
    /// Sets calls apart; never goes back.
    private let numbers = Atomic<UInt64>(0)
    /// Decides which calls fail; a reset begins anew.
    private let draws = Atomic<UInt64>(0)

    init(_ options: MockOptions) { self.options = options }

    func reply(to call: Call) async throws -> Reply {
        let isAnthropic = call.header("anthropic-version") != nil
        switch MockRoute(method: call.method, path: call.path, isAnthropic: isAnthropic) {
        case .call(let endpoint, let model): return try await answer(call, endpoint, model)
        case .models(let dialect, let id): return Reply(json: MockModels.json(dialect, id: id))
        case .totals: return Reply(json: totals.withLock { $0 }.json)
        case .reset:
            draws.store(0, ordering: .relaxed)
            totals.withLock { $0.reset() }
            return Reply(json: Array("{}".utf8))
        case .wrongMethod(let dialect):
            let message = "\(call.method) is not for this path"
            return refuse(APIError(status: 405, message: message), dialect)
        case .unknown(let dialect):
            let message = "the mock provider has nothing under \(call.path.prefix(200))"
            return refuse(APIError(status: 404, message: message), dialect)
        }
    }

    private func refuse(_ error: APIError, _ dialect: Dialect) -> Reply {
        totals.withLock { $0.refused += 1 }
        return Reply(status: error.status, json: error.body(dialect))
    }

    private func answer(_ call: Call, _ endpoint: MockEndpoint, _ model: String?) async throws
        -> Reply
    {
        let mock: MockCall
        do {
            let body = try await call.body(upTo: options.maximumBodyBytes)
            var read = try MockCall(
                endpoint, body: body, model: model, headers: Self.wishes(call.request.headers),
                defaults: options.behavior)
            read.isArray = endpoint == .streamGenerate && call.query("alt") != "sse"
            mock = read
        } catch {
            guard let error = error as? APIError else { throw error }
            return refuse(error, endpoint.dialect)
        }
        let draw = draws.wrappingAdd(1, ordering: .relaxed).newValue
        let number = numbers.wrappingAdd(1, ordering: .relaxed).newValue
        let fails = MockDraw.fails(
            seed: options.seed, number: draw, rate: mock.behavior.errorRate)
        let plan = MockPlan(
            mock, MockPlan.Stamp(number: number, second: Int64(Date().timeIntervalSince1970)),
            fails: fails)
        return try await carryOut(plan, mock, call, number)
    }

    private func carryOut(_ plan: MockPlan, _ mock: MockCall, _ call: Call, _ number: UInt64)
        async throws -> Reply
    {
        let meter = MockMeter(self, mock, plan)
        do {
            if plan.delayMilliseconds > 0 {
                let caller = try await call.caller()
                try await call.pause(milliseconds: plan.delayMilliseconds, caller)
            }
        } catch {
            meter.end(.aborted, output: 0)
            throw error
        }
        var headers: HTTPFields = [:]
        headers.set(
            mock.endpoint.dialect == .anthropic ? "request-id" : "x-request-id",
            "req_mock_\(number)")
        for header in plan.headers { headers.set(header.name, header.value) }
        switch plan.body {
        case .whole(let bytes):
            guard plan.outcome == .broken else {
                meter.end()
                return Reply(
                    status: plan.status, type: plan.type, bytes: bytes, headers: headers)
            }
            headers[.contentLength] = "\(bytes.count)"
            return Reply(status: plan.status, type: plan.type, headers: headers) { writer in
                meter.end()
                try await writer.write(ByteBuffer(bytes: bytes[..<(bytes.count / 2)]))
                throw BrokenOff()
            }
        case .stream(let stream):
            return Reply(status: plan.status, type: plan.type, headers: headers) { writer in
                try await Self.write(stream, to: &writer, call, meter)
            }
        }
    }

    private static func write(
        _ stream: MockStream, to writer: inout any ResponseBodyWriter, _ call: Call,
        _ meter: MockMeter
    ) async throws {
        var stream = stream
        var written = 0
        var buffer = ByteBuffer()
        do {
            let caller = try await call.caller()
            while let chunk = stream.next() {
                if chunk.delayMilliseconds > 0 {
                    if buffer.readableBytes > 0 { try await writer.write(buffer) }
                    buffer.clear()
                    try await call.pause(milliseconds: chunk.delayMilliseconds, caller)
                }
                buffer.writeBytes(chunk.bytes)
                written += chunk.tokens
                if chunk.breaksOff || buffer.readableBytes >= coalescedBytes {
                    guard !caller.isGone else { throw CallerGone() }
                    try await writer.write(buffer)
                    buffer.clear()
                }
                if chunk.breaksOff { throw BrokenOff() }
            }
            guard !caller.isGone else { throw CallerGone() }
            if buffer.readableBytes > 0 { try await writer.write(buffer) }
            meter.end(.answered, output: written)
        } catch {
            meter.end(error is BrokenOff ? .broken : .aborted, output: written)
            throw error
        }
    }

    /// What a call's headers wish: `x-mock-…`.
    private static func wishes(_ headers: HTTPFields) -> [(name: String, value: String)] {
        headers.compactMap { field in
            let name = field.name.canonicalName
            guard name.hasPrefix("x-mock-") else { return nil }
            return (String(name.dropFirst(7)), field.value)
        }
    }

    fileprivate func note(_ change: @Sendable (inout MockTotals) -> Void) {
        totals.withLock { change(&$0) }
    }
}

/// Thrown to end a connection in the middle of an answer, as planned.
private struct BrokenOff: Error {}

/// Counts one call in the totals: when it begins and how it ends.
private struct MockMeter: Sendable {
    private let service: MockService
    private let model: String
    private let isCount: Bool
    private let plan: MockPlan

    init(_ service: MockService, _ call: MockCall, _ plan: MockPlan) {
        self.service = service
        self.plan = plan
        model = call.model
        isCount = call.endpoint.isCount
        if !isCount { service.note { $0.begin() } }
    }

    /// It ended as planned.
    func end() {
        switch plan.outcome {
        case .answered: end(.answered, output: plan.tokens.output)
        case .broken: end(.broken, output: plan.tokens.output)
        case .failed: end(.failed, output: 0)
        case .counted: service.note { $0.counted += 1 }
        }
    }

    func end(_ end: MockTotals.End, output: Int) {
        guard !isCount else { return }
        service.note { totals in
            var tokens = plan.tokens
            tokens.output = output
            totals.end(end, model: model, tokens: tokens)
        }
    }
}
