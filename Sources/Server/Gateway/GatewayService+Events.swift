// POST /api/events: usage from programs that call providers themselves.

import Gateway
import Ledger
import Logging
import Providers

extension GatewayService {
    /// Records what a program says it used, and says what became of each call.
    func events(_ call: Call) async throws -> Reply {
        guard let key = try key(of: call) else { return refuse(Self.unauthorized, .openAI) }
        guard call.method == "POST" else {
            return refuse(APIError(status: 405, message: "/api/events wants POST"), .openAI)
        }
        let began = ContinuousClock.now
        do {
            let report = try await engine.record(for: key) { try await post(call) }
            note(key, report, began)
            return Reply(status: report.status, json: Self.json(report).compactBytes)
        } catch let error as APIError {
            return refuse(error, .openAI)
        }
    }

    private func post(_ call: Call) async throws -> UsagePost {
        if let coding = call.header("content-encoding"), coding.lowercased() != "identity" {
            throw APIError(
                status: 415,
                message: "the body is encoded as \(coding.prefix(80)); send it as it is",
                code: "unsupported_media_type")
        }
        var attributes: [String: String] = [:]
        for name in UsagePost.attributeNames {
            attributes[name] = call.header("ce-\(name)")?.removingPercentEncodings
        }
        let body = try await call.body(
            upTo: min(engine.settings.maximumBodyBytes, UsagePost.maximumBytes))
        return UsagePost(
            body: body, contentType: call.header("content-type"), attributes: attributes,
            batch: call.header("idempotency-key"))
    }

    private static func json(_ report: PostReport) -> JSONValue {
        .made(
            ("accepted", .count(report.accepted)), ("duplicates", .count(report.duplicates)),
            ("refused", .count(report.refused.count)),
            ("errors", .array(report.refused.map(json))))
    }

    private static func json(_ refused: PostReport.Refused) -> JSONValue {
        .made(
            ("index", .count(refused.index)), ("line", refused.line.map(JSONValue.count)),
            ("id", refused.id.map(JSONValue.string)), ("status", .count(refused.status)),
            ("code", .string(refused.refusal.kind.rawValue)),
            ("field", refused.refusal.error.field.map(JSONValue.string)),
            ("message", .string("\(refused.refusal)")))
    }

    private func note(_ key: KeyRecord, _ report: PostReport, _ began: ContinuousClock.Instant) {
        log?.info(
            "events",
            metadata: [
                "client": "\(key.client)", "key": "\(key.id)", "status": "\(report.status)",
                "accepted": "\(report.accepted)", "duplicates": "\(report.duplicates)",
                "refused": "\(report.refused.count)", "ms": Self.milliseconds(since: began),
            ])
    }
}
