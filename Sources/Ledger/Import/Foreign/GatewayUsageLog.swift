import Money

/// A call in a table `gateway_usage_logs`.
///
/// Cached tokens are part of `input_tokens`. The telephone number becomes a pseudonym under the
/// client's key, as every end user does; `metadata` and `error_details` may hold anything, so of
/// the first only named members are kept, and of the second only that it is there.
struct GatewayUsageLog {
    private let record: ForeignRecord
    private let options: ForeignOptions

    init(_ record: ForeignRecord, _ options: ForeignOptions) {
        self.record = record
        self.options = options
    }

    func call(now: Instant) throws(ImportError) -> ImportedCall? {
        var fields = UsageFields()
        let model = record.text("model_name")
        let provider =
            record.text("provider") ?? (model?.contains("/") == true ? nil : options.provider)
        fields.provider = provider.map { options.providers[$0] ?? $0 }
        fields.model = model.map { name in
            provider.map { name.hasPrefix($0 + "/") } == true
                ? String(name.dropFirst((provider?.count ?? 0) + 1)) : name
        }
        fields.client = record.text(options.clientFrom ?? "client_id")
        fields.requestID = record.text("request_id")
        fields.id = record.text("id").flatMap { EventID($0)?.description } ?? fields.requestID
        fields.conversation = record.text("conversation_id")
        fields.endUser = record.text("phone")
        fields.latency = try record.count("latency_ms")
        fields.wasCached = try record.flag("was_cached") ?? false
        fields.wasFallback = try record.flag("was_fallback") ?? false
        fields.fallbackReason = record.text("fallback_reason").map { Self.line($0) }
        let isFailed = record.isSet("error_details")
        if isFailed { fields.outcome = UsageEvent.Outcome.failed.name }
        try setTokens(&fields, isFailed: isFailed)
        for name in options.metadataTags {
            if let text = record.value("metadata")?[name]?.numberText, !text.isEmpty {
                fields.tags[name] = Self.line(text)
            }
        }
        var call = try fields.call(
            ImportDefaults(
                client: options.client,
                occurredAt: try record.instant("created_at", zone: options.zone)), now: now)
        call.recorded = try recorded()
        return call
    }

    private func setTokens(
        _ fields: inout UsageFields, isFailed: Bool
    ) throws(ImportError) {
        let input = try record.count("input_tokens")
        let output = try record.count("output_tokens")
        let cached = try record.count("cached_tokens") ?? 0
        guard cached <= input ?? 0 else {
            throw ImportError(
                field: "cached_tokens",
                reason: "is \(cached), more than the \(input ?? 0) of input_tokens that they are "
                    + "part of")
        }
        fields.tokens[.input] = (input ?? 0) - cached
        fields.tokens[.cacheRead] = cached
        fields.tokens[.output] = output ?? 0
        // Counts that are not there are not known; so are zeros of a call that went well.
        fields.hasTokens =
            !fields.tokens.isEmpty
            || ((input != nil || output != nil) && (isFailed || fields.wasCached))
        if let total = try record.count("total_tokens"),
            UInt64(total) != fields.tokens.totalTokens
        {
            fields.tags["recorded_total_tokens"] = String(total)
        }
    }

    private func recorded() throws(ImportError) -> RecordedCost {
        let rate = try record.decimal("usd_to_brl_rate", decimals: 8)
        return RecordedCost(
            usd: try record.decimal("cost_usd", decimals: USD.decimals).map {
                Amount<USD>(units: $0)
            },
            brl: try record.decimal("cost_brl", decimals: BRL.decimals).map {
                Amount<BRL>(units: $0)
            },
            rate: rate.flatMap { Int64(exactly: $0) }.flatMap {
                $0 > 0 ? ExchangeRate(units: $0) : nil
            })
    }

    /// One line that fits: tables hold texts of any length, with breaks.
    private static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            let next = scalar.value < 0x20 || scalar.value == 0x7F ? " " : String(scalar)
            guard line.utf8.count + next.utf8.count <= EventLimits.text else { break }
            line += next
        }
        return line.isEmpty ? " " : line
    }
}
