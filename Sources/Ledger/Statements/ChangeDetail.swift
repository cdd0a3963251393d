import Money

/// One record behind the adjustments of an earlier month, with the arithmetic of what it counts.
///
/// Of late usage, recorded costs and reversals the quantities and dollars of all records of a
/// month, model and reason are those of the statement's lines, to the last digit; reais are told
/// before the rounding of the month's own lines. Of a price, a rate or a term it is what changed.
public struct ChangeDetail: Sendable, Equatable {
    /// The month that changed.
    public var originMonth: CivilMonth
    /// Why.
    public var reason: Statement.Adjustment.Reason
    /// The record that made the difference: a call or a cost that was not known before, what takes
    /// a call back, or what was told of a price, a rate or a term.
    public var sequence: SequenceNumber
    /// That event's identity.
    public var id: EventID
    /// The call or cost with its arithmetic at the prices, rates and terms of the month's
    /// statement; nil where the record is of a price, a rate or a term.
    public var call: CallDetail?
    /// True where the call counts no more: all its figures are subtracted.
    public var isTakenBack: Bool
    /// What a price, a rate or a term says.
    public var fact: Fact?
    /// Why, in the words of who took a call back, corrected it or recorded a cost.
    public var words: String?
    /// Who.
    public var by: String?

    /// A price, a rate or a term, and from when on it counts.
    public struct Fact: Sendable, Equatable {
        /// `price`, `rate`, or the term: `markup`, `price`, `charge`, `rate-rule`, `rounding`,
        /// `credit`.
        public var kind: String
        /// The provider, of a price.
        public var provider = ""
        /// The model, of a price.
        public var model = ""
        /// The service tier, of a price.
        public var serviceTier = ""
        /// What it says, where that is one figure or name.
        public var value = ""
        /// The local day, or the instant, from which it counts.
        public var from: String
    }

    /// A record of those data.
    public init(
        originMonth: CivilMonth, reason: Statement.Adjustment.Reason, sequence: SequenceNumber,
        id: EventID, call: CallDetail? = nil, isTakenBack: Bool = false, fact: Fact? = nil,
        words: String? = nil, by: String? = nil
    ) {
        self.originMonth = originMonth
        self.reason = reason
        self.sequence = sequence
        self.id = id
        self.call = call
        self.isTakenBack = isTakenBack
        self.fact = fact
        self.words = words
        self.by = by
    }
}

extension ChangeDetail.Fact {
    /// What a control event says that can change a month's figures; nil for any other.
    public init?(_ event: ControlEvent) {
        switch event {
        case .priceSet(let entry):
            self.init(
                kind: "price", provider: entry.provider, model: entry.model,
                serviceTier: entry.serviceTier, from: entry.effectiveFrom.description)
        case .rateRecorded(let entry):
            self.init(kind: "rate", value: entry.sell.text, from: entry.date.description)
        case .termsSet(let change): self.init(change.term, from: change.from.description)
        default: return nil
        }
    }

    private init(_ term: Term, from: String) {
        switch term {
        case .markup(let percent): self.init(kind: "markup", value: percent.text, from: from)
        case .price(let price):
            self.init(
                kind: "price", provider: price.provider, model: price.model,
                serviceTier: price.serviceTier, from: from)
        case .charge(let charge):
            self.init(kind: "charge", value: "\(charge.name) \(charge.percent.text)", from: from)
        case .rateRule(let rule):
            self.init(kind: "rate-rule", value: rule.description, from: from)
        case .rounding(let mode): self.init(kind: "rounding", value: mode.rawValue, from: from)
        case .credit(let credit): self.init(kind: "credit", value: credit.name, from: from)
        }
    }
}
