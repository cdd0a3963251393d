/// What one ``CellKey`` has seen: sums only, so that cells add up in any order to the same bytes.
///
/// Holds no cost. Cost is linear in tokens and nothing is rounded on the way, so it is computed
/// from cell, price book and rate when it is asked for; a price change costs nothing until then,
/// and no stale figure can exist.
public struct UsageCell: Sendable, Equatable {
    /// All calls, whatever became of them.
    public var calls: UInt64 = 0
    /// Calls by ``UsageEvent/Outcome``.
    public var outcomes = InlineArray<5, UInt64>(repeating: 0)
    /// Calls with a known consumption that is not zero: those that a price is missing for if there
    /// is none.
    public var callsWithUsage: UInt64 = 0
    /// Calls that another model than the first choice answered.
    public var fallbacks: UInt64 = 0
    /// Calls whose consumption nobody knows.
    public var missingUsage: UInt64 = 0
    /// Calls whose consumption was estimated.
    public var estimatedUsage: UInt64 = 0
    /// Consumption by ``UsageClass``.
    public var tokens = InlineArray<13, UInt64>(repeating: 0)
    /// Sum of known latencies in milliseconds.
    public var latencySum: UInt64 = 0
    /// Calls with a known latency.
    public var latencyCount: UInt64 = 0
    /// Sum of known times to the first token in milliseconds.
    public var firstTokenSum: UInt64 = 0
    /// Calls with a known time to the first token.
    public var firstTokenCount: UInt64 = 0
    /// How the latencies are spread.
    public var latencies = LatencyHistogram()
    /// The lowest sequence number in the cell. Depends on the order of arrival, so no digest covers
    /// it.
    public var firstSequence = SequenceNumber(.max)
    /// The highest sequence number in the cell.
    public var lastSequence = SequenceNumber.zero

    /// An empty cell.
    public init() {}

    /// The sum of one class.
    public subscript(usageClass: UsageClass) -> UInt64 { tokens[Int(usageClass.rawValue)] }

    /// Calls with one outcome.
    public func count(_ outcome: UsageEvent.Outcome) -> UInt64 { outcomes[Int(outcome.rawValue)] }

    /// Adds another cell's sums.
    public mutating func merge(_ other: UsageCell) {
        mergeSums(other)
        latencies.merge(other.latencies)
    }

    /// Adds another cell's sums but not its latencies' spread. Modulo 2⁶⁴, since a part of a fold
    /// may hold what takes back the calls of another part.
    mutating func mergeSums(_ other: UsageCell) {
        calls &+= other.calls
        for index in 0..<5 { outcomes[index] &+= other.outcomes[index] }
        callsWithUsage &+= other.callsWithUsage
        fallbacks &+= other.fallbacks
        missingUsage &+= other.missingUsage
        estimatedUsage &+= other.estimatedUsage
        for index in 0..<13 { tokens[index] &+= other.tokens[index] }
        latencySum &+= other.latencySum
        latencyCount &+= other.latencyCount
        firstTokenSum &+= other.firstTokenSum
        firstTokenCount &+= other.firstTokenCount
        firstSequence = min(firstSequence, other.firstSequence)
        lastSequence = max(lastSequence, other.lastSequence)
    }

    /// Equal in every sum and in the extent.
    public static func == (left: UsageCell, right: UsageCell) -> Bool {
        for index in 0..<5 where left.outcomes[index] != right.outcomes[index] { return false }
        for index in 0..<13 where left.tokens[index] != right.tokens[index] { return false }
        return left.calls == right.calls && left.callsWithUsage == right.callsWithUsage
            && left.fallbacks == right.fallbacks
            && left.missingUsage == right.missingUsage
            && left.estimatedUsage == right.estimatedUsage
            && left.latencySum == right.latencySum && left.latencyCount == right.latencyCount
            && left.firstTokenSum == right.firstTokenSum
            && left.firstTokenCount == right.firstTokenCount && left.latencies == right.latencies
            && left.firstSequence == right.firstSequence && left.lastSequence == right.lastSequence
    }
}

/// Which calls a cell sums: one client, one local day or hour, one model in one tier and size
/// class, answered by the provider or by the response cache.
public struct CellKey: Hashable, Sendable, Comparable {
    /// The client.
    public var client: String
    /// The client's local day.
    public var day: CivilDate
    /// Hours since the day's start, or ``wholeDay``.
    public var slot: UInt8
    /// Who answered.
    public var provider: String
    /// The model that answered.
    public var model: String
    /// The service tier.
    public var serviceTier: String
    /// The class of the input's size.
    public var size: InputSizeClass
    /// True for answers of the response cache, which are not billed.
    public var wasCached: Bool

    /// The slot of a cell that sums a whole day.
    public static let wholeDay: UInt8 = 255

    /// A key of those parts.
    public init(
        client: String, day: CivilDate, slot: UInt8, provider: String, model: String,
        serviceTier: String, size: InputSizeClass, wasCached: Bool
    ) {
        self.client = client
        self.day = day
        self.slot = slot
        self.provider = provider
        self.model = model
        self.serviceTier = serviceTier
        self.size = size
        self.wasCached = wasCached
    }

    /// The model in the price book.
    public var price: PriceBook.Key {
        PriceBook.Key(provider: provider, model: model, serviceTier: serviceTier)
    }

    /// Orders as the views store cells: by bytes.
    public static func < (left: CellKey, right: CellKey) -> Bool {
        if !left.client.isSame(as: right.client) { return left.client.precedes(right.client) }
        if left.day != right.day { return left.day < right.day }
        if left.slot != right.slot { return left.slot < right.slot }
        if !left.provider.isSame(as: right.provider) {
            return left.provider.precedes(right.provider)
        }
        if !left.model.isSame(as: right.model) { return left.model.precedes(right.model) }
        if !left.serviceTier.isSame(as: right.serviceTier) {
            return left.serviceTier.precedes(right.serviceTier)
        }
        if left.size != right.size { return left.size < right.size }
        return !left.wasCached && right.wasCached
    }

    /// Equal in every byte of the stored key.
    public static func == (left: CellKey, right: CellKey) -> Bool {
        left.day == right.day && left.slot == right.slot && left.size == right.size
            && left.wasCached == right.wasCached && left.client.isSame(as: right.client)
            && left.provider.isSame(as: right.provider) && left.model.isSame(as: right.model)
            && left.serviceTier.isSame(as: right.serviceTier)
    }
}
