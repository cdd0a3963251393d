/// How other systems lay out the calls that they recorded.
public enum ForeignLayout: String, Sendable, CaseIterable {
    /// LiteLLM's spend logs: its table `LiteLLM_SpendLogs`, or the answer of `/spend/logs`.
    case litellm
    /// A table `gateway_usage_logs` of a gateway of one's own.
    case gatewayLogs = "gateway-logs"

    /// The columns without which nothing can be read.
    var required: [String] {
        switch self {
        case .litellm: ["request_id", "startTime", "endTime", "model", "prompt_tokens"]
        case .gatewayLogs:
            ["client_id", "provider", "model_name", "input_tokens", "output_tokens", "created_at"]
        }
    }
}

/// What a foreign file does not say of itself.
public struct ForeignOptions: Sendable, Equatable {
    /// The client of records that name none.
    public var client: String?
    /// The column that names the client; nil for the layout's own.
    public var clientFrom: String?
    /// The provider of records that name none.
    public var provider: String?
    /// Our names of providers, by theirs.
    public var providers: [String: String] = [:]
    /// Where the clock hung whose times lack a zone.
    public var zone = ZoneRules.utc
    /// Members of `metadata` that are kept as tags.
    public var metadataTags: [String] = []

    /// Nothing but what the files say.
    public init() {}
}

/// Reads calls that another system recorded, from JSON objects or CSV rows.
///
/// ```swift
/// let reader = ForeignUsage(.litellm, options)
/// let call = try reader.parse(line, now: clock())         // nil: it is no call
/// let table = try reader.table(header: firstRow)
/// let other = try table.parse(row, now: clock())
/// ```
/// The result passes the same checks as a line of our own format. Columns that nothing is made of
/// are ignored, prompts and answers among them. Cost: some ten microseconds a record.
public struct ForeignUsage: Sendable {
    let layout: ForeignLayout
    let options: ForeignOptions

    /// A reader of a layout.
    public init(_ layout: ForeignLayout, _ options: ForeignOptions) {
        self.layout = layout
        self.options = options
    }

    /// The call on a line of JSON, or nil where it is no call. Throws what is wrong with it.
    public func parse(
        _ line: some Collection<UInt8>, now: Instant
    ) throws(ImportError) -> ImportedCall? {
        let record = try ForeignRecord(line: line)
        let names = record.names
        guard layout.required.contains(where: names.contains) else {
            throw ImportError(
                reason: "is no record of \(layout.rawValue): it has \(Self.shown(names)), and "
                    + "\(layout.required.joined(separator: ", ")) are needed")
        }
        return try call(record, now: now)
    }

    /// A table with that header.
    public func table(header: CSVRowReader.Row) throws(ImportError) -> Table {
        Table(reader: self, names: try columns(header))
    }

    /// Rows under a header.
    public struct Table: Sendable {
        let reader: ForeignUsage
        let names: [String: Int]

        /// The call of a row, or nil where it is no call. Throws what is wrong with it.
        public func parse(
            _ row: CSVRowReader.Row, now: Instant
        ) throws(ImportError) -> ImportedCall? {
            do throws(ImportError) {
                return try reader.call(ForeignRecord(names: names, cells: row.cells), now: now)
            } catch {
                throw error.at(line: row.line)
            }
        }
    }

    func call(_ record: ForeignRecord, now: Instant) throws(ImportError) -> ImportedCall? {
        switch layout {
        case .litellm: try LiteLLMSpendLog(record, options).call(now: now)
        case .gatewayLogs: try GatewayUsageLog(record, options).call(now: now)
        }
    }

    private func columns(_ header: CSVRowReader.Row) throws(ImportError) -> [String: Int] {
        var names: [String: Int] = [:]
        for (index, name) in header.cells.enumerated() {
            guard names.updateValue(index, forKey: name) == nil else {
                throw ImportError(
                    field: name, reason: "stands twice in the header; remove one",
                    line: header.line)
            }
        }
        let missing = layout.required.filter { name in
            names[name] == nil && !(name == "client_id" && hasOwnClient)
        }
        guard missing.isEmpty else {
            throw ImportError(
                reason: "\(layout.rawValue) needs the columns \(missing.joined(separator: ", ")), "
                    + "and the file has \(Self.shown(header.cells)); export them, or name another "
                    + "--format", line: header.line)
        }
        if let column = options.clientFrom, !isKnown(column), names[column] == nil {
            throw ImportError(
                field: "--client-from \(column)",
                reason: "is no column of the file, which has \(Self.shown(header.cells))",
                line: header.line)
        }
        return names
    }

    private var hasOwnClient: Bool { options.client != nil || options.clientFrom != nil }

    private func isKnown(_ column: String) -> Bool {
        layout == .litellm && LiteLLMSpendLog.aliases[column] != nil
    }

    /// Some names, for a sentence.
    static func shown(_ names: [String]) -> String {
        let first = names.prefix(12).map { String($0.prefix(40)) }.joined(separator: ", ")
        return names.count > 12 ? "\(first), … (\(names.count))" : first
    }
}
