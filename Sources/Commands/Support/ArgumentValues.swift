public import ArgumentParser
public import Ledger
public import Statements

extension CivilDate {
    /// Reads a day of the command line; the error says how one is written.
    static func argument(_ text: String) throws -> CivilDate {
        guard let date = CivilDate(text) else {
            throw CommandError("give a day that exists, written like 2026-11-20")
        }
        return date
    }
}

extension CivilMonth {
    /// Reads a month of the command line; the error says how one is written.
    static func argument(_ text: String) throws -> CivilMonth {
        guard let month = CivilMonth(text) else {
            throw CommandError("give a month that exists, written like 2026-11")
        }
        return month
    }
}

extension Budget.Unit: ExpressibleByArgument {}
extension Budget.Period: ExpressibleByArgument {}
extension BillLayout: ExpressibleByArgument {}

// Two commands read price files, and say the same about them.
extension PriceFileFormat: ExpressibleByArgument {
    static let usual = PriceFileFormat.razao
    static let help: ArgumentHelp = "The file's format: our own, or one of those of others."
    static let effectiveFromHelp: ArgumentHelp =
        "From when on, for formats without dates of their own: an instant or a day."
}

extension StatementFormat {
    /// Reads a format of the command line; the error names those that there are, in one line.
    static func argument(_ text: String) throws -> StatementFormat {
        guard let format = StatementFormat(rawValue: text) else {
            let names = allCases.map(\.rawValue)
            throw CommandError(
                "give one of \(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")")
        }
        return format
    }
}
extension StatementLanguage: ExpressibleByArgument {}
