public import Money

/// A difference in cost that no call explains, such as one that a provider's own bill shows.
///
/// It is a cost in dollars on a local day like a call's, with its sign, and is converted, marked up
/// and taxed like one. Without a client it is the house's own and on nobody's statement.
public struct AdjustmentRecord: Sendable, Equatable, Codable {
    /// The client it is for; nil for the house itself.
    public var client: String?
    /// The day it belongs to: the client's local day, or the UTC day of the bill.
    public var date: CivilDate
    /// The provider.
    public var provider: String
    /// The model; empty where it is not of one model.
    public var model: String
    /// The difference in dollars, positive or negative.
    public var usd: Amount<USD>
    /// The difference in tokens, where it is known.
    public var tokens: Int64?
    /// Why, in one line.
    public var reason: String
    /// Where it comes from, such as the name and digest of a bill.
    public var source: String
    /// The record of the adjustment that this one takes back; nil for one of its own.
    public var reverses: UInt64?

    /// A difference of those data.
    public init(
        client: String?, date: CivilDate, provider: String, model: String, usd: Amount<USD>,
        tokens: Int64?, reason: String, source: String, reverses: UInt64? = nil
    ) {
        self.client = client
        self.date = date
        self.provider = provider
        self.model = model
        self.usd = usd
        self.tokens = tokens
        self.reason = reason
        self.source = source
        self.reverses = reverses
    }

    /// Throws what is wrong with it.
    public func check() throws(EventError) {
        if let client { try ClientRecord(id: client).check() }
        try UsageEvent.checkName(provider, "provider", EventLimits.text)
        if !model.isEmpty { try UsageEvent.checkName(model, "model", EventLimits.text) }
        try UsageEvent.checkName(reason, "reason", EventLimits.text)
        try UsageEvent.checkName(source, "source", EventLimits.text)
    }
}

/// An adjustment and its place in the log.
public struct RecordedAdjustment: Sendable, Equatable {
    /// What was recorded.
    public let record: AdjustmentRecord
    /// Where.
    public let sequence: SequenceNumber

    /// An adjustment at a place of the log.
    public init(record: AdjustmentRecord, sequence: SequenceNumber) {
        self.record = record
        self.sequence = sequence
    }
}
