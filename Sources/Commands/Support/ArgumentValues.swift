public import ArgumentParser
public import Ledger
public import Statements

extension CivilDate: ExpressibleByArgument {
    /// Reads `yyyy-mm-dd`.
    public init?(argument: String) { self.init(argument) }
}

extension CivilMonth: ExpressibleByArgument {
    /// Reads `yyyy-mm`.
    public init?(argument: String) { self.init(argument) }
}

extension Budget.Unit: ExpressibleByArgument {}
extension Budget.Period: ExpressibleByArgument {}
extension PriceFileFormat: ExpressibleByArgument {}
extension StatementFormat: ExpressibleByArgument {}
extension StatementLanguage: ExpressibleByArgument {}
