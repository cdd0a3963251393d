public import Money

/// One term of a client's contract and the local day from which it holds.
///
/// ```swift
/// TermsChange(client: "acme", from: day, term: .markup(try Percent("20")))
/// TermsChange(client: nil, from: day, term: .charge(issTax))     // all clients without their own
/// ```
/// The newest term in effect counts; of terms with the same day the one recorded last. A client's
/// own term goes before one for all.
public struct TermsChange: Sendable, Equatable {
    /// The client; nil for all that have no such term of their own.
    public var client: String?
    /// The first local day.
    public var from: CivilDate
    /// What is agreed.
    public var term: Term

    /// A change of one term.
    public init(client: String?, from: CivilDate, term: Term) {
        self.client = client
        self.from = from
        self.term = term
    }

    /// Throws what is wrong with it by itself; whether the client exists is the ledger's to say.
    public func check() throws(EventError) {
        if let client { try ClientRecord(id: client).check() }
        switch term {
        case .markup(let percent):
            guard percent.units >= -Percent.whole.units else {
                throw EventError(
                    field: "markup",
                    reason: "\(percent.text) % would make costs negative; give -100 or more")
            }
            try Self.check(percent, "markup")
        case .charge(let charge):
            try UsageEvent.checkName(charge.name, "charge", EventLimits.text)
            guard charge.percent >= .zero else {
                throw EventError(
                    field: "percent",
                    reason: "\(charge.percent.text) % is negative; give 0 to end the charge")
            }
            guard charge.mode == .addOn || charge.percent < .whole else {
                throw EventError(
                    field: "percent",
                    reason: "\(charge.percent.text) % por dentro leaves nothing for the price; "
                        + "give less than 100")
            }
            try Self.check(charge.percent, "percent")
        case .price(let price):
            try UsageEvent.checkName(price.provider, "provider", EventLimits.provider)
            try UsageEvent.checkName(price.model, "model", EventLimits.model)
        case .credit(let credit):
            guard client != nil else {
                throw EventError(field: "credit", reason: "is given to one client; name it")
            }
            try UsageEvent.checkName(credit.name, "credit", EventLimits.text)
            try UsageEvent.checkName(credit.reason, "reason", EventLimits.text)
            guard credit.cents >= 0 else {
                throw EventError(
                    field: "amount", reason: "is negative; a credit is what is given back")
            }
        case .rateRule, .rounding: break
        }
    }

    /// What keeps three shares and an amount within 128 bits.
    private static func check(_ percent: Percent, _ field: String) throws(EventError) {
        guard percent.units <= 100 * Percent.whole.units else {
            throw EventError(
                field: field, reason: "\(percent.text) % is more than 10000 %; check the figure")
        }
    }
}

/// What can be agreed with a client about its statements.
public enum Term: Sendable, Equatable {
    /// Added to the cost in reais.
    case markup(Percent)
    /// Reais for a million tokens of a model, in place of its cost in dollars.
    case price(ListPrice)
    /// A surcharge or a tax.
    case charge(ChargeTerm)
    /// Which day's rate converts usage.
    case rateRule(RateRule)
    /// How statement lines are rounded.
    case rounding(Rounding)
    /// An amount given back, once, on the statement of the month of ``TermsChange/from``.
    case credit(CreditTerm)
}

/// A price in reais: what a client pays for a model, whatever it costs in dollars.
public struct ListPrice: Sendable, Equatable, Codable {
    /// Who sells the model.
    public var provider: String
    /// The model.
    public var model: String
    /// The service tier, empty for the standard one.
    public var serviceTier: String
    /// BRL per million tokens or units of each class, with the fallbacks of ``PriceSet``; without
    /// any the list no longer has the model.
    public var prices: PriceSet

    /// A model's prices in reais.
    public init(provider: String, model: String, serviceTier: String = "", prices: PriceSet) {
        self.provider = provider
        self.model = model
        self.serviceTier = serviceTier
        self.prices = prices
    }
}

/// A surcharge or a tax, by its name.
public struct ChargeTerm: Sendable, Equatable, Codable {
    /// What it is called on statements, such as `ISS`.
    public var name: String
    /// Surcharges are worked out before taxes, which are also due on them.
    public var tier: Tier
    /// Added to its base, or part of it.
    public var mode: Mode
    /// Charged, or only shown.
    public var effect: Effect
    /// The rate; 0 ends the charge.
    public var percent: Percent

    /// What comes first.
    public enum Tier: String, Sendable, Codable, CaseIterable { case surcharge, tax }
    /// *Por fora* or *por dentro*.
    public enum Mode: String, Sendable, Codable, CaseIterable {
        /// *Por fora*: base × rate on top of the base.
        case addOn = "add-on"
        /// *Por dentro*: the charge is part of its own base, which grows to base ÷ (1 − rate).
        case grossUp = "gross-up"
    }
    /// Whether it changes the total.
    public enum Effect: String, Sendable, Codable, CaseIterable {
        /// It is due.
        case charged
        /// It is shown and not due.
        case informative
    }

    /// A charge of those data.
    public init(name: String, tier: Tier, mode: Mode, effect: Effect, percent: Percent) {
        self.name = name
        self.tier = tier
        self.mode = mode
        self.effect = effect
        self.percent = percent
    }
}

/// An amount given back.
public struct CreditTerm: Sendable, Equatable, Codable {
    /// What tells it from other credits of the client; the same name again replaces it.
    public var name: String
    /// Centavos, positive; 0 takes the credit back.
    public var cents: Int64
    /// Why, in one line for the statement.
    public var reason: String

    /// A credit of those data.
    public init(name: String, cents: Int64, reason: String) {
        self.name = name
        self.cents = cents
        self.reason = reason
    }

    /// The name of the first, second or later credit for a reason, where nobody gave one.
    static func name(for reason: String, number: Int) -> String {
        guard number > 1 else { return reason }
        let ending = " (\(number))"
        var start = Substring(reason)
        while start.utf8.count + ending.utf8.count > EventLimits.text { start.removeLast() }
        return start + ending
    }

    /// True for a name that was made of the reason, and so says nothing beside it.
    public static func isMade(name: String, of reason: String) -> Bool {
        guard name != reason else { return true }
        guard name.hasPrefix(reason), name.hasSuffix(")") else { return false }
        let ending = name.dropFirst(reason.count)
        guard ending.hasPrefix(" ("), let number = Int(ending.dropFirst(2).dropLast()) else {
            return false
        }
        return number > 1
    }
}
