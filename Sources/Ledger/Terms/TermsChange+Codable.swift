import Money

/// As an object with the client, the day and one member that is the term:
/// `{"client":"acme","from":"2026-10-01","markup":"20"}`.
extension TermsChange: Codable {
    private enum CodingKeys: String, CodingKey {
        case client, from, markup, price, charge, rateRule, rounding, credit
    }

    /// Decodes an object with exactly one term.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        client = try container.decodeIfPresent(String.self, forKey: .client)
        from = try container.decode(CivilDate.self, forKey: .from)
        if let markup = try container.decodeIfPresent(Percent.self, forKey: .markup) {
            term = .markup(markup)
        } else if let price = try container.decodeIfPresent(ListPrice.self, forKey: .price) {
            term = .price(price)
        } else if let charge = try container.decodeIfPresent(ChargeTerm.self, forKey: .charge) {
            term = .charge(charge)
        } else if let credit = try container.decodeIfPresent(CreditTerm.self, forKey: .credit) {
            term = .credit(credit)
        } else if let rounding = try container.decodeIfPresent(Rounding.self, forKey: .rounding) {
            term = .rounding(rounding)
        } else {
            let text = try container.decode(String.self, forKey: .rateRule)
            guard let rule = RateRule(text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .rateRule, in: container,
                    debugDescription: "\"\(text)\" is no rate rule")
            }
            term = .rateRule(rule)
        }
    }

    /// Encodes the one term that it is.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(client, forKey: .client)
        try container.encode(from, forKey: .from)
        switch term {
        case .markup(let body): try container.encode(body, forKey: .markup)
        case .price(let body): try container.encode(body, forKey: .price)
        case .charge(let body): try container.encode(body, forKey: .charge)
        case .rateRule(let rule): try container.encode(rule.description, forKey: .rateRule)
        case .rounding(let body): try container.encode(body, forKey: .rounding)
        case .credit(let body): try container.encode(body, forKey: .credit)
        }
    }
}
