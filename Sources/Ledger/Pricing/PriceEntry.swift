/// One fact about a model's price: from an instant on, these are its prices.
///
/// Prices may depend on the input's size (above a threshold the whole request is dearer) and on the
/// hour of the day in UTC. An entry with ``aliasOf`` has no prices: it names another model whose
/// prices apply.
public struct PriceEntry: Sendable, Equatable, Codable {
    /// Who sells it.
    public var provider: String
    /// The model, exactly as events name it.
    public var model: String
    /// The service tier, empty for the standard one.
    public var serviceTier: String
    /// From when on these prices are charged.
    public var effectiveFrom: Instant
    /// The prices at any hour and size that nothing below changes.
    public var prices: PriceSet
    /// Prices of requests whose input is above a size; ascending by size.
    public var sizes: [Size]
    /// Prices in windows of the day.
    public var windows: [Window]
    /// The model of the same provider whose prices apply to this name.
    public var aliasOf: String?
    /// Where the figures come from.
    public var source: String

    /// Prices of requests with more input tokens than ``above``.
    public struct Size: Sendable, Equatable, Codable {
        /// The whole request is charged at these prices once its input exceeds this count.
        public var above: UInt32
        /// The prices.
        public var prices: PriceSet

        /// Prices above a size.
        public init(above: UInt32, prices: PriceSet) {
            self.above = above
            self.prices = prices
        }
    }

    /// Prices in a daily window in UTC, `from` included, `to` excluded; it may pass midnight.
    public struct Window: Sendable, Equatable, Codable {
        /// The first minute of the day, 0 to 1,439.
        public var fromMinute: Int
        /// The minute after the last, 0 to 1,440.
        public var toMinute: Int
        /// The prices.
        public var prices: PriceSet

        /// Prices in a window of the day.
        public init(fromMinute: Int, toMinute: Int, prices: PriceSet) {
            self.fromMinute = fromMinute
            self.toMinute = toMinute
            self.prices = prices
        }

        func contains(minute: Int) -> Bool {
            fromMinute <= toMinute
                ? minute >= fromMinute && minute < toMinute
                : minute >= fromMinute || minute < toMinute
        }
    }

    /// An entry of one model.
    public init(
        provider: String, model: String, serviceTier: String = "", effectiveFrom: Instant,
        prices: PriceSet = PriceSet(), sizes: [Size] = [], windows: [Window] = [],
        aliasOf: String? = nil, source: String = ""
    ) {
        self.provider = provider
        self.model = model
        self.serviceTier = serviceTier
        self.effectiveFrom = effectiveFrom
        self.prices = prices
        self.sizes = sizes.sorted { $0.above < $1.above }
        self.windows = windows
        self.aliasOf = aliasOf
        self.source = source
    }

    /// Throws unless names, windows and prices make sense.
    public func check() throws(EventError) {
        try UsageEvent.checkName(provider, "provider", EventLimits.provider)
        try UsageEvent.checkName(model, "model", EventLimits.model)
        if !serviceTier.isEmpty {
            try UsageEvent.checkName(serviceTier, "service_tier", EventLimits.serviceTier)
        }
        if let aliasOf {
            try UsageEvent.checkName(aliasOf, "alias_of", EventLimits.model)
            if aliasOf == model {
                throw EventError(field: "alias_of", reason: "names the model itself; name another")
            }
        } else if prices.isEmpty, windows.isEmpty {
            throw EventError(field: "prices", reason: "are missing; give at least one")
        }
        for window in windows
        where !(0..<1440).contains(window.fromMinute) || !(0...1440).contains(window.toMinute)
            || window.fromMinute == window.toMinute
        {
            throw EventError(
                field: "hours", reason: "are no window of a day; give for example 16:30 to 00:30")
        }
    }

    /// The prices of a request of that input size in that minute of the UTC day.
    public func prices(minuteOfDay minute: Int, inputTokens: UInt64) -> PriceSet {
        for window in windows where window.contains(minute: minute) { return window.prices }
        return sizes.last { inputTokens > UInt64($0.above) }?.prices ?? prices
    }

    /// True when every figure is the same as the other's, wherever it comes from.
    public func hasSamePrices(as other: PriceEntry) -> Bool {
        prices == other.prices && sizes == other.sizes && windows == other.windows
            && aliasOf == other.aliasOf
    }
}
