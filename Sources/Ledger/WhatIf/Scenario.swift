// What-if: the same usage under other terms. `Scenario` says what would be different,
// `ScenarioOutcome` what it comes to, `BudgetWatch` finds the budgets that would have stopped. All
// are values; the journal goes through its cells and fills them.

public import Money

/// A model whose calls are priced as if another one had answered, with the same token counts.
public struct ModelSwap: Sendable, Equatable {
    /// The model that was used; its tier is not looked at.
    public var from: PriceBook.Key
    /// The model whose prices count.
    public var to: PriceBook.Key

    /// A swap of one model for another.
    public init(from: PriceBook.Key, to: PriceBook.Key) {
        self.from = PriceBook.Key(provider: from.provider, model: from.model)
        self.to = PriceBook.Key(provider: to.provider, model: to.model)
    }
}

/// What would be different: prices, the exchange rate, the mark-up, the models, or all of them.
///
/// ```swift
/// var scenario = Scenario()
/// scenario.swaps = [ModelSwap(from: gpt4o, to: mini)]
/// scenario.rateRule = .fixed(try ExchangeRate("5.60"))
/// try scenario.check(against: state.prices)
/// let then = scenario.book(from: state.prices, after: place)
/// ```
public struct Scenario: Sendable, Equatable {
    /// Prices as they would be recorded: each counts from its date until the next known one.
    public var entries: [PriceEntry] = []
    /// Prices that count from their date on in place of whatever is known.
    public var lastingPrices: [PriceEntry] = []
    /// Which day's rate converts usage; nil leaves each client's rule.
    public var rateRule: RateRule?
    /// The mark-up on every client's cost in reais; nil leaves what is agreed.
    public var markup: Percent?
    /// Models priced as others.
    public var swaps: [ModelSwap] = []

    /// A scenario in which nothing is different.
    public init() {}

    /// True when nothing is different.
    public var isEmpty: Bool { self == Scenario() }

    /// True when usage has other prices.
    public var hasPrices: Bool { !entries.isEmpty || !lastingPrices.isEmpty || !swaps.isEmpty }

    /// Throws, in one sentence, what of the scenario makes no sense beside this price book.
    public func check(against book: PriceBook) throws(EventError) {
        guard !isEmpty else {
            throw EventError(
                field: "what-if",
                reason: "nothing would be different; give prices, a rate, a mark-up or a swap")
        }
        for entry in entries + lastingPrices { try entry.check() }
        if let markup {
            let anyDay = CivilDate(dayNumber: 0)
            try TermsChange(client: nil, from: anyDay, term: .markup(markup)).check()
        }
        let priced = withPrices(book, after: .zero)
        for (index, swap) in swaps.enumerated() {
            let name = swap.from.description
            if swap.from == swap.to {
                throw EventError(
                    field: "swap", reason: "puts \(name) in its own place; name another model")
            }
            if swaps[..<index].contains(where: { $0.from == swap.from }) {
                throw EventError(field: "swap", reason: "names \(name) twice; name it once")
            }
            guard priced.knows(swap.to) else {
                throw EventError(
                    field: "swap",
                    reason: "\(swap.to.description) has no price in the book; check its name, or "
                        + "give its price too")
            }
        }
    }

    /// The price book as it would be; what is new in it counts as recorded after `place`.
    public func book(from book: PriceBook, after place: SequenceNumber) -> PriceBook {
        withPrices(book, after: place).replacing(swaps.map { ($0.from, $0.to) })
    }

    /// The swap that a model is part of in this book, by its own name or as an alias.
    public func swap(of model: PriceBook.Key, in book: PriceBook) -> ModelSwap? {
        swaps.first { Self.isNamed(model, $0.from) }
            ?? swaps.first { Self.covers($0.from, model, in: book) }
    }

    /// True when what is said of `name` is also said of `model`: it is that name or an alias of it.
    public static func covers(
        _ name: PriceBook.Key, _ model: PriceBook.Key, in book: PriceBook
    ) -> Bool {
        isNamed(model, name) || isNamed(book.resolved(model), name)
    }

    private static func isNamed(_ model: PriceBook.Key, _ name: PriceBook.Key) -> Bool {
        model.model.isSame(as: name.model) && model.provider.isSame(as: name.provider)
    }

    private func withPrices(_ book: PriceBook, after place: SequenceNumber) -> PriceBook {
        var book = book
        var last = place.rawValue
        func record(_ entry: PriceEntry) {
            last += 1
            book.record(entry, at: SequenceNumber(last))
        }
        for entry in entries { record(entry) }
        for entry in lastingPrices {
            let key = PriceBook.Key(
                provider: entry.provider, model: entry.model, serviceTier: entry.serviceTier)
            let known = book.history(key).map(\.entry)
            if book.resolved(key) != key {
                // With a price of its own it is no alias any more, but was one until then.
                for var former in known {
                    former.provider = entry.provider
                    former.model = entry.model
                    record(former)
                }
            }
            // Said again at each later date, so that no known price takes its place.
            let later = Set(known.map(\.effectiveFrom)).filter { $0 > entry.effectiveFrom }
            for date in [entry.effectiveFrom] + later.sorted() {
                var lasting = entry
                lasting.effectiveFrom = date
                record(lasting)
            }
        }
        return book
    }
}
