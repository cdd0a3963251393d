/// The forms of bills that are read.
public enum BillLayout: String, Sendable, CaseIterable {
    /// OpenAI's costs: pages of `/v1/organization/costs`, or the CSV of its dashboard.
    case openaiCosts = "openai-costs"
    /// OpenAI's usage of completions: tokens without costs, as pages or CSV.
    case openaiUsage = "openai-usage"
    /// LiteLLM's spend logs, as an import reads them.
    case litellm
    /// A table whose columns are named.
    case csv
    /// Objects whose members are named, a line each or in a list.
    case json

    /// The layout of records with those names, where one is known.
    public static func recognized(_ names: [String]) -> BillLayout? {
        let names = Set(names)
        return [openaiCosts, openaiUsage, litellm].first { layout in
            layout.marks.allSatisfy(names.contains)
        }
    }

    /// The layout that a JSON text's beginning shows.
    public static func recognized(json start: some StringProtocol) -> BillLayout? {
        if start.contains("\"organization.costs.result\"") { return .openaiCosts }
        if start.contains("\"organization.usage.completions.result\"") { return .openaiUsage }
        return start.contains("\"request_id\"") && start.contains("\"spend\"") ? .litellm : nil
    }

    /// Names that no other layout has together.
    var marks: [String] {
        switch self {
        case .openaiCosts: ["amount_value", "amount_currency"]
        case .openaiUsage: ["start_time", "model", "input_tokens", "output_tokens"]
        case .litellm: ["request_id", "spend", "prompt_tokens"]
        case .csv, .json: []
        }
    }

    /// True for layouts that OpenAI's interface gives as pages of buckets.
    public var hasPages: Bool { self == .openaiCosts || self == .openaiUsage }
}

/// Which columns of a table hold what, as `date=Day,model=Model,cost=Amount` says.
///
/// Several columns that belong together are joined by a plus: `input=uncached+cache_read`.
public struct BillColumns: Sendable, Equatable {
    /// What a column can be.
    enum Role: String, CaseIterable {
        case date, model, input, output, cached, cost, currency
    }

    private var names: [Role: [String]] = [:]

    /// The columns that a text names.
    public init(_ text: String) throws(BillError) {
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, let role = Role(rawValue: String(sides[0])) else {
                throw BillError(
                    "--columns \(part): write it like date=Day,model=Model,cost=Amount, of "
                        + Role.allCases.map(\.rawValue).joined(separator: ", "))
            }
            guard names[role] == nil else {
                throw BillError("--columns: \(role.rawValue) is given twice; join columns with +")
            }
            names[role] = sides[1].split(separator: "+").map { String($0) }
        }
        guard names[.date]?.count == 1,
            [.cost, .input, .output].contains(where: { names[$0] != nil })
        else {
            throw BillError(
                "--columns needs date and at least one of cost, input and output, such as "
                    + "date=Day,model=Model,cost=Amount")
        }
    }

    /// The one column of a role.
    func column(_ role: Role) -> String? { names[role]?.first }

    /// The columns of a role.
    func columns(_ role: Role) -> [String] { names[role] ?? [] }

    /// All columns that are named.
    var all: [String] { Role.allCases.flatMap(columns) }
}
