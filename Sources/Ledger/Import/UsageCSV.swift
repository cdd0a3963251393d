/// Reads calls from CSV rows under a header of the names that JSON lines use.
///
/// ```swift
/// let table = try UsageCSV(header: firstRow, defaults: defaults)
/// let call = try table.parse(row, now: clock())
/// ```
/// Columns inside objects are dotted: `tokens.input`, `units.web_search`, `tags.NAME`. An empty
/// cell counts as absent. The checks are those of ``UsageJSONLine``. Cost: some microseconds a row.
public struct UsageCSV: Sendable {
    private enum Column: Sendable {
        case text(UsageField)
        case count(UsageField)
        case flag(UsageField)
        case usage(UsageClass, name: String)
        case tag(String)
    }

    private let columns: [Column]
    private let defaults: ImportDefaults

    /// A table with that header. Throws for a column that is unknown or stands there twice.
    public init(header: CSVRowReader.Row, defaults: ImportDefaults = ImportDefaults())
        throws(ImportError)
    {
        var columns: [Column] = []
        var seen: Set<String> = []
        for name in header.cells {
            guard seen.insert(name).inserted else {
                throw ImportError(
                    field: name, reason: "stands twice in the header; remove one",
                    line: header.line)
            }
            do throws(ImportError) {
                columns.append(try Self.column(name))
            } catch {
                throw error.at(line: header.line)
            }
        }
        self.columns = columns
        self.defaults = defaults
    }

    /// The call that a row holds, seen from the instant `now`. Throws what is wrong with it.
    public func parse(_ row: CSVRowReader.Row, now: Instant) throws(ImportError) -> ImportedCall {
        do throws(ImportError) {
            return try fields(row.cells).call(defaults, now: now)
        } catch {
            throw error.at(line: row.line)
        }
    }

    private func fields(_ cells: [String]) throws(ImportError) -> UsageFields {
        guard cells.count == columns.count else {
            throw ImportError(
                reason: "the row has \(cells.count) cells where the header has \(columns.count)")
        }
        var fields = UsageFields()
        for (column, cell) in zip(columns, cells) where !cell.isEmpty {
            switch column {
            case .text(let field): fields.set(field, text: cell)
            case .count(let field):
                fields.set(field, count: try Self.count(cell, field.rawValue, field.limit))
            case .flag(let field): fields.set(field, flag: try Self.flag(cell, field.rawValue))
            case .usage(let usageClass, let name):
                fields.tokens[usageClass] = try Self.count(cell, name, .max)
                fields.hasTokens = true
            case .tag(let name): fields.tags[name] = cell
            }
        }
        return fields
    }

    private static func column(_ name: String) throws(ImportError) -> Column {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let field = UsageField.named[String(first)],
            (parts.count == 2) == (field.kind == .classes || field.kind == .labels)
        else { throw .unknownField(name) }
        switch field.kind {
        case .text: return .text(field)
        case .count: return .count(field)
        case .flag: return .flag(field)
        case .classes: return .usage(try field.usageClass(parts[1]), name: name)
        case .labels: return .tag(String(parts[1]))
        }
    }

    private static func count(_ cell: String, _ field: String, _ limit: UInt32) throws(ImportError)
        -> UInt32
    {
        // `UInt32` would take a plus sign, which no tool writes before a count.
        guard let count = UInt32(cell), count <= limit, cell.utf8.first != UInt8(ascii: "+") else {
            throw .notACount(field, "\"\(cell.prefix(60))\"", limit: limit)
        }
        return count
    }

    private static func flag(_ cell: String, _ field: String) throws(ImportError) -> Bool {
        // Spreadsheets write them in capitals.
        switch cell.lowercased() {
        case "true": return true
        case "false": return false
        default: throw .notAFlag(field, "\"\(cell.prefix(60))\"")
        }
    }
}
