/// The fields of a call in import files, the same for JSON lines and CSV columns.
enum UsageField: String, CaseIterable {
    case id
    case occurredAt = "occurred_at"
    case client, conversation
    case endUser = "end_user"
    case provider, model
    case modelRequested = "model_requested"
    case operation
    case serviceTier = "service_tier"
    case tokens, units
    case usageSource = "usage_source"
    case latency = "latency_ms"
    case firstToken = "ttft_ms"
    case outcome
    case wasCached = "was_cached"
    case wasFallback = "was_fallback"
    case fallbackReason = "fallback_reason"
    case attempt, key
    case requestID = "request_id"
    case hold, tags
    case providerUsage = "provider_usage"

    /// The fields by name; a switch over texts would compare them one by one.
    static let named = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    /// What a value of the field looks like.
    enum Kind {
        case text, count, flag, classes, labels
    }

    var kind: Kind {
        switch self {
        case .tokens, .units: .classes
        case .tags: .labels
        case .latency, .firstToken, .attempt: .count
        case .wasCached, .wasFallback: .flag
        default: .text
        }
    }

    /// The greatest count, for fields that are counts.
    var limit: UInt32 { self == .attempt ? UInt32(UInt8.max) : .max }

    /// The class of usage that a name inside `tokens` or `units` means, or an error with the list.
    func usageClass(_ name: some StringProtocol) throws(ImportError) -> UsageClass {
        if let usageClass = UsageClass(name: name), usageClass.isToken == (self == .tokens) {
            return usageClass
        }
        let allowed = UsageClass.allCases.filter { $0.isToken == (self == .tokens) }
        throw .notOneOf(rawValue, String(name.prefix(80)), allowed.map(\.name))
    }
}
