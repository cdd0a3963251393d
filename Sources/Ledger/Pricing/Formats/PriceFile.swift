public import Foundation
import Money

/// The forms of price files that are read.
public enum PriceFileFormat: String, Sendable, CaseIterable {
    /// Our own: a list of models with their prices in USD per million tokens.
    case razao
    /// LiteLLM's map of models, USD per token.
    case litellm
    /// Dated changes of LiteLLM's map, one JSON object a line.
    case litellmEvents = "litellm-events"
    /// The providers, models and conditional prices of genai-prices.
    case genai
}

/// What a price file holds, as entries for the price book.
public struct PriceFileContents: Sendable, Equatable {
    /// A model, or an event, that gave no entry, or something that was left out of one.
    public struct Remark: Sendable, Equatable {
        /// The name as the file writes it.
        public let name: String
        /// Why, in one sentence.
        public let reason: String
    }

    /// The facts to record, in the order of the file.
    public var entries: [PriceEntry] = []
    /// What gave no entry, and why.
    public var skipped: [Remark] = []
    /// What an entry does not say of its model, and why.
    public var notes: [Remark] = []

    /// Contents without anything.
    public init() {}

    mutating func skip(_ name: String, _ reason: String) {
        skipped.append(Remark(name: name, reason: reason))
    }

    mutating func note(_ name: String, _ reason: String) {
        notes.append(Remark(name: name, reason: reason))
    }
}

/// Why a price file is refused as a whole, in one sentence with the place.
public struct PriceFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The sentence that is shown to a person.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Reads price files.
///
/// ```swift
/// let contents = try PriceFile.parse(data, format: .litellm, effectiveFrom: instant)
/// let doubts = PriceSanity.check(contents.entries, against: book)
/// ```
/// Digits stay digits: no price passes through a binary fraction, and one that is too fine to be
/// kept exactly is skipped with its reason, never rounded. Of repeated names the last one counts.
/// What a feed says in units that are no tokens is left out. Cost: linear in the file.
///
/// Sources: `model_prices_and_context_window.json` of BerriAI/litellm;
/// `prices/new_data/v2/data.json` of pydantic/genai-prices.
public enum PriceFile {
    /// The entries of a file. Throws when the file cannot be read as what it is said to be.
    ///
    /// `effectiveFrom` is the date of a map without dates (`litellm`, where it must be given), of
    /// the prices without a date (`razao`, and `genai`, where 2000-01-01 stands in), and must be
    /// left out for `litellm-events`, which carry their own.
    public static func parse(
        _ data: Data, format: PriceFileFormat, effectiveFrom: Instant? = nil
    ) throws(PriceFileError) -> PriceFileContents {
        let bytes = Array(data)
        if bytes.starts(with: [0x1F, 0x8B]) {
            throw PriceFileError("the file is compressed; unpack it first, with gzip -d")
        }
        switch format {
        case .razao: return try RazaoPrices.parse(try json(bytes), effectiveFrom: effectiveFrom)
        case .litellm:
            guard let effectiveFrom else {
                throw PriceFileError(
                    "the file has no dates; say from when its prices hold, with --effective-from")
            }
            return try LiteLLMPrices.parse(try json(bytes), effectiveFrom: effectiveFrom)
        case .litellmEvents:
            guard effectiveFrom == nil else {
                throw PriceFileError("the events carry their own dates; leave --effective-from out")
            }
            return try LiteLLMEvents.parse(bytes)
        case .genai: return try GenAIPrices.parse(try json(bytes), effectiveFrom: effectiveFrom)
        }
    }

    private static func json(_ bytes: [UInt8]) throws(PriceFileError) -> JSONValue {
        do throws(JSONTextError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw PriceFileError("the file is not valid JSON: \(error)")
        }
    }
}

extension PriceSet {
    /// This set with the prices of another one over it.
    func overlaid(with other: PriceSet) -> PriceSet {
        var result = self
        for usageClass in UsageClass.allCases {
            if let price = other[usageClass] { result[usageClass] = price }
        }
        return result
    }
}
