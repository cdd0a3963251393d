import Money

/// Reads a provider's bill into sums by UTC day and model.
///
/// ```swift
/// var reader = BillReader(.openaiCosts, bill: Bill(provider: "openai", month: october), names)
/// try reader.read(pages: bytes)             // or rows under a header, or lines
/// let bill = try reader.finish()
/// ```
/// A line that cannot be read refuses the whole bill: a part of it would be booked as a difference.
/// Amounts are read digit by digit and brought to 10⁻¹² USD, half-even.
public struct BillReader: Sendable {
    /// How the bill's names become ours.
    public struct Names: Sendable {
        /// Our models by the bill's names, said by a person.
        public var models: [String: String] = [:]
        /// Our providers by the bill's names.
        public var providers: [String: String] = [:]
        /// Where aliases of models stand.
        public var book: PriceBook

        /// Names by the aliases of a price book.
        public init(book: PriceBook) { self.book = book }

        /// The name under which a model of a provider is counted on both sides.
        public func canonical(_ model: String, of provider: String) -> String {
            let ours = models[model] ?? model
            return book.resolved(PriceBook.Key(provider: provider, model: ours)).model
        }
    }

    private let layout: BillLayout
    private let columns: BillColumns?
    private let names: Names
    private var bill: Bill
    private var header: [String: Int] = [:]
    private var spend: ForeignUsage
    /// Calls of LiteLLM that were counted: exports that overlap hold some twice.
    private var callIDs: Set<String> = []

    /// The most calls of a bill that is made of calls.
    static let maximumCalls = 4_000_000

    /// A reader of a layout; `columns` are needed for a table or objects of one's own.
    public init(
        _ layout: BillLayout, bill: Bill, _ names: Names, columns: BillColumns? = nil
    ) {
        self.layout = layout
        self.columns = columns
        self.names = names
        self.bill = bill
        var options = ForeignOptions()
        // Whose calls they are is no question of a bill.
        options.client = "bill"
        options.providers = names.providers
        spend = ForeignUsage(.litellm, options)
    }

    /// Takes the header of a table.
    public mutating func read(header row: CSVRowReader.Row) throws(BillError) {
        for (index, name) in row.cells.enumerated() { header[name] = index }
        try require(row.cells)
    }

    /// Takes a row of a table.
    public mutating func read(row: CSVRowReader.Row, now: Instant) throws(BillError) {
        try read(ForeignRecord(names: header, cells: row.cells), now: now)
    }

    /// Takes an object on a line, or an element of a list.
    public mutating func read(
        line: some Collection<UInt8>, now: Instant
    ) throws(BillError) {
        let record: ForeignRecord
        do throws(ImportError) {
            record = try ForeignRecord(line: line)
        } catch {
            throw BillError(error.description)
        }
        try require(record.names)
        try read(record, now: now)
    }

    /// Takes pages of buckets as OpenAI's interface gives them: one, a list of them, or one a line.
    public mutating func read(pages bytes: [UInt8]) throws(BillError) {
        for bucket in try OpenAIPages.buckets(bytes) {
            bill.cover(bucket.day)
            for result in bucket.results {
                do throws(ImportError) {
                    try read(ForeignRecord(result), bucket.day)
                } catch {
                    throw BillError("the bucket of \(bucket.day): \(error)")
                }
            }
        }
    }

    /// The bill. Throws where it has nothing of its month.
    public func finish() throws(BillError) -> Bill {
        guard !bill.figures.isEmpty else {
            throw BillError(
                "the bill has no line of \(bill.month)"
                    + (bill.linesElsewhere > 0
                        ? "; it has \(bill.linesElsewhere) of other months: check --month" : "")
                    + (bill.linesOfOthers > 0
                        ? "; it has \(bill.linesOfOthers) of other providers: check --provider"
                        : ""))
        }
        return bill
    }

    /// Some names, for a sentence.
    public static func shown(_ names: [String]) -> String { ForeignUsage.shown(names) }

    private func require(_ seen: [String]) throws(BillError) {
        let needed = columns?.all ?? layout.marks
        let missing = needed.filter { !seen.contains($0) }
        // An object may leave out what has no value; a table has a column for it.
        let isTable = !header.isEmpty
        guard missing.isEmpty || (!isTable && missing.count < needed.count) else {
            throw BillError(
                "\(layout.rawValue) needs \(missing.joined(separator: ", ")), and the file has "
                    + "\(ForeignUsage.shown(seen)); name the layout with --format, or the columns "
                    + "with --columns")
        }
    }

    private mutating func read(_ record: ForeignRecord, now: Instant) throws(BillError) {
        do throws(ImportError) {
            switch layout {
            case .openaiCosts, .openaiUsage:
                guard let day = try Self.day(record, "start_time") else {
                    throw ImportError(field: "start_time", reason: "is missing")
                }
                bill.cover(day)
                try read(record, day)
            case .litellm: try readSpend(record, now: now)
            case .csv, .json: try readColumns(record)
            }
        } catch {
            throw BillError(error.description)
        }
    }

    private mutating func add(
        _ day: CivilDate, _ model: String?, _ figures: BillFigures
    ) throws(ImportError) {
        let name = model.map { names.canonical($0, of: bill.provider) }
        if let name {
            do throws(EventError) {
                // It is shown on terminals, and may be booked.
                try UsageEvent.checkName(name, "model", EventLimits.model)
            } catch {
                throw ImportError(error)
            }
        }
        do throws(BillError) {
            try bill.add(day: day, model: name, figures)
        } catch {
            throw ImportError(reason: error.description)
        }
    }

    /// A day as it is written: a date, an instant, or seconds since 1970.
    static func day(_ record: ForeignRecord, _ name: String) throws(ImportError) -> CivilDate? {
        guard let text = record.text(name) else { return nil }
        if let date = CivilDate(text) { return date }
        if let seconds = try? DecimalText.parse(text, decimals: 0) {
            guard (0..<7_258_118_400).contains(seconds) else {
                throw ImportError(field: name, reason: "\(text.prefix(40)) is outside 1970 to 2199")
            }
            return ZoneRules.utc.localDay(of: Instant(seconds: Int64(seconds)))
        }
        guard let instant = try? Instant(text, zone: .utc) else {
            throw ImportError(
                field: name,
                reason: "\"\(text.prefix(40))\" is no day; write it like 2026-11-20, as an instant "
                    + "like 2026-11-20T12:00:00Z or as seconds since 1970")
        }
        return ZoneRules.utc.localDay(of: instant)
    }

    /// Adds the amount of a column, if there is one.
    static func addDollars(
        _ record: ForeignRecord, _ name: String, currency: String?, to figures: inout BillFigures
    ) throws(ImportError) {
        guard let units = try record.decimal(name, decimals: USD.decimals) else { return }
        guard currency?.lowercased() ?? "usd" == "usd" else {
            throw ImportError(
                field: name,
                reason: "is in \(currency?.prefix(8).uppercased() ?? ""), and bills are compared "
                    + "in USD; export it in dollars")
        }
        do throws(MoneyError) {
            try figures.add(Amount(units: units), written: record.text(name) ?? "")
        } catch {
            throw ImportError(field: name, reason: error.description)
        }
    }
}

extension BillReader {
    /// A result of OpenAI's costs or usage, or a row of their CSV. A day without costs is a row
    /// without an amount.
    private mutating func read(_ record: ForeignRecord, _ day: CivilDate) throws(ImportError) {
        guard let line = try OpenAIBillLine(record, layout) else { return }
        try add(day, line.model, line.figures)
    }

    /// A call that LiteLLM paid for.
    private mutating func readSpend(
        _ record: ForeignRecord, now: Instant
    ) throws(ImportError) {
        guard let call = try spend.call(record, now: now), !call.event.wasCached else { return }
        guard call.event.provider == bill.provider else {
            bill.linesOfOthers += 1
            return
        }
        guard callIDs.insert(call.givenID ?? "").inserted else { return }
        guard callIDs.count <= Self.maximumCalls else {
            throw ImportError(
                reason: "is beyond \(Self.maximumCalls) calls; give sums by day and model with "
                    + "--columns")
        }
        let tokens = call.event.tokens
        var figures = BillFigures()
        if let usd = call.recorded?.usd {
            do throws(MoneyError) {
                try figures.add(usd, written: usd.text)
            } catch {
                throw ImportError(field: "spend", reason: error.description)
            }
        }
        if call.event.usageSource == .missing {
            figures.hasUncounted = true
        } else {
            figures.input = Int64(tokens.totalInput)
            figures.cached = Int64(tokens[.cacheRead])
            figures.output = Int64(tokens.totalTokens - tokens.totalInput)
        }
        try add(ZoneRules.utc.localDay(of: call.event.occurredAt), call.event.model, figures)
    }

    /// A record whose columns a person named.
    private mutating func readColumns(_ record: ForeignRecord) throws(ImportError) {
        guard let columns, let date = columns.column(.date) else { return }
        guard let day = try Self.day(record, date) else {
            throw ImportError(field: date, reason: "is missing; every line needs its day")
        }
        var figures = BillFigures()
        let currency = columns.column(.currency).flatMap { record.text($0) }
        for name in columns.columns(.cost) {
            try Self.addDollars(record, name, currency: currency, to: &figures)
        }
        figures.input = try Self.tokens(record, columns.columns(.input))
        figures.cached = try Self.tokens(record, columns.columns(.cached))
        figures.output = try Self.tokens(record, columns.columns(.output))
        try add(day, columns.column(.model).flatMap { record.text($0) }, figures)
    }

    private static func tokens(
        _ record: ForeignRecord, _ names: [String]
    ) throws(ImportError) -> Int64? {
        var sum: Int64?
        for name in names {
            guard let count = try tokens(record, name) else { continue }
            let (total, overflow) = (sum ?? 0).addingReportingOverflow(count)
            guard !overflow else { throw ImportError(field: name, reason: "is too large") }
            sum = total
        }
        return sum
    }

    /// Tokens of a day, which may be more than a call has.
    static func tokens(_ record: ForeignRecord, _ name: String) throws(ImportError) -> Int64? {
        guard let text = record.text(name) else { return nil }
        guard let value = try? DecimalText.parse(text, decimals: 0), value >= 0,
            let count = Int64(exactly: value)
        else { throw .notACount(name, "\"\(text.prefix(60))\"", limit: Int64.max) }
        return count
    }
}
