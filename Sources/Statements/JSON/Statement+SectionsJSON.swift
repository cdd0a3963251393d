import Ledger

// The members of a statement's sections beside its lines.

extension Issuer {
    var jsonValue: JSONValue {
        .object([
            "id": .string(id),
            "name": .string(name),
            "cnpj": .optional(cnpj),
            "address": .optional(address),
            "contact": .optional(contact),
        ])
    }
}

extension Statement.Charge {
    var jsonValue: JSONValue {
        .object([
            "name": .string(name),
            "mode": .optional(mode?.rawValue),
            "effect": .string(effect.rawValue),
            "percent": .string(percent),
            "from": .string(from),
            "to": .string(to),
            "base_brl": .string(baseBrl),
            "brl": .string(brl),
            "brl_exact": .string(brlExact),
        ])
    }
}

extension Statement.Adjustment {
    var jsonValue: JSONValue {
        .object([
            "origin_month": .string(originMonth),
            "origin_number": .optional(originNumber),
            "section": .string(section.rawValue),
            "provider": .optional(provider),
            "model": .optional(model),
            "name": .optional(name),
            "reason": .string(reason.rawValue),
            "words": .optional(words),
            "quantity": quantity.map(JSONValue.signed) ?? .null,
            "usd": .optional(usd),
            "brl": .optional(brl),
        ])
    }
}

extension Statement.Credit {
    var jsonValue: JSONValue {
        .object(["name": .string(name), "reason": .string(reason), "brl": .string(brl)])
    }
}

extension Statement.Subtotals {
    var jsonValue: JSONValue {
        .object([
            "usage": .string(usage),
            "markups": .string(markups),
            "surcharges": .string(surcharges),
            "taxes": .string(taxes),
            "adjustments": .string(adjustments),
            "credits": .string(credits),
        ])
    }
}

extension Statement.BudgetUse {
    var jsonValue: JSONValue {
        .object([
            "id": .string(id),
            "unit": .string(unit),
            "limit": .string(limit),
            "used": .string(used),
            "percent": .string(percent),
            "stops": .bool(stops),
        ])
    }
}

extension Statement.DatedRule {
    var jsonValue: JSONValue {
        .object(["from": .string(from), "rule": .string(rule)])
    }
}
