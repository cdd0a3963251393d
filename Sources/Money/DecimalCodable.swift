/// A quantity that is encoded as its decimal text, so that no JSON number stands between its digits
/// and whoever reads them.
public protocol DecimalCodable: Codable {
    /// The quantity that a decimal text names.
    init(decimal text: String) throws(MoneyError)
    /// All its digits.
    var text: String { get }
}

extension DecimalCodable {
    /// Decodes decimal text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(decimal: container.decode(String.self))
        } catch let error as MoneyError {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: error.description)
        }
    }

    /// Encodes decimal text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension Amount: DecimalCodable {
    /// The amount that a decimal text names.
    public init(decimal text: String) throws(MoneyError) { try self.init(text) }
}

extension ExchangeRate: DecimalCodable {
    /// The rate that a decimal text names.
    public init(decimal text: String) throws(MoneyError) { try self.init(text) }
}

extension Percent: DecimalCodable {
    /// The share that a decimal text names.
    public init(decimal text: String) throws(MoneyError) { try self.init(text) }
}
