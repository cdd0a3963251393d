public import Money

/// What each class of usage costs: USD per million tokens, or per million units.
///
/// A class without a price of its own falls back as ``UsageClass/fallback`` says; where that ends
/// without a price, the class is unpriced. Unknown is not zero.
public struct PriceSet: Sendable, Equatable {
    /// 10⁻¹² USD for one token of each class; -1 where there is none.
    private var prices = InlineArray<13, Int64>(repeating: -1)

    /// A set without any price.
    public init() {}

    /// The price written for a class, without fallback.
    public subscript(usageClass: UsageClass) -> UnitPrice? {
        get {
            let units = prices[Int(usageClass.rawValue)]
            return units < 0 ? nil : UnitPrice(units: units)
        }
        set { prices[Int(usageClass.rawValue)] = newValue?.units ?? -1 }
    }

    /// The price that a class is billed at, following the fallbacks.
    public func effective(_ usageClass: UsageClass) -> UnitPrice? {
        var current = usageClass
        while true {
            if let price = self[current] { return price }
            guard let next = current.fallback else { return nil }
            current = next
        }
    }

    /// What a call costs, exactly; classes without a price add nothing.
    public func cost(of tokens: TokenCounts) throws(MoneyError) -> Amount<USD> {
        var sum = Amount<USD>.zero
        for index in 0..<13 where tokens.counts[index] > 0 {
            guard let usageClass = UsageClass(rawValue: UInt8(index)),
                let price = effective(usageClass)
            else { continue }
            try sum.add(price.cost(ofTokens: Int128(tokens.counts[index])))
        }
        return sum
    }

    /// True when no class has a price.
    public var isEmpty: Bool { UsageClass.allCases.allSatisfy { self[$0] == nil } }

    /// Equal in every class.
    public static func == (left: PriceSet, right: PriceSet) -> Bool {
        for index in 0..<13 where left.prices[index] != right.prices[index] { return false }
        return true
    }
}

extension PriceSet: Codable {
    /// Decodes an object of class names and decimal texts, in USD per million.
    public init(from decoder: any Decoder) throws {
        self.init()
        let texts = try [String: String](from: decoder)
        for (name, text) in texts {
            guard let usageClass = UsageClass(name: name) else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "\"\(name)\" is no class of usage; use one of "
                            + UsageClass.allCases.map(\.name).joined(separator: ", ")))
            }
            do {
                self[usageClass] = try UnitPrice(text)
            } catch {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath, debugDescription: "\(name): \(error)"))
            }
        }
    }

    /// Encodes an object of class names and decimal texts.
    public func encode(to encoder: any Encoder) throws {
        var texts: [String: String] = [:]
        for usageClass in UsageClass.allCases {
            if let price = self[usageClass] { texts[usageClass.name] = price.text }
        }
        try texts.encode(to: encoder)
    }
}
