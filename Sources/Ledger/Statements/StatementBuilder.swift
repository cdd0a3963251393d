import Money

/// Collects a month's rated cells and makes the ``Statement`` of them.
///
/// ```swift
/// var builder = StatementBuilder(client: client, month: month, books: StatementBooks(state))
/// try builder.add(key, cell, charges)          // in any order
/// let statement = try builder.finish(log: head) { sha256($0) }
/// ```
/// The result does not depend on the order of the cells. Rounding happens in one place, once a
/// line.
public struct StatementBuilder {
    struct LineKey: Hashable, Comparable {
        var book: PriceBook.Key
        /// Nil for costs that were recorded without a call.
        var usageClass: UsageClass?
        var price: UnitPrice?
        /// The price in reais, where the client's list has one.
        var listed: UnitPrice?

        static func < (left: LineKey, right: LineKey) -> Bool {
            if left.book != right.book { return left.book < right.book }
            return left.rank < right.rank
        }

        private var rank: (UInt8, Int64, Int64) {
            (usageClass?.rawValue ?? .max, price?.units ?? -1, listed?.units ?? -1)
        }
    }

    /// What a line has of one local day.
    struct DayShare {
        var quantity: UInt64 = 0
        /// Only of costs that were recorded without a call.
        var recorded = Amount<USD>.zero
    }

    /// Why costs of a line were recorded without a call, in the order of the log.
    private(set) var words: [LineKey: [String]] = [:]

    let client: LedgerState.Client
    let month: CivilMonth
    let books: StatementBooks
    private(set) var lines: [LineKey: [CivilDate: DayShare]] = [:]
    private(set) var dayCalls: [CivilDate: UInt64] = [:]
    private(set) var calls = UsageCell()
    private(set) var cachedCalls: UInt64 = 0
    private(set) var unpricedCalls: UInt64 = 0
    private(set) var responseCacheTokens: UInt64 = 0
    private(set) var responseCache: [CivilDate: Amount<USD>] = [:]
    private(set) var promptCache: [CivilDate: Amount<USD>] = [:]

    /// A builder of one client's month.
    public init(client: LedgerState.Client, month: CivilMonth, books: StatementBooks) {
        self.client = client
        self.month = month
        self.books = books
    }

    /// Adds a cell and the parts of constant price that rating made of it.
    public mutating func add(_ key: CellKey, _ cell: UsageCell, _ charges: [Charge]) throws {
        calls.merge(cell)
        dayCalls[key.day, default: 0] &+= cell.calls
        if key.wasCached {
            cachedCalls &+= cell.calls
            for usageClass in UsageClass.tokens { responseCacheTokens &+= cell[usageClass] }
            for charge in charges {
                try responseCache[key.day, default: .zero].add(charge.cost())
            }
            return
        }
        let listed = listed(key)
        for charge in charges {
            if charge.prices == nil, listed == nil { unpricedCalls &+= charge.calls }
            Self.forEachLine(key, charge, listed) { line, count in
                lines[line, default: [:]][key.day, default: DayShare()].quantity += count
            }
            try addPromptCacheSaving(charge, day: key.day)
        }
    }

    /// Takes a call's lines out again, which a cell that was added holds. What is counted beside
    /// them stays.
    public mutating func removeLines(_ key: CellKey, _ charge: Charge) {
        guard !key.wasCached else { return }
        Self.forEachLine(key, charge, listed(key)) { line, count in
            lines[line]?[key.day]?.quantity -= count
        }
    }

    private func listed(_ key: CellKey) -> PriceSet? {
        books.terms.isEmpty
            ? nil : books.terms.prices(of: client.record.id, for: key.price, on: key.day)
    }

    private static func forEachLine(
        _ key: CellKey, _ charge: Charge, _ listed: PriceSet?, _ body: (LineKey, UInt64) -> Void
    ) {
        for usageClass in UsageClass.allCases {
            let count = charge.tokens[Int(usageClass.rawValue)]
            guard count > 0 else { continue }
            body(
                LineKey(
                    book: key.price, usageClass: usageClass,
                    price: charge.prices?.effective(usageClass),
                    listed: listed?.effective(usageClass)), count)
        }
    }

    /// Adds a cost that was recorded without a call.
    public mutating func add(_ adjustment: AdjustmentRecord) throws {
        let line = LineKey(
            book: PriceBook.Key(provider: adjustment.provider, model: adjustment.model))
        try lines[line, default: [:]][adjustment.date, default: DayShare()].recorded
            .add(adjustment.usd)
        if words[line]?.contains(adjustment.reason) != true {
            words[line, default: []].append(adjustment.reason)
        }
    }

    private mutating func addPromptCacheSaving(_ charge: Charge, day: CivilDate) throws {
        let read = charge.tokens[Int(UsageClass.cacheRead.rawValue)]
        guard read > 0, let prices = charge.prices, let plain = prices.effective(.input),
            let cached = prices.effective(.cacheRead), plain > cached
        else { return }
        let saving = UnitPrice(units: plain.units - cached.units)
        try promptCache[day, default: .zero].add(saving.cost(ofTokens: Int128(read)))
    }
}
