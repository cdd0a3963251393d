public import Money

/// What we have of a provider on one UTC day, of one model.
public struct OwnFigures: Sendable, Equatable {
    /// Calls that the provider answered.
    public var calls: UInt64 = 0
    /// What they cost, exactly; without those that have no price.
    public var usd = Amount<USD>.zero
    /// All input tokens, the cached ones included.
    public var input: UInt64 = 0
    /// Input tokens that the provider read from its cache.
    public var cached: UInt64 = 0
    /// All output tokens.
    public var output: UInt64 = 0
    /// Calls that we have no price for.
    public var unpricedCalls: UInt64 = 0
    /// Calls whose usage nobody told.
    public var unknownCalls: UInt64 = 0
    /// What was booked for it before, and is part of our side.
    public var adjusted = Amount<USD>.zero
    /// Tokens that were booked for it before.
    public var adjustedTokens: Int64 = 0
    /// True where something was booked, be it nothing in sum.
    public var isAdjusted = false

    /// Nothing.
    public init() {}

    /// Tokens with what was booked.
    public var tokens: Int64 {
        Int64(clamping: input).addingClamped(Int64(clamping: output)).addingClamped(adjustedTokens)
    }

    /// Adds calls at their prices.
    public mutating func add(_ charge: Charge) throws(MoneyError) {
        try usd.add(charge.cost())
        if charge.prices == nil { unpricedCalls += charge.calls }
        for usageClass in UsageClass.tokens {
            let count = charge.tokens[Int(usageClass.rawValue)]
            if usageClass.isInput { input += count } else { output += count }
            if usageClass == .cacheRead { cached += count }
        }
    }

    /// Adds an adjustment.
    public mutating func add(_ record: AdjustmentRecord) throws(MoneyError) {
        try adjusted.add(record.usd)
        adjustedTokens = adjustedTokens.addingClamped(record.tokens ?? 0)
        isAdjusted = true
    }

    /// Adds another day's or model's figures.
    mutating func add(_ other: OwnFigures) throws(MoneyError) {
        calls += other.calls
        try usd.add(other.usd)
        input += other.input
        cached += other.cached
        output += other.output
        unpricedCalls += other.unpricedCalls
        unknownCalls += other.unknownCalls
        try adjusted.add(other.adjusted)
        adjustedTokens = adjustedTokens.addingClamped(other.adjustedTokens)
        isAdjusted = isAdjusted || other.isAdjusted
    }
}

extension Int64 {
    /// The sum, at most as far as there are numbers.
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}

/// A bill beside what we have, by UTC day and model.
///
/// ```swift
/// let result = try Reconciliation(bill: bill, ours: figures, tolerance: Amount("0.01"))
/// result.count(.missing)
/// for row in result.rows where row.isDifference { … }
/// ```
/// A row matches where both sides have it with the same tokens and the same money; money alone
/// decides what is worth booking, and where the bill has none, tokens do. A difference is the
/// bill's figure less ours: what has to be booked so that both say the same.
public struct Reconciliation: Sendable {
    /// How the sides stand.
    public enum Status: String, Sendable, CaseIterable {
        /// Both say the same: tokens where the bill tells them, and money but for the rounding of
        /// the bill's own amounts.
        case matched
        /// They differ by no more than the tolerance. Such lines can pile up.
        case below = "below_tolerance"
        /// The bill has it and we do not.
        case missing
        /// We have it and the bill does not.
        case extra
        /// Both have it, with other figures.
        case different
    }

    /// One day and model.
    public struct Row: Sendable {
        /// Where.
        public let key: BillKey
        /// What the bill says, if anything.
        public let bill: BillFigures?
        /// What we have, if anything.
        public let ours: OwnFigures?
        /// How they stand.
        public let status: Status
        /// The bill's cost less ours; nil where the bill tells no costs.
        public let usd: Amount<USD>?
        /// The bill's tokens less ours; nil where the bill does not tell them.
        public let tokens: Int64?

        /// True for what would be booked.
        public var isDifference: Bool { status != .matched && status != .below }

        /// Our cost with what was booked.
        public func ourUSD() throws(MoneyError) -> Amount<USD> {
            try (ours?.usd ?? .zero).adding(ours?.adjusted ?? .zero)
        }
    }

    /// All days and models, in order.
    public let rows: [Row]
    /// The sum of the bill's costs.
    public let billed: Amount<USD>
    /// The sum of ours, with what was booked before.
    public let own: Amount<USD>
    /// What was booked before.
    public let adjusted: Amount<USD>
    /// What the differences below the tolerance come to, less those that make up for others.
    public let below: Amount<USD>
    /// What they come to, each taken as it is, whatever its sign.
    public let belowWhole: Amount<USD>

    /// A bill against our figures of the same days. Where the bill names no models, ours are added
    /// up by day.
    public init(
        bill: Bill, ours: [BillKey: OwnFigures], tolerance: Amount<USD>
    ) throws(MoneyError) {
        var own: [BillKey: OwnFigures] = [:]
        for (key, figures) in ours {
            let place = bill.namesModels ? key : BillKey(day: key.day, model: "")
            try own[place, default: OwnFigures()].add(figures)
        }
        let hasCosts = bill.hasCosts
        var rows: [Row] = []
        var sums = (billed: Amount<USD>.zero, own: Amount<USD>.zero, adjusted: Amount<USD>.zero)
        var below = (sum: Amount<USD>.zero, whole: Amount<USD>.zero)
        let step = (bill.decimals..<USD.decimals).reduce(Int128(1)) { units, _ in units * 10 }
        for key in Set(bill.figures.keys).union(own.keys).sorted() {
            // Half of the last decimal of each amount, in whole units.
            let rounded = (step * Int128(bill.figures[key]?.amounts ?? 0) + 1) / 2
            let row = try Self.row(
                key, bill.figures[key], own[key],
                (tolerance, min(tolerance, Amount(units: rounded))), hasCosts)
            try sums.billed.add(row.bill?.usd ?? .zero)
            try sums.own.add(row.ourUSD())
            try sums.adjusted.add(row.ours?.adjusted ?? .zero)
            if row.status == .below, let usd = row.usd {
                try below.sum.add(usd)
                try below.whole.add(Amount(units: abs(usd.units)))
            }
            rows.append(row)
        }
        self.rows = rows
        (billed, self.own, adjusted) = (sums.billed, sums.own, sums.adjusted)
        (self.below, belowWhole) = below
    }

    /// How many days and models stand so.
    public func count(_ status: Status) -> Int { rows.count { $0.status == status } }

    private static func row(
        _ key: BillKey, _ bill: BillFigures?, _ ours: OwnFigures?,
        _ limits: (tolerance: Amount<USD>, rounding: Amount<USD>), _ hasCosts: Bool
    ) throws(MoneyError) -> Row {
        let own = ours ?? OwnFigures()
        let ourCost = try own.usd.adding(own.adjusted)
        // A day or model that a bill of costs does not have cost nothing there.
        let usd = hasCosts ? try (bill?.usd ?? .zero).subtracting(ourCost) : nil
        let billTokens = bill == nil ? 0 : bill?.tokens
        let tokens = billTokens.map { $0.subtractingReportingOverflow(own.tokens).partialValue }
        let difference = usd?.units.magnitude ?? 0
        let isOurs = own.calls > 0 || own.isAdjusted
        let areBoth = bill != nil && isOurs
        // What neither has anything of, such as calls that failed, is no difference either.
        let isNothing = usd ?? .zero == .zero && tokens ?? 0 == 0
        let status: Status =
            if isNothing || (areBoth && tokens ?? 0 == 0 && difference <= limits.rounding.units) {
                .matched
            } else if usd != nil, difference <= limits.tolerance.units {
                .below
            } else if bill == nil {
                .extra
            } else if !isOurs {
                .missing
            } else {
                .different
            }
        return Row(
            key: key, bill: bill, ours: ours, status: status, usd: usd, tokens: tokens)
    }

    /// Names of the bill that may be one of ours with a date behind it: both stand alone on the
    /// same day. Only a person can say so.
    public var likelyNames: [(theirs: String, ours: String)] {
        var pairs: Set<[String]> = []
        let extra = Dictionary(grouping: rows.filter { $0.status == .extra }, by: \.key.day)
        for row in rows where row.status == .missing {
            for other in extra[row.key.day] ?? [] where !other.key.model.isEmpty {
                if row.key.model.hasPrefix(other.key.model + "-") {
                    pairs.insert([row.key.model, other.key.model])
                }
            }
        }
        return pairs.map { ($0[0], $0[1]) }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }

    /// What has to be booked so that both sides say the same, for a client or the house itself.
    public func adjustments(
        of bill: Bill, client: String?, reason: String, source: String
    ) -> [AdjustmentRecord] {
        rows.compactMap { row in
            guard row.isDifference, let usd = row.usd else { return nil }
            return AdjustmentRecord(
                client: client, date: row.key.day, provider: bill.provider, model: row.key.model,
                usd: usd, tokens: row.tokens, reason: reason, source: source)
        }
    }
}
