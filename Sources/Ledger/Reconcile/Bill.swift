public import Money

/// A UTC day and a model of a bill; the model is empty where the bill does not part by models.
public struct BillKey: Hashable, Sendable, Comparable {
    /// The day, in UTC as bills count them.
    public var day: CivilDate
    /// The model, by the name that the price book resolves it to.
    public var model: String

    /// A place in a bill.
    public init(day: CivilDate, model: String) {
        self.day = day
        self.model = model
    }

    /// Orders by day, then by model.
    public static func < (left: BillKey, right: BillKey) -> Bool {
        left.day != right.day ? left.day < right.day : left.model.precedes(right.model)
    }
}

/// What a bill says of one day and model. What it does not say is nil, not zero.
public struct BillFigures: Sendable, Equatable {
    /// The cost.
    public var usd: Amount<USD>?
    /// All input tokens, the cached ones included.
    public var input: Int64?
    /// Input tokens that the provider read from its cache.
    public var cached: Int64?
    /// All output tokens.
    public var output: Int64?
    /// True where tokens were billed and the bill does not say how many.
    public var hasUncounted = false
    /// How many amounts ``usd`` is the sum of: each was rounded by who wrote the bill.
    private(set) var amounts = 0
    /// Decimals of the finest of them.
    private(set) var decimals = 0

    /// Figures of which nothing is known.
    public init() {}

    /// All tokens, nil where they are not known.
    public var tokens: Int64? {
        guard !hasUncounted, input != nil || output != nil else { return nil }
        return (input ?? 0) + (output ?? 0)
    }

    /// Adds an amount; `text` is how it stands in the bill.
    mutating func add(_ amount: Amount<USD>, written text: String) throws(MoneyError) {
        usd = try (usd ?? .zero).adding(amount)
        amounts += 1
        let parts = text.lowercased().split(separator: "e", maxSplits: 1)
        let digits = parts.first?.split(separator: ".", maxSplits: 1).dropFirst().first?.count ?? 0
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        decimals = min(max(decimals, digits - max(-USD.decimals, exponent)), USD.decimals)
    }

    mutating func add(_ other: BillFigures) throws(MoneyError) {
        if let more = other.usd { usd = try (usd ?? .zero).adding(more) }
        amounts += other.amounts
        decimals = max(decimals, other.decimals)
        input = try Self.sum(input, other.input)
        cached = try Self.sum(cached, other.cached)
        output = try Self.sum(output, other.output)
        hasUncounted = hasUncounted || other.hasUncounted
    }

    private static func sum(_ one: Int64?, _ other: Int64?) throws(MoneyError) -> Int64? {
        guard let one, let other else { return one ?? other }
        let (sum, overflow) = one.addingReportingOverflow(other)
        guard !overflow else { throw .overflow("the sum of tokens") }
        return sum
    }
}

/// A provider's bill for a month, summed by UTC day and model.
public struct Bill: Sendable {
    /// Whose bill it is.
    public let provider: String
    /// The month.
    public let month: CivilMonth
    /// What it says.
    public internal(set) var figures: [BillKey: BillFigures] = [:]
    /// The first day that it has a line of, or says to cover.
    public private(set) var firstDay: CivilDate?
    /// The last day that it has a line of, or says to cover.
    public private(set) var lastDay: CivilDate?
    /// The days that the export names by itself, with lines or without.
    private var covered: Set<CivilDate> = []
    /// Lines of other months.
    public internal(set) var linesElsewhere = 0
    /// Lines of other providers.
    public internal(set) var linesOfOthers = 0
    /// True where some line names a model.
    public internal(set) var namesModels = false

    /// A bill without a line.
    public init(provider: String, month: CivilMonth) {
        self.provider = provider
        self.month = month
    }

    /// True where it also names days that nothing was billed on, so that its extent is known. Where
    /// each day that it names has a line, the others may be without costs or not asked for.
    public var coversDays: Bool { !covered.isSubset(of: figures.keys.lazy.map(\.day)) }

    /// Decimals of the finest amount, at least cents: what is finer was rounded in the bill. That
    /// one amount has fewer says nothing, since programs drop zeros at the end.
    var decimals: Int { figures.values.reduce(2) { max($0, $1.decimals) } }

    /// True where some line has a cost.
    public var hasCosts: Bool { figures.values.contains { $0.usd != nil } }

    /// The same text for the same bill, in whatever form and order it came; a digest is made of it.
    public var canonicalText: String {
        var text = "razao bill 1 \(provider) \(month)\n"
        for (key, figures) in figures.sorted(by: { $0.key < $1.key }) {
            let counts = [figures.input, figures.cached, figures.output].map { count in
                count.map { String($0) } ?? "-"
            }
            text += "\(key.day)\t\(key.model)\t\(figures.usd?.text ?? "-")\t"
            text += counts.joined(separator: "\t") + "\n"
        }
        return text
    }

    /// Adds what a line says. Lines of other months are counted and left out.
    mutating func add(
        day: CivilDate, model: String?, _ line: BillFigures
    ) throws(BillError) {
        guard day.month == month else {
            linesElsewhere += 1
            return
        }
        firstDay = min(firstDay ?? day, day)
        lastDay = max(lastDay ?? day, day)
        namesModels = namesModels || model != nil
        let key = BillKey(day: day, model: model ?? "")
        guard figures[key] != nil || figures.count < Self.maximumGroups else {
            throw BillError("the bill has more than \(Self.maximumGroups) days and models")
        }
        do throws(MoneyError) {
            try figures[key, default: BillFigures()].add(line)
        } catch {
            throw BillError(error.description)
        }
    }

    /// A day that the bill covers, with lines or without.
    mutating func cover(_ day: CivilDate) {
        guard day.month == month else { return }
        covered.insert(day)
        firstDay = min(firstDay ?? day, day)
        lastDay = max(lastDay ?? day, day)
    }

    /// Days times models: more is no bill of one provider.
    static let maximumGroups = 100_000
}

/// Why a bill cannot be read: one sentence with the place.
public struct BillError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The sentence that is shown to a person.
    public let description: String

    /// An error of that sentence.
    public init(_ description: String) { self.description = description }

    /// The same with its place in front.
    public func at(_ place: String) -> BillError { BillError("\(place): \(description)") }
}
