import Money

/// Pages of buckets as OpenAI's interfaces of costs and usage give them.
enum OpenAIPages {
    struct Bucket {
        let day: CivilDate
        let results: [JSONValue]
    }

    /// The buckets of all pages, which must reach to the end.
    static func buckets(_ bytes: [UInt8]) throws(BillError) -> [Bucket] {
        let pages = try pages(bytes)
        var buckets: [Bucket] = []
        var seen: [CivilDate: [[JSONValue]]] = [:]
        for page in pages {
            guard let data = page["data"]?.elements else {
                let names = page.members?.map(\.name) ?? []
                throw BillError(
                    "a page of OpenAI's costs or usage needs data, a list of buckets, and this has "
                        + (names.isEmpty ? "none" : ForeignUsage.shown(names)))
            }
            for value in data {
                let bucket = try self.bucket(value)
                // A page that is there twice would be billed twice.
                if !bucket.results.isEmpty {
                    guard seen[bucket.day]?.contains(bucket.results) != true else {
                        throw BillError(
                            "the bucket of \(bucket.day) stands there twice with the same results; "
                                + "is a page in the file twice?")
                    }
                    seen[bucket.day, default: []].append(bucket.results)
                }
                buckets.append(bucket)
            }
        }
        guard pages.last?["has_more"] != .bool(true) else {
            throw BillError(
                "the last page says has_more, so the bill goes on: get the next page with "
                    + "page=\(pages.last?["next_page"]?.text ?? "…") and put all pages into one "
                    + "list, or one a line")
        }
        return buckets
    }

    private static func pages(_ bytes: [UInt8]) throws(BillError) -> [JSONValue] {
        do throws(JSONTextError) {
            let value = try JSONValue(parsing: bytes, maximumValues: maximumValues)
            return value.elements ?? [value]
        } catch {
            let lines = bytes.split(separator: 0x0A).filter { $0.contains { $0 > 0x20 } }
            var pages: [JSONValue] = []
            for line in lines where lines.count > 1 {
                guard
                    let page = try? JSONValue(parsing: Array(line), maximumValues: maximumValues)
                else { break }
                pages.append(page)
            }
            if pages.count == lines.count, !pages.isEmpty { return pages }
            throw BillError("is not valid JSON at \(error)")
        }
    }

    private static let maximumValues = 4_000_000

    private static func bucket(_ value: JSONValue) throws(BillError) -> Bucket {
        guard let start = seconds(value["start_time"]), let end = seconds(value["end_time"]),
            start < end
        else {
            throw BillError("a bucket needs start_time and end_time in seconds since 1970")
        }
        let utc = ZoneRules.utc
        let day = utc.localDay(of: Instant(seconds: start))
        guard utc.localDay(of: Instant(seconds: end - 1)) == day else {
            throw BillError(
                "the bucket from \(Instant(seconds: start)) to \(Instant(seconds: end)) is not of "
                    + "one UTC day; ask for it with bucket_width=1d")
        }
        // The reference calls the list result, the interface results.
        let results = (value["results"] ?? value["result"])?.elements ?? []
        return Bucket(day: day, results: results)
    }

    private static func seconds(_ value: JSONValue?) -> Int64? {
        guard let text = value?.numberText, let number = try? DecimalText.parse(text, decimals: 0),
            (0..<7_258_118_400).contains(number)
        else { return nil }
        return Int64(number)
    }
}

/// One result of a bucket, or one row of the dashboard's CSV.
struct OpenAIBillLine {
    let model: String?
    let figures: BillFigures

    /// The line, or nil where it says nothing.
    init?(_ record: ForeignRecord, _ layout: BillLayout) throws(ImportError) {
        if layout == .openaiUsage {
            guard let usage = try Self.usage(record) else { return nil }
            self = usage
        } else {
            guard let cost = try Self.cost(record) else { return nil }
            self = cost
        }
    }

    private init(model: String?, figures: BillFigures) {
        self.model = model
        self.figures = figures
    }

    private static func cost(_ record: ForeignRecord) throws(ImportError) -> OpenAIBillLine? {
        var figures = BillFigures()
        if let amount = record.value("amount") {
            let inner = ForeignRecord(amount)
            try BillReader.addDollars(
                inner, "value", currency: inner.text("currency"), to: &figures)
        } else {
            try BillReader.addDollars(
                record, "amount_value", currency: record.text("amount_currency"), to: &figures)
        }
        guard figures.usd != nil else { return nil }
        let item = record.text("line_item").map(LineItem.init)
        guard let kind = item?.kind else {
            return OpenAIBillLine(model: item?.model, figures: figures)
        }
        let unit = record.text("quantity_unit") ?? "tokens"
        let quantity = unit == "tokens" ? try BillReader.tokens(record, "quantity") : nil
        switch kind {
        case .input: figures.input = quantity
        case .cached:
            figures.cached = quantity
            figures.input = quantity
        case .output: figures.output = quantity
        }
        figures.hasUncounted = quantity == nil
        return OpenAIBillLine(model: item?.model, figures: figures)
    }

    private static func usage(_ record: ForeignRecord) throws(ImportError) -> OpenAIBillLine? {
        guard let input = try BillReader.tokens(record, "input_tokens") else { return nil }
        guard let model = record.text("model") else {
            throw ImportError(field: "model", reason: "is missing; ask with group_by=model")
        }
        let output = try BillReader.tokens(record, "output_tokens") ?? 0
        var figures = BillFigures()
        // Where text is counted apart, the sums hold the other kinds too.
        let isWhole = record.text("input_text_tokens") != nil
        func other(_ name: String) throws(ImportError) -> Int64 {
            isWhole ? 0 : try BillReader.tokens(record, name) ?? 0
        }
        figures.input = input + (try other("input_audio_tokens"))
        figures.cached = try BillReader.tokens(record, "input_cached_tokens")
        figures.output = output + (try other("output_audio_tokens"))
        return OpenAIBillLine(model: model, figures: figures)
    }

    /// What OpenAI calls a line: `gpt-4o-2024-08-06, cached input`, with a tier in front
    /// (`priority | …`) or a remark behind (`…, long context`); or what is no model's at all.
    struct LineItem: Equatable {
        enum Kind { case input, cached, output }

        let model: String
        let kind: Kind?

        init(_ text: String) {
            let parts = text.split(separator: ", ", omittingEmptySubsequences: false)
            let kinds = parts.dropFirst().map { $0.lowercased().replacing("_", with: " ") }
            kind = kinds.lazy.compactMap(Self.kind).first
            guard kind != nil, let name = parts.first else {
                model = text
                return
            }
            model = String(name.split(separator: " | ").last ?? name)
        }

        private static func kind(_ words: String) -> Kind? {
            if words.contains("output") { return .output }
            if words.contains("cached") { return .cached }
            return words.contains("input") || words.contains("cache write") ? .input : nil
        }
    }
}
