// The reverse of reading: a call as one line of JSON that reads back to the same.

extension UsageJSONLine {
    /// A call as one line of JSON, without a line break, that ``parse(_:now:)-(Data,_)`` reads back
    /// exactly.
    ///
    /// Members stand in a fixed order and only where they say something; the end user is written as
    /// its `p:` pseudonym and the id as a UUID.
    public static func render(_ event: UsageEvent, id: EventID) -> String {
        var line = Line()
        line.text("id", id.description)
        line.text("occurred_at", event.occurredAt.description)
        line.text("client", event.client)
        line.text("conversation", event.conversation)
        line.text("end_user", event.endUser?.description)
        line.text("provider", event.provider)
        line.text("model", event.model)
        line.text("model_requested", event.modelRequested)
        line.text("operation", event.operation.name)
        line.text("service_tier", event.serviceTier.isEmpty ? nil : event.serviceTier)
        let tokens = UsageClass.allCases.filter { event.tokens[$0] != 0 && $0.isToken }
        let units = UsageClass.allCases.filter { event.tokens[$0] != 0 && !$0.isToken }
        if event.usageSource != .missing || !tokens.isEmpty {
            line.object("tokens", tokens.map { ($0.name, String(event.tokens[$0])) })
        }
        if !units.isEmpty {
            line.object("units", units.map { ($0.name, String(event.tokens[$0])) })
        }
        line.text("usage_source", event.usageSource.name)
        line.number("latency_ms", event.latencyMilliseconds)
        line.number("ttft_ms", event.timeToFirstTokenMilliseconds)
        line.text("outcome", event.outcome.name)
        if event.wasCached { line.member("was_cached", "true") }
        if event.wasFallback { line.member("was_fallback", "true") }
        line.text("fallback_reason", event.fallbackReason)
        if event.attempt != 1 { line.number("attempt", UInt32(event.attempt)) }
        line.text("key", event.key)
        line.text("request_id", event.requestID)
        line.text("hold", event.hold?.description)
        if !event.tags.isEmpty {
            line.object(
                "tags",
                event.tags.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.quoted($0.value)) })
        }
        line.text("provider_usage", event.providerUsage)
        return line.finished
    }

    private struct Line {
        private var body = "{"

        var finished: String { body + "}" }

        mutating func member(_ name: String, _ value: String) {
            if body.utf8.count > 1 { body += "," }
            body += JSONValue.quoted(name) + ":" + value
        }

        mutating func text(_ name: String, _ value: String?) {
            if let value { member(name, JSONValue.quoted(value)) }
        }

        mutating func number(_ name: String, _ value: UInt32?) {
            if let value { member(name, String(value)) }
        }

        mutating func object(_ name: String, _ members: [(String, String)]) {
            let inner = members.map { JSONValue.quoted($0.0) + ":" + $0.1 }
            member(name, "{" + inner.joined(separator: ",") + "}")
        }
    }
}
