public import Ledger
public import Money
public import Providers

/// The most that tokens of a call can cost: for input and for output the dearest price that may
/// apply to it.
///
/// Which class a token will be billed in is known only when the provider says so. Until then each
/// counts at the dearest: written to a cache, above the dearest size, in the dearest hour.
public struct PriceCeiling: Sendable, Equatable {
    /// For each token that goes in.
    public var input: UnitPrice
    /// For each token that comes out.
    public var output: UnitPrice

    /// A ceiling of those prices.
    public init(input: UnitPrice, output: UnitPrice) {
        self.input = input
        self.output = output
    }

    /// The ceiling of a request at a provider; nil when the book has no price for a class that it
    /// may be billed in.
    ///
    /// The tier that answers may be the standard one though another was asked for, so both count.
    public init?(
        _ request: CallRequest, provider: String, model: String, at instant: Instant,
        _ book: PriceBook
    ) {
        var input: [UsageClass] = [.input, .cacheRead, .cacheWrite5m]
        var output: [UsageClass] = [.output, .reasoning]
        if request.wantsLongCache { input.append(.cacheWrite1h) }
        if request.input.images > 0 { input.append(.inputImage) }
        if request.input.sounds > 0 { input.append(.inputAudio) }
        if request.wantsMedia { output += [.outputAudio, .outputImage] }
        if request.interface == .embeddings { output = [] }
        let tiers = Set(["", request.serviceTier])
        var entries: [PriceEntry] = []
        for tier in tiers {
            let key = PriceBook.Key(provider: provider, model: model, serviceTier: tier)
            if let known = book.entry(key, at: instant) { entries.append(known.entry) }
        }
        let own = PriceBook.Key(
            provider: provider, model: model, serviceTier: request.serviceTier)
        guard book.entry(own, at: instant) != nil else { return nil }
        let sets = entries.flatMap { entry in
            [entry.prices] + entry.sizes.map(\.prices) + entry.windows.map(\.prices)
        }
        guard let dearestInput = Self.dearest(input, in: sets),
            let dearestOutput = Self.dearest(output, in: sets)
        else { return nil }
        self.init(input: dearestInput, output: dearestOutput)
    }

    /// What so many tokens cost at most. Throws when the sum does not fit.
    public func cost(input tokens: UInt64, output: UInt64) throws(MoneyError) -> Amount<USD> {
        try input.cost(ofTokens: Int128(tokens)).adding(
            self.output.cost(ofTokens: Int128(output)))
    }

    private static func dearest(_ classes: [UsageClass], in sets: [PriceSet]) -> UnitPrice? {
        var dearest = UnitPrice(units: 0)
        for set in sets {
            for usageClass in classes {
                guard let price = set.effective(usageClass) else { return nil }
                dearest = max(dearest, price)
            }
        }
        return dearest
    }
}
