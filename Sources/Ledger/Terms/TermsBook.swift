public import Money

/// Every term that was ever agreed, on two axes of time: from which day it holds, and since which
/// record we knew it.
///
/// ```swift
/// book.record(change, at: sequence)
/// book.markup(of: "acme", on: day)              // Percent.zero where none is agreed
/// ```
/// Of the terms of one kind whose day has come the latest counts, and of equals the one recorded
/// last. A client's own goes before one for all. Cost of a look-up: a dictionary probe and a scan
/// of the client's terms, which are few.
public struct TermsBook: Sendable {
    /// A change and the record that holds it.
    public struct Known: Sendable, Equatable {
        /// The fact.
        public let change: TermsChange
        /// The record.
        public let sequence: SequenceNumber
    }

    /// Changes by client, those for all under the empty name; each list by day, then by record.
    private var changes: [String: [Known]] = [:]
    /// True once any rate rule was agreed: until then nobody's days need looking at.
    public private(set) var hasRateRules = false

    /// An empty book.
    public init() {}

    /// True when nothing was ever agreed.
    public var isEmpty: Bool { changes.isEmpty }

    /// Adds what a record says. Records may come in any order.
    public mutating func record(_ change: TermsChange, at sequence: SequenceNumber) {
        if case .rateRule = change.term { hasRateRules = true }
        let known = Known(change: change, sequence: sequence)
        var list = changes[change.client ?? "", default: []]
        let place = list.firstIndex {
            ($0.change.from, $0.sequence) > (change.from, sequence)
        }
        list.insert(known, at: place ?? list.count)
        changes[change.client ?? ""] = list
    }

    /// The book as it was known when the log ended at `sequence`.
    public func knownBy(_ sequence: SequenceNumber) -> TermsBook {
        var book = TermsBook()
        for known in changes.values.joined() where known.sequence <= sequence {
            book.record(known.change, at: known.sequence)
        }
        return book
    }

    /// True when a term of a client became known after a record that holds on a day or before it.
    public func changed(
        after sequence: SequenceNumber, of client: String, notAfter day: CivilDate
    ) -> Bool {
        (history(of: nil) + history(of: client)).contains {
            $0.sequence > sequence && $0.change.from <= day
        }
    }

    /// A client's own changes, or those for all, by day, then by record.
    public func history(of client: String?) -> [Known] { changes[client ?? ""] ?? [] }

    /// What is added to a client's cost on a day; zero where nothing is agreed.
    public func markup(of client: String, on day: CivilDate) -> Percent {
        newest(of: client, on: day) { if case .markup(let percent) = $0 { percent } else { nil } }
            ?? .zero
    }

    /// The rule that picks a client's rate on a day; nil where none is agreed.
    public func rateRule(of client: String, on day: CivilDate) -> RateRule? {
        guard hasRateRules else { return nil }
        return newest(of: client, on: day) {
            if case .rateRule(let rule) = $0 { rule } else { nil }
        }
    }

    /// How a client's lines are rounded on a day; nil where nothing is agreed.
    public func rounding(of client: String, on day: CivilDate) -> Rounding? {
        newest(of: client, on: day) { if case .rounding(let mode) = $0 { mode } else { nil } }
    }

    /// A client's prices in reais for a model on a day; nil where the list does not have it.
    public func prices(
        of client: String, for key: PriceBook.Key, on day: CivilDate
    ) -> PriceSet? {
        let found: PriceSet? = newest(of: client, on: day) { term in
            guard case .price(let price) = term, price.model.isSame(as: key.model),
                price.provider.isSame(as: key.provider),
                price.serviceTier.isSame(as: key.serviceTier)
            else { return nil }
            return price.prices
        }
        return found.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The surcharges and taxes of a client on a day, surcharges first, each by name.
    public func charges(of client: String, on day: CivilDate) -> [ChargeTerm] {
        var found: [String: ChargeTerm] = [:]
        // Later terms replace earlier ones, and the client's own those for all.
        for known in history(of: nil) + history(of: client) where known.change.from <= day {
            if case .charge(let charge) = known.change.term { found[charge.name] = charge }
        }
        return found.values.filter { $0.percent > .zero }.sorted {
            ($0.tier == .tax ? 1 : 0, $0.name) < ($1.tier == .tax ? 1 : 0, $1.name)
        }
    }

    /// A credit that stands, and where it was put last.
    public struct StandingCredit: Sendable, Equatable {
        /// The credit.
        public let credit: CreditTerm
        /// The month on whose statement it stands.
        public let month: CivilMonth
        /// The record that says so.
        public let sequence: SequenceNumber
    }

    /// The credits of a client that were not taken back, by name.
    public func credits(of client: String) -> [StandingCredit] {
        var found: [String: StandingCredit] = [:]
        for known in history(of: client) {
            guard case .credit(let credit) = known.change.term else { continue }
            // A credit that was moved to another month is where it was put last.
            if let old = found[credit.name], old.sequence > known.sequence { continue }
            found[credit.name] = StandingCredit(
                credit: credit, month: known.change.from.month, sequence: known.sequence)
        }
        return found.values.filter { $0.credit.cents > 0 }
            .sorted { $0.credit.name < $1.credit.name }
    }

    /// What a client is given back in a month, by name.
    public func credits(of client: String, in month: CivilMonth) -> [CreditTerm] {
        credits(of: client).filter { $0.month == month }.map(\.credit)
    }

    /// A name for one more credit of a client: its reason, or the first number behind it that no
    /// credit of the client ever had, so that it replaces none.
    public func newCreditName(of client: String, for reason: String) -> String {
        let taken = Set(
            history(of: client).compactMap { known -> String? in
                if case .credit(let credit) = known.change.term { credit.name } else { nil }
            })
        let names = (1...taken.count + 1).lazy.map { CreditTerm.name(for: reason, number: $0) }
        return names.first { !taken.contains($0) } ?? reason
    }

    /// The days of a month on which terms of a client change, its first day before them: each
    /// starts a stretch of days with the same terms.
    public func stretches(of client: String, in month: CivilMonth) -> [CivilDate] {
        var days: Set<CivilDate> = [month.firstDay]
        for known in history(of: nil) + history(of: client) {
            let day = known.change.from
            if day > month.firstDay, day <= month.lastDay { days.insert(day) }
        }
        return days.sorted()
    }

    private func newest<Value>(
        of client: String, on day: CivilDate, _ value: (Term) -> Value?
    ) -> Value? {
        for list in [changes[client], changes[""]] {
            guard let list else { continue }
            for known in list.reversed() where known.change.from <= day {
                if let found = value(known.change.term) { return found }
            }
        }
        return nil
    }
}
