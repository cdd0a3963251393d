import Foundation

extension Statement {
    /// The statement that a closing froze. Throws when its document cannot be read.
    public init(frozen closing: MonthClosing) throws(StatementError) {
        // The document is what the digest covers, so the digest is not in it.
        guard closing.document.hasPrefix("{") else { throw .unreadable("it is no JSON object") }
        let whole = "{\"digest\":\"\(closing.digest)\"," + closing.document.dropFirst()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            self = try decoder.decode(Statement.self, from: Data(whole.utf8))
        } catch {
            throw .unreadable("\(error)")
        }
    }

    /// Says what rules have changed since in the words of an older document, so that what remains
    /// to differ are figures.
    public mutating func takeForm(of older: Statement) {
        formatVersion = older.formatVersion
        guard formatVersion < 3 else { return }
        budgets = older.budgets
        let statuses = Dictionary(
            older.days.map { ($0.date, $0.rateStatus) }, uniquingKeysWith: { $1 })
        for index in days.indices {
            days[index].rateStatus = statuses[days[index].date] ?? days[index].rateStatus
        }
        for index in lines.indices { lines[index].words = nil }
    }

    /// The number of a statement: the month, and the place in its issuer's row.
    public static func number(month: CivilMonth, _ number: UInt64) -> String {
        let digits = String(number)
        return "\(month)/" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}
