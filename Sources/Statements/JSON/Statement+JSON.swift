import Ledger

// Every field under its name. A test holds this list against the document's stored properties, so a
// new field cannot be forgotten.

extension Statement {
    /// The document as `--format json` shows it.
    var jsonValue: JSONValue {
        .object([
            "format_version": .integer(UInt64(clamping: formatVersion)),
            "issuer": issuer?.jsonValue ?? .null,
            "number": .optional(number),
            "client": .string(client),
            "client_name": .optional(clientName),
            "client_cnpj": .optional(clientCnpj),
            "client_address": .optional(clientAddress),
            "month": .string(month),
            "time_zone": .string(timeZone),
            "period_start": .string(periodStart),
            "period_end": .string(periodEnd),
            "status": .string(status),
            "closed_at": .optional(closedAt),
            "accepted_unpriced": .bool(acceptedUnpriced),
            "lines": .array(lines.map(\.jsonValue)),
            "markups": .array(markups.map(\.jsonValue)),
            "surcharges": .array(surcharges.map(\.jsonValue)),
            "taxes": .array(taxes.map(\.jsonValue)),
            "adjustments": .array(adjustments.map(\.jsonValue)),
            "credits": .array(credits.map(\.jsonValue)),
            "subtotals": subtotals.jsonValue,
            "total_usd": .string(totalUsd),
            "total_brl": .string(totalBrl),
            "total_brl_exact": .string(totalBrlExact),
            "rounding_difference_brl": .string(roundingDifferenceBrl),
            "calls": .integer(calls),
            "failed_calls": .integer(failedCalls),
            "cached_calls": .integer(cachedCalls),
            "unpriced_calls": .integer(unpricedCalls),
            "unknown_usage_calls": .integer(unknownUsageCalls),
            "estimated_usage_calls": .integer(estimatedUsageCalls),
            "savings": savings.jsonValue,
            "days": .array(days.map(\.jsonValue)),
            "budgets": .array(budgets.map(\.jsonValue)),
            "rate_rule": .string(rateRule),
            "rate_rules": .array(rateRules.map(\.jsonValue)),
            "rounding": .string(rounding),
            "first_sequence": .integer(firstSequence),
            "last_sequence": .integer(lastSequence),
            "log_sequence": .integer(logSequence),
            "log_head": .string(logHead),
            "previous_digest": .optional(previousDigest),
            "digest": .string(digest),
        ])
    }
}

extension Statement.Line {
    fileprivate var jsonValue: JSONValue {
        .object([
            "provider": .string(provider),
            "model": .string(model),
            "service_tier": .string(serviceTier),
            "kind": .string(kind),
            "quantity": .integer(quantity),
            "unit_price_usd_per_million": .optional(unitPriceUsdPerMillion),
            "unit_price_brl_per_million": .optional(unitPriceBrlPerMillion),
            "usd": .optional(usd),
            "rate_brl_per_usd": .optional(rateBrlPerUsd),
            "rate_is_average": .bool(rateIsAverage),
            "rate_date": .optional(rateDate),
            "brl": .optional(brl),
            "brl_exact": .optional(brlExact),
            "words": .optional(words),
            "days": .array(days.map(\.jsonValue)),
        ])
    }
}

extension Statement.LineDay {
    fileprivate var jsonValue: JSONValue {
        .object([
            "date": .string(date),
            "quantity": .integer(quantity),
            "usd": .optional(usd),
            "brl_exact": .optional(brlExact),
        ])
    }
}

extension Statement.Day {
    fileprivate var jsonValue: JSONValue {
        .object([
            "date": .string(date),
            "calls": .integer(calls),
            "usd": .string(usd),
            "rate_brl_per_usd": .string(rateBrlPerUsd),
            "rate_date": .optional(rateDate),
            "rate_source": .string(rateSource),
            "rate_status": .string(rateStatus.rawValue),
            "brl_exact": .string(brlExact),
        ])
    }
}

extension Statement.Savings {
    fileprivate var jsonValue: JSONValue {
        .object([
            "response_cache_tokens": .integer(responseCacheTokens),
            "response_cache_usd": .string(responseCacheUsd),
            "response_cache_brl_exact": .string(responseCacheBrlExact),
            "prompt_cache_tokens": .integer(promptCacheTokens),
            "prompt_cache_usd": .string(promptCacheUsd),
            "prompt_cache_brl_exact": .string(promptCacheBrlExact),
        ])
    }
}
