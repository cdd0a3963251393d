public import Money

/// One entry of a client's month with its arithmetic: a call, or a cost recorded without one.
///
/// The sums of the ``parts`` that count are the statement's lines, to the last digit.
public struct CallDetail: Sendable, Equatable {
    /// Its place in the log.
    public var sequence: SequenceNumber
    /// The event's identity.
    public var id: EventID
    /// The wall clock where the client is, with its distance from UTC:
    /// `2026-03-05T14:03:07.98-03:00`; of a cost without a call the day alone.
    public var localTime: String
    /// The client's local day.
    public var day: CivilDate
    /// Who answered.
    public var provider: String
    /// The model that answered.
    public var model: String
    /// The service tier, empty for the standard one.
    public var serviceTier: String
    /// How the call ended; nil for a cost without a call.
    public var outcome: UsageEvent.Outcome?
    /// Whether it is in the statement's sums, and if not, why.
    public var status: Status
    /// Reais for a dollar on that day.
    public var rate: ExchangeRate
    /// Of a cost without a call why it was recorded; nil for a call.
    public var words: String?
    /// What was consumed, in the order of the classes; one without a class for a cost without a
    /// call.
    public var parts: [Part]

    /// Whether an entry counts.
    public enum Status: String, Sendable {
        /// It is part of the statement's lines.
        case billed
        /// The response cache answered: it costs nothing.
        case cached
        /// It was taken back.
        case reversed
    }

    /// What one class of usage comes to.
    public struct Part: Sendable, Equatable {
        /// The class; nil for a cost that was recorded without a call.
        public var usageClass: UsageClass?
        /// Tokens or units.
        public var quantity: UInt64
        /// USD for a million; nil where the book has no price.
        public var unitPrice: UnitPrice?
        /// Reais for a million, where the client's list has a price.
        public var listPrice: UnitPrice?
        /// The cost in USD; nil when unpriced.
        public var usd: Amount<USD>?
        /// What is charged in BRL before rounding; nil when unpriced.
        public var brl: Amount<BRL>?

        /// A part at prices, with what it comes to.
        public init(
            _ usageClass: UsageClass, _ quantity: UInt64, unitPrice: UnitPrice?,
            listPrice: UnitPrice?, rate: ExchangeRate
        ) throws(MoneyError) {
            self.usageClass = usageClass
            self.quantity = quantity
            self.unitPrice = unitPrice
            self.listPrice = listPrice
            usd = try unitPrice?.cost(ofTokens: Int128(quantity))
            if let listPrice {
                brl = try listPrice.listed(quantity)
            } else {
                brl = try usd?.converted(at: rate)
            }
        }

        /// A cost that was recorded without a call.
        public init(recorded usd: Amount<USD>, rate: ExchangeRate) throws(MoneyError) {
            quantity = 0
            self.usd = usd
            brl = try usd.converted(at: rate)
        }
    }

    /// An entry of those data.
    public init(
        sequence: SequenceNumber, id: EventID, localTime: String, day: CivilDate,
        provider: String, model: String, serviceTier: String, outcome: UsageEvent.Outcome?,
        status: Status, rate: ExchangeRate, words: String? = nil, parts: [Part]
    ) {
        self.sequence = sequence
        self.id = id
        self.localTime = localTime
        self.day = day
        self.provider = provider
        self.model = model
        self.serviceTier = serviceTier
        self.outcome = outcome
        self.status = status
        self.rate = rate
        self.words = words
        self.parts = parts
    }
}
