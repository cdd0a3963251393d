import Foundation
import Ledger

/// What an import reads: our own format, or how another system writes its calls.
enum ImportFormat: Sendable {
    case own(ImportDefaults)
    case foreign(ForeignUsage)

    /// True where costs were recorded that ours are compared with.
    var isForeign: Bool { if case .foreign = self { true } else { false } }

    /// Reads lines of JSON; made once for a batch, since a decoder is held in it.
    func lines(now: Instant) -> (ArraySlice<UInt8>) throws -> ImportedCall? {
        switch self {
        case .own(let defaults):
            let reader = UsageJSONLine(defaults: defaults)
            return { try reader.parse($0, now: now) }
        case .foreign(let reader): return { try reader.parse($0, now: now) }
        }
    }

    /// Reads the rows under a header.
    func table(_ header: CSVRowReader.Row) throws(ImportError) -> RowReader {
        switch self {
        case .own(let defaults): .own(try UsageCSV(header: header, defaults: defaults))
        case .foreign(let reader): .foreign(try reader.table(header: header))
        }
    }
}

/// Reads rows under a header that is known.
enum RowReader: Sendable {
    case own(UsageCSV)
    case foreign(ForeignUsage.Table)

    func parse(_ row: CSVRowReader.Row, now: Instant) throws(ImportError) -> ImportedCall? {
        switch self {
        case .own(let table): try table.parse(row, now: now)
        case .foreign(let table): try table.parse(row, now: now)
        }
    }
}
