/// A call's fields as read, before they are checked: what JSON lines and CSV rows have in common.
///
/// Both forms fill this and then ask ``call(_:now:)``, so that one set of rules holds for both.
struct UsageFields {
    var id: String?
    var occurredAt: String?
    var client: String?
    var conversation: String?
    var endUser: String?
    var provider: String?
    var model: String?
    var modelRequested: String?
    var operation: String?
    var serviceTier: String?
    var usageSource: String?
    var outcome: String?
    var fallbackReason: String?
    var key: String?
    var requestID: String?
    var hold: String?
    var providerUsage: String?
    var latency: UInt32?
    var firstToken: UInt32?
    var attempt: UInt32?
    var wasCached = false
    var wasFallback = false
    var tokens = TokenCounts()
    /// True once a file said anything about consumption, be it zero.
    var hasTokens = false
    var tags: [String: String] = [:]

    mutating func set(_ field: UsageField, text: String) {
        switch field {
        case .id: id = text
        case .occurredAt: occurredAt = text
        case .client: client = text
        case .conversation: conversation = text
        case .endUser: endUser = text
        case .provider: provider = text
        case .model: model = text
        case .modelRequested: modelRequested = text
        case .operation: operation = text
        case .serviceTier: serviceTier = text
        case .usageSource: usageSource = text
        case .outcome: outcome = text
        case .fallbackReason: fallbackReason = text
        case .key: key = text
        case .requestID: requestID = text
        case .hold: hold = text
        case .providerUsage: providerUsage = text
        case .latency, .firstToken, .attempt, .wasCached, .wasFallback, .tokens, .units, .tags:
            break
        }
    }

    mutating func set(_ field: UsageField, count: UInt32) {
        switch field {
        case .latency: latency = count
        case .firstToken: firstToken = count
        default: attempt = count
        }
    }

    mutating func set(_ field: UsageField, flag: Bool) {
        if field == .wasCached { wasCached = flag } else { wasFallback = flag }
    }

    /// The checked call. Throws the first thing that is wrong.
    func call(_ defaults: ImportDefaults, now: Instant) throws(ImportError) -> ImportedCall {
        let names = try names()
        guard let client = client ?? defaults.client else {
            throw ImportError(
                field: "client", reason: "is missing; give it in the file or with --client")
        }
        var event = UsageEvent(
            client: client, provider: names.provider, model: names.model,
            occurredAt: try instant(defaults, now: now))
        event.modelRequested = names.requested == names.model ? nil : names.requested
        if let operation { event.operation = try Self.operations.find(operation) }
        if let outcome { event.outcome = try Self.outcomes.find(outcome) }
        event.usageSource = try source()
        event.serviceTier = serviceTier.map(ServiceTier.normalized) ?? ""
        event.tokens = tokens
        event.latencyMilliseconds = latency
        event.timeToFirstTokenMilliseconds = firstToken
        event.attempt = attempt.map { UInt8(clamping: $0) } ?? 1
        event.wasCached = wasCached
        event.wasFallback = wasFallback
        event.fallbackReason = fallbackReason
        event.conversation = conversation
        event.key = key
        event.requestID = requestID
        event.providerUsage = providerUsage
        event.tags = tags
        if let hold {
            guard let id = EventID(hold) else {
                throw ImportError(field: "hold", reason: "is no UUID; give the id of a hold")
            }
            event.hold = id
        }
        try checkTexts(event)
        event.endUser = endUser.flatMap { EndUserPseudonym($0) }
        return ImportedCall(event: event, givenID: id ?? defaults.id, endUser: endUser)
    }

    /// Provider and model. A provider inside the model's name counts only where none is given.
    private func names() throws(ImportError) -> (
        provider: String, model: String, requested: String?
    ) {
        guard let model = model ?? modelRequested else {
            throw ImportError(field: "model", reason: "is missing; give the model that answered")
        }
        if let provider { return (provider, model, modelRequested) }
        guard let slash = model.firstIndex(of: "/") else {
            throw ImportError(
                field: "provider", reason: "is missing; give it, or the model as provider/model")
        }
        let prefix = model[...slash]
        let requested = modelRequested.map {
            $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0
        }
        return (String(prefix.dropLast()), String(model[slash...].dropFirst()), requested)
    }

    private func instant(
        _ defaults: ImportDefaults, now: Instant
    ) throws(ImportError) -> Instant {
        guard let instant = try givenInstant() ?? defaults.occurredAt else {
            throw ImportError(
                field: "occurred_at",
                reason: "is missing; give an instant like 2026-11-20T15:04:05Z")
        }
        let (latest, overflow) = now.nanoseconds.addingReportingOverflow(ImportLimits.ahead)
        guard overflow || instant.nanoseconds <= latest else {
            throw ImportError(
                field: "occurred_at",
                reason: "\(occurredAt ?? "\(instant)") is in the future, by more than an hour; "
                    + "check clock and zone")
        }
        return instant
    }

    private func givenInstant() throws(ImportError) -> Instant? {
        guard let occurredAt else { return nil }
        do throws(TimeTextError) {
            return try Instant(occurredAt)
        } catch {
            throw ImportError(field: "occurred_at", reason: error.description)
        }
    }

    /// Unknown is a state, not zero: without tokens nobody knows what was consumed.
    private func source() throws(ImportError) -> UsageEvent.UsageSource {
        guard let usageSource else { return hasTokens ? .provider : .missing }
        let source = try Self.sources.find(usageSource)
        if source != .missing, !hasTokens {
            throw ImportError(
                field: "usage_source",
                reason: "says \(source.name), yet no tokens are given; give them or say missing")
        }
        return source
    }

    private func checkTexts(_ event: UsageEvent) throws(ImportError) {
        do throws(EventError) {
            try event.check()
            if !event.tags.isEmpty { _ = try TagText.encode(event.tags) }
            if let id { try UsageEvent.checkName(id, "id", ImportLimits.givenID) }
            if let endUser {
                try UsageEvent.checkName(endUser, "end_user", ImportLimits.endUser)
            }
        } catch {
            throw ImportError(error)
        }
    }

    private static let operations = Names<UsageEvent.Operation>(.operation, \.name)
    private static let outcomes = Names<UsageEvent.Outcome>(.outcome, \.name)
    private static let sources = Names<UsageEvent.UsageSource>(.usageSource, \.name)

    /// The names of an enumeration's cases, made once.
    private struct Names<T: CaseIterable & Sendable>: Sendable {
        private let field: UsageField
        private let ordered: [String]
        private let byName: [String: T]

        init(_ field: UsageField, _ name: (T) -> String) {
            self.field = field
            ordered = T.allCases.map(name)
            byName = Dictionary(uniqueKeysWithValues: zip(ordered, T.allCases))
        }

        func find(_ text: String) throws(ImportError) -> T {
            guard let value = byName[text] else {
                throw .notOneOf(field.rawValue, String(text.prefix(80)), ordered)
            }
            return value
        }
    }
}
