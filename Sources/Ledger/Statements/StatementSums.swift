public import Money

/// What a month came to, by what it is made of: for comparing a month with what it was billed.
///
/// Amounts are centavos as the lines have them, so that what a client is billed for a month in all,
/// on its statement and by adjustments after it, is to the centavo what the month's statement would
/// say if it were made last.
public struct StatementSums: Sendable, Equatable {
    /// What an amount is for.
    public struct Component: Hashable, Sendable, Comparable {
        /// The section.
        public var section: Statement.Adjustment.Section
        /// Of usage the provider; of others the name.
        public var name: String
        /// Of usage the model.
        public var model: String

        /// Orders by section, then by name.
        public static func < (left: Component, right: Component) -> Bool {
            (left.rank, left.name, left.model) < (right.rank, right.name, right.model)
        }

        private var rank: Int {
            Statement.Adjustment.Section.allCases.firstIndex(of: section) ?? 0
        }
    }

    /// An amount, and of usage what it stands for.
    public struct Figures: Sendable, Equatable {
        /// Centavos.
        public var cents: Int128 = 0
        /// The cost in dollars.
        public var usd = Amount<USD>.zero
        /// Tokens and units.
        public var quantity: Int64 = 0
        /// How much of the quantity stands in lines without a price. No part of what is equal:
        /// lines that were billed do not tell which of it got a price since.
        public var unknown: Int64 = 0

        /// Nothing.
        public init() {}

        /// Whether both bill the same.
        public static func == (left: Figures, right: Figures) -> Bool {
            left.cents == right.cents && left.usd == right.usd && left.quantity == right.quantity
        }

        var isNothing: Bool { self == Figures() }
    }

    /// Every component that is not nothing.
    public private(set) var components: [Component: Figures] = [:]

    /// Nothing billed.
    public init() {}

    /// What a statement says of its own month: adjustments of others are left out. Throws when its
    /// figures cannot be read.
    public init(_ statement: Statement) throws {
        for line in statement.lines {
            var figures = Figures()
            figures.cents = try Self.cents(line.brl ?? "0")
            figures.usd = try Amount(line.usd ?? "0")
            figures.quantity = Int64(clamping: line.quantity)
            if line.brl == nil { figures.unknown = figures.quantity }
            try add(figures, .init(section: .usage, name: line.provider, model: line.model))
        }
        try add(statement.markups, .markup)
        try add(statement.surcharges, .surcharge)
        try add(statement.taxes, .tax)
        for credit in statement.credits {
            var figures = Figures()
            figures.cents = try Self.cents(credit.brl)
            try add(figures, .init(section: .credit, name: credit.name, model: ""))
        }
    }

    private mutating func add(
        _ charges: [Statement.Charge], _ section: Statement.Adjustment.Section
    ) throws {
        for charge in charges where charge.effect == .charged {
            var figures = Figures()
            figures.cents = try Self.cents(charge.brl)
            try add(figures, .init(section: section, name: charge.name, model: ""))
        }
    }

    /// Adds what a later statement billed for the month.
    public mutating func add(_ adjustment: Statement.Adjustment) throws {
        var figures = Figures()
        figures.cents = try Self.cents(adjustment.brl ?? "0")
        figures.usd = try Amount(adjustment.usd ?? "0")
        figures.quantity = adjustment.quantity ?? 0
        if adjustment.brl == nil { figures.unknown = figures.quantity }
        let isUsage = adjustment.section == .usage
        try add(
            figures,
            Component(
                section: adjustment.section,
                name: (isUsage ? adjustment.provider : adjustment.name) ?? "",
                model: isUsage ? adjustment.model ?? "" : ""))
    }

    private mutating func add(_ figures: Figures, _ component: Component) throws {
        var sum = components[component] ?? Figures()
        sum.cents += figures.cents
        try sum.usd.add(figures.usd)
        sum.quantity += figures.quantity
        sum.unknown += figures.unknown
        components[component] = sum.isNothing ? nil : sum
    }

    private static func cents(_ text: String) throws(MoneyError) -> Int128 {
        try DecimalText.parse(text, decimals: 2)
    }

    /// The lines that take a month from what was billed to what it comes to: one for each component
    /// and reason, or two where only a part of the change has a price.
    ///
    /// `steps` says what the month comes to with one more kind of change each, in the order of
    /// ``Statement/Adjustment/Reason``; the last is all that is known. The differences add up to
    /// the whole, whatever the order in which the changes were made. What has no price with part of
    /// what is known, and has one with all of it, is in the line of its price alone.
    public static func adjustments(
        of month: CivilMonth, number: String?, billed: StatementSums,
        steps: [(reason: Statement.Adjustment.Reason, sums: StatementSums)]
    ) throws -> [Statement.Adjustment] {
        var lines: [Statement.Adjustment] = []
        var before = billed
        let end = steps.last?.sums ?? billed
        for (reason, sums) in steps {
            let after = sums.holdingBack(billed, end)
            for component in Set(before.components.keys).union(after.components.keys).sorted() {
                let old = before.components[component] ?? Figures()
                let new = after.components[component] ?? Figures()
                guard old != new else { continue }
                lines += try Change(old, new).parts.map { part in
                    Statement.Adjustment(
                        of: component, in: month, number, for: reason, part)
                }
            }
            before = after
        }
        return lines
    }

    /// Without the quantity whose cost is unknown here alone: neither was it billed so, nor is it
    /// so in the end.
    private func holdingBack(_ billed: StatementSums, _ end: StatementSums) -> StatementSums {
        var result = self
        for (component, var figures) in components where figures.unknown > 0 {
            let stays = [billed, end].map { $0.components[component]?.unknown ?? 0 }.max() ?? 0
            let passing = max(0, figures.unknown - stays)
            figures.quantity -= passing
            figures.unknown -= passing
            result.components[component] = figures.isNothing ? nil : figures
        }
        return result
    }
}

/// What of a component changed.
private struct Change {
    /// A line's figures; without a cost where nobody knows the price.
    struct Part {
        var quantity: Int64
        var cost: (usd: Amount<USD>, cents: Int128)?
    }

    /// One line, or two where a part of the quantity has a price and a part has none.
    let parts: [Part]

    init(_ old: StatementSums.Figures, _ new: StatementSums.Figures) throws(MoneyError) {
        let quantity = new.quantity - old.quantity
        let unknown = new.unknown - old.unknown
        let cost = (usd: try new.usd.subtracting(old.usd), cents: new.cents - old.cents)
        let isFree = cost.usd == .zero && cost.cents == 0
        if isFree, quantity != 0, old.unknown != 0 || new.unknown != 0 {
            parts = [Part(quantity: quantity)]
        } else if unknown > 0, unknown < quantity {
            parts = [Part(quantity: unknown), Part(quantity: quantity - unknown, cost: cost)]
        } else {
            parts = [Part(quantity: quantity, cost: cost)]
        }
    }
}

extension Statement.Adjustment {
    fileprivate init(
        of component: StatementSums.Component, in month: CivilMonth, _ number: String?,
        for reason: Reason, _ part: Change.Part
    ) {
        let isUsage = component.section == .usage
        self.init(
            originMonth: month.description, originNumber: number, section: component.section,
            provider: isUsage ? component.name : nil, model: isUsage ? component.model : nil,
            name: isUsage || component.name.isEmpty ? nil : component.name, reason: reason,
            quantity: isUsage ? part.quantity : nil, usd: isUsage ? part.cost?.usd.text : nil,
            brl: part.cost.map { StatementBuilder.centsText($0.cents) })
    }
}
