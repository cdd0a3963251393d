public import Ledger

// What a document's form decides of its look. A closed statement prints the same bytes for ever, so
// a change of words or figures begins with a form, and documents of earlier ones keep what they
// had.

extension Statement {
    /// True for a document of the first or second form.
    ///
    /// They show an adjustment below a centavo as nothing; days with their cost at the day's rate,
    /// also where prices are in reais; CSVs without the digest and with text guarded against
    /// spreadsheets everywhere; pages that on paper have no head; and other decimals in each table.
    var hasFormerLook: Bool { formatVersion < 3 }

    /// What stands for adjustments that changed a cost by less than a centavo: an amount of their
    /// sign that is below one; nil where reais changed, or nothing did.
    static func trace(of changes: [Adjustment]) -> String? {
        let priced = changes.filter { $0.brl != nil }
        guard priced.allSatisfy({ FigureFormat.isZero($0.brl ?? "") }),
            let usd = PresentationMaker.sum(priced.map(\.usd)), !FigureFormat.isZero(usd)
        else { return nil }
        return usd.hasPrefix("-") ? "-0.001" : "0.001"
    }
}

extension FigureFormat {
    /// What is due by a statement; `< R$ 0,01` where less than a centavo was used.
    public func total(of statement: Statement) -> String {
        brl(rounded: statement.totalBrl, exact: statement.totalBrlExact)
    }

    /// What a statement puts right of earlier months; `< R$ 0,01` where that is less than a
    /// centavo.
    public func adjustments(of statement: Statement) -> String {
        let sum = statement.subtotals.adjustments
        return brl(rounded: sum, exact: Statement.trace(of: statement.adjustments) ?? sum)
    }
}
