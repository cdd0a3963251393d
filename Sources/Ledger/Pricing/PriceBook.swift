/// Every price that was ever recorded, on two axes of time: from when it is charged, and since when
/// we knew it.
///
/// ```swift
/// book.record(entry, at: SequenceNumber(17))
/// let prices = book.prices(provider: "openai", model: "gpt-4o", at: instant, inputTokens: 1_000)
/// let then = book.knownBy(SequenceNumber(16))       // the book as it was before
/// ```
/// Of the entries whose date of effect is not after the asked instant the one with the latest date
/// counts, and of equals the one recorded last: a correction replaces nothing and wins, and a
/// change that is already scheduled stays scheduled. Models match exactly or by an alias in the
/// book, never by nearness. Cost of a look-up: two dictionary probes and a short scan.
public struct PriceBook: Sendable {
    /// A model of a provider in a service tier.
    public struct Key: Hashable, Sendable, Comparable {
        /// Who sells it.
        public var provider: String
        /// The model.
        public var model: String
        /// The service tier, empty for the standard one.
        public var serviceTier: String

        /// A key of those names.
        public init(provider: String, model: String, serviceTier: String = "") {
            self.provider = provider
            self.model = model
            self.serviceTier = serviceTier
        }

        /// Orders by provider, model, tier.
        public static func < (left: Key, right: Key) -> Bool {
            if !left.provider.isSame(as: right.provider) {
                return left.provider.precedes(right.provider)
            }
            if !left.model.isSame(as: right.model) { return left.model.precedes(right.model) }
            return left.serviceTier.precedes(right.serviceTier)
        }

        /// Equal in every byte.
        public static func == (left: Key, right: Key) -> Bool {
            left.model.isSame(as: right.model) && left.provider.isSame(as: right.provider)
                && left.serviceTier.isSame(as: right.serviceTier)
        }

        /// `provider/model`, with the tier behind a colon if there is one.
        public var description: String {
            "\(provider)/\(model)" + (serviceTier.isEmpty ? "" : ":\(serviceTier)")
        }
    }

    /// An entry and when it became known.
    public struct Known: Sendable, Equatable {
        /// The fact.
        public let entry: PriceEntry
        /// The record that holds it.
        public let sequence: SequenceNumber
        /// When the log took it.
        public let recordedAt: Instant
    }

    private var entries: [Key: [Known]] = [:]
    private var aliases: [Key: [Known]] = [:]

    /// An empty book.
    public init() {}

    /// Adds what a record says. Records may come in any order; their sequence decides.
    public mutating func record(
        _ entry: PriceEntry, at sequence: SequenceNumber,
        recordedAt: Instant = Instant(nanoseconds: 0)
    ) {
        let key = Key(
            provider: entry.provider, model: entry.model,
            serviceTier: entry.aliasOf == nil ? entry.serviceTier : "")
        let known = Known(entry: entry, sequence: sequence, recordedAt: recordedAt)
        func insert(into list: inout [Known]) {
            let place = list.firstIndex {
                ($0.entry.effectiveFrom, $0.sequence) > (entry.effectiveFrom, sequence)
            }
            list.insert(known, at: place ?? list.count)
        }
        if entry.aliasOf == nil {
            insert(into: &entries[key, default: []])
        } else {
            insert(into: &aliases[key, default: []])
        }
    }

    /// The book as it was known when the log ended at `sequence`.
    public func knownBy(_ sequence: SequenceNumber) -> PriceBook {
        filtered { $0.sequence <= sequence }
    }

    /// The book as it was known at an instant: without what was recorded later.
    public func known(at instant: Instant) -> PriceBook {
        filtered { $0.recordedAt <= instant }
    }

    /// True when something became known after a record that can change prices before an instant.
    public func changed(after sequence: SequenceNumber, before instant: Instant) -> Bool {
        let later = entries.contains { key, list in
            list.contains {
                $0.sequence > sequence
                    // An entry under a name that was an alias takes its place for all time.
                    && ($0.entry.effectiveFrom < instant || aliases[key] != nil)
            }
        }
        return later || aliases.values.contains { $0.contains { $0.sequence > sequence } }
    }

    private func filtered(_ isKnown: (Known) -> Bool) -> PriceBook {
        // A name with no entry yet is no name yet: its alias of then still holds.
        var book = PriceBook()
        book.entries = entries.mapValues { $0.filter(isKnown) }.filter { !$0.value.isEmpty }
        book.aliases = aliases.mapValues { $0.filter(isKnown) }.filter { !$0.value.isEmpty }
        return book
    }

    /// The book in which each model of a list is priced as another one, in every tier; calls in a
    /// tier that the other one has no price for are unpriced. Aliases of a model go with it.
    func replacing(_ models: [(from: Key, to: Key)]) -> PriceBook {
        var book = self
        let tiers = Set(entries.keys.map(\.serviceTier))
        for (from, to) in models {
            book.aliases[Key(provider: from.provider, model: from.model)] = nil
            for tier in tiers {
                let prices = history(
                    Key(provider: to.provider, model: to.model, serviceTier: tier))
                book.entries[
                    Key(provider: from.provider, model: from.model, serviceTier: tier)] =
                    prices.isEmpty ? nil : prices
            }
        }
        return book
    }

    /// True when a model has a price in some tier, at some time.
    func knows(_ model: Key) -> Bool {
        Set(entries.keys.map(\.serviceTier)).contains { tier in
            !history(Key(provider: model.provider, model: model.model, serviceTier: tier)).isEmpty
        }
    }

    /// All keys with prices, in order.
    public var keys: [Key] { entries.keys.sorted() }

    /// Every entry of a model, by date of effect, then by record.
    public func history(_ key: Key) -> [Known] { entries[resolved(key)] ?? [] }

    /// Every alias name of a provider and the model it stands for.
    public var aliasNames: [(key: Key, target: String)] {
        aliases.compactMap { key, list in
            list.max { $0.sequence < $1.sequence }?.entry.aliasOf.map { (key, $0) }
        }.sorted { $0.key < $1.key }
    }

    /// The key whose prices apply: the key itself, or the one its newest alias names.
    public func resolved(_ key: Key) -> Key {
        if entries[key] != nil { return key }
        let name = Key(provider: key.provider, model: key.model)
        guard let newest = aliases[name]?.max(by: { $0.sequence < $1.sequence }),
            let target = newest.entry.aliasOf
        else { return key }
        return Key(provider: key.provider, model: target, serviceTier: key.serviceTier)
    }

    /// The entry in effect at an instant, or nil: unpriced.
    public func entry(_ key: Key, at instant: Instant) -> Known? {
        entries[resolved(key)]?.last { $0.entry.effectiveFrom <= instant }
    }

    /// The prices of a request, or nil: unpriced.
    public func prices(_ key: Key, at instant: Instant, inputTokens: UInt64) -> PriceSet? {
        entry(key, at: instant)?.entry.prices(
            minuteOfDay: instant.minuteOfDay, inputTokens: inputTokens)
    }
}

extension Instant {
    /// The minute of the day in UTC, 0 to 1,439.
    var minuteOfDay: Int {
        let second = seconds
        return Int((second - second.dividedDown(by: 86_400) * 86_400) / 60)
    }
}
