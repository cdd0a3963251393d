import Foundation
import Money

/// The rare events: everything in the log that is not a call.
///
/// Each is stored as canonical JSON (sorted names, no white space); the bytes are written once and
/// never written again. Every one carries who did it.
public enum ControlEvent: Sendable, Equatable {
    case priceSet(PriceEntry)
    case rateRecorded(RateEntry)
    case clientRegistered(ClientRecord)
    case clientUpdated(ClientRecord)
    case clientRemoved(ClientRemoval)
    case budgetSet(Budget)
    case budgetRemoved(BudgetRemoval)
    case modelDescribed(ModelDescription)
    case settingsChanged(SettingsChange)
    case keyIssued(KeyRecord)
    case keyRevoked(KeyRevocation)
    case alertRaised(Alert)
    case issuerSet(IssuerChange)
    case termsSet(TermsChange)
    case monthClosed(MonthClosing)
    case adjustmentRecorded(AdjustmentRecord)

    /// The version that this program writes.
    public static let version: UInt8 = 1

    /// What the event is about.
    public var kind: EventKind {
        switch self {
        case .priceSet: .priceSet
        case .rateRecorded: .rateRecorded
        case .clientRegistered: .clientRegistered
        case .clientUpdated: .clientUpdated
        case .clientRemoved: .clientRemoved
        case .budgetSet: .budgetSet
        case .budgetRemoved: .budgetRemoved
        case .modelDescribed: .modelDescribed
        case .settingsChanged: .settingsChanged
        case .keyIssued: .keyIssued
        case .keyRevoked: .keyRevoked
        case .alertRaised: .alertRaised
        case .issuerSet: .issuerSet
        case .termsSet: .termsSet
        case .monthClosed: .monthClosed
        case .adjustmentRecorded: .adjustmentRecorded
        }
    }

    /// The client that an event is for, where it is only taken for one that is registered.
    public var namedClient: String? {
        switch self {
        case .adjustmentRecorded(let record): record.client
        case .termsSet(let change): change.client
        case .monthClosed(let closing): closing.client
        case .clientRemoved(let removal): removal.client
        default: nil
        }
    }

    /// The client that an event adds something to, where one that was removed takes it no more.
    public var growingClient: String? {
        switch self {
        case .clientUpdated(let record): record.id
        case .budgetSet(let budget): budget.client
        case .keyIssued(let key): key.client
        case .termsSet(let change): change.client
        case .adjustmentRecorded(let record): record.client
        default: nil
        }
    }

    /// The event as it is stored, with who did it.
    public func encoded(by actor: String) throws -> [UInt8] {
        switch self {
        case .priceSet(let body): try Self.json(body, actor)
        case .rateRecorded(let body): try Self.json(body, actor)
        case .clientRegistered(let body), .clientUpdated(let body): try Self.json(body, actor)
        case .clientRemoved(let body): try Self.json(body, actor)
        case .budgetSet(let body): try Self.json(body, actor)
        case .budgetRemoved(let body): try Self.json(body, actor)
        case .modelDescribed(let body): try Self.json(body, actor)
        case .settingsChanged(let body): try Self.json(body, actor)
        case .keyIssued(let body): try Self.json(body, actor)
        case .keyRevoked(let body): try Self.json(body, actor)
        case .alertRaised(let body): try Self.json(body, actor)
        case .issuerSet(let body): try Self.json(body, actor)
        case .termsSet(let body): try Self.json(body, actor)
        case .monthClosed(let body): try Self.json(body, actor)
        case .adjustmentRecorded(let body): try Self.json(body, actor)
        }
    }

    /// The event that a record's payload holds, or nil for a kind that is no control event or that
    /// this part of the program does not fold.
    public static func decode(kind: EventKind, _ payload: [UInt8]) throws -> ControlEvent? {
        switch kind {
        case .priceSet: .priceSet(try body(payload))
        case .rateRecorded: .rateRecorded(try body(payload))
        case .clientRegistered: .clientRegistered(try body(payload))
        case .clientUpdated: .clientUpdated(try body(payload))
        case .clientRemoved: .clientRemoved(try body(payload))
        case .budgetSet: .budgetSet(try body(payload))
        case .budgetRemoved: .budgetRemoved(try body(payload))
        case .modelDescribed: .modelDescribed(try body(payload))
        case .settingsChanged: .settingsChanged(try body(payload))
        case .keyIssued: .keyIssued(try body(payload))
        case .keyRevoked: .keyRevoked(try body(payload))
        case .alertRaised: .alertRaised(try body(payload))
        case .issuerSet: .issuerSet(try body(payload))
        case .termsSet: .termsSet(try body(payload))
        case .monthClosed: .monthClosed(try body(payload))
        case .adjustmentRecorded: .adjustmentRecorded(try body(payload))
        default: nil
        }
    }

    /// Who did it, as a payload says.
    public static func actor(of payload: [UInt8]) -> String? {
        struct Actor: Decodable { let by: String }
        return try? JSONDecoder().decode(Actor.self, from: Data(payload)).by
    }

    private struct Envelope<Body: Codable>: Codable {
        let by: String
        let event: Body
    }

    private static func json(_ body: some Codable, _ actor: String) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(Envelope(by: actor, event: body)))
    }

    private static func body<Body: Codable>(_ payload: [UInt8]) throws -> Body {
        do {
            return try JSONDecoder().decode(Envelope<Body>.self, from: Data(payload)).event
        } catch let error as DecodingError {
            throw CodecError.badValue("body (\(error))")
        }
    }
}

/// Which budget was removed.
public struct BudgetRemoval: Sendable, Equatable, Codable {
    /// The client.
    public var client: String
    /// The budget's id within the client.
    public var id: String

    /// A removal of one budget.
    public init(client: String, id: String) {
        self.client = client
        self.id = id
    }
}

/// A model as the registry knows it; prices are kept apart, in the price book.
public struct ModelDescription: Sendable, Equatable, Codable {
    /// Who sells it.
    public var provider: String
    /// The model.
    public var model: String
    /// What it can do: `text`, `vision`, `tools`, `streaming`.
    public var abilities: [String]
    /// The most tokens of input and output together.
    public var contextWindow: Int?
    /// The most tokens of output.
    public var maximumOutput: Int?
    /// False when it is kept for history only.
    public var isActive: Bool
    /// One sentence for people.
    public var summary: String

    /// A description of a model.
    public init(
        provider: String, model: String, abilities: [String], contextWindow: Int?,
        maximumOutput: Int?, isActive: Bool = true, summary: String
    ) {
        self.provider = provider
        self.model = model
        self.abilities = abilities
        self.contextWindow = contextWindow
        self.maximumOutput = maximumOutput
        self.isActive = isActive
        self.summary = summary
    }
}

/// A setting that changes figures, so that it belongs in the log and not in a file.
public struct SettingsChange: Sendable, Equatable, Codable {
    /// The setting, `statement.rate_rule` or `statement.rounding`.
    public var name: String
    /// Its value.
    public var value: String

    /// A change of one setting.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
