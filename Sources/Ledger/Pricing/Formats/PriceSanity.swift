import Money

/// Doubts about prices before they are taken: the faults that price feeds really had.
///
/// ```swift
/// let doubts = PriceSanity.check(contents.entries, against: book)
/// guard doubts.isEmpty || force else { … }        // print each doubt, take nothing
/// ```
/// Every entry is compared with the book and with the entries before it. A doubt is no proof: real
/// cuts by a factor of ten happen, so a person decides with `--force`. Cost: some look-ups an
/// entry.
public enum PriceSanity {
    /// Which rule raised a doubt.
    public enum Rule: String, Sendable, CaseIterable {
        /// A class costs ten times as much, or a tenth, or nothing any more.
        case change
        /// A new model costs more than ten times the provider's dearest.
        case dearest
        /// More than any known model of its kind costs.
        case bound
        /// Input and output are more than a factor of fifteen apart.
        case ratio
        /// Reading the cache is no cheaper than input.
        case cacheRead
    }

    /// One doubt about one entry.
    public struct Suspicion: Sendable, Equatable, CustomStringConvertible {
        /// The entry's place in the list that was checked.
        public let index: Int
        /// The rule that raised it.
        public let rule: Rule
        /// The sentence that is shown to a person, with the figures.
        public let description: String
    }

    /// A class that changes by this factor, either way, is doubted.
    public static let changeFactor: Int64 = 10
    /// A new model that costs more than this many times its provider's dearest is doubted, where
    /// the book knows at least ``modelsToCompare`` models of the provider.
    public static let dearestFactor: Int64 = 10
    /// How many models of a provider make a comparison: a book with a few small ones says nothing
    /// about what its large ones cost.
    public static let modelsToCompare = 20
    /// Output that costs this many times the input, or the reverse, is doubted.
    public static let ratio: Int64 = 15

    /// The doubts about entries that are to be recorded in this order over a book.
    public static func check(_ entries: [PriceEntry], against book: PriceBook) -> [Suspicion] {
        var checker = Checker(book)
        for (index, entry) in entries.enumerated() where entry.aliasOf == nil {
            checker.check(entry, index)
        }
        return checker.suspicions
    }

    /// The most that a million of a class may cost without a doubt, in USD.
    private static func bound(_ usageClass: UsageClass) -> UnitPrice? {
        let dollars: Int64? =
            switch usageClass {
            case .input, .cacheRead: 100
            case .cacheWrite5m, .cacheWrite1h: 200
            case .output, .reasoning, .inputAudio, .outputAudio, .inputImage, .outputImage: 500
            case .webSearch, .seconds, .images: nil
            }
        return dollars.map { UnitPrice(units: $0 * 1_000_000) }
    }

    private struct Checker {
        private var book: PriceBook
        private var dearest: [String: [PriceBook.Key: (input: Int64, output: Int64)]] = [:]
        private var sequence = SequenceNumber(UInt64(1) << 62)
        private(set) var suspicions: [Suspicion] = []

        init(_ book: PriceBook) {
            self.book = book
            for key in book.keys {
                if let last = book.history(key).last { remember(key, last.entry.prices) }
            }
        }

        mutating func check(_ entry: PriceEntry, _ index: Int) {
            let key = PriceBook.Key(
                provider: entry.provider, model: entry.model, serviceTier: entry.serviceTier)
            func doubt(_ rule: Rule, _ what: String) -> Suspicion {
                Suspicion(
                    index: index, rule: rule,
                    description: "\(key.description) from \(entry.effectiveFrom): \(what); check "
                        + "the figure and take it with --force if it is right")
            }
            if let old = book.entry(key, at: entry.effectiveFrom)?.entry.prices {
                if let what = PriceSanity.change(old, entry.prices) {
                    suspicions.append(doubt(.change, what))
                }
            } else if let what = comparison(key, entry.prices) {
                suspicions.append(doubt(.dearest, what))
            }
            let sets = [entry.prices] + entry.sizes.map(\.prices) + entry.windows.map(\.prices)
            for (rule, find) in PriceSanity.figureRules {
                if let what = sets.lazy.compactMap(find).first {
                    suspicions.append(doubt(rule, what))
                }
            }
            sequence = sequence.next
            book.record(entry, at: sequence)
            remember(key, entry.prices)
        }

        private mutating func remember(_ key: PriceBook.Key, _ prices: PriceSet) {
            dearest[key.provider, default: [:]][key] = (
                prices[.input]?.units ?? 0, prices[.output]?.units ?? 0
            )
        }

        /// What a new model costs beside the dearest that its provider has.
        private func comparison(_ key: PriceBook.Key, _ prices: PriceSet) -> String? {
            guard let known = dearest[key.provider], known.count >= PriceSanity.modelsToCompare
            else { return nil }
            let all = known.values
            for (usageClass, most) in [
                (UsageClass.input, all.map(\.input).max() ?? 0),
                (UsageClass.output, all.map(\.output).max() ?? 0),
            ] {
                guard let price = prices[usageClass], most > 0,
                    price.units / PriceSanity.dearestFactor > most
                        || (price.units / PriceSanity.dearestFactor == most
                            && price.units % PriceSanity.dearestFactor > 0)
                else { continue }
                return "\(usageClass.name) at USD \(price.text) a million is more than "
                    + "\(PriceSanity.dearestFactor) times \(key.provider)'s dearest model so far, "
                    + "USD \(UnitPrice(units: most).text)"
            }
            return nil
        }
    }

    /// The rules that look at one set of prices alone.
    private static var figureRules: [(Rule, (PriceSet) -> String?)] {
        [(.bound, aboveBound), (.ratio, apart), (.cacheRead, dearCache)]
    }

    private static func change(_ old: PriceSet, _ new: PriceSet) -> String? {
        for usageClass in UsageClass.allCases {
            guard let before = old[usageClass], let after = new[usageClass], before.units > 0
            else { continue }
            if after.units == 0 {
                return "\(usageClass.name) falls from USD \(before.text) a million to nothing"
            }
            let (least, most) = (min(before.units, after.units), max(before.units, after.units))
            if most / changeFactor >= least {
                let factor = most / least
                return "\(usageClass.name) goes from USD \(before.text) to \(after.text) a million"
                    + ", by a factor of \(factor)"
            }
        }
        return nil
    }

    private static func aboveBound(_ prices: PriceSet) -> String? {
        for usageClass in UsageClass.allCases {
            guard let price = prices[usageClass], let most = bound(usageClass), price > most
            else { continue }
            return "\(usageClass.name) at USD \(price.text) a million is above \(most.text), "
                + "more than such models cost"
        }
        return nil
    }

    private static func apart(_ prices: PriceSet) -> String? {
        guard let input = prices[.input], let output = prices[.output] else { return nil }
        let (least, most) = (min(input, output), max(input, output))
        guard least.units > 0, most.units / ratio >= least.units else { return nil }
        return "input at USD \(input.text) and output at USD \(output.text) a million are a "
            + "factor of \(most.units / least.units) apart"
    }

    private static func dearCache(_ prices: PriceSet) -> String? {
        guard let input = prices[.input], let read = prices[.cacheRead], read.units > 0,
            read >= input
        else { return nil }
        return "cache_read at USD \(read.text) a million is no cheaper than input at USD "
            + input.text
    }
}
