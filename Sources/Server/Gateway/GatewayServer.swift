public import Gateway
import HTTPTypes
import Hummingbird
import Ledger
public import Logging
import NIOCore
import Providers

/// The gateway's HTTP surface: `/v1` as OpenAI and Anthropic have it, usage of calls that were made
/// elsewhere, health and metrics.
///
/// ```swift
/// let server = try await GatewayServer.start(engine, at: ListenerOptions(port: 8080))
/// try await server.wait()
/// ```
/// What a call costs and whether it may be made is the engine's; here bytes become calls, and
/// answers bytes.
public enum GatewayServer {
    /// Starts one; returns when it listens. Throws ``ListenError`` where it cannot. `log` tells one
    /// line for each call where the engine's settings say so, without content, key or person; nil
    /// tells nothing.
    public static func start(
        _ engine: GatewayEngine, log: Logger?, at listener: ListenerOptions,
        on executor: (any TaskExecutor)? = nil
    ) async throws -> RunningServer {
        try await RunningServer.start(
            listener, on: executor, GatewayService(engine: engine, logger: log))
    }
}

/// Turns HTTP into calls of the engine.
struct GatewayService: Responder {
    let engine: GatewayEngine
    let logger: Logger?

    /// Where calls are told, unless they are not to be.
    var log: Logger? { engine.settings.logsCalls ? logger : nil }

    func reply(to call: Call) async throws -> Reply {
        switch (call.method, call.path) {
        case ("GET", "/healthz"): return Reply(json: Array(#"{"status":"ok"}"#.utf8))
        case ("GET", "/readyz"): return ready()
        case ("GET", "/metrics"):
            return Reply(
                status: 200, type: "text/plain; version=0.0.4; charset=utf-8",
                bytes: Array(GatewayMetrics.text(engine.counts).utf8))
        default: break
        }
        let path = call.path.hasSuffix("/") ? String(call.path.dropLast()) : call.path
        if path == "/v1/models" || path.hasPrefix("/v1/models/") {
            return try models(call, path)
        }
        if path == "/api/events" { return try await events(call) }
        guard let interface = Self.interfaces[path] else {
            return refuse(
                APIError(
                    status: 404, message: "there is nothing under \(call.path.prefix(200))"),
                dialect(of: call))
        }
        guard call.method == "POST" else {
            return refuse(
                APIError(status: 405, message: "\(path) wants POST"), interface.dialect)
        }
        return try await answer(call, interface)
    }

    private static let interfaces: [String: Interface] = [
        "/v1/chat/completions": .chatCompletions, "/v1/completions": .completions,
        "/v1/embeddings": .embeddings, "/v1/messages": .messages,
        "/v1/messages/count_tokens": .countTokens,
    ]

    private func ready() -> Reply {
        do {
            try engine.check()
            return Reply(json: Array(#"{"status":"ready"}"#.utf8))
        } catch {
            return Reply(
                status: 503, json: Array(#"{"status":"the ledger cannot be read"}"#.utf8))
        }
    }

    func refuse(_ error: APIError, _ dialect: Dialect) -> Reply {
        var headers: HTTPFields = [:]
        if let seconds = error.retryAfterSeconds { headers.set("retry-after", "\(seconds)") }
        return Reply(status: error.status, json: error.body(dialect), headers: headers)
    }

    private func dialect(of call: Call) -> Dialect {
        call.header("anthropic-version") == nil ? .openAI : .anthropic
    }

    // MARK: Keys

    /// The key of a call. A wrong one, a revoked one and none get the same answer, found the same
    /// way: by the hash.
    func key(of call: Call) throws -> KeyRecord? {
        var text = call.header("x-api-key")
        if let authorization = call.header("authorization") {
            let parts = authorization.split(separator: " ", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "bearer" { text = String(parts[1]) }
        }
        return try engine.key(of: String((text ?? "").prefix(512)))
    }

    static let unauthorized = APIError(
        status: 401,
        message: "the key is missing or not valid; send it as \"Authorization: Bearer KEY\" or "
            + "\"x-api-key: KEY\"")

    private func models(_ call: Call, _ path: String) throws -> Reply {
        let dialect = dialect(of: call)
        guard try key(of: call) != nil else { return refuse(Self.unauthorized, dialect) }
        guard call.method == "GET" else {
            return refuse(APIError(status: 405, message: "\(path) wants GET"), dialect)
        }
        let models = try engine.models()
        if path == "/v1/models" { return Reply(json: ModelList.json(models, dialect)) }
        let id = String(path.dropFirst("/v1/models/".count)).removingPercentEncodings
        guard let model = models.first(where: { $0.id == id || $0.name == id }) else {
            return refuse(
                APIError(
                    status: 404, message: "there is no model \(id.prefix(200)); see GET /v1/models",
                    code: "model_not_found"), dialect)
        }
        return Reply(json: ModelList.json(model, dialect))
    }

    // MARK: Calls

    private func answer(_ call: Call, _ interface: Interface) async throws -> Reply {
        guard let key = try key(of: call) else {
            return refuse(Self.unauthorized, interface.dialect)
        }
        let body: [UInt8]
        do {
            body = try await call.body(upTo: engine.settings.maximumBodyBytes)
        } catch let error as APIError {
            return refuse(error, interface.dialect)
        }
        var wanted = GatewayCall(interface, body: body, key: key)
        wanted.endUser = call.header("x-litellm-end-user-id")
        wanted.conversation = call.header("x-razao-conversation").map { String($0.prefix(200)) }
        for tag in (call.header("x-litellm-tags") ?? "").split(separator: ",").prefix(16) {
            let name = tag.trimmingPrefix(while: { $0 == " " }).prefix(60)
            if !name.isEmpty { wanted.tags[String(name)] = "true" }
        }
        wanted.idempotencyKey = call.header("idempotency-key")
        let began = ContinuousClock.now
        switch await engine.answer(wanted) {
        case .whole(let status, let headers, let bytes):
            note(key, interface, status, began, headers)
            return Reply(
                status: status, json: bytes,
                headers: Self.fields(headers.filter { $0.name != "content-type" }))
        case .recorded(let headers, let events):
            note(key, interface, 200, began, headers)
            return .events(headers: Self.fields(headers)) { writer in
                try await writer.write(ByteBuffer(bytes: events))
            }
        case .stream(let headers, let live):
            return .events(headers: Self.fields(headers)) { writer in
                var sink = writer
                await live.relay { bytes in try await sink.write(ByteBuffer(bytes: bytes)) }
                writer = sink
                note(key, interface, 200, began, headers)
            }
        }
    }

    private static func fields(_ headers: [AnswerHeader]) -> HTTPFields {
        var fields: HTTPFields = [:]
        for header in headers { fields.set(header.name, header.value) }
        return fields
    }

    /// One line for a call: who, what and how long; never what was said, nor with which key's text.
    private func note(
        _ key: KeyRecord, _ interface: Interface, _ status: Int, _ began: ContinuousClock.Instant,
        _ headers: [AnswerHeader]
    ) {
        guard let log else { return }
        var metadata: Logger.Metadata = [
            "client": "\(key.client)", "key": "\(key.id)", "interface": "\(interface.rawValue)",
            "status": "\(status)",
            "ms": Self.milliseconds(since: began),
        ]
        for (name, label) in [
            ("x-razao-request-id", "request"), ("x-razao-model", "model"),
            ("x-razao-provider", "provider"), ("x-razao-cost-usd", "usd"),
            (KeptAnswer.mark.name, "replayed"),
        ] {
            if let header = headers.first(where: { $0.name == name }) {
                metadata[label] = "\(header.value)"
            }
        }
        log.info("call", metadata: metadata)
    }

    /// Milliseconds with one decimal.
    static func milliseconds(since began: ContinuousClock.Instant) -> Logger.MetadataValue {
        let parts = "\((ContinuousClock.now - began) / .milliseconds(1))".split(separator: ".")
        return "\(parts.first ?? "0").\((parts.last ?? "0").prefix(1))"
    }
}

extension String {
    /// The text with `%2F` and its like decoded; as it was where that gives no text.
    var removingPercentEncodings: String {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(rest.prefix(2)) ?? "", radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? self
    }
}
